import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../../api/client';
import type { CounterRequest, PointsAccount } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { clockTime } from '../../../kit/format';
import { units } from '../units';

const LOOK = 3000; // a request lives ten minutes, and she is at the counter
const digits = (text: string): string => text.replace(/\D/g, '').slice(0, 6);

/** A store asks for her points while she is on the line: she says her PIN and the agent types it, or the agent calls her back and knows her. */
export function Counter({ account }: { account: PointsAccount }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const path = { elder_id: account.elder_id };
  const found = useQuery({
    queryKey: ['points', account.elder_id, 'counter'],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/counter-requests', { params: { path } })),
    refetchInterval: LOOK,
  });
  if (!may(me, 'points:work')) return null;
  const open = (found.data ?? []).filter((one) => one.state === 'asked');
  return (
    <section className="part" data-testid="points-counter">
      <h3 className="part-title">{t('pointsPage.counter.title')}</h3>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {open.length === 0 && <p className="quiet">{t('pointsPage.counter.none')}</p>}
      {open.map((one) => (
        <Asked key={one.id} request={one} account={account} />
      ))}
      <Pin elderId={account.elder_id} has={account.member?.has_pin ?? false} />
    </section>
  );
}

type Say = 'pin' | 'voice' | 'no';

function Asked({ request, account }: { request: CounterRequest; account: PointsAccount }) {
  const elderId = account.elder_id;
  const [pin, setPin] = useState('');
  const { t } = useTranslation();
  const queries = useQueryClient();
  const params = { path: { elder_id: elderId, request_id: request.id } };
  const say = useMutation({
    mutationFn: (how: Say) =>
      unwrap(
        how === 'no'
          ? api.POST('/api/elders/{elder_id}/counter-requests/{request_id}/refuse', { params })
          : api.POST('/api/elders/{elder_id}/counter-requests/{request_id}/confirm', {
              params,
              body: how === 'pin' ? { how, pin, was_she: false } : { how, pin: '', was_she: true },
            }),
      ),
    onSettled: () => {
      setPin('');
      void queries.invalidateQueries({ queryKey: ['points', elderId] });
    },
  });
  return (
    <div className="points-asked" data-testid="points-asked">
      <p>
        {t('pointsPage.counter.asks', {
          store: request.store,
          many: units(request.points, 'PT'),
          until: clockTime(Date.parse(request.expires_at), false),
        })}
      </p>
      <div className="part-row">
        <Input.Password
          value={pin}
          inputMode="numeric"
          autoComplete="off"
          visibilityToggle={false}
          aria-label={t('pointsPage.counter.pin')}
          placeholder={t('pointsPage.counter.pin')}
          onChange={(event) => setPin(digits(event.target.value))}
          className="points-pin"
        />
        <Button type="primary" disabled={pin.length < 4} loading={say.isPending} onClick={() => say.mutate('pin')}>
          {t('pointsPage.counter.confirm')}
        </Button>
        <Button disabled={say.isPending} onClick={() => say.mutate('no')}>
          {t('pointsPage.counter.refuse')}
        </Button>
      </div>
      <div className="part-row">
        <span className="quiet">{t('pointsPage.counter.noPin')}</span>
        <Popconfirm
          title={t('pointsPage.counter.wasShe', { name: account.name })}
          okText={t('pointsPage.counter.itWas')}
          onConfirm={() => say.mutate('voice')}
        >
          <Button size="small" disabled={say.isPending}>
            {t('pointsPage.counter.calledBack')}
          </Button>
        </Popconfirm>
      </div>
      {say.isError && <Alert type="error" showIcon title={errorText(say.error)} />}
    </div>
  );
}

/** With her on the line, or at her door. */
function Pin({ elderId, has }: { elderId: string; has: boolean }) {
  const [pin, setPin] = useState('');
  const { t } = useTranslation();
  const queries = useQueryClient();
  const set = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/elders/{elder_id}/points-pin', { params: { path: { elder_id: elderId } }, body: { pin } })),
    onSuccess: () => {
      setPin('');
      void queries.invalidateQueries({ queryKey: ['points', elderId] });
    },
  });
  return (
    <details className="points-expiring">
      <summary>{t(has ? 'pointsPage.counter.newPin' : 'pointsPage.counter.setPin')}</summary>
      <div className="part-row">
        <Input.Password
          value={pin}
          inputMode="numeric"
          autoComplete="new-password"
          visibilityToggle={false}
          aria-label={t('pointsPage.counter.pinNew')}
          placeholder={t('pointsPage.counter.pinNew')}
          onChange={(event) => setPin(digits(event.target.value))}
          className="points-pin"
        />
        <Button
          disabled={pin.length < 4}
          loading={set.isPending}
          onClick={() => set.mutate()}
          data-testid="points-pin-set"
        >
          {t('pointsPage.counter.keep')}
        </Button>
      </div>
      {set.isError && <Alert type="error" showIcon title={errorText(set.error)} />}
      {set.isSuccess && <p className="quiet">{t('pointsPage.counter.kept')}</p>}
    </details>
  );
}
