import { Alert, Button, DatePicker, Form, Input, Select, Table } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { useAudit, type AuditEntry, type AuditQuestion } from './queries';
import { detailText, named, purposeText, verbWord } from './words';

const SUBJECTS = [
  'elder', 'glass', 'case', 'task', 'recording', 'export', 'import', 'session', 'totp', 'user', 'setting', 'region', 'audit',
] as const; // prettier-ignore

interface Fields {
  person?: string;
  verb?: string;
  object?: string;
  days?: [Dayjs, Dayjs] | null;
}

export function AuditTab() {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [question, setQuestion] = useState<AuditQuestion>({});
  const found = useAudit(question);
  const names: Record<string, string> = Object.assign({}, ...(found.data?.pages.map((page) => page.names) ?? []));
  const rows = found.data?.pages.flatMap((page) => page.entries);

  const ask = ({ person, verb, object, days }: Fields): void =>
    setQuestion({
      ...(person ? { person } : {}),
      ...(verb ? { verb } : {}),
      ...(object ? { object } : {}),
      ...(days
        ? { since: days[0].startOf('day').toISOString(), until: days[1].add(1, 'day').startOf('day').toISOString() }
        : {}),
    });
  return (
    <>
      <Form<Fields> layout="inline" className="access-bar" onFinish={ask}>
        <Form.Item name="person" label={t('accessPage.auditPerson')}>
          <Input
            allowClear
            placeholder={t('accessPage.auditPersonHint')}
            style={{ width: 176 }}
            data-testid="audit-person"
          />
        </Form.Item>
        <Form.Item name="verb" label={t('accessPage.auditVerb')}>
          <Select
            allowClear
            style={{ width: 144 }}
            placeholder={t('accessPage.auditAll')}
            options={SUBJECTS.map((one) => ({ value: one, label: lookUp(`accessPage.subject.${one}`) ?? one }))}
          />
        </Form.Item>
        <Form.Item name="object" label={t('accessPage.auditObject')}>
          <Input allowClear placeholder="261122-1007" style={{ width: 144 }} />
        </Form.Item>
        <Form.Item name="days" label={t('accessPage.auditDays')}>
          <DatePicker.RangePicker style={{ width: 232 }} />
        </Form.Item>
        <Button type="primary" htmlType="submit" data-testid="audit-ask">
          {t('accessPage.auditAsk')}
        </Button>
      </Form>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      <Table<AuditEntry>
        size="small"
        rowKey="id"
        dataSource={rows}
        loading={found.isPending}
        pagination={false}
        data-testid="audit-rows"
        locale={{ emptyText: t('accessPage.auditNone') }}
        columns={[
          {
            title: t('accessPage.auditWhen'),
            width: 136,
            className: 'num',
            render: (_, row) => moment(Date.parse(row.at), now),
          },
          {
            title: t('accessPage.auditPerson'),
            width: 120,
            render: (_, row) =>
              row.actor_kind === 'system' ? (
                <span className="quiet">
                  {t('accessPage.system')} · {row.actor_name}
                </span>
              ) : (
                row.actor_name
              ),
          },
          { title: t('accessPage.auditDid'), width: 200, render: (_, row) => verbWord(row.verb) },
          {
            title: t('accessPage.auditWhat'),
            width: 168,
            className: 'num',
            render: (_, row) => (row.object_id === '' ? '–' : named(row.object_id, names)),
          },
          {
            title: t('accessPage.auditDetails'),
            render: (_, row) =>
              [row.purpose === '' ? '' : purposeText(row.purpose, names), detailText(row.details, names)]
                .filter((part) => part !== '')
                .join(' · ') || '–',
          },
        ]}
      />
      {found.hasNextPage && (
        <Button
          block
          className="access-more"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          data-testid="audit-more"
        >
          {t('accessPage.more')}
        </Button>
      )}
    </>
  );
}
