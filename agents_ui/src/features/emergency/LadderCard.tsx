import { CheckCircleFilled, KeyOutlined, LoadingOutlined, PhoneFilled, RobotOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Attempts } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { lookUp } from '../../i18n/words';
import { clockTime } from '../../kit/format';
import { addsTo, reach } from '../call/reach';
import { Countdown } from './Clock';
import { calledBack, isBad, isGood, rungsOf, type Rung } from './ladder';
import { useAttempts } from './use-attempts';
import type { Shown } from './use-emergency';

/** Contacts of the emergency: rung by the program or by a click, each with what became of it; who goes stands out. */
export function LadderCard({ shown, writes }: { shown: Shown; writes: boolean }) {
  const { t } = useTranslation();
  const { caseId, elder, emergency } = shown;
  const told = useAttempts(caseId, emergency !== null);
  const people = rungsOf(elder, told);
  const back = calledBack(told)[0];
  return (
    <section className="panel em-card" aria-label={t('emergencyPage.ladder.title')} data-testid="ladder-card">
      <Head shown={shown} told={told} writes={writes} empty={people.length === 0} />
      {back && (
        <div className="em-rung" data-testid="called-back" data-state={back.state}>
          <span>
            <RobotOutlined /> {t('emergencyPage.ladder.calledBack')}
          </span>
          <span className="em-rung-state">{lookUp(`emergencyPage.ladder.attempt.${back.state}`)}</span>
        </div>
      )}
      {people.map((one) => (
        <Person key={one.key} shown={shown} one={one} writes={writes} />
      ))}
      {people.length === 0 && <p className="quiet">{t('emergencyPage.ladder.none')}</p>}
    </section>
  );
}

function Head({
  shown,
  told,
  writes,
  empty,
}: {
  shown: Shown;
  told: Attempts | undefined;
  writes: boolean;
  empty: boolean;
}) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [stopping, setStopping] = useState(false);
  const params = { path: { case_id: shown.caseId } };
  const start = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/emergencies/{case_id}/ladder', { params, body: { rounds: 1, again_s: 120 } })),
    onError: (error) => desk.notices.failed(error),
  });
  const ladder = told?.ladder ?? null;
  const runs = ladder?.state === 'running';
  const rung = ladder && runs ? ladder.rungs[ladder.rung - 1] : undefined;
  return (
    <>
      <header className="em-card-head">
        <h2>{t('emergencyPage.ladder.title')}</h2>
        {ladder && (
          <span
            className={ladder.state === 'ended' ? 'age-late' : 'quiet'}
            data-testid="ladder-state"
            data-state={ladder.state}
          >
            {rung ? t(`emergencyPage.ladder.rung.${rung.who}`) : t(`emergencyPage.ladder.state.${ladder.state}`)}
          </span>
        )}
        {ladder?.due_at && runs && (
          <Countdown
            deadline={{ code: '', level: 0, started_at: ladder.due_at, due_at: ladder.due_at }}
            className="em-card-due"
          />
        )}
        <span className="em-space" />
        {writes &&
          !empty &&
          (runs ? (
            <Button size="small" danger onClick={() => setStopping(true)} data-testid="ladder-stop">
              {t('emergencyPage.ladder.stop')}
            </Button>
          ) : (
            <Button
              size="small"
              type="primary"
              title={t('emergencyPage.ladder.startHelp')}
              loading={start.isPending}
              disabled={shown.emergency === null}
              data-testid="ladder-start"
              onClick={() => start.mutate()}
            >
              {t(ladder ? 'emergencyPage.ladder.startPlain' : 'emergencyPage.ladder.start')}
            </Button>
          ))}
      </header>
      {(rung?.who === 'outside' || ladder?.state === 'ended') && (
        <p className="em-outside-now" role="alert" data-testid="ladder-outside">
          {t('emergencyPage.ladder.outsideNow')}
        </p>
      )}
      {stopping && <StopDialog caseId={shown.caseId} onClose={() => setStopping(false)} />}
    </>
  );
}

function Person({ shown, one, writes }: { shown: Shown; one: Rung; writes: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const { caseId } = shown;
  const ask = useMutation({
    mutationFn: (contactId: string) =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/contacts/{contact_id}/call', {
          params: { path: { case_id: caseId, contact_id: contactId } },
        }),
      ),
    onError: (error) => desk.notices.failed(error),
  });
  const arrived = useMutation({
    mutationFn: (attemptId: string) =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/attempts/{attempt_id}/arrived', {
          params: { path: { case_id: caseId, attempt_id: attemptId } },
        }),
      ),
    onError: (error) => desk.notices.failed(error),
  });
  const state = one.last?.state ?? null;
  const busy = state === 'calling' || state === 'waiting';
  const meant = one.contactId ? { contact_id: one.contactId } : one.workerId ? { worker_id: one.workerId } : null;
  const adds = addsTo(desk) !== null;
  return (
    <div
      className={state && isGood(state) ? 'em-rung em-rung-going' : 'em-rung'}
      data-testid={`rung-${one.key}`}
      data-state={state ?? ''}
    >
      <span className="em-rung-who">
        <strong>{one.relation || t('callPage.worker')}</strong> {one.name}
        {one.hasKey && <KeyOutlined className="contact-key" title={t('elder.key')} />}
        <span className="num quiet"> {one.number}</span>
      </span>
      <span className={state && isBad(state) ? 'em-rung-state age-late' : 'em-rung-state'}>
        {state === 'going' && <CheckCircleFilled />}
        {state === 'calling' && <LoadingOutlined />}{' '}
        {state ? (
          t(`emergencyPage.ladder.attempt.${state}`)
        ) : (
          <span className="quiet">{t('emergencyPage.ladder.notYet')}</span>
        )}
        {one.last?.arrived_at ? (
          <b className="num">
            {' '}
            {t('emergencyPage.ladder.arrivedAt', { time: clockTime(Date.parse(one.last.arrived_at), false) })}
          </b>
        ) : (
          one.last?.ended_at && <span className="num quiet"> {clockTime(Date.parse(one.last.ended_at), false)}</span>
        )}
      </span>
      {writes && (
        <span className="em-rung-keys">
          {one.last && state === 'going' && one.last.arrived_at === null && (
            <Button
              size="small"
              type="primary"
              loading={arrived.isPending}
              data-testid="contact-arrived"
              onClick={() => one.last && arrived.mutate(one.last.id)}
            >
              {t('emergencyPage.ladder.arrived')}
            </Button>
          )}
          {one.contactId && (
            <Button
              size="small"
              icon={<RobotOutlined />}
              disabled={busy || shown.emergency === null}
              loading={ask.isPending}
              data-testid="contact-ask"
              onClick={() => one.contactId && ask.mutate(one.contactId)}
            >
              {t('emergencyPage.ladder.call')}
            </Button>
          )}
          {shown.acts && meant && (
            <Button
              size="small"
              type={state && isGood(state) ? 'primary' : 'default'}
              icon={<PhoneFilled />}
              data-testid="contact-call"
              onClick={() => void reach(desk, meant, caseId)}
            >
              {t(adds ? 'emergencyPage.ladder.join' : 'emergencyPage.ladder.dial')}
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

function StopDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const stop = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/ladder/stop', {
          params: { path: { case_id: caseId } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: onClose,
    onError: (error) => desk.notices.failed(error),
  });
  return (
    <Modal
      open
      title={t('emergencyPage.ladder.stopTitle')}
      okText={t('emergencyPage.ladder.stop')}
      okButtonProps={{ disabled: reason.trim() === '', loading: stop.isPending }}
      onOk={() => stop.mutate()}
      onCancel={onClose}
    >
      <div className="outcomes">
        {(['arrived', 'elder', 'outside'] as const).map((why) => (
          <button
            key={why}
            type="button"
            className="outcome"
            onClick={() => setReason(t(`emergencyPage.ladder.stopWhy.${why}`))}
          >
            {t(`emergencyPage.ladder.stopWhy.${why}`)}
          </button>
        ))}
      </div>
      <Input
        className="em-skip-reason"
        maxLength={200}
        value={reason}
        aria-label={t('emergencyPage.ladder.stopReason')}
        placeholder={t('emergencyPage.ladder.stopReason')}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  );
}
