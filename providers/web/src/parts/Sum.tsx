import { t } from '../i18n';
import { yuan } from '../words';

/** One line of a list of sums. */
export function Sum({ words, fen, unlessNothing }: { words: string; fen: number; unlessNothing?: boolean }) {
  if (fen === 0 && unlessNothing) return null;
  return (
    <>
      <dt>{words}</dt>
      <dd>{t('money.yuan', { n: yuan(fen) })}</dd>
    </>
  );
}
