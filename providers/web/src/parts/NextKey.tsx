import { useState } from 'preact/hooks';
import { act } from '../core';
import { nextStep } from '../foresee';
import { t } from '../i18n';
import { FinishSheet } from '../pages/FinishSheet';
import { ProofSheet } from '../pages/ProofSheet';
import { useApp } from '../state';
import type { Job } from '../types';

/** The one large key: 出发 → 到达签到 → 完成签退. `job`: as foreseen. */
export function NextKey({ job }: { job: Job }) {
  const { waiting } = useApp();
  const [open, setOpen] = useState<'in' | 'out' | 'finish' | null>(null);
  const step = nextStep(job);
  const close = (): void => setOpen(null);
  if (step === 'none') return null;
  const press = (): void => {
    if (step === 'set_out') void act('set_out', job.order_id, `/api/jobs/${job.order_id}/set-out`);
    else setOpen(step === 'check_out' ? 'finish' : step === 'more_out' ? 'out' : 'in');
  };
  const waits = waiting.filter((action) => action.order === job.order_id).length;
  return (
    <div class="keys">
      <button type="button" class="key" onClick={press} data-testid="next" data-step={step}>
        {t(`do.${step}`)}
      </button>
      {waits > 0 && <p class="waits">{t('do.waits')}</p>}
      {open === 'finish' && <FinishSheet job={job} close={close} />}
      {(open === 'in' || open === 'out') && <ProofSheet job={job} phase={open} close={close} />}
    </div>
  );
}
