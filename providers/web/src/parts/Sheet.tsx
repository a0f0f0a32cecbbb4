import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';

/** From below, over everything; Android's back key and a touch outside close it. */
export function Sheet({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="sheet-in">
        <div class="sheet-top">
          <h2>{title}</h2>
          <button type="button" class="plain" onClick={close}>
            {t('close')}
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

export function Choices<T extends string>({
  of,
  words,
  choose,
}: {
  of: readonly T[];
  words: (one: T) => string;
  choose: (one: T) => void;
}) {
  return (
    <div class="choices">
      {of.map((one) => (
        <button type="button" key={one} class="key second" onClick={() => choose(one)}>
          {words(one)}
        </button>
      ))}
    </div>
  );
}
