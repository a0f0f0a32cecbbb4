import i18next from 'i18next';
import type { EmergencyView } from '../../api/types';
import { lookUp } from '../../i18n/words';

export const kindWord = (kind: string): string => lookUp(`emergencyPage.kind.${kind}`) ?? kind;
export const agencyWord = (code: string): string => lookUp(`emergencyPage.agency.${code}`) ?? code;

/** Words for a code such as owner, step:breathing, handover:120, ladder:1.2 (round and rung); what is new to us is shown as it is. */
function said(group: 'deadline' | 'alarmOf', code: string, agency = ''): string {
  const [head = '', rest = ''] = code.split(':', 2);
  const round = /^(\d+)/.exec(rest)?.[1] ?? '';
  const values = { agency: agencyWord(rest || agency), rung: round };
  const key = head === 'ladder' && round === '' ? 'ladderPlain' : head;
  return lookUp(`emergencyPage.${group}.${key}`, values) ?? code;
}

export const deadlineWords = (code: string): string => said('deadline', code);

export function alarmWords(alarm: Pick<EmergencyView['alarms'][number], 'code' | 'data'>): string {
  const agency = typeof alarm.data.agency === 'string' ? alarm.data.agency : '';
  return said('alarmOf', alarm.code, agency);
}

export const whoWord = (one: Pick<EmergencyView, 'elder_name'>): string =>
  one.elder_name || i18next.t('emergencyPage.unknownWho');
