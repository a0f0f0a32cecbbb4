import { queue } from '../core';
import { t } from '../i18n';
import { useApp } from '../state';

/** What the network does, and what still waits: said, never guessed from a grey icon. */
export function NetBar() {
  const { live, waiting, me } = useApp();
  if (!me || (live && waiting.length === 0)) return null;
  return (
    <div class={live ? 'net' : 'net off'} role="status" data-testid="net">
      {!live && <p>{t('net.off')}</p>}
      {waiting.length > 0 && (
        <p class="net-waiting">
          <strong data-testid="net-waiting">{t('net.waiting', { n: waiting.length })}</strong>
          <button type="button" class="plain" onClick={() => void queue.flush()}>
            {t('net.again')}
          </button>
        </p>
      )}
      {!live && waiting.length === 0 && <p class="small">{t('net.off_what')}</p>}
    </div>
  );
}

export function ToastBar() {
  const { toast } = useApp();
  return (
    <div class="toast-place" role="status" aria-live="polite">
      {toast && (
        <p class={`toast ${toast.kind}`} data-testid="toast">
          {toast.text}
        </p>
      )}
    </div>
  );
}

export type Page = 'jobs' | 'money' | 'points' | 'me';

export function Tabs({ page, go }: { page: Page; go: (page: Page) => void }) {
  const { orders } = useApp();
  const offers = Object.values(orders).filter((news) => news.offers.length > 0).length;
  return (
    <nav class="tabs">
      {(['jobs', 'money', 'points', 'me'] as const).map((one) => (
        <button
          type="button"
          key={one}
          aria-current={page === one ? 'page' : undefined}
          onClick={() => go(one)}
          data-testid={`tab-${one}`}
        >
          {t(`nav.${one}`)}
          {one === 'jobs' && offers > 0 && <span class="badge">{offers}</span>}
        </button>
      ))}
    </nav>
  );
}
