import { DownloadOutlined, FilePdfOutlined, LeftOutlined, RightOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, DatePicker, Dropdown, Skeleton } from 'antd';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FigureView, Report } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { Page } from '../shell/Page';
import { BehindDrawer, type Behind } from './BehindDrawer';
import { Presses } from './Presses';
import { Spark } from './Spark';
import { Agents, Missed, Tallies } from './tables';
import { percent, said, share, verdict } from './words';
import '../console/console.css';
import './reports.css';

const TABLES = ['figures', 'hours', 'days', 'agents', 'places', 'missed'] as const;
const MOST_DAYS = 92;

export function ReportsPage() {
  const { t, i18n } = useTranslation();
  const [period, setPeriod] = useState<[string, string] | null>(null);
  const asked = useQuery({
    queryKey: ['report', period],
    queryFn: () =>
      unwrap(
        api.GET('/api/reports', { params: { query: period === null ? {} : { first: period[0], last: period[1] } } }),
      ),
    staleTime: 0,
    placeholderData: (previous) => previous,
  });
  // The centre's today, once it is known: this machine may stand in another zone.
  const [centreToday, setCentreToday] = useState<string | null>(null);
  if (period === null && asked.data !== undefined && centreToday === null) setCentreToday(asked.data.last);
  const here = dayjs().format('YYYY-MM-DD');
  const [first, last] = period ?? [asked.data?.first ?? here, asked.data?.last ?? here];
  const today = dayjs(centreToday ?? here);
  const file = (kind: string, table = ''): string =>
    `/api/reports/${kind}?${new URLSearchParams({ first, last, language: i18n.language, ...(table && { table }) }).toString()}`;
  const step = (days: number): void => {
    const to = (day: string): string => dayjs(day).add(days, 'day').format('YYYY-MM-DD');
    setPeriod([to(first), to(last)]);
  };
  const length = dayjs(last).diff(dayjs(first), 'day') + 1;
  return (
    <Page
      title={t('nav.reports')}
      extra={
        <>
          <Button icon={<LeftOutlined />} aria-label={t('floorPage.reports.before')} onClick={() => step(-length)} />
          <DatePicker.RangePicker
            value={[dayjs(first), dayjs(last)]}
            allowClear={false}
            maxDate={today}
            aria-label={t('floorPage.reports.period')}
            data-testid="report-period"
            disabledDate={(day, { from }) => from !== undefined && Math.abs(day.diff(from, 'day')) >= MOST_DAYS}
            onChange={(range) => {
              if (range?.[0] && range[1]) setPeriod([range[0].format('YYYY-MM-DD'), range[1].format('YYYY-MM-DD')]);
            }}
          />
          <Button
            icon={<RightOutlined />}
            aria-label={t('floorPage.reports.after')}
            disabled={!dayjs(last).isBefore(today, 'day')}
            onClick={() => step(length)}
          />
          <Dropdown
            menu={{
              items: TABLES.map((table) => ({
                key: table,
                label: <a href={file('csv', table)}>{t(`floorPage.reports.tables.${table}`)}</a>,
              })),
            }}
          >
            <Button icon={<DownloadOutlined />} data-testid="report-csv">
              CSV
            </Button>
          </Dropdown>
          <Button type="primary" icon={<FilePdfOutlined />} href={file('pdf')} data-testid="report-pdf">
            PDF
          </Button>
        </>
      }
    >
      {asked.isError ? (
        <Alert
          type="warning"
          showIcon
          title={t('floorPage.reports.failed')}
          description={errorText(asked.error)}
          action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
        />
      ) : asked.isPending ? (
        <div aria-busy="true">
          <Skeleton active paragraph={{ rows: 12 }} />
        </div>
      ) : (
        <ReportView report={asked.data} />
      )}
    </Page>
  );
}

function ReportView({ report }: { report: Report }) {
  const { t, i18n } = useTranslation();
  const [behind, setBehind] = useState<Behind | null>(null);
  const look = (figure: string, title: string, formula = ''): void =>
    setBehind({ figure, title, formula, first: report.first, last: report.last, timeZone: report.timezone });
  const { total } = report;
  return (
    <div className="report" data-testid="report">
      <section className="panel report-facts">
        <strong>{t('floorPage.reports.summary', { ...total })}</strong>
        <span className="quiet">
          {t('floorPage.reports.others', { duty: report.answered_by_duty, fallback: report.in_fallback })}{' '}
          {report.complete ? '' : t('floorPage.reports.notYet')}
        </span>
        <span className={report.disagreeing > 0 ? 'report-bad' : 'quiet'}>
          {report.disagreeing > 0
            ? t('floorPage.reports.disagree', { count: report.disagreeing })
            : t('floorPage.reports.agree')}
        </span>
      </section>
      <div className="report-figures">
        {report.figures.map((figure) => (
          <FigureCard
            key={figure.key}
            figure={figure}
            onOpen={() => look(figure.key, said(figure.title, i18n.language), said(figure.formula, i18n.language))}
          />
        ))}
      </div>
      <Missed report={report} />
      <Presses timeZone={report.timezone} />
      <Agents report={report} />
      <Tallies
        title={t('floorPage.reports.tables.hours')}
        head={t('floorPage.reports.hour')}
        rows={report.hours
          .filter((hour) => hour.received > 0)
          .map((hour) => ({ ...hour, name: `${String(hour.hour).padStart(2, '0')}:00` }))}
      />
      {report.days.length > 1 && (
        <Tallies
          title={t('floorPage.reports.tables.days')}
          head={t('floorPage.reports.day')}
          rows={report.days.map((day) => ({ ...day, name: day.day }))}
        />
      )}
      <Tallies
        title={t('floorPage.reports.tables.places')}
        head={t('floorPage.reports.place')}
        rows={report.places.map((place) => ({ ...place, name: place.place || t('common.unknown') }))}
      />
      <BehindDrawer behind={behind} onClose={() => setBehind(null)} />
    </div>
  );
}

function FigureCard({ figure, onOpen }: { figure: FigureView; onOpen: () => void }) {
  const { t, i18n } = useTranslation();
  const how = verdict(figure);
  return (
    <button type="button" className="report-figure" onClick={onOpen} data-testid={`figure-${figure.key}`}>
      <span>{said(figure.title, i18n.language)}</span>
      <span className={`report-value num report-${how}`}>
        <strong>{percent(figure.value)}</strong>
        <span>
          {figure.n} / {figure.of}
        </span>
        {how !== 'none' && (
          <span>
            {how === 'met' ? '✓' : '✗'} {t(`floorPage.reports.${how}`)}
          </span>
        )}
      </span>
      <Spark
        values={figure.hours.map((hour) => (hour.of > 0 ? hour.n / hour.of : null))}
        target={figure.target}
        label={t('floorPage.reports.byHour')}
      />
      <span className="quiet">
        {figure.target === null
          ? t('floorPage.reports.noTarget')
          : t('floorPage.reports.target', {
              share: share(figure.target),
              source: figure.source ? said(figure.source, i18n.language) : '',
            })}
      </span>
      {figure.excluded.map((one) => (
        <span key={one.why} className="quiet num">
          {t('floorPage.reports.leftOut', { what: said(one.words, i18n.language), count: one.n })}
        </span>
      ))}
    </button>
  );
}
