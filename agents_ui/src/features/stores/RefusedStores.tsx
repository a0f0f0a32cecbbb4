import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure, NotLoaded } from '../admin/Failure';
import { useStores } from './queries';
import './stores.css';

const NOTHING = { state: null, item: '', regionId: null, organisationId: null, expiring: false };

/** Stores that this elder wants no more: nothing of hers is offered to them. */
export function RefusedStores({ elderId, writes }: { elderId: string; writes: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const key = ['elder', elderId, 'refused-stores'];
  const path = { elder_id: elderId };
  const found = useQuery({
    queryKey: key,
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/refused-stores', { params: { path } })),
  });
  const offered = useStores({ ...NOTHING, q: useDeferredValue(typed.trim()) }, 0).data?.items ?? [];
  const settle = { onSettled: () => void queries.invalidateQueries({ queryKey: key }) };
  const add = useMutation({
    mutationFn: (store: string) =>
      unwrap(
        api.POST('/api/elders/{elder_id}/refused-stores', { params: { path }, body: { store_id: store, reason } }),
      ),
    onSuccess: () => {
      setChosen(null);
      setReason('');
    },
    ...settle,
  });
  const again = useMutation({
    mutationFn: (store: string) =>
      unwrap(
        api.DELETE('/api/elders/{elder_id}/refused-stores/{store_id}', {
          params: { path: { ...path, store_id: store } },
        }),
      ),
    ...settle,
  });
  return (
    <section className="part">
      <h3 className="part-title">{t('storesPage.refused.title')}</h3>
      {found.isError && <NotLoaded error={found.error} again={() => void found.refetch()} />}
      {found.data?.length === 0 && <p className="quiet">{t('storesPage.refused.none')}</p>}
      <ul className="stores-list">
        {found.data?.map((one) => (
          <li key={one.store_id}>
            <strong>{one.store}</strong> <span className="quiet">{one.reason}</span>
            {writes && (
              <Button type="link" size="small" onClick={() => again.mutate(one.store_id)}>
                {t('storesPage.refused.again')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {writes && (
        <div className="stores-tools">
          <Select
            className="stores-wide"
            showSearch={{ filterOption: false, onSearch: setTyped }}
            placeholder={t('storesPage.refused.choose')}
            aria-label={t('storesPage.refused.choose')}
            value={chosen}
            options={offered.map((one) => ({ value: one.id, label: `${one.name} ${one.code}` }))}
            onChange={setChosen}
          />
          <Input
            className="stores-wide"
            maxLength={200}
            value={reason}
            placeholder={t('storesPage.refused.why')}
            aria-label={t('storesPage.refused.why')}
            onChange={(event) => setReason(event.target.value)}
          />
          <Button
            disabled={chosen === null}
            loading={add.isPending}
            data-testid="refuse-store"
            onClick={() => chosen !== null && add.mutate(chosen)}
          >
            {t('storesPage.refused.add')}
          </Button>
        </div>
      )}
      <Failure error={add.error ?? again.error} />
    </section>
  );
}
