import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input:not([type=radio]), textarea, [contenteditable=true]');

/** Twelve keys, and the same on the computer's keyboard. */
export function Keypad({ live, onKey }: { live: boolean; onKey: (key: string) => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    if (!live) return undefined;
    const typed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (KEYS.includes(event.key)) onKey(event.key);
    };
    window.addEventListener('keydown', typed);
    return () => window.removeEventListener('keydown', typed);
  }, [live, onKey]);
  return (
    <div className="pad" role="group" aria-label={t('training.keypad')}>
      {KEYS.map((key) => (
        <button
          key={key}
          type="button"
          className="pad-key num"
          data-testid={`training-key-${key}`}
          disabled={!live}
          onClick={() => onKey(key)}
        >
          {key}
        </button>
      ))}
      <div className="pad-help">{t('training.keypadHelp')}</div>
    </div>
  );
}
