import { AlertFilled, EyeOutlined, LogoutOutlined, TeamOutlined, UserOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Tooltip } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { EmergencyView } from '../../api/types';
import { useConsole, useLive } from '../../app/console-context';
import { may } from '../../app/session';
import { isThere, mayWatch, nextDeadline } from '../../live/emergency';
import { isSos, waitingCalls } from '../../live/select';
import { Countdown, Since } from './Clock';
import { EndDialog } from './EndDialog';
import { helpOf } from './ladder';
import { useAttempts } from './use-attempts';
import type { Shown } from './use-emergency';
import { deadlineWords, kindWord } from './words';

/** What it is, three clocks, who answers for it and who watches; and the two ways out, neither of them one click. */
export function EmergencyHead({ shown }: { shown: Shown }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const { emergency, call } = shown;
  const due = emergency ? nextDeadline(emergency) : null;
  const pressedAt = emergency?.pressed_at ?? call?.received_at;
  const answeredAt = emergency?.answered_at ?? call?.answered_at;
  const presses = emergency?.presses ?? call?.presses ?? 1;
  return (
    <header className="em-head" data-testid="emergency-head">
      <div className="em-kind">
        <AlertFilled />
        <div>
          <strong data-testid="emergency-kind">{kindWord(emergency?.kind ?? 'unknown')}</strong>
          {presses > 1 && <div className="num em-small">{t('emergencyPage.presses', { count: presses })}</div>}
        </div>
      </div>
      {pressedAt && (
        <Clock label={t('emergencyPage.sincePress')} testId="clock-press">
          <Since at={pressedAt} />
        </Clock>
      )}
      <Clock label={t('emergencyPage.sinceAnswer')} testId="clock-answer">
        {answeredAt ? <Since at={answeredAt} /> : <span className="em-words">{t('emergencyPage.notAnswered')}</span>}
      </Clock>
      <Clock
        label={due ? `${t('emergencyPage.next')} · ${deadlineWords(due.code)}` : t('emergencyPage.next')}
        testId="clock-next"
        wide
      >
        {due ? (
          <Countdown deadline={due} className="em-due" />
        ) : (
          <span className="em-words">{t('emergencyPage.noDeadline')}</span>
        )}
      </Clock>
      <People shown={shown} />
      <Waiting />
      <span className="em-space" />
      <End shown={shown} />
      <Tooltip title={t('emergencyPage.leaveHelp')} placement="bottomRight">
        <Button ghost icon={<LogoutOutlined />} onClick={() => desk.look.leave()} data-testid="emergency-leave">
          {t('emergencyPage.leave')}
        </Button>
      </Tooltip>
    </header>
  );
}

function Clock({
  label,
  testId,
  wide,
  children,
}: {
  label: string;
  testId: string;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={wide ? 'em-clock em-clock-wide' : 'em-clock'} data-testid={testId}>
      <span className="em-small ellipsis">{label}</span>
      <span className="em-time">{children}</span>
    </div>
  );
}

function People({ shown }: { shown: Shown }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const { emergency, part } = shown;
  const there = useLive((state) => emergency !== null && isThere(state, emergency.watcher_id));
  const watch = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/emergencies/{case_id}/watch', { params: { path: { case_id: shown.caseId } } })),
    onError: (error) => desk.notices.failed(error),
  });
  if (emergency === null) return null;
  const owner = emergency.owner_id === me.id ? t('emergencyPage.you') : emergency.owner_name;
  const watcher =
    emergency.watcher_id === null
      ? ''
      : emergency.watching_since === null
        ? t('emergencyPage.watcherAsked', { name: emergency.watcher_name })
        : emergency.watcher_id === me.id
          ? t('emergencyPage.you')
          : emergency.watcher_name;
  return (
    <div className="em-people">
      <span className="ellipsis">
        <UserOutlined /> {t('emergencyPage.owner')} <b>{owner || t('emergencyPage.nobody')}</b>
      </span>
      <span className="ellipsis" data-testid="emergency-watcher">
        <EyeOutlined /> {t('emergencyPage.watcher')} <b>{watcher || t('emergencyPage.nobody')}</b>
        {mayWatch(emergency, me, there) && may(me, 'cases:write') && (
          <Button size="small" loading={watch.isPending} onClick={() => watch.mutate()} data-testid="watch-here">
            {t(part === 'asked' ? 'emergencyPage.asked.key' : 'emergencyPage.watch')}
          </Button>
        )}
      </span>
      <HelpLine caseId={shown.caseId} emergency={emergency} />
    </div>
  );
}

/** Whether somebody is on the way, without scrolling to the contacts. */
function HelpLine({ caseId, emergency }: { caseId: string; emergency: EmergencyView }) {
  const { t } = useTranslation();
  const told = useAttempts(caseId, true);
  const help = helpOf(emergency, told);
  if (help === null) return null;
  const name = help.who ? [help.who.relation || t('callPage.worker'), help.who.name].join(' ') : '';
  return (
    <span
      className={`ellipsis em-help em-help-${help.state}`}
      role="status"
      data-testid="emergency-help"
      data-state={help.state}
    >
      <TeamOutlined />{' '}
      {help.state === 'going' && name
        ? t('emergencyPage.help.goes', { name })
        : t(`emergencyPage.help.${help.state}`, { name })}
    </span>
  );
}

/** The queue is not on this screen, so it says that somebody waits. */
function Waiting() {
  const { t } = useTranslation();
  const all = useLive((state) => waitingCalls(state).length);
  const sos = useLive((state) => waitingCalls(state).filter(isSos).length);
  if (all === 0) return null;
  return (
    <div className="em-waiting num" role="status" data-testid="emergency-waiting">
      <span>{t('emergencyPage.waitingToo', { count: all })}</span>
      {sos > 0 && <b>{t('emergencyPage.waitingSos', { count: sos })}</b>}
    </div>
  );
}

function End({ shown }: { shown: Shown }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { detail, emergency } = shown;
  if (emergency === null || !may(me, 'cases:write') || !(shown.acts || may(me, 'users:read'))) return null;
  return (
    <>
      <Button ghost disabled={detail === undefined} onClick={() => setAsking(true)} data-testid="emergency-end">
        {t('emergencyPage.end')}
      </Button>
      <EndDialog caseId={shown.caseId} open={asking} onClose={() => setAsking(false)} />
    </>
  );
}
