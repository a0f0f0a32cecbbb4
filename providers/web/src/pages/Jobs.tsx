import { useEffect, useState } from 'preact/hooks';
import { post } from '../api';
import { act } from '../core';
import { foresee } from '../foresee';
import { t } from '../i18n';
import { CardBody, Left } from '../parts/Card';
import { NextKey } from '../parts/NextKey';
import { Choices, Sheet } from '../parts/Sheet';
import { useApp } from '../state';
import type { Job, Offer } from '../types';
import { yuan } from '../words';

const OVER = new Set(['done', 'verified', 'settled', 'disputed', 'cancelled']);
const REASONS = ['busy', 'far', 'price', 'other'] as const;

const byTime = (a: Job, b: Job): number =>
  (a.wanted_from ?? a.arrive_by ?? '').localeCompare(b.wanted_from ?? b.arrive_by ?? '');

export function Jobs() {
  const { orders, waiting, me, loaded } = useApp();
  const all = Object.values(orders);
  const offers = all.flatMap((news) => news.offers).sort((a, b) => a.deadline_at.localeCompare(b.deadline_at));
  const jobs = all.flatMap((news) => (news.job ? [foresee(news.job, waiting)] : []));
  const now = jobs.filter((job) => !OVER.has(job.state)).sort(byTime);
  const over = jobs
    .filter((job) => OVER.has(job.state))
    .sort((a, b) => (b.checked_out_at ?? '').localeCompare(a.checked_out_at ?? ''));
  if (!loaded) return <p class="opening">{t('loading')}</p>;
  return (
    <>
      <h1 class="only-read">{t('nav.jobs')}</h1>
      <StoreState />
      {offers.length > 0 && <h2>{t('jobs.new')}</h2>}
      {offers.map((offer) => (
        <OfferCard key={offer.id} offer={offer} />
      ))}
      {now.length > 0 && <h2>{t('jobs.now')}</h2>}
      {now.map((job) => (
        <JobCard key={job.order_id} job={job} />
      ))}
      {offers.length === 0 && now.length === 0 && me && me.stores.length > 0 && (
        <section class="empty" data-testid="empty">
          <p>{t('jobs.none')}</p>
          <p class="quiet">{t('jobs.none_what')}</p>
        </section>
      )}
      {over.length > 0 && <h2>{t('jobs.over')}</h2>}
      {over.map((job) => (
        <JobCard key={job.order_id} job={job} />
      ))}
    </>
  );
}

function StoreState() {
  const { me } = useApp();
  if (!me) return null;
  if (me.stores.length === 0 && me.organisations.length === 0)
    return <p class="notice">{t('jobs.no_store', { hotline: me.hotline })}</p>;
  return (
    <>
      {me.stores.map((one) =>
        one.state === 'suspended' ? (
          <p class="notice" key={one.store_id}>
            {t('jobs.suspended', { store: one.store, reason: one.state_reason, hotline: me.hotline })}
          </p>
        ) : one.state === 'applied' ? (
          <p class="notice" key={one.store_id}>
            {t('jobs.applied', { store: one.store })}
          </p>
        ) : null,
      )}
    </>
  );
}

function OfferCard({ offer }: { offer: Offer }) {
  const { waiting, me } = useApp();
  const [asks, setAsks] = useState(false);
  const pending = waiting.some((action) => action.order === offer.order_id);
  useEffect(() => {
    post(`/api/offers/${offer.id}/seen`).catch(() => undefined);
  }, [offer.id]);
  return (
    <article class="card offer" data-testid="offer">
      <CardBody card={offer}>
        <p class="deadline">
          <Left until={offer.deadline_at} words="card.answer_within" />
          {me && me.stores.length > 1 && <span class="quiet"> · {offer.store}</span>}
        </p>
      </CardBody>
      <div class="keys">
        <button
          type="button"
          class="key"
          data-testid="accept"
          disabled={pending}
          onClick={() => void act('accept', offer.order_id, `/api/offers/${offer.id}/accept`)}
        >
          {pending ? t('do.waits') : t('do.accept')}
        </button>
        <button type="button" class="key second" disabled={pending} onClick={() => setAsks(true)} data-testid="decline">
          {t('do.decline')}
        </button>
      </div>
      {asks && (
        <Sheet title={t('why.title')} close={() => setAsks(false)}>
          <Choices
            of={REASONS}
            words={(one) => t(`why.${one}`)}
            choose={(reason) => {
              setAsks(false);
              void act('decline', offer.order_id, `/api/offers/${offer.id}/decline`, { reason });
            }}
          />
        </Sheet>
      )}
    </article>
  );
}

function JobCard({ job }: { job: Job }) {
  const isOver = OVER.has(job.state);
  return (
    <article class={isOver ? 'card over' : 'card'} data-testid="job" data-state={job.state}>
      <button type="button" class="card-open" onClick={() => (location.hash = `#/job/${job.order_id}`)}>
        <p class={`state ${job.state}`}>
          {t(`state.${job.state}`)}
          {!isOver && job.arrive_by && job.state !== 'in_service' && (
            <>
              {' · '}
              <Left until={job.arrive_by} words="card.arrive_left" over="card.late" />
            </>
          )}
        </p>
        <CardBody card={job}>
          {isOver && job.settled && job.settled.others.length > 0 && (
            <p>
              <strong>{t('collect.of', { n: yuan(job.settled.at_door_fen) })}</strong>
            </p>
          )}
          {!isOver && !job.mine && (
            <p class="quiet">{job.worker ? t('card.worker', { name: job.worker.name }) : t('card.nobody')}</p>
          )}
        </CardBody>
      </button>
      {!isOver && <NextKey job={job} />}
    </article>
  );
}
