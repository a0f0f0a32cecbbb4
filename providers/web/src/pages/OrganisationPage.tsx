import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { sentence } from '../errors';
import { t } from '../i18n';
import { Sheet } from '../parts/Sheet';
import { Top } from '../parts/Top';
import { app, say, serverNow } from '../state';
import type { Report, Standing, StoreLine } from '../types';
import { monthOf } from './Money';

const SHOWN = 60; // a list that a thumb can still go through; the rest is found

/** An officer's stores: who waits for admission first. */
export function OrganisationPage({ id }: { id: string }) {
  const [stores, setStores] = useState<StoreLine[] | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const fail = (error: unknown): void => say(sentence(error, app().me?.hotline ?? ''), 'bad');
  const read = (): void => void get<StoreLine[]>(`/api/organisations/${id}/stores`).then(setStores).catch(fail);
  useEffect(() => {
    read();
    const now = new Date(serverNow());
    const month = monthOf(now, 0);
    const today = `${month}-${String(now.getDate()).padStart(2, '0')}`;
    void get<Report>(`/api/organisations/${id}/report?first=${month}-01&last=${today}`)
      .then(setReport)
      .catch(() => undefined);
  }, [id]);
  const name = app().me?.organisations.find((one) => one.organisation_id === id)?.name ?? '';
  const found = (stores ?? [])
    .filter((one) => one.name.includes(find.trim()) || one.code.toLowerCase().includes(find.trim().toLowerCase()))
    .sort((a, b) => Number(b.state === 'applied') - Number(a.state === 'applied'));
  return (
    <div class="page">
      <Top />
      <main>
        <h1>{name}</h1>
        {report && (
          <p>
            {t('org.month', {
              jobs: report.jobs,
              accepted: report.accepted,
              offers: report.offers,
              papers: report.licences_expiring,
            })}
          </p>
        )}
        <h2>{t('org.stores', { n: stores?.length ?? 0 })}</h2>
        <label for="find">{t('org.find')}</label>
        <input id="find" type="search" value={find} onInput={(event) => setFind(event.currentTarget.value)} />
        {found.slice(0, SHOWN).map((one) => (
          <button type="button" key={one.id} class="key second row" onClick={() => setOpen(one.id)} data-testid="below">
            <span>
              {one.name} <span class="quiet">{one.community}</span>
            </span>
            <span class={one.state === 'suspended' ? 'left late' : one.state === 'applied' ? 'left soon' : 'quiet'}>
              {t(`org.${one.state}`)}
            </span>
          </button>
        ))}
      </main>
      {open && (
        <Decide
          id={open}
          close={() => setOpen(null)}
          done={() => {
            setOpen(null);
            read();
            say(t('org.done'));
          }}
        />
      )}
    </div>
  );
}

function Decide({ id, close, done }: { id: string; close: () => void; done: () => void }) {
  const [standing, setStanding] = useState<Standing | null>(null);
  const [reason, setReason] = useState('');
  const fail = (error: unknown): void => say(sentence(error, app().me?.hotline ?? ''), 'bad');
  useEffect(() => void get<Standing>(`/api/stores/${id}/standing`).then(setStanding).catch(fail), [id]);
  if (!standing) return null;
  const become = (to: 'admitted' | 'suspended'): void =>
    void post(`/api/stores/${id}/standing`, { version: standing.version, to, reason }).then(done).catch(fail);
  return (
    <Sheet title={standing.name} close={close}>
      <p>
        {t(`org.${standing.state}`)}
        {standing.reason && ` · ${standing.reason}`}
      </p>
      {standing.may_become.includes('suspended') && (
        <>
          <label for="reason">{t('org.reason')}</label>
          <textarea
            id="reason"
            rows={2}
            maxLength={300}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <button
            type="button"
            class="key warn"
            disabled={!reason.trim()}
            onClick={() => become('suspended')}
            data-testid="suspend"
          >
            {t('org.suspend')}
          </button>
        </>
      )}
      {standing.may_become.includes('admitted') && (
        <button type="button" class="key" onClick={() => become('admitted')} data-testid="admit">
          {t('org.admit')}
        </button>
      )}
    </Sheet>
  );
}
