import { useQuery } from '@tanstack/react-query';
import { Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { DateField } from '../elders/DateField';
import type { Organisation } from './queries';
import { Rating, StateTag } from './StateTag';

const day = (at: Date): string =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;

/** This month to today, until other days are chosen. */
export function ReportDialog({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const { t } = useTranslation();
  const [first, setFirst] = useState(() => day(new Date(new Date().getFullYear(), new Date().getMonth(), 1)));
  const [last, setLast] = useState(() => day(new Date()));
  const found = useQuery({
    queryKey: ['organisations', 'report', organisation.id, first, last],
    queryFn: () =>
      unwrap(
        api.GET('/api/organisations/{organisation_id}/report', {
          params: { path: { organisation_id: organisation.id }, query: { first, last } },
        }),
      ),
    enabled: first !== '' && last !== '',
  });
  return (
    <Modal open width={960} footer={null} title={organisation.name} onCancel={onClose}>
      <div className="stores-tools">
        <span>{t('storesPage.organisation.from')}</span>
        <span>
          <DateField value={first} onChange={setFirst} />
        </span>
        <span>{t('storesPage.organisation.until')}</span>
        <span>
          <DateField value={last} onChange={setLast} />
        </span>
      </div>
      {found.isPending && <Skeleton active />}
      <Failure error={found.error} />
      {found.data && (
        <div className="stores-scroll">
          <table className="stores-table stores-still">
            <thead>
              <tr>
                <th>{t('storesPage.name')}</th>
                <th>{t('storesPage.filterState')}</th>
                <th>{t('storesPage.organisation.jobs')}</th>
                <th>{t('storesPage.organisation.accepted')}</th>
                <th>{t('storesPage.rating')}</th>
                <th>{t('storesPage.organisation.complaints')}</th>
                <th>{t('storesPage.organisation.licences')}</th>
              </tr>
            </thead>
            <tbody>
              {found.data.stores.map((one) => (
                <tr key={one.store_id}>
                  <td>
                    <Link to={`/stores/${one.store_id}`}>{one.name}</Link>
                  </td>
                  <td>
                    <StateTag state={one.state} />
                  </td>
                  <td className="num">{one.jobs}</td>
                  <td className="num">
                    {one.offers === 0
                      ? '–'
                      : t('storesPage.organisation.of', { accepted: one.accepted, offers: one.offers })}
                  </td>
                  <td>
                    <Rating rating={one.rating} count={one.rating_count} />
                  </td>
                  <td className="num">{one.complaints}</td>
                  <td className="num">{one.licences_expiring}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Modal>
  );
}
