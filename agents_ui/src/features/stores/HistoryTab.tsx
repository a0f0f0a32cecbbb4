import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { NotLoaded } from '../admin/Failure';
import { useChanges } from './queries';
import type { TabProps } from './StorePage';

/** Who changed what, when and why; the newest first. */
export function HistoryTab({ store }: TabProps) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const found = useChanges(store.id);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <NotLoaded error={found.error} again={() => void found.refetch()} />;
  if (found.data.length === 0) return <p className="quiet">{t('storesPage.change.none')}</p>;
  return (
    <ol className="stores-list">
      {found.data.map((one) => (
        <li key={one.id}>
          <span className="num quiet">{moment(Date.parse(one.at), now)}</span>{' '}
          <strong>{lookUp(`storesPage.change.${one.kind}`) ?? one.kind}</strong> {one.actor}
          {one.reason && <span> · {one.reason}</span>}
          <div className="quiet">
            {Object.entries(one.fields)
              .map(([field, value]) => `${field}: ${said(value, t('storesPage.change.hidden'))}`)
              .join('；')}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** [before, after]; what may not be told is only said to be changed. */
export function said(value: unknown, hidden: string): string {
  if (!Array.isArray(value)) return String(value);
  const [before, after] = value.map((one) =>
    one === null || one === undefined ? '' : typeof one === 'object' ? JSON.stringify(one) : String(one as string),
  );
  if (!before && !after) return hidden;
  return before ? `${before} → ${after || '–'}` : String(after);
}
