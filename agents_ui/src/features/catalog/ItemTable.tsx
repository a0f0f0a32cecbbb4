import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { word } from '../../i18n/words';
import { useLicences } from './queries';
import { byCategory, range, yuan, type Drafts, type Shown } from './text';
import { useMinutes, useRequirements } from './words';

interface Props {
  items: readonly Shown[];
  drafts: Drafts;
  onEdit?: (code: string) => void;
}

export function ItemTable({ items, drafts, onEdit }: Props) {
  const { t, i18n } = useTranslation();
  const licences = useLicences().data ?? [];
  const requirements = useRequirements(licences);
  const minutes = useMinutes();
  if (items.length === 0 && Object.keys(drafts).length === 0) return <p className="quiet">{t('catalogPage.none')}</p>;
  const added = Object.keys(drafts).filter((code) => drafts[code]?.category && !items.some((one) => one.code === code));
  return (
    <table className="catalog-table" data-testid="catalog-items">
      <thead>
        <tr>
          <th scope="col">{t('catalogPage.column.code')}</th>
          <th scope="col">{t('catalogPage.column.name')}</th>
          <th scope="col">{t('catalogPage.column.price')}</th>
          <th scope="col">{t('catalogPage.column.published')}</th>
          <th scope="col">{t('catalogPage.column.minutes')}</th>
          <th scope="col">{t('catalogPage.column.requirements')}</th>
          <th scope="col">{t('catalogPage.column.class')}</th>
          <th scope="col">{t('catalogPage.column.claim')}</th>
          {onEdit && (
            <th scope="col">
              <span className="visually-hidden">{t('adminPage.edit')}</span>
            </th>
          )}
        </tr>
      </thead>
      {byCategory(items).map(([category, group]) => (
        <tbody key={category}>
          <tr className="catalog-group">
            <th scope="rowgroup" colSpan={onEdit ? 9 : 8}>
              {word('catalogCategory', category)} <span className="quiet num">{group.length}</span>
            </th>
          </tr>
          {group.map((item) => (
            <tr key={item.code} className={item.active ? '' : 'catalog-off'} data-testid={`item-${item.code}`}>
              <td className="num">{item.code}</td>
              <td>
                <div className="catalog-name">
                  <span>{i18n.language === 'zh' ? item.name_zh : item.name_en}</span>
                  {!item.active && <span className="tone tone-late">{t('catalogPage.off')}</span>}
                  {item.localised && <span className="tone tone-me">{t('catalogPage.localised')}</span>}
                  {drafts[item.code] && <span className="tone tone-due">{t('catalogPage.draft')}</span>}
                  {item.volunteer !== 'no' && (
                    <span className="tone tone-ok">{t(`catalogPage.badge.volunteer_${item.volunteer}`)}</span>
                  )}
                  {item.home_visit === 'no' && <span className="tone">{t('catalogPage.badge.no_visit')}</span>}
                </div>
                {!item.active && <div className="quiet">{item.off_reason}</div>}
              </td>
              <td className="num">
                ¥{range(yuan(item.price_min_fen), yuan(item.price_max_fen))}
                <span className="quiet"> / {word('catalogUnit', item.unit)}</span>
              </td>
              <td className="num catalog-two">
                <span>{t('catalogPage.public', { price: yuan(item.price_public_fen) })}</span>
                <span className="quiet">{t('catalogPage.market', { price: yuan(item.price_market_fen) })}</span>
              </td>
              <td className="num">{minutes(item.minutes_min, item.minutes_max)}</td>
              <td>{requirements(item.requirements)}</td>
              <td>
                <span className={`sev sev-${item.sla_class}`} title={t(`catalogPage.class.${item.sla_class}`)}>
                  {item.sla_class === 'PLAN' ? t('catalogPage.planClass') : item.sla_class}
                </span>
              </td>
              <td>{t(`catalogPage.claim.${item.claim_mode}`)}</td>
              {onEdit && (
                <td>
                  <Button size="small" data-testid={`edit-${item.code}`} onClick={() => onEdit(item.code)}>
                    {t('adminPage.edit')}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      ))}
      {added.length > 0 && (
        <tbody>
          <tr className="catalog-group">
            <th scope="rowgroup" colSpan={onEdit ? 9 : 8}>
              {t('catalogPage.added')}
            </th>
          </tr>
          {added.map((code) => (
            <tr key={code} data-testid={`item-${code}`}>
              <td className="num">{code}</td>
              <td colSpan={onEdit ? 8 : 7}>
                <div className="catalog-name">
                  <span>{i18n.language === 'zh' ? drafts[code]?.name_zh : drafts[code]?.name_en}</span>
                  <span className="tone tone-due">{t('catalogPage.draft')}</span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      )}
    </table>
  );
}
