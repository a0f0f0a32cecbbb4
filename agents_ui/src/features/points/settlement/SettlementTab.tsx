import { Alert, Button, Empty, Popconfirm, Select, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Settlement } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { percentOf } from '../../bills/money';
import { Matrix } from './Matrix';
import { Positions } from './Positions';
import { monthOf, useClose, useMonth, useMonths } from './queries';
import '../points.css';

/** /points/settlement?month={month}: what stores and partners owe each other for points, month by month. */
export function SettlementTab() {
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const found = useMonths();
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const newest = found.data[0];
  if (newest === undefined) return <Empty description={t('pointsPage.settlement.none')} />;
  const asked = address.get('month');
  const month = monthOf(found.data.find((one) => monthOf(one) === asked) ?? newest);
  return (
    <div data-testid="points-settlement">
      <div className="part-row">
        <Select<string>
          value={month}
          aria-label={t('pointsPage.settlement.month')}
          className="points-month"
          onChange={(chosen) => setAddress({ month: chosen })}
          options={found.data.map((one) => ({
            value: monthOf(one),
            label: `${monthOf(one)} · ${t(`pointsPage.settlement.state.${one.state}`)}`,
          }))}
        />
      </div>
      <Month key={month} month={month} />
    </div>
  );
}

function Month({ month }: { month: string }) {
  const found = useMonth(month);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <>
      <Head month={month} settlement={found.data} />
      <Positions month={month} settlement={found.data} />
      <Matrix lines={found.data.lines} />
    </>
  );
}

function Head({ month, settlement }: { month: string; settlement: Settlement }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const close = useClose();
  const { state, fee_bp, closed_at, closed_by, may_close } = settlement;
  return (
    <section className="part">
      <div className="part-row">
        <h3 className="part-title">{month}</h3>
        <Tag>{t(`pointsPage.settlement.state.${state}`)}</Tag>
        <span className="quiet">{t('pointsPage.settlement.fee', { percent: percentOf(fee_bp) })}</span>
        {closed_at !== null && (
          <span className="quiet">
            {t('pointsPage.settlement.closedBy', {
              by: closed_by || t('pointsPage.bySystem'),
              day: dayOf(closed_at),
            })}
          </span>
        )}
        <span className="points-space" />
        {may_close && may(me, 'points:write') && (
          <Popconfirm
            title={t('pointsPage.settlement.closeSure')}
            okText={t('pointsPage.settlement.close')}
            cancelText={t('common.cancel')}
            onConfirm={() => close.mutate(month)}
          >
            <Button type="primary" loading={close.isPending} data-testid="settlement-close">
              {t('pointsPage.settlement.close')}
            </Button>
          </Popconfirm>
        )}
      </div>
      {state === 'open' && <p className="quiet">{t('pointsPage.settlement.asIfNow')}</p>}
      {close.isError && <Alert type="error" showIcon title={errorText(close.error)} />}
    </section>
  );
}
