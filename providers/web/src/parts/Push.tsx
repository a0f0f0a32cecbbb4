import { useEffect, useState } from 'preact/hooks';
import { post } from '../api';
import { t } from '../i18n';
import { say, useApp } from '../state';

const bytes = (key: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

/** Told of jobs while the page is closed; only where the centre has web push and the browser can. */
export function Push() {
  const { me } = useApp();
  const [on, setOn] = useState(false);
  const can = Boolean(me?.push_key) && 'PushManager' in window && 'serviceWorker' in navigator;
  useEffect(() => {
    if (can)
      void navigator.serviceWorker.ready
        .then((worker) => worker.pushManager.getSubscription())
        .then((known) => setOn(known !== null))
        .catch(() => undefined);
  }, [can]);
  if (!can || !me) return null;
  const ask = async (): Promise<void> => {
    try {
      const worker = await navigator.serviceWorker.ready;
      const made = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(me.push_key),
      });
      await post('/api/push', { subscription: JSON.stringify(made) });
      setOn(true);
      say(t('me.push_on'));
    } catch {
      say(t('me.push_no'), 'bad');
    }
  };
  return (
    <button type="button" class="key second row" onClick={() => void ask()} aria-pressed={on}>
      <span>{t('me.push')}</span>
      <strong>{t(on ? 'me.push_on' : 'me.push_do')}</strong>
    </button>
  );
}
