import { useQuery } from '@tanstack/react-query';
import { Alert, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ElderChangeView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { fieldLabel, tell } from './labels';

/** Who changed what, newest on top: "电话 − 0710-345 6789  + 139 0000 0001". */
export function Changes({ id, version }: { id: string; version?: number }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const found = useQuery({
    queryKey: ['changes', id, version ?? 0],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/changes', { params: { path: { elder_id: id } } })),
  });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  if (found.data.length === 0) return <p className="quiet">{t('eldersPage.changes.empty')}</p>;
  return (
    <ol className="lines" data-testid="changes">
      {found.data.map((change) => (
        <li key={change.id} className="line">
          <div>
            <div className="num">{moment(Date.parse(change.at), now)}</div>
            <div>{change.by || t('eldersPage.changes.system')}</div>
          </div>
          <div>
            <strong>{lookUp(`eldersPage.changes.kind.${change.kind}`) ?? change.kind}</strong>{' '}
            {change.of_merged && <Tag>{t('eldersPage.changes.ofMerged')}</Tag>}
            <What change={change} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function What({ change }: { change: ElderChangeView }) {
  const { t } = useTranslation();
  if (change.values === null) {
    return <span className="quiet">{change.fields.map(fieldLabel).join('、')}</span>;
  }
  const none = t('eldersPage.value.none');
  return (
    <>
      {change.values.map((one) => {
        const told = tell(one.field, one.before, one.after);
        const isList = told.added.length > 0 || told.removed.length > 0;
        return (
          <div key={one.field} className="line-change">
            <span className="quiet">{fieldLabel(one.field)}</span>
            {isList ? (
              <span>
                {told.removed.map((item) => (
                  <span key={item} className="line-before">
                    <del>{item}</del> <span className="visually-hidden">{t('eldersPage.changes.removed')}</span>
                  </span>
                ))}
                {told.added.map((item) => (
                  <span key={item}>
                    <ins style={{ textDecoration: 'none' }}>+ {item}</ins>{' '}
                  </span>
                ))}
              </span>
            ) : (
              <span>
                {change.kind !== 'create' && (
                  <>
                    <span className="line-before">{told.before || none}</span> {t('eldersPage.changes.to')}{' '}
                  </>
                )}
                {told.after || none}
              </span>
            )}
          </div>
        );
      })}
    </>
  );
}
