import { useEffect, useState } from 'preact/hooks';
import { get } from '../api';
import { act } from '../core';
import { sentence } from '../errors';
import { foresee } from '../foresee';
import { has, langNow, t } from '../i18n';
import { itemsOf, Left, when } from '../parts/Card';
import { Collect } from '../parts/Collect';
import { NextKey } from '../parts/NextKey';
import { Choices, Sheet } from '../parts/Sheet';
import { Top } from '../parts/Top';
import { say, useApp, useNow } from '../state';
import type { Job, Worker } from '../types';
import { distance, moment, yuan } from '../words';

const REASONS = ['busy', 'far', 'price', 'sick', 'other'] as const;

export function JobPage({ id }: { id: string }) {
  const { orders, waiting } = useApp();
  const job = orders[id]?.job;
  return (
    <div class="page">
      <Top right={job && t('card.number', { number: job.number })} />
      {job ? <Whole job={foresee(job, waiting)} /> : <p class="empty">{t('job.gone')}</p>}
    </div>
  );
}

function Whole({ job }: { job: Job }) {
  const now = useNow(30_000);
  const { me } = useApp();
  const attention = `attention.${job.attention}`;
  const zone = me?.timezone ?? 'Asia/Shanghai';
  const at = (time: string): string => moment(new Date(time), new Date(now), zone, langNow());
  return (
    <>
      <main class="whole">
        <p class={`state ${job.state}`} data-testid="state">
          {t(`state.${job.state}`)}
        </p>
        {has(attention) && (
          <p class="problem" data-testid="attention">
            {t(attention)}
          </p>
        )}
        <Collect job={job} />
        <h1>{itemsOf(job)}</h1>
        {job.lines.some((line) => line.low_risk) && <p class="quiet">{t('card.low_risk')}</p>}
        <p class="when">
          {when(job, now)}
          <span class="quiet"> · {t('card.minutes', { n: job.minutes })}</span>
        </p>
        {job.arrive_by && ['accepted', 'en_route'].includes(job.state) && (
          <p>
            <Left until={job.arrive_by} words="card.arrive_left" over="card.late" />
          </p>
        )}
        <section class="place">
          <p class="elder">{job.elder}</p>
          <p class="address" data-testid="address">
            {job.address}
          </p>
          {job.metres !== null && <p class="quiet">{t('card.away', { far: distance(job.metres, langNow()) })}</p>}
          {job.hidden && <p class="quiet">{t('job.hidden')}</p>}
          {job.latitude !== null && job.longitude !== null && (
            <a
              class="key second"
              href={`geo:${String(job.latitude)},${String(job.longitude)}?q=${String(job.latitude)},${String(job.longitude)}`}
            >
              {t('do.map')}
            </a>
          )}
        </section>
        {job.notes && (
          <section class="notes">
            <h2>{t('job.notes')}</h2>
            <p>{job.notes}</p>
          </section>
        )}
        <section class="facts">
          <p>
            {job.amount_fen !== null
              ? t('job.amount', { yuan: yuan(job.amount_fen) })
              : job.pays_fen !== null
                ? t('money.yuan', { n: yuan(job.pays_fen) })
                : t('card.price_open')}
          </p>
          {job.worker ? (
            <p>{t('card.worker', { name: job.worker.name })}</p>
          ) : (
            !job.checked_out_at && <p>{t('card.nobody')}</p>
          )}
          {job.job_code && <p>{t('job.code', { code: job.job_code })}</p>}
          {job.checked_in_at && <p>{t('job.in_at', { at: at(job.checked_in_at) })}</p>}
          {job.checked_out_at && <p>{t('job.out_at', { at: at(job.checked_out_at) })}</p>}
        </section>
        <Others job={job} />
      </main>
      <footer class="next">
        <NextKey job={job} />
      </footer>
    </>
  );
}

/** What is possible besides the next step. */
function Others({ job }: { job: Job }) {
  const [open, setOpen] = useState<'call' | 'no_answer' | 'give_back' | 'send' | null>(null);
  const close = (): void => setOpen(null);
  const may = (what: string): boolean => job.may.includes(what);
  const send = (kind: 'call' | 'no_answer' | 'give_back' | 'send', path: string, body: unknown = {}): void => {
    close();
    void act(kind, job.order_id, `/api/jobs/${job.order_id}/${path}`, body);
  };
  return (
    <section class="others">
      {(['call', 'send', 'no_answer', 'give_back'] as const).map(
        (one) =>
          may(one) && (
            <button
              type="button"
              key={one}
              class={one === 'no_answer' ? 'key warn' : 'key second'}
              onClick={() => setOpen(one)}
              data-testid={one}
            >
              {t(`do.${one}`)}
            </button>
          ),
      )}
      {open === 'call' && (
        <Sheet title={t('call.title')} close={close}>
          <p>{t('call.what')}</p>
          <button type="button" class="key" onClick={() => send('call', 'call-elder')} data-testid="call-do">
            {t('call.do')}
          </button>
        </Sheet>
      )}
      {open === 'no_answer' && (
        <Sheet title={t('no.title')} close={close}>
          <p>{t('no.what')}</p>
          <button
            type="button"
            class="key warn"
            onClick={() => send('no_answer', 'no-answer')}
            data-testid="no-answer-do"
          >
            {t('no.do')}
          </button>
          <button type="button" class="key second" onClick={close}>
            {t('cancel')}
          </button>
        </Sheet>
      )}
      {open === 'give_back' && (
        <Sheet title={t('back.title')} close={close}>
          <p>{t('back.what')}</p>
          <Choices
            of={REASONS}
            words={(one) => t(`why.${one}`)}
            choose={(reason) => send('give_back', 'give-back', { reason })}
          />
        </Sheet>
      )}
      {open === 'send' && (
        <Sheet title={t('send.title')} close={close}>
          <Workers job={job} choose={(worker) => send('send', 'send', { worker_id: worker })} />
        </Sheet>
      )}
    </section>
  );
}

function Workers({ job, choose }: { job: Job; choose: (id: string) => void }) {
  const [found, setFound] = useState<Worker[] | null>(null);
  const { me } = useApp();
  useEffect(() => {
    get<Worker[]>(`/api/jobs/${job.order_id}/workers`)
      .then(setFound)
      .catch((error: unknown) => say(sentence(error, me?.hotline ?? ''), 'bad'));
  }, [job.order_id]);
  if (found === null) return <p>{t('loading')}</p>;
  if (found.length === 0) return <p class="problem">{t('send.none', { hotline: me?.hotline ?? '' })}</p>;
  return (
    <Choices
      of={found.map((one) => one.id)}
      words={(id) => found.find((one) => one.id === id)?.name ?? ''}
      choose={choose}
    />
  );
}
