import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../../api/client';
import type { RulesPreview } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { MonthPicker } from '../../bills/MonthPicker';
import { money } from '../../bills/money';
import { signed, units } from '../units';
import { Numbers } from './Numbers';
import type { NumberKey } from './tried';
import '../../bills/bills.css';
import '../points.css';

type Changed = Partial<Record<NumberKey, number>>;

/** /points/rules: what a month would have cost with other numbers. Nothing is posted and nothing is set. */
export function RulesTab() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [month, setMonth] = useState<string | null>(null);
  const [changed, setChanged] = useState<Changed>({});
  const found = useQuery({
    queryKey: ['points-rules', month, changed],
    queryFn: () =>
      unwrap(
        api.GET('/api/points/rules/preview', { params: { query: { ...(month !== null && { month }), ...changed } } }),
      ),
    placeholderData: keepPreviousData,
  });
  if (found.isPending) return <Skeleton active />;
  const preview = found.data;
  return (
    <div data-testid="points-rules">
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {preview !== undefined && (
        <>
          <section className="part">
            <div className="part-row">
              <p className="part-intro">{t('pointsPage.rules.intro', { month: preview.month.slice(0, 7) })}</p>
              <span className="points-space" />
              <MonthPicker value={month ?? preview.month.slice(0, 7)} onChange={setMonth} />
            </div>
            <Numbers now={preview.now} busy={found.isFetching} onReckon={setChanged} />
            <p className="quiet">
              {may(me, 'centre:read') ? (
                <Link to="/admin/settings">{t('pointsPage.rules.save')}</Link>
              ) : (
                t('pointsPage.rules.saveBy')
              )}
            </p>
          </section>
          <Costs preview={preview} />
        </>
      )}
    </div>
  );
}

function Costs({ preview }: { preview: RulesPreview }) {
  const { t } = useTranslation();
  const { costs, points, would } = preview;
  if (costs.every((one) => one.deeds === 0))
    return (
      <section className="part">
        <p className="quiet">{t('pointsPage.rules.none')}</p>
      </section>
    );
  return (
    <section className="part" aria-live="polite">
      <table className="points-table" data-testid="rules-costs">
        <thead>
          <tr>
            <th scope="col">{t('pointsPage.rules.column.rule')}</th>
            {(['deeds', 'points', 'would', 'differs'] as const).map((key) => (
              <th key={key} scope="col" className="num">
                {t(`pointsPage.rules.column.${key}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {costs.map((one) => (
            <tr key={one.rule}>
              <th scope="row">{t(`pointsPage.rules.rule.${one.rule}`)}</th>
              <td className="num">{units(one.deeds, 'PT')}</td>
              <td className="num">{units(one.points, 'PT')}</td>
              <td className="num">{units(one.would, 'PT')}</td>
              <td className="num">{signed(one.would - one.points, 'PT')}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="points-sum">
            <th scope="row">{t('pointsPage.rules.total')}</th>
            <td />
            <td className="num">{units(points, 'PT')}</td>
            <td className="num">{units(would, 'PT')}</td>
            <td className="num">{signed(would - points, 'PT')}</td>
          </tr>
        </tfoot>
      </table>
      <p className="quiet">{t('pointsPage.rules.worth', { now: money(points), would: money(would) })}</p>
    </section>
  );
}
