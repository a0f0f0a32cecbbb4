import { Alert, Button, DatePicker, Empty, Select, Skeleton } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useOptions } from '../../api/queries';
import { optionLabel } from '../../api/option-label';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { zh } from '../../i18n/zh';
import { moment } from '../../kit/format';
import { useEmergencyList, type EmergencyKind, type EmergencyLine, type EmergencyList } from './queries';
import { seconds, verdict } from './text';

const KINDS = Object.keys(zh.emergencyPage.kind) as EmergencyKind[];
const MOST_DAYS = 92;

/** Emergencies of some days: how long each took, and what the middle one took. */
export function EmergencyTable() {
  const { t } = useTranslation();
  const [chosen, setDays] = useState<[string, string] | null>(null);
  const [kind, setKind] = useState<EmergencyKind | null>(null);
  const list = useEmergencyList({
    ...(chosen !== null && { first: chosen[0], last: chosen[1] }),
    ...(kind !== null && { kind }),
  });
  // The last seven of the centre's days, whatever clock this machine has.
  const here = dayjs().format('YYYY-MM-DD');
  const [centreToday, setCentreToday] = useState<string | null>(null);
  if (chosen === null && list.data !== undefined && centreToday === null) setCentreToday(list.data.last);
  const days = chosen ?? [list.data?.first ?? here, list.data?.last ?? here];
  return (
    <div className="report">
      <div className="access-bar emergencies-bar">
        <DatePicker.RangePicker
          value={[dayjs(days[0]), dayjs(days[1])]}
          allowClear={false}
          maxDate={dayjs(centreToday ?? here)}
          aria-label={t('floorPage.reports.period')}
          disabledDate={(day, { from }) => from !== undefined && Math.abs(day.diff(from, 'day')) >= MOST_DAYS}
          onChange={(range) => {
            if (range?.[0] && range[1]) setDays([range[0].format('YYYY-MM-DD'), range[1].format('YYYY-MM-DD')]);
          }}
        />
        <Select
          allowClear
          style={{ width: 176 }}
          value={kind}
          placeholder={t('safetyPage.list.allKinds')}
          aria-label={t('safetyPage.list.kind')}
          options={KINDS.map((one) => ({ value: one, label: t(`emergencyPage.kind.${one}`) }))}
          onChange={(next: EmergencyKind | null | undefined) => setKind(next ?? null)}
        />
      </div>
      {list.isError && (
        <Alert
          type="error"
          showIcon
          title={errorText(list.error)}
          action={<Button onClick={() => void list.refetch()}>{t('common.retry')}</Button>}
        />
      )}
      {list.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {list.data !== undefined && (
        <>
          <Figures list={list.data} />
          {list.data.items.length === 0 ? (
            <Empty description={t('safetyPage.list.none')} />
          ) : (
            <section className="panel report-panel">
              <table className="report-table" data-testid="emergencies">
                <thead>
                  <tr>
                    {(
                      [
                        'pressed',
                        'elder',
                        'kind',
                        'answered',
                        'outside',
                        'taker',
                        'door',
                        'late',
                        'owner',
                        'outcome',
                      ] as const
                    ).map((key) => (
                      <th key={key} scope="col">
                        {t(`safetyPage.list.${key}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {list.data.items.map((line) => (
                    <Row key={line.case_id} line={line} />
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </>
      )}
    </div>
  );
}

function Figures({ list }: { list: EmergencyList }) {
  const { t } = useTranslation();
  return (
    <div className="report-figures emergencies-figures">
      <div className="report-figure emergencies-figure">
        <span>{t('safetyPage.list.total')}</span>
        <span className="report-value num">
          <strong>{list.total}</strong>
        </span>
      </div>
      {list.spans.map((one) => (
        <div key={one.span} className="report-figure emergencies-figure">
          <span>{t(`safetyPage.span.${one.span}`)}</span>
          <span className={`report-value num report-${verdict(one)}`}>
            <strong>{seconds(one.seconds)}</strong>
            {one.seconds !== null && (
              <span>{t('safetyPage.list.median', { count: list.measured[one.span] ?? 0 })}</span>
            )}
          </span>
          <span className="quiet num">
            {one.target === null
              ? t('safetyPage.list.noTarget')
              : t('safetyPage.list.within', {
                  target: seconds(one.target),
                  count: list.within[one.span] ?? 0,
                  of: list.measured[one.span] ?? 0,
                })}
          </span>
        </div>
      ))}
    </div>
  );
}

function Row({ line }: { line: EmergencyLine }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const outcomes = useOptions().data?.outcomes ?? [];
  const outcome = outcomes.find((one) => one.code === line.outcome);
  return (
    <tr>
      <td className="num">
        {line.whole ? (
          <Link to={`/emergencies/${line.case_id}/report`} data-testid={`report-${line.case_id}`}>
            {moment(Date.parse(line.pressed_at), now)}
          </Link>
        ) : (
          moment(Date.parse(line.pressed_at), now)
        )}
        <div className="quiet num">{line.case_number}</div>
      </td>
      <td>
        <strong>{line.elder_name || t('common.unknown')}</strong> <div className="quiet">{line.place}</div>
      </td>
      <td>
        {t(`emergencyPage.kind.${line.kind}`)}
        {line.presses > 1 && <div className="quiet">{t('emergencyPage.presses', { count: line.presses })}</div>}
      </td>
      {line.spans.map((one) => (
        <td key={one.span} className={one.met === false ? 'num report-bad' : 'num'}>
          {seconds(one.seconds)}
          {one.met === false && ' ✗'}
        </td>
      ))}
      <td className={line.late_deadlines > 0 ? 'num report-bad' : 'num quiet'}>{line.late_deadlines}</td>
      <td>{line.owner_name || t('emergencyPage.nobody')}</td>
      <td>
        {line.state === 'open'
          ? t('safetyPage.list.open')
          : outcome === undefined
            ? line.outcome
            : optionLabel(outcome, i18n.language)}
      </td>
    </tr>
  );
}
