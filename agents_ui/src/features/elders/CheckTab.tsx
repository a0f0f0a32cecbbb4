import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Select, Skeleton } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Checks, CheckView, Profile } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { duration, moment } from '../../kit/format';

const POLL_MS = 2_000;

/** "Please press once." While it waits it looks every two seconds; the press rings and makes a case as ever. */
export function CheckTab({ profile, mayWrite }: { profile: Profile; mayWrite: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const now = useNow();
  const key = ['checks', profile.id];
  const path = { elder_id: profile.id };
  const found = useQuery({
    queryKey: key,
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/checks', { params: { path } })),
    refetchInterval: (query) => (query.state.data?.checks[0]?.state === 'waiting' ? POLL_MS : false),
  });
  const put = (fresh: Checks): void => void queries.setQueryData(key, fresh);
  const start = useMutation({
    mutationFn: (body: { line: string; number_id: string }) =>
      unwrap(api.POST('/api/elders/{elder_id}/checks', { params: { path }, body })),
    onSuccess: put,
  });
  const cancel = useMutation({
    mutationFn: (checkId: string) =>
      unwrap(
        api.POST('/api/elders/{elder_id}/checks/{check_id}/cancel', {
          params: { path: { ...path, check_id: checkId } },
        }),
      ),
    onSuccess: put,
  });
  const newest = found.data?.checks[0];
  const proved = newest?.state === 'proved' ? newest.id : null;
  useEffect(() => {
    if (proved !== null) void queries.invalidateQueries({ queryKey: ['profile', profile.id] });
  }, [proved, queries, profile.id]);

  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const { lines, checks } = found.data;
  const waiting = newest?.state === 'waiting' ? newest : null;
  const told = waiting ? checks.slice(1) : checks;
  return (
    <>
      <section className="part">
        <h3 className="part-title">{t('eldersPage.check.title')}</h3>
        <p className="part-intro">{t('eldersPage.check.intro')}</p>
        {waiting && (
          <Alert
            type="info"
            showIcon
            data-testid="check-waiting"
            title={
              <span className="num">
                {t('eldersPage.check.waiting', { time: duration(Date.parse(waiting.until) - now) })}
              </span>
            }
            description={`${t('eldersPage.check.waitingText')} ${waiting.number} → ${waiting.line} ${waiting.line_label ?? ''}`}
            action={
              mayWrite && <Button onClick={() => cancel.mutate(waiting.id)}>{t('eldersPage.check.cancel')}</Button>
            }
          />
        )}
        {!waiting && mayWrite && profile.numbers.length === 0 && (
          <p className="quiet">{t('eldersPage.check.noNumber')}</p>
        )}
        {!waiting && mayWrite && profile.numbers.length > 0 && (
          <Form
            layout="inline"
            initialValues={{ line: lines[0]?.number, number_id: profile.numbers[0]?.id }}
            onFinish={(values: { line: string; number_id: string }) => start.mutate(values)}
          >
            <Form.Item name="number_id" label={t('eldersPage.check.number')}>
              <Select
                style={{ minWidth: 200 }}
                options={profile.numbers.map((one) => ({ value: one.id, label: `${one.text} ${one.label}` }))}
              />
            </Form.Item>
            <Form.Item name="line" label={t('eldersPage.check.line')}>
              <Select
                style={{ minWidth: 180 }}
                options={lines.map((one) => ({ value: one.number, label: `${one.number} ${one.label}` }))}
              />
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={start.isPending} data-testid="check-start">
              {t('eldersPage.check.start')}
            </Button>
          </Form>
        )}
        {(start.isError || cancel.isError) && (
          <Alert type="error" showIcon title={errorText(start.error ?? cancel.error)} />
        )}
      </section>
      <section className="part">
        <h3 className="part-title">{t('eldersPage.check.history')}</h3>
        {told.length === 0 && <p className="quiet">{t('eldersPage.check.empty')}</p>}
        <ol className="lines" data-testid="checks">
          {told.map((check) => (
            <li key={check.id} className="line">
              <span className="num">{moment(Date.parse(check.settled_at ?? check.started_at), now)}</span>
              <span>
                <Verdict check={check} />
                <div className="quiet">
                  {check.number} → {check.line} {check.line_label} ·{' '}
                  {t('eldersPage.check.by', { name: check.started_by })}
                </div>
              </span>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

function Verdict({ check }: { check: CheckView }) {
  const { t } = useTranslation();
  if (check.state === 'waiting') return <>{t('eldersPage.check.waitingState')}</>;
  const text: Record<Exclude<CheckView['state'], 'waiting'>, string> = {
    proved: t('eldersPage.check.provedText'),
    wrong_number: t('eldersPage.check.wrongNumberText', { number: check.heard_number, expected: check.number }),
    wrong_line: t('eldersPage.check.wrongLineText', { line: check.heard_line, expected: check.line }),
    wrong_profile: t('eldersPage.check.wrongProfileText'),
    nobody: [
      t('eldersPage.check.nobodyText'),
      check.heard_number ? t('eldersPage.check.nobodyHint', { number: check.heard_number }) : '',
    ].join(' '),
    cancelled: '',
  };
  return (
    <>
      <span
        className={check.state === 'proved' ? 'check-ok' : check.state === 'cancelled' ? 'quiet' : 'check-bad'}
        data-testid="check-verdict"
      >
        {t(`eldersPage.check.${check.state}`)}
      </span>{' '}
      {text[check.state]}
    </>
  );
}
