import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import type { Job } from '../types';
import { yuan } from '../words';
import { Sum } from './Sum';

const SETTLES = new Set(['verified', 'settled', 'disputed']);

/** What is to be taken from the elder, as large as it is important; what she need not pay, and who does. */
export function Collect({ job }: { job: Job }) {
  const { settled } = job;
  const isOpen = SETTLES.has(job.state);
  const isKnown = Boolean(settled);
  useEffect(() => {
    if (isOpen) window.scrollTo(0, 0); // it stands on top, and she has just pressed a key below
  }, [isOpen, isKnown]);
  if (!isOpen) return null;
  if (!settled)
    return job.state === 'verified' && job.attention !== 'price' ? (
      <section class="collect" data-testid="settling">
        <p class="settling">{t('collect.settling')}</p>
      </section>
    ) : null;
  return (
    <section class="collect" data-testid="collect">
      {settled.at_door_fen > 0 ? (
        <>
          <p>{t('collect.at_door')}</p>
          <p class="sum-big">
            {yuan(settled.at_door_fen)}
            <small>{t('card.pays')}</small>
          </p>
        </>
      ) : (
        <p class="settling">{t('collect.nothing')}</p>
      )}
      {settled.others.length > 0 && (
        <dl>
          {settled.others.map((one, i) => (
            <Sum key={i} words={t('collect.pays', { who: one.payer || t(`payer.${one.kind}`) })} fen={one.fen} />
          ))}
        </dl>
      )}
    </section>
  );
}
