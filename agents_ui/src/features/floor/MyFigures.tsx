import { useQuery } from '@tanstack/react-query';
import { Popover, Skeleton } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { duration, ratio } from '../../kit/format';
import './owner.css';

const time = (seconds: number | null): string => (seconds === null ? '–' : duration(seconds * 1000));

/** Today's figures of whoever sits here, behind the two in the top bar: hers alone, nobody is ranked. */
export function MyFigures({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger="click"
      placement="bottomLeft"
      title={t('floorPage.reports.mine')}
      content={open && <Mine />}
    >
      <button type="button" className="topbar-today my-figures num" data-testid="today-figures">
        {children}
      </button>
    </Popover>
  );
}

function Mine() {
  const { t } = useTranslation();
  const asked = useQuery({
    queryKey: ['my-figures'],
    queryFn: () => unwrap(api.GET('/api/my/figures')),
    staleTime: 0,
  });
  if (asked.isPending) return <Skeleton active paragraph={{ rows: 3 }} title={false} />;
  if (asked.isError) return <span>{errorText(asked.error)}</span>;
  const { mine } = asked.data;
  const rows: [string, string][] = [
    [t('floorPage.reports.mineAnswered'), String(mine.answered)],
    [t('floorPage.reports.mineWithin'), ratio(mine.within_10, mine.answered)],
    [t('floorPage.reports.mineCalledBack'), String(mine.called_back)],
    [t('floorPage.reports.mineTalk'), `${time(mine.talk_average)} (${mine.talk_n})`],
    [t('floorPage.reports.mineWrapUp'), `${time(mine.wrap_up_average)} (${mine.wrap_up_n})`],
  ];
  return (
    <dl className="my-figures-list" data-testid="my-figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt className="quiet">{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
