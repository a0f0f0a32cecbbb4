import { useQuery } from '@tanstack/react-query';
import { Drawer, Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { NotLoaded } from './Failure';
import { usePlaceName, type Place } from './place-name';
import { OPENINGS } from './queries';

export function OpeningHistory({ place, onClose }: { place: Place; onClose: () => void }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const name = usePlaceName()(place);
  const history = useQuery({
    queryKey: [...OPENINGS, place.line, place.dialect],
    queryFn: async () =>
      (
        await unwrap(
          api.GET('/api/openings/history', { params: { query: { line: place.line, dialect: place.dialect } } }),
        )
      ).openings,
  });
  return (
    <Drawer open size={480} title={`${name.line} · ${name.dialect}`} onClose={onClose}>
      {history.isPending ? (
        <Spin />
      ) : history.isError ? (
        <NotLoaded error={history.error} again={() => void history.refetch()} />
      ) : (
        <ol className="admin-history">
          {history.data.map((one) => (
            <li key={one.at}>
              <div className="quiet num">
                {t('adminPage.by', { name: one.by_name, when: moment(Date.parse(one.at), now) })}
              </div>
              {one.text === '' ? (
                <em>{t('adminPage.openings.withdrawn')}</em>
              ) : (
                <>
                  <div>{one.text}</div>
                  <div>{one.text_unknown}</div>
                </>
              )}
              <div className="quiet">{one.reason}</div>
            </li>
          ))}
        </ol>
      )}
    </Drawer>
  );
}
