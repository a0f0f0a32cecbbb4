import { useTranslation } from 'react-i18next';
import { lookUp } from '../../i18n/words';
import { useLicences, type ItemDiff } from './queries';
import { useFieldValue } from './words';

/** What is different, item by item: what stood there, what stands there now. */
export function ChangeList({ changes }: { changes: readonly ItemDiff[] }) {
  const { t, i18n } = useTranslation();
  const value = useFieldValue(useLicences().data ?? []);
  if (changes.length === 0) return <p className="quiet">{t('catalogPage.noChanges')}</p>;
  return (
    <ul className="catalog-changes" data-testid="catalog-changes">
      {changes.map((change) => (
        <li key={change.code}>
          <span className="num">{change.code}</span> {i18n.language === 'zh' ? change.name_zh : change.name_en}
          {change.kind !== 'changed' && <span className="tone tone-me"> {t(`catalogPage.kind.${change.kind}`)}</span>}
          {change.fields.map((one) => (
            <div key={one.field} className="catalog-change">
              <span className="quiet">{lookUp(`catalogPage.field.${one.field}`) ?? one.field}</span>{' '}
              <del>{value(one.field, one.before)}</del> <span aria-hidden>→</span>{' '}
              <ins>{value(one.field, one.after)}</ins>
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}
