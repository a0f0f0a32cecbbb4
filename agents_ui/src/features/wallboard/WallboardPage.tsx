import { CloseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { FigureView, Severity, Wallboard } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { clockTime, duration } from '../../kit/format';
import { BehindDrawer, type Behind } from '../reports/BehindDrawer';
import { Spark } from '../reports/Spark';
import { percent, said, share, timeOf, verdict } from '../reports/words';
import { nowOf, OLD_MS, shown, STATES } from './board';
import './wallboard.css';

const POLL_MS = 10_000;
const SEVERITIES: Severity[] = ['E0', 'U1', 'U2', 'N1', 'N2'];

/** Seen from six metres, for days on end: who waits, who is there, how well it went today. */
export function WallboardPage() {
  const { t, i18n } = useTranslation();
  const { server } = useConsole();
  const live = useLive((state) => state);
  const now = useNow();
  const [behind, setBehind] = useState<Behind | null>(null);
  const asked = useQuery({
    queryKey: ['wallboard'],
    queryFn: () => unwrap(api.GET('/api/wallboard')),
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: true,
    staleTime: 0,
    // It hangs there for days: whatever went wrong is asked again, and what was known stays, marked as old.
    retry: false,
  });
  const board = asked.data;
  const lost = live.connection !== 'open';
  const old = board !== undefined && now - Date.parse(board.made_at) > OLD_MS;
  const at = nowOf(live, now);
  const look = (figure: string, title: string, formula: string): void => {
    if (board) setBehind({ figure, title, formula, first: board.day, last: board.day, timeZone: board.timezone });
  };
  return (
    <main className={lost ? 'board board-lost' : 'board'} data-testid="wallboard">
      <header className="board-head">
        <h1>{board?.centre_name ?? server.centre_name}</h1>
        <span className="board-day num">{board?.day}</span>
        <time className="board-clock num">
          {board ? timeOf(new Date(now).toISOString(), board.timezone) : clockTime(now)}
        </time>
        {board?.self_test?.outcome === 'passed' && (
          <span className="board-day num" data-testid="board-self-test">
            {t('floorPage.wallboard.selfTest.passed', { time: timeOf(board.self_test.at, board.timezone) })}
          </span>
        )}
        <Link to="/floor" className="board-leave" aria-label={t('floorPage.wallboard.leave')}>
          <CloseOutlined />
        </Link>
      </header>
      {(lost || old) && (
        <div className="board-warning" role="alert" data-testid="board-warning">
          {lost
            ? t('floorPage.wallboard.lost', { time: clockTime(live.lostAt ?? now, false) })
            : t('floorPage.wallboard.old', { time: clockTime(Date.parse(board?.made_at ?? ''), false) })}
        </div>
      )}
      {board?.self_test && board.self_test.outcome !== 'passed' && (
        <div className="board-warning" role="alert" data-testid="board-self-test">
          {t(`floorPage.wallboard.selfTest.${board.self_test.outcome}`, {
            time: timeOf(board.self_test.at, board.timezone),
          })}
        </div>
      )}
      <section className="board-now" aria-label={t('floorPage.wallboard.now')}>
        <Tile
          title={t('floorPage.wallboard.waiting')}
          to="/floor"
          tone={at.waiting > 0 ? at.age : 'fresh'}
          testId="board-waiting"
        >
          <b className="board-huge num">{at.waiting}</b>
          <span className="board-sub num">
            {at.longest === null
              ? t('floorPage.wallboard.nobodyWaits')
              : t('floorPage.wallboard.longest', { time: duration(at.longest) })}
          </span>
        </Tile>
        <Tile
          title={t('floorPage.wallboard.agents')}
          to="/floor"
          tone={at.agents.idle === 0 ? 'warn' : 'fresh'}
          testId="board-agents"
        >
          <span className="board-states">
            {STATES.map((state) => (
              <span key={state} className={`board-state board-state-${state}`}>
                <b className="num">{at.agents[state]}</b>
                <span>{word('agentState', state)}</span>
              </span>
            ))}
          </span>
        </Tile>
        <Tile
          title={t('floorPage.wallboard.overdue')}
          to="/floor"
          tone={at.overdue > 0 ? 'late' : 'fresh'}
          testId="board-overdue"
        >
          <b className="board-huge num">{at.overdue}</b>
          <span className="board-sub num">
            {t('floorPage.wallboard.open', { count: Object.keys(live.tasks).length })}
          </span>
        </Tile>
        <Tile
          title={t('floorPage.wallboard.cases')}
          to="/floor"
          tone={board && board.overdue_cases > 0 ? 'late' : 'fresh'}
          testId="board-cases"
        >
          <span className="board-states">
            {SEVERITIES.filter((one) => one !== 'N2' || (board?.open_cases.N2 ?? 0) > 0).map((severity) => (
              <span key={severity} className="board-state">
                <b className="num">{board?.open_cases[severity] ?? '–'}</b>
                <span>{severity}</span>
              </span>
            ))}
          </span>
          <span className="board-sub num">
            {Object.keys(live.emergencies).length > 0 && (
              <b data-testid="board-emergencies">
                {t('emergencyPage.board')} {Object.keys(live.emergencies).length} ·{' '}
              </b>
            )}
            {t('floorPage.wallboard.nobodys', { count: board?.nobodys_cases ?? 0 })}
          </span>
        </Tile>
      </section>
      <section className="board-figures" aria-label={t('floorPage.wallboard.today')}>
        {shown(board?.figures ?? []).map((figure) => (
          <BoardFigure
            key={figure.key}
            figure={figure}
            onOpen={() => look(figure.key, said(figure.title, i18n.language), said(figure.formula, i18n.language))}
          />
        ))}
      </section>
      {board && <Below board={board} onMissed={() => look('missed', t('floorPage.wallboard.missed'), '')} />}
      <BehindDrawer behind={behind} onClose={() => setBehind(null)} />
    </main>
  );
}

function Tile({
  title,
  to,
  tone,
  testId,
  children,
}: {
  title: string;
  to: string;
  tone: string;
  testId: string;
  children: ReactNode;
}) {
  return (
    <Link to={to} className={`board-tile board-tone-${tone}`} data-testid={testId}>
      <span className="board-title">{title}</span>
      {children}
    </Link>
  );
}

function BoardFigure({ figure, onOpen }: { figure: FigureView; onOpen: () => void }) {
  const { t, i18n } = useTranslation();
  const how = verdict(figure);
  const apart = figure.excluded.reduce((sum, one) => sum + one.n, 0);
  return (
    <button
      type="button"
      className={`board-tile board-figure board-${how}`}
      onClick={onOpen}
      data-testid={`board-${figure.key}`}
    >
      <span className="board-title">{said(figure.title, i18n.language)}</span>
      <span className="board-share">
        <b className="num">{percent(figure.value, figure.value === 1 ? 0 : 1)}</b>
        {how !== 'none' && <span aria-hidden>{how === 'met' ? '✓' : '✗'}</span>}
      </span>
      <Spark
        values={figure.hours.map((hour) => (hour.of > 0 ? hour.n / hour.of : null))}
        target={figure.target}
        label={t('floorPage.reports.byHour')}
      />
      <span className="board-sub num">
        {figure.n} / {figure.of}
        {figure.target !== null && ` · ${t('floorPage.wallboard.target', { share: share(figure.target) })}`}
        {apart > 0 && ` · ${t('floorPage.wallboard.apart', { count: apart })}`}
      </span>
    </button>
  );
}

function Below({ board, onMissed }: { board: Wallboard; onMissed: () => void }) {
  const { t } = useTranslation();
  const { total } = board;
  const places = board.places.filter((place) => place.place !== '').slice(0, 6);
  const hourNow = Number(timeOf(board.made_at, board.timezone).slice(0, 2));
  const most = Math.max(1, ...places.map((place) => place.received));
  return (
    <section className="board-below">
      <div className="board-tile">
        <span className="board-title">{t('floorPage.wallboard.received')}</span>
        <b className="board-big num">{total.received}</b>
        <span className="board-sub num">
          {t('floorPage.wallboard.answered', { count: total.answered })} · SOS {total.sos}
        </span>
      </div>
      <button type="button" className="board-tile" onClick={onMissed} data-testid="board-missed">
        <span className="board-title">{t('floorPage.wallboard.missed')}</span>
        <b className="board-big num">
          {total.missed} <small>/ {total.received}</small>
        </b>
        <Spark
          values={board.missed_hours.map((count, hour) => (hour <= hourNow ? count : null))}
          most={1}
          label={t('floorPage.reports.byHour')}
        />
        <span className="board-sub num">{t('floorPage.wallboard.short', { count: total.short })}</span>
      </button>
      <div className="board-tile board-places">
        <span className="board-title">{t('floorPage.wallboard.places')}</span>
        {places.length === 0 && <span className="board-sub">{t('floorPage.wallboard.noPlaces')}</span>}
        {places.map((place) => (
          <span key={place.community_id} className="board-place">
            <span>{place.place}</span>
            <span className="board-bar">
              <span style={{ width: `${(place.received / most) * 100}%` }} />
            </span>
            <b className="num">{place.received}</b>
          </span>
        ))}
      </div>
    </section>
  );
}
