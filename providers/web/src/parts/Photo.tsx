import { useRef } from 'preact/hooks';
import { CanNot, small } from '../device';
import { t } from '../i18n';
import { say } from '../state';

/** The camera of the telephone itself: nothing to allow, and it is the one she knows. */
export function PhotoKey({
  words,
  taken,
  disabled,
  testid,
}: {
  words: string;
  taken: (photo: string) => void;
  disabled?: boolean;
  testid: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="key second" disabled={disabled} onClick={() => input.current?.click()}>
        {words}
      </button>
      <input
        ref={input}
        data-testid={testid}
        class="hidden-input"
        type="file"
        accept="image/*"
        capture="environment"
        tabIndex={-1}
        aria-label={words}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file)
            small(file)
              .then(taken)
              .catch((error: unknown) => say(t(error instanceof CanNot ? error.key : 'photo.bad'), 'bad'));
        }}
      />
    </>
  );
}
