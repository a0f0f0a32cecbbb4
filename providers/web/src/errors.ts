/** A refusal in words that say what to do. */
import { Refused } from './api';
import { has, t, type Key } from './i18n';
import type { ActionKind } from './queue';

export function sentence(error: unknown, hotline: string, kind?: ActionKind): string {
  if (!(error instanceof Refused)) return t('err.unreachable');
  const details = error.details as Record<string, string | number>;
  if (error.code === 'offer_gone') {
    const gone = `gone.${String(details.why)}`;
    return has(gone) ? t(gone) : t('err.offer_gone');
  }
  if (error.code === 'gate_closed') {
    const first = (error.details.out as { gate: string }[] | undefined)?.[0]?.gate ?? 'any';
    const gate = `gate.${first}`;
    return t('err.gate_closed', { why: t(has(gate) ? gate : 'gate.any') });
  }
  const ofJob: Record<string, Key> = { code_wrong: 'err.job_code_wrong', code_locked: 'err.job_code_locked' };
  const key = (kind && ofJob[error.code]) || (`err.${error.code}` as const);
  return has(key) ? t(key, { ...details, hotline }) : t('err.any', { code: error.code, hotline });
}
