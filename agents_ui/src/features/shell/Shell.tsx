import { Button, Result, Spin } from 'antd';
import { Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import { pagesFor, startFor } from '../../app/pages';
import { may } from '../../app/session';
import { useStore } from '../../kit/store';
import { talkingCall } from '../../live/select';
import { HangUpDialog } from '../call/HangUpDialog';
import { ConnectionBar } from '../console/ConnectionBar';
import { useKeys } from '../console/keys';
import { EmergencyBars } from '../emergency/EmergencyBars';
import { OpenDialog } from '../emergency/OpenDialog';
import { opening } from '../emergency/open-dialog';
import { useOpenEmergency } from '../emergency/use-open-emergency';
import { useOpenOrder } from '../orders/use-open-order';
import { PhoneHint } from '../console/PhoneHint';
import { useNotices } from '../console/use-notices';
import { RingBand } from '../ringing/RingBand';
import { SearchDialog } from '../search/SearchDialog';
import { TopBar } from '../topbar/TopBar';
import { CallStrip } from './CallStrip';
import { NavRail } from './NavRail';
import { PageGuard } from './PageGuard';
import '../console/console.css';
import './shell.css';

/** The frame round every page: who rings, what is lost and who is on the line are seen wherever somebody is. */
export function Shell() {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const connection = useLive((state) => state.connection);
  const [searching, setSearching] = useState(false);
  const pages = pagesFor(me.permissions);
  const page = pages.find((one) => one.path !== '/' && (pathname === one.path || pathname.startsWith(`${one.path}/`)));
  const atDesk = page === undefined;
  const mayFind = may(me, 'elders:search');
  useKeys({ onSearch: () => mayFind && setSearching(true), onOrder: useOpenOrder(), onEmergency: useOpenEmergency() });
  const asked = useStore(opening, (value) => value);
  useNotices();
  useComeToTheCall(atDesk);

  if (connection === 'replaced') {
    return (
      <div className="page-middle">
        <Result
          status="info"
          title={t('conn.replacedTitle')}
          subTitle={t('conn.replacedText')}
          extra={
            <Button type="primary" onClick={() => desk.begin()}>
              {t('conn.replacedHere')}
            </Button>
          }
        />
      </div>
    );
  }
  const routes = (
    <PageGuard key={page?.key ?? 'desk'}>
      <Suspense fallback={<Waiting />}>
        <Routes>
          {pages.map(({ key, path, Component }) => (
            <Route key={key} path={path === '/' ? '/' : `${path}/*`} element={<Component />} />
          ))}
          <Route path="*" element={<Navigate to={startFor(me.permissions)} replace />} />
        </Routes>
      </Suspense>
    </PageGuard>
  );
  if (page?.bare) return routes;
  return (
    <div className="console">
      <TopBar onSearch={() => setSearching(true)} />
      <div className="console-bars">
        <ConnectionBar />
        <PhoneHint />
        <RingBand />
        <EmergencyBars atDesk={atDesk} />
        {!atDesk && <CallStrip />}
      </div>
      <div className="shell-body">
        <NavRail />
        {routes}
      </div>
      {asked !== null && <OpenDialog key={asked} caseId={asked} onClose={() => opening.set(null)} />}
      <HangUpDialog />
      {mayFind && <SearchDialog open={searching} onClose={() => setSearching(false)} />}
    </div>
  );
}

/** Who picks up is taken to the desk: the elder's place and dangers are there, not on the page where the ring found her. */
function useComeToTheCall(atDesk: boolean): void {
  const { me } = useConsole();
  const navigate = useNavigate();
  const answering = usePhone((state) => state.call !== null && state.call.stage !== 'ringing');
  const talking = useLive((state) => talkingCall(state, me.id) !== null);
  const busy = answering || talking;
  const before = useRef(busy);
  useEffect(() => {
    if (busy && !before.current && !atDesk) void navigate('/');
    before.current = busy;
  }, [busy, atDesk, navigate]);
}

function Waiting() {
  return (
    <main className="page-middle" aria-busy="true">
      <Spin />
    </main>
  );
}
