import { AlertFilled, BellFilled, EyeOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { api, unwrap } from '../../api/client';
import type { EmergencyView } from '../../api/types';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { duration } from '../../kit/format';
import { useStore } from '../../kit/store';
import { alarmsFor, askedToWatch, mine, nextDeadline, partIn, type Alarmed } from '../../live/emergency';
import { Countdown, Since } from './Clock';
import { alarmWords, deadlineWords, kindWord, whoWord } from './words';
import './emergency.css';

const MOST = 2;

/** Above every page: what is asked of this person, what has passed its time, and the way back to her emergency. */
export function EmergencyBars({ atDesk }: { atDesk: boolean }) {
  const { me } = useConsole();
  if (!may(me, 'cases:read')) return null;
  return (
    <>
      <AlarmBands />
      <AskedBand />
      <WayBack atDesk={atDesk} />
    </>
  );
}

function useEmergencies<R>(select: (state: { emergencies: Readonly<Record<string, EmergencyView>> }) => R): R {
  const emergencies = useLive((state) => state.emergencies);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `select` is written at the call, and reads nothing else
  return useMemo(() => select({ emergencies }), [emergencies]);
}

function useEnter(): (one: EmergencyView) => void {
  const { desk } = useConsole();
  const navigate = useNavigate();
  return (one) => {
    desk.look.enter(one.case_id);
    void navigate('/');
  };
}

function AlarmBands() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const list = useEmergencies((state) => alarmsFor(state, me));
  if (list.length === 0 || !may(me, 'cases:write')) return null;
  return (
    <section aria-label={t('emergencyPage.alarm.region')} role="alert">
      {list.slice(0, MOST).map((one) => (
        <AlarmBand key={one.emergency.id} {...one} />
      ))}
      {list.length > MOST && (
        <div className="alarm-band alarm-more num">{t('emergencyPage.alarm.more', { count: list.length - MOST })}</div>
      )}
    </section>
  );
}

function AlarmBand({ emergency, alarm, count }: Alarmed) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const now = useNow();
  const enter = useEnter();
  const seen = useMutation({
    mutationFn: () =>
      Promise.all(
        emergency.alarms
          .filter((one) => one.level <= alarm.level)
          .map((one) =>
            unwrap(
              api.POST('/api/emergencies/{case_id}/alarms/{alarm_id}/seen', {
                params: { path: { case_id: emergency.case_id, alarm_id: one.id } },
              }),
            ),
          ),
      ),
    onSuccess: () => enter(emergency),
    onError: (error) => desk.notices.failed(error),
  });
  return (
    <div className={`alarm-band alarm-band-${Math.min(alarm.level, 3)}`} data-testid={`alarm-${emergency.case_id}`}>
      <BellFilled />
      <strong>{alarmWords(alarm)}</strong>
      <span className="ellipsis">
        {whoWord(emergency)} · {emergency.place} · {kindWord(emergency.kind)}
      </span>
      <span className="num alarm-when">
        {t('emergencyPage.alarm.since', { time: duration(now - Date.parse(alarm.at)) })} ·{' '}
        {t('emergencyPage.alarm.level', { count: alarm.level })}
        {count > 1 && ` · ×${count}`}
      </span>
      <Button loading={seen.isPending} onClick={() => seen.mutate()} data-testid="alarm-seen">
        {t('emergencyPage.alarm.seen')}
      </Button>
    </div>
  );
}

function AskedBand() {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const list = useEmergencies((state) => askedToWatch(state, me.id));
  const enter = useEnter();
  const watch = useMutation({
    mutationFn: (one: EmergencyView) =>
      unwrap(api.POST('/api/emergencies/{case_id}/watch', { params: { path: { case_id: one.case_id } } })),
    onSuccess: (_, one) => enter(one),
    onError: (error) => desk.notices.failed(error),
  });
  const one = list[0];
  if (one === undefined) return null;
  return (
    <div className="asked-band" role="status" data-testid="asked-band">
      <EyeOutlined />
      <strong>{t('emergencyPage.asked.band')}</strong>
      <span className="ellipsis">
        {whoWord(one)} · {one.place} · {kindWord(one.kind)}
        {one.owner_name && ` · ${t('emergencyPage.asked.by', { name: one.owner_name })}`}
        {list.length > 1 && ` · ${t('emergencyPage.others', { count: list.length - 1 })}`}
      </span>
      <Button type="primary" loading={watch.isPending} onClick={() => watch.mutate(one)} data-testid="watch-key">
        {t('emergencyPage.asked.key')}
      </Button>
    </div>
  );
}

/** Whoever owns or watches one and does not look at its screen finds back with one key. */
function WayBack({ atDesk }: { atDesk: boolean }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const list = useEmergencies((state) => mine(state, me.id).filter((one) => partIn(one, me.id) !== 'asked'));
  const focused = useStore(desk.focus, (focus) => focus.caseId);
  const left = useStore(desk.look, (look) => look !== null && !look.in);
  const enter = useEnter();
  const away = list.filter((one) => !atDesk || one.case_id !== focused || left);
  const one = away[0];
  if (one === undefined) return null;
  const due = nextDeadline(one);
  return (
    <div className="back-bar" role="status" data-testid="emergency-back">
      <AlertFilled />
      <strong>{t('emergencyPage.going')}</strong>
      <span className="ellipsis">
        {whoWord(one)} · {kindWord(one.kind)} · <Since at={one.pressed_at} />
        {due && (
          <>
            {' '}
            · {deadlineWords(due.code)} <Countdown deadline={due} className="back-due" />
          </>
        )}
        {away.length > 1 && ` · ${t('emergencyPage.others', { count: away.length - 1 })}`}
      </span>
      <Button onClick={() => enter(one)} data-testid="emergency-back-key">
        {t('emergencyPage.back')}
      </Button>
    </div>
  );
}
