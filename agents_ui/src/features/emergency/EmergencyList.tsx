import { AlertFilled, EyeOutlined, UserOutlined } from '@ant-design/icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { EmergencyView } from '../../api/types';
import { useConsole, useLive } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { nextDeadline, openEmergencies, partIn } from '../../live/emergency';
import { Countdown, Since } from './Clock';
import { deadlineWords, kindWord, whoWord } from './words';
import './emergency.css';

/** The board of open emergencies: who, where, who has it, who watches, what is due next. Not there while there are none. */
export function EmergencyList() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const emergencies = useLive((state) => state.emergencies);
  const focused = useStore(desk.focus, (focus) => focus.caseId);
  const list = useMemo(() => openEmergencies({ emergencies }), [emergencies]);
  if (list.length === 0) return null;
  return (
    <section className="panel emergency-list" aria-label={t('emergencyPage.board')} data-testid="emergency-board">
      <header className="panel-head emergency-list-head">
        <AlertFilled /> {t('emergencyPage.board')}
        <span className="panel-count num">{list.length}</span>
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label={t('emergencyPage.board')}>
        {list.map((one) => (
          <EmergencyRow key={one.id} one={one} on={one.case_id === focused} />
        ))}
      </div>
    </section>
  );
}

function EmergencyRow({ one, on }: { one: EmergencyView; on: boolean }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const due = nextDeadline(one);
  const part = partIn(one, me.id);
  const open = (): void => {
    if (part === 'none') desk.focus.openCase(one.case_id);
    else desk.look.enter(one.case_id);
    void navigate('/');
  };
  const name = (id: string | null, word: string): string => (id === me.id ? t('emergencyPage.you') : word);
  return (
    <button
      type="button"
      className={on ? 'case-item case-item-on emergency-row' : 'case-item emergency-row'}
      aria-current={on}
      data-testid={`emergency-item-${one.case_id}`}
      onClick={open}
    >
      <span className="queue-row">
        <span className="sev sev-E0">{kindWord(one.kind)}</span>
        <span className="queue-who">{whoWord(one)}</span>
        <Since at={one.pressed_at} className="queue-clock" />
      </span>
      <span className="queue-row queue-sub">
        <span className="ellipsis quiet">
          <UserOutlined />{' '}
          {one.owner_id ? (
            name(one.owner_id, one.owner_name)
          ) : (
            <b className="queue-nobody">{t('emergencyPage.noOwner')}</b>
          )}{' '}
          <EyeOutlined />{' '}
          {one.watcher_id && one.watching_since ? (
            name(one.watcher_id, one.watcher_name)
          ) : (
            <b className="age-warn">{t('emergencyPage.noWatcher')}</b>
          )}
        </span>
        {one.presses > 1 && <span className="num">{t('queue.presses', { count: one.presses })}</span>}
      </span>
      {due && (
        <span className="queue-row queue-sub">
          <span className="ellipsis">{deadlineWords(due.code)}</span>
          <Countdown deadline={due} />
        </span>
      )}
    </button>
  );
}
