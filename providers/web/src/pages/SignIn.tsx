import { useEffect, useState } from 'preact/hooks';
import { get, post, Refused } from '../api';
import { signedIn } from '../core';
import { sentence } from '../errors';
import { langNow, t, useLang } from '../i18n';
import { useNow } from '../state';
import type { Me, Welcome } from '../types';

interface Asked {
  number: string;
  until: number;
}

export function SignIn() {
  const [welcome, setWelcome] = useState<Welcome | null>(null);
  const [number, setNumber] = useState('');
  const [code, setCode] = useState('');
  const [asked, setAsked] = useState<Asked | null>(null);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const [, again] = useState(0);
  const now = useNow();
  const hotline = welcome?.hotline ?? '12349';
  useEffect(() => {
    get<Welcome>('/api/welcome')
      .then(setWelcome)
      .catch(() => undefined);
  }, []);

  const tell = (error: unknown): void => setProblem(sentence(error, hotline));

  async function ask(to: string): Promise<void> {
    setBusy(true);
    setProblem('');
    try {
      const told = await post<{ again_in: number }>('/api/sign-in/code', { number: to });
      setAsked({ number: to, until: now + told.again_in * 1000 });
    } catch (error) {
      // a code went there a moment ago: it is still good
      if (error instanceof Refused && error.code === 'too_many_attempts') {
        setAsked({ number: to, until: now + Number(error.details.wait_seconds ?? 60) * 1000 });
      } else tell(error);
    } finally {
      setBusy(false);
    }
  }

  async function enter(with_: string): Promise<void> {
    if (!asked) return;
    setBusy(true);
    setProblem('');
    try {
      await signedIn(await post<Me>('/api/sign-in', { number: asked.number, code: with_ }));
    } catch (error) {
      setCode('');
      tell(error);
    } finally {
      setBusy(false);
    }
  }

  const wait = asked ? Math.ceil((asked.until - now) / 1000) : 0;
  return (
    <main class="sign-in">
      <header>
        <img src="/icon-192.png" alt="" width="64" height="64" />
        <h1>{t('app.name')}</h1>
        <button
          type="button"
          class="plain"
          onClick={() => {
            useLang(langNow() === 'zh' ? 'en' : 'zh');
            again((n) => n + 1);
          }}
        >
          {t('me.lang')}
        </button>
      </header>
      {!asked ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void ask(number);
          }}
        >
          <label for="number">{t('in.number')}</label>
          <input
            id="number"
            data-testid="number"
            class="big-input"
            type="tel"
            inputMode="tel"
            autoComplete="tel"
            value={number}
            onInput={(event) => setNumber(event.currentTarget.value)}
          />
          <button
            type="submit"
            class="key"
            disabled={busy || number.replace(/\D/g, '').length < 11}
            data-testid="get-code"
          >
            {t('in.get')}
          </button>
        </form>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter(code);
          }}
        >
          <p>{t('in.sent', { number: asked.number, hotline })}</p>
          <label for="code">{t('in.code')}</label>
          <input
            id="code"
            data-testid="code"
            class="big-input code"
            type="text"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={6}
            value={code}
            onInput={(event) => {
              const typed = event.currentTarget.value.replace(/\D/g, '');
              setCode(typed);
              if (typed.length === 6 && !busy) void enter(typed);
            }}
          />
          <button type="submit" class="key" disabled={busy || code.length !== 6} data-testid="enter">
            {t('in.enter')}
          </button>
          <button type="button" class="key second" disabled={busy || wait > 0} onClick={() => void ask(asked.number)}>
            {wait > 0 ? t('in.again', { n: wait }) : t('in.get')}
          </button>
          <button type="button" class="plain" onClick={() => setAsked(null)}>
            {t('in.other')}
          </button>
        </form>
      )}
      {problem && (
        <p class="problem" role="alert" data-testid="problem">
          {problem}
        </p>
      )}
      {welcome && welcome.demo.length > 0 && (
        <section class="demo">
          <h2>{t('in.demo')}</h2>
          {welcome.demo.map((one) => (
            <button
              type="button"
              key={one.number + one.what}
              onClick={() => {
                setNumber(one.number);
                setCode(one.code);
                void ask(one.number);
              }}
            >
              <strong>{one.name}</strong> {one.what}
              <br />
              <span class="quiet">
                {one.number} · {one.code}
              </span>
            </button>
          ))}
        </section>
      )}
      <p class="quiet">{t('in.not_yet', { hotline })}</p>
    </main>
  );
}
