import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { OrderPlan } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { DateField } from '../elders/DateField';
import { isOrderable } from './catalog';
import { useCatalog, usePlans } from './queries';
import { items } from './words';

const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;

/** Orders again and again: which there are, a new one, the end of one. */
export function Plans({ caseId }: { caseId: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const plans = usePlans(caseId);
  const [making, setMaking] = useState(false);
  const writes = may(me, 'orders:write');
  if (plans.data === undefined) return null;
  return (
    <section className="order-plans" aria-label={t('ordersPage.plan.title')}>
      <header>
        <h4>{t('ordersPage.plan.title')}</h4>
        {writes && (
          <Button size="small" data-testid="plan-make" onClick={() => setMaking(true)}>
            {t('ordersPage.plan.make')}
          </Button>
        )}
      </header>
      {plans.data.length === 0 && <p className="quiet">{t('ordersPage.plan.none')}</p>}
      <ul className="order-list">
        {plans.data.map((plan) => (
          <PlanLine key={plan.id} plan={plan} caseId={caseId} writes={writes} />
        ))}
      </ul>
      {making && <PlanDialog caseId={caseId} onClose={() => setMaking(false)} />}
    </section>
  );
}

function PlanLine({ plan, caseId, writes }: { plan: OrderPlan; caseId: string; writes: boolean }) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const queries = useQueryClient();
  const days = plan.weekdays.map((day) => t(`ordersPage.plan.weekday.d${day as 0}`)).join('、');
  const time = plan.at.slice(0, 5);
  const end = useMutation({
    mutationFn: (reason: string) =>
      unwrap(api.POST('/api/order-plans/{plan_id}/end', { params: { path: { plan_id: plan.id } }, body: { reason } })),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['order-plans', caseId] });
      void queries.invalidateQueries({ queryKey: ['case-orders', caseId] });
    },
  });
  const ask = (): void => {
    let reason = '';
    void modal.confirm({
      title: t('ordersPage.plan.endTitle'),
      content: (
        <>
          <p>{t('ordersPage.plan.endText')}</p>
          <Input
            aria-label={t('ordersPage.dialog.reason')}
            placeholder={t('ordersPage.dialog.reason')}
            maxLength={200}
            onChange={(event) => (reason = event.target.value)}
          />
        </>
      ),
      okText: t('ordersPage.plan.end'),
      okButtonProps: { danger: true },
      onOk: () => end.mutateAsync(reason.trim() || t('ordersPage.why.elder')),
    });
  };
  return (
    <li data-testid={`plan-${plan.id}`}>
      <strong>{items(plan)}</strong>{' '}
      <span className="num">
        {plan.every_weeks === 1
          ? t('ordersPage.plan.everyWeek', { days, time })
          : t('ordersPage.plan.everyWeeks', { count: plan.every_weeks, days, time })}
      </span>{' '}
      <span className="quiet num">
        {plan.active && plan.next_on !== null
          ? t('ordersPage.plan.next', { day: plan.next_on })
          : t('ordersPage.plan.ended')}
      </span>
      {plan.active && writes && (
        <Button size="small" type="text" danger onClick={ask}>
          {t('ordersPage.plan.end')}
        </Button>
      )}
      {end.isError && <Alert type="error" showIcon title={errorText(end.error)} />}
    </li>
  );
}

function PlanDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const catalog = useCatalog(null);
  const now = useNow(60_000);
  const tomorrow = new Date(now + 86_400_000);
  const [item, setItem] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [days, setDays] = useState<number[]>([(tomorrow.getDay() + 6) % 7]);
  const [at, setAt] = useState('09:00');
  const [every, setEvery] = useState(1);
  const [first, setFirst] = useState(
    `${tomorrow.getFullYear()}-${String(tomorrow.getMonth() + 1).padStart(2, '0')}-${String(tomorrow.getDate()).padStart(2, '0')}`,
  );
  const [last, setLast] = useState('');
  const make = useMutation({
    mutationFn: (code: string) =>
      unwrap(
        api.POST('/api/cases/{case_id}/order-plans', {
          params: { path: { case_id: caseId } },
          body: {
            order: { lines: [{ item: code, quantity, low_risk: false }], notes: '', payer: 'auto' },
            weekdays: days,
            at,
            every_weeks: every,
            first,
            last: last === '' ? null : last,
          },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['order-plans', caseId] });
      void queries.invalidateQueries({ queryKey: ['case', caseId] });
      void message.success(t('ordersPage.plan.made'));
      onClose();
    },
  });
  const ready = item !== null && days.length > 0 && /^([01]\d|2[0-3]):[0-5]\d$/.test(at) && first !== '';
  return (
    <Modal
      open
      title={t('ordersPage.plan.make')}
      okText={t('common.save')}
      okButtonProps={{ disabled: !ready, loading: make.isPending, 'data-testid': 'plan-ok' } as never}
      onOk={() => item !== null && make.mutate(item)}
      onCancel={onClose}
    >
      <div className="move-form">
        <label>
          {t('ordersPage.form.what')}
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            value={item}
            onChange={setItem}
            aria-label={t('ordersPage.form.what')}
            data-testid="plan-item"
            options={(catalog.data ?? [])
              .filter((one) => isOrderable(one) && one.active)
              .map((one) => ({ value: one.code, label: i18n.language === 'en' ? one.name_en : one.name_zh }))}
          />
        </label>
        <label>
          {t('ordersPage.form.quantity')}
          <InputNumber min={1} max={999} value={quantity} onChange={(value) => setQuantity(value ?? 1)} />
        </label>
        <div>
          {t('ordersPage.plan.days')}
          <Checkbox.Group
            value={days}
            onChange={setDays}
            options={DAYS.map((day) => ({ value: day, label: t(`ordersPage.plan.weekday.d${day}`) }))}
          />
        </div>
        <label>
          {t('ordersPage.plan.at')}
          <Input value={at} maxLength={5} placeholder="09:00" onChange={(event) => setAt(event.target.value)} />
        </label>
        <label>
          {t('ordersPage.plan.every')}
          <InputNumber min={1} max={12} value={every} onChange={(value) => setEvery(value ?? 1)} />
        </label>
        <label>
          {t('ordersPage.plan.first')}
          <DateField value={first} onChange={setFirst} />
        </label>
        <label>
          {t('ordersPage.plan.last')}
          <DateField value={last} onChange={setLast} />
        </label>
        {make.isError && <Alert type="error" showIcon title={errorText(make.error)} />}
      </div>
    </Modal>
  );
}
