import { t } from '../i18n';

export const back = (): void => {
  if (history.length > 1) history.back();
  else location.hash = '#/jobs';
};

export function Top({ right }: { right?: string | null | undefined }) {
  return (
    <header class="page-top">
      <button type="button" class="plain" onClick={back} data-testid="back">
        ‹ {t('back')}
      </button>
      {right && <span class="quiet">{right}</span>}
    </header>
  );
}
