import { useState } from 'preact/hooks';
import { act } from '../core';
import { nextStep, type Step } from '../foresee';
import { t } from '../i18n';
import { FinishSheet } from '../pages/FinishSheet';
import { ProofSheet } from '../pages/ProofSheet';
import { useApp } from '../state';
import type { Job } from '../types';

type SheetOf = 'in' | 'out' | 'finish' | null;
const SHEET: Record<Exclude<Step, 'none'>, SheetOf> = {
  set_out: null,
  check_in: 'in',
  more_in: 'in',
  check_out: 'finish',
  more_out: 'out',
};

/** The one large key: 出发 → 到达签到 → 完成签退. `job`: as foreseen. */
export function NextKey({ job }: { job: Job }) {
  const { waiting } = useApp();
  const [open, setOpen] = useState<SheetOf>(null);
  const step = nextStep(job);
  const close = (): void => setOpen(null);
  if (step === 'none') return null;
  const sheet = SHEET[step];
  // one for a step that is over by now (she proved it by her telephone) would only stand in the way of the next
  const shown = open === sheet ? open : null;
  const press = (): void => {
    if (sheet === null) void act('set_out', job.order_id, `/api/jobs/${job.order_id}/set-out`);
    else setOpen(sheet);
  };
  const waits = waiting.filter((action) => action.order === job.order_id).length;
  return (
    <div class="keys">
      <button type="button" class="key" onClick={press} data-testid="next" data-step={step}>
        {t(`do.${step}`)}
      </button>
      {waits > 0 && <p class="waits">{t('do.waits')}</p>}
      {shown === 'finish' && <FinishSheet job={job} close={close} />}
      {(shown === 'in' || shown === 'out') && <ProofSheet job={job} phase={shown} close={close} />}
    </div>
  );
}
