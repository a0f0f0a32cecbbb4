import { useState } from 'preact/hooks';
import { act } from '../core';
import { holds } from '../foresee';
import { t } from '../i18n';
import { PhotoKey } from '../parts/Photo';
import { Sheet } from '../parts/Sheet';
import { serverNow } from '../state';
import type { Job } from '../types';
import { fenOf, yuan } from '../words';
import { Proofs } from './ProofSheet';

/** Proof first, then what it costs, a photograph of the work, and it is done. */
export function FinishSheet({ job, close }: { job: Job; close: () => void }) {
  const [amount, setAmount] = useState(job.pays_fen === null ? '' : yuan(job.pays_fen));
  const [note, setNote] = useState('');
  const [photos, setPhotos] = useState(0);
  const fen = fenOf(amount);
  const proved = holds(job.proofs_out, job.proofs_needed);
  const minutes = job.checked_in_at ? (serverNow() - new Date(job.checked_in_at).getTime()) / 60_000 : job.minutes;
  return (
    <Sheet title={t('finish.title')} close={close}>
      {proved ? (
        <p class="good-words">✓ {t('finish.proof_done')}</p>
      ) : (
        <section class="step">
          <h3>{t('finish.proof_first')}</h3>
          <Proofs job={job} phase="out" done={() => undefined} />
        </section>
      )}
      {job.timed && minutes < job.minutes * 0.8 && <p class="problem">{t('finish.short', { n: job.minutes })}</p>}
      <section class="step">
        <label for="amount">{t('finish.amount')}</label>
        <input
          id="amount"
          data-testid="amount"
          class="big-input"
          type="text"
          inputMode="decimal"
          autoComplete="off"
          value={amount}
          onInput={(event) => setAmount(event.currentTarget.value)}
        />
        {amount !== '' && fen === null && <p class="problem">{t('finish.amount_bad')}</p>}
        <label for="note">{t('finish.note')}</label>
        <textarea
          id="note"
          rows={2}
          maxLength={500}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
        <PhotoKey
          words={photos ? `${t('finish.photos')} · ${t('photo.count', { n: photos })}` : t('finish.photos')}
          testid="work-photo"
          taken={(photo) => {
            setPhotos(photos + 1);
            void act('photo', job.order_id, `/api/jobs/${job.order_id}/photos`, { photo });
          }}
        />
      </section>
      <button
        type="button"
        class="key"
        data-testid="finish"
        disabled={fen === null || !proved}
        onClick={() => {
          close();
          void act('finish', job.order_id, `/api/jobs/${job.order_id}/finish`, { amount_fen: fen, note });
        }}
      >
        {t('finish.do')}
        {fen !== null && ` · ${yuan(fen)} ${t('card.pays')}`}
      </button>
    </Sheet>
  );
}
