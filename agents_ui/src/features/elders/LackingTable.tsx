import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { LackingElder } from '../../api/types';
import { word } from '../../i18n/words';
import { profileAt } from './lacks';

export function LackingTable({ items, busy }: { items: LackingElder[]; busy: boolean }) {
  const { t } = useTranslation();
  return (
    <table className="elders-table" data-testid="lacking" aria-busy={busy}>
      <thead>
        <tr>
          <th>{t('eldersPage.list.name')}</th>
          <th>{t('safetyPage.check.place')}</th>
          <th>{t('eldersPage.list.living')}</th>
          <th>{t('eldersPage.list.risk')}</th>
          <th>{t('safetyPage.check.lack')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((elder) => (
          <Row key={elder.id} elder={elder} />
        ))}
      </tbody>
    </table>
  );
}

type Risk = 0 | 1 | 2 | 3;

function Row({ elder }: { elder: LackingElder }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td className="elders-nowrap">
        <Link to={`/elders/${elder.id}`}>
          <strong>{elder.name}</strong>
        </Link>{' '}
        {word('sex', elder.sex)}
        {elder.age !== null && <span className="num"> {t('elder.age', { count: elder.age })}</span>}
      </td>
      <td className="elders-nowrap">{elder.place}</td>
      <td className={elder.living === 'alone' ? 'elders-nowrap lacks-alone' : 'elders-nowrap'}>
        {word('living', elder.living)}
      </td>
      <td className={elder.risk >= 3 ? 'elders-risk-high' : elder.risk === 2 ? 'elders-risk' : 'quiet'}>
        {t(`eldersPage.risk.r${elder.risk as Risk}`)}
      </td>
      <td>
        <span className={`lacks-grade lacks-grade-${elder.grade}`}>{t(`safetyPage.grade.${elder.grade}`)}</span>
        {elder.lacks.map((lack) => (
          <Link
            key={lack}
            className="lacks-link"
            to={profileAt(elder.id, lack)}
            aria-label={t('safetyPage.check.fill', { what: t(`safetyPage.lack.${lack}`) })}
          >
            {t(`safetyPage.lack.${lack}`)}
          </Link>
        ))}
      </td>
    </tr>
  );
}
