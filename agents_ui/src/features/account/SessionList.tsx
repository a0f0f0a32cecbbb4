import { Alert, Button, Popconfirm, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import type { SessionView } from '../../api/types';
import { errorText } from '../../i18n/words';
import { useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { browserName } from './browser';
import '../../kit/tone.css';

interface Props {
  sessions: SessionView[] | undefined;
  loading: boolean;
  failure: unknown;
  /** Left out: to look at only. */
  onEnd?: (session: SessionView) => void;
}

/** Where somebody is signed in. The one that looks at this list is not ended here: that is signing out. */
export function SessionList({ sessions, loading, failure, onEnd }: Props) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (failure !== null && failure !== undefined) return <Alert type="error" showIcon title={errorText(failure)} />;
  return (
    <Table<SessionView>
      size="small"
      rowKey="id"
      dataSource={sessions}
      loading={loading}
      pagination={false}
      data-testid="sessions"
      locale={{ emptyText: t('accessPage.noSessions') }}
      columns={[
        {
          title: t('accessPage.browser'),
          render: (_, one) => (
            <span title={one.browser}>
              {browserName(one.browser)}{' '}
              {one.current && <span className="tone tone-me">{t('accessPage.thisOne')}</span>}
            </span>
          ),
        },
        { title: t('accessPage.address'), dataIndex: 'address', className: 'num' },
        { title: t('accessPage.since'), className: 'num', render: (_, one) => moment(Date.parse(one.since), now) },
        { title: t('accessPage.lastSeen'), className: 'num', render: (_, one) => moment(Date.parse(one.seen_at), now) },
        ...(onEnd === undefined
          ? []
          : [
              {
                title: <span className="visually-hidden">{t('accessPage.endSession')}</span>,
                align: 'right' as const,
                render: (_: unknown, one: SessionView) =>
                  one.current ? null : (
                    <Popconfirm title={t('accessPage.endSessionSure')} onConfirm={() => onEnd(one)}>
                      <Button size="small" danger data-testid={`end-${one.id}`}>
                        {t('accessPage.endSession')}
                      </Button>
                    </Popconfirm>
                  ),
              },
            ]),
      ]}
    />
  );
}
