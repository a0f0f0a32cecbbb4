import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { start } from './core';
import { langNow, t, useLang } from './i18n';
import { JobPage } from './pages/JobPage';
import { Jobs } from './pages/Jobs';
import { MePage } from './pages/MePage';
import { Money } from './pages/Money';
import { OrganisationPage } from './pages/OrganisationPage';
import { PointsPage } from './pages/PointsPage';
import { SignIn } from './pages/SignIn';
import { StorePage } from './pages/StorePage';
import { NetBar, Tabs, ToastBar, type Page } from './parts/Bars';
import { allowSound } from './ring';
import { useApp } from './state';
import './style.css';

/** #/jobs, #/job/ID, #/money, #/points, #/me: the telephone's back key goes back. */
function useHash(): string {
  const [hash, look] = useState(location.hash);
  useEffect(() => {
    const listener = (): void => look(location.hash);
    window.addEventListener('hashchange', listener);
    return () => window.removeEventListener('hashchange', listener);
  }, []);
  return hash;
}

function App() {
  const { me } = useApp();
  const hash = useHash();
  const [, page = 'jobs', id] = hash.split('/');
  if (me === undefined) return <p class="opening">{t('loading')}</p>;
  if (me === null)
    return (
      <>
        <ToastBar />
        <SignIn />
      </>
    );
  const tab: Page = page === 'money' || page === 'points' || page === 'me' ? page : 'jobs';
  return (
    <>
      <NetBar />
      <ToastBar />
      {page === 'job' && id ? (
        <JobPage id={id} />
      ) : page === 'store' && id ? (
        <StorePage id={id} />
      ) : page === 'organisation' && id ? (
        <OrganisationPage id={id} />
      ) : (
        <>
          <main>
            {tab === 'money' ? <Money /> : tab === 'points' ? <PointsPage /> : tab === 'me' ? <MePage /> : <Jobs />}
          </main>
          <Tabs page={tab} go={(to) => (location.hash = `#/${to}`)} />
        </>
      )}
    </>
  );
}

useLang(langNow());
window.addEventListener('pointerdown', allowSound);
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js').catch(() => undefined);
void start();
const root = document.getElementById('app');
if (root) render(<App />, root);
