import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { leave } from '../core';
import { sentence } from '../errors';
import { langNow, t, useLang } from '../i18n';
import { Push } from '../parts/Push';
import { Sheet } from '../parts/Sheet';
import { app, say, serverNow, update, useApp } from '../state';
import type { Device } from '../types';
import { moment } from '../words';

export function MePage() {
  const { me, waiting, sound } = useApp();
  const [asks, setAsks] = useState<'out' | 'all' | null>(null);
  if (!me) return null;
  const out = async (everywhere: boolean): Promise<void> => {
    setAsks(null);
    try {
      await post(everywhere ? '/api/sign-out/all' : '/api/sign-out');
      await leave();
    } catch (error) {
      say(sentence(error, me.hotline), 'bad');
    }
  };
  const press = (which: 'out' | 'all'): void => (waiting.length ? setAsks(which) : void out(which === 'all'));
  return (
    <>
      <h1>{me.name}</h1>
      {me.stores.length > 0 && <h2>{t('me.stores')}</h2>}
      {me.stores.map((one) =>
        one.role === 'keeper' ? (
          <a class="key second row" key={one.store_id} href={`#/store/${one.store_id}`} data-testid="my-store">
            <span>{one.store}</span>
            <span>{t('me.keeper')} ›</span>
          </a>
        ) : (
          <p class="key second row" key={one.store_id}>
            <span>{one.store}</span>
            <span>{t('me.worker')}</span>
          </p>
        ),
      )}
      {me.organisations.length > 0 && <h2>{t('org.mine')}</h2>}
      {me.organisations.map((one) => (
        <a
          class="key second row"
          key={one.organisation_id}
          href={`#/organisation/${one.organisation_id}`}
          data-testid="my-organisation"
        >
          <span>{one.name}</span>
          <span>›</span>
        </a>
      ))}
      <Push />
      <button
        type="button"
        class="key second row"
        aria-pressed={sound}
        onClick={() => {
          localStorage.setItem('onekey-stores-sound', sound ? 'off' : 'on');
          update({ sound: !sound });
        }}
      >
        <span>{t('me.sound')}</span>
        <strong>{t(sound ? 'me.on' : 'me.off')}</strong>
      </button>
      <button
        type="button"
        class="key second"
        onClick={() => {
          useLang(langNow() === 'zh' ? 'en' : 'zh');
          update({});
        }}
      >
        {t('me.lang')}
      </button>
      <Devices />
      <a class="key second" href={`tel:${me.hotline}`}>
        {t('me.help', { hotline: me.hotline })}
      </a>
      <button type="button" class="key second" onClick={() => press('out')} data-testid="sign-out">
        {t('me.out')}
      </button>
      <button type="button" class="key second" onClick={() => press('all')}>
        {t('me.out_all')}
      </button>
      {asks && (
        <Sheet title={t('me.out')} close={() => setAsks(null)}>
          <p>{t('me.out_waiting', { n: waiting.length })}</p>
          <button type="button" class="key warn" onClick={() => void out(asks === 'all')}>
            {t('me.out')}
          </button>
          <button type="button" class="key second" onClick={() => setAsks(null)}>
            {t('cancel')}
          </button>
        </Sheet>
      )}
    </>
  );
}

/** "Chrome, Android": enough to know which telephone it is. */
const named = (browser: string): string => {
  const system = /Android|iPhone|Windows|Macintosh|Linux/.exec(browser)?.[0] ?? '?';
  const program = /MicroMessenger|Firefox|Edg|Chrome|Safari/.exec(browser)?.[0] ?? '';
  return `${system} ${program.replace('MicroMessenger', '微信').replace('Edg', 'Edge')}`.trim();
};

function Devices() {
  const [found, setFound] = useState<Device[]>([]);
  const read = (): void =>
    void get<Device[]>('/api/devices')
      .then(setFound)
      .catch(() => undefined);
  useEffect(read, []);
  const zone = app().me?.timezone ?? 'Asia/Shanghai';
  return (
    <>
      {found.length > 0 && <h2>{t('me.devices')}</h2>}
      <ul class="lines">
        {found.map((one) => (
          <li key={one.id}>
            <span>
              <strong>{named(one.browser)}</strong>
              <br />
              <span class="quiet">
                {t('me.since', { at: moment(new Date(one.created_at), new Date(serverNow()), zone, langNow()) })}
              </span>
            </span>
            {one.this_one ? (
              <span class="quiet">{t('me.this')}</span>
            ) : (
              <button
                type="button"
                class="plain"
                onClick={() => void post(`/api/devices/${one.id}/sign-out`).then(read, read)}
              >
                {t('me.end')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
