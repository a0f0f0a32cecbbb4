import { DownloadOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Empty, Input, Modal, Popconfirm, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ExportView } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText, word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { AskExport, EXPORTS as KEY } from './AskExport';
import { fetchFile } from './files';

/** Asked for with a reason, approved by somebody else, fetched within a day. */
export function Exports() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [refusing, setRefusing] = useState<ExportView | null>(null);
  const found = useQuery({ queryKey: KEY, queryFn: () => unwrap(api.GET('/api/elder-exports')) });
  const decide = useMutation({
    mutationFn: ({ id, approve, note }: { id: string; approve: boolean; note: string }) =>
      unwrap(
        api.POST('/api/elder-exports/{export_id}/decide', {
          params: { path: { export_id: id } },
          body: { approve, note },
        }),
      ),
    onSuccess: (fresh) => {
      queries.setQueryData(KEY, fresh);
      setRefusing(null);
    },
  });
  const fetchIt = useMutation({
    mutationFn: (one: ExportView) => fetchFile(`/api/elder-exports/${one.id}/file`, `${one.number}.${one.format}`),
    onSettled: () => void queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <section className="part">
      <div className="part-row">
        <p className="part-intro">{t('eldersPage.export.intro')}</p>
        <span className="elders-space" />
        <Button type="primary" onClick={() => setAsking(true)} data-testid="export-ask">
          {t('eldersPage.export.ask')}
        </Button>
      </div>
      {found.isPending && <Skeleton active />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {fetchIt.isError && <Alert type="error" showIcon title={errorText(fetchIt.error)} />}
      {decide.isError && !refusing && <Alert type="error" showIcon title={errorText(decide.error)} />}
      {found.data?.length === 0 && <Empty description={t('eldersPage.export.empty')} />}
      <ol className="lines">
        {found.data?.map((one) => (
          <Request
            key={one.id}
            one={one}
            mayDecide={may(me, 'exports:approve')}
            fetching={fetchIt.isPending && fetchIt.variables.id === one.id}
            onApprove={() => decide.mutate({ id: one.id, approve: true, note: '' })}
            onRefuse={() => setRefusing(one)}
            onFetch={() => fetchIt.mutate(one)}
          />
        ))}
      </ol>
      {asking && <AskExport onClose={() => setAsking(false)} />}
      {refusing && (
        <RefuseDialog
          busy={decide.isPending}
          failure={decide.error}
          onClose={() => setRefusing(null)}
          onRefuse={(note) => decide.mutate({ id: refusing.id, approve: false, note })}
        />
      )}
    </section>
  );
}

interface RequestProps {
  one: ExportView;
  mayDecide: boolean;
  fetching: boolean;
  onApprove: () => void;
  onRefuse: () => void;
  onFetch: () => void;
}

function Request({ one, mayDecide, fetching, onApprove, onRefuse, onFetch }: RequestProps) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const over = one.until !== null && Date.parse(one.until) < now;
  const color = one.state === 'approved' && !over ? 'green' : one.state === 'refused' ? 'red' : undefined;
  const time = (at: string): string => moment(Date.parse(at), now);
  return (
    <li className="line" data-testid="export">
      <div className="num">
        <strong>{one.number}</strong>
        <div className="quiet">{t('eldersPage.export.askedBy', { name: one.asked_by, time: time(one.asked_at) })}</div>
      </div>
      <div className="part-row">
        <div>
          <Tag {...(color && { color })}>
            {over ? t('eldersPage.export.over') : t(`eldersPage.export.state.${one.state}`)}
          </Tag>
          <strong>{one.reason}</strong>
          <div>
            <Range one={one} /> · <span className="num">{t('eldersPage.export.rows', { count: one.rows })}</span> ·{' '}
            {one.format.toUpperCase()}
            {one.sensitive && <span className="elders-risk"> · {t('eldersPage.export.sensitive')}</span>}
          </div>
          <div className="quiet">
            {one.decided_at !== null &&
              t('eldersPage.export.decidedBy', { name: one.decided_by, time: time(one.decided_at) })}
            {one.decision_note && ` · ${one.decision_note}`}
            {one.until !== null && !over && ` · ${t('eldersPage.export.until', { time: time(one.until) })}`}
            {one.downloads > 0 && ` · ${t('eldersPage.export.downloads', { count: one.downloads })}`}
          </div>
        </div>
        <span className="elders-space" />
        {one.state === 'asked' && one.is_mine && <span className="quiet">{t('eldersPage.export.own')}</span>}
        {one.state === 'asked' && !one.is_mine && mayDecide && (
          <>
            <Popconfirm title={`${t('eldersPage.export.approve')}?`} onConfirm={onApprove}>
              <Button type="primary" data-testid="export-approve">
                {t('eldersPage.export.approve')}
              </Button>
            </Popconfirm>
            <Button onClick={onRefuse}>{t('eldersPage.export.refuse')}</Button>
          </>
        )}
        {one.state === 'approved' && one.is_mine && !over && (
          <Button icon={<DownloadOutlined />} loading={fetching} onClick={onFetch} data-testid="export-fetch">
            {t('eldersPage.export.download')}
          </Button>
        )}
      </div>
    </li>
  );
}

function Range({ one }: { one: ExportView }) {
  const { t } = useTranslation();
  const { category, presence, risk, living } = one.filter;
  const parts = [
    one.place,
    category,
    presence ? word('presence', presence) : '',
    living ? word('living', living) : '',
    risk === null || risk === undefined
      ? ''
      : `${t('eldersPage.list.risk')} ${t(`eldersPage.risk.r${risk as 0 | 1 | 2 | 3}`)}`,
  ].filter(Boolean);
  return <>{parts.length === 0 ? t('eldersPage.export.everybody') : parts.join(' · ')}</>;
}

interface RefuseProps {
  busy: boolean;
  failure: unknown;
  onClose: () => void;
  onRefuse: (note: string) => void;
}

function RefuseDialog({ busy, failure, onClose, onRefuse }: RefuseProps) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  return (
    <Modal
      open
      title={t('eldersPage.export.refuse')}
      okText={t('eldersPage.export.refuse')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => onRefuse(note.trim())}
      okButtonProps={{ disabled: note.trim() === '', loading: busy }}
    >
      <Input.TextArea
        rows={2}
        maxLength={500}
        value={note}
        placeholder={t('eldersPage.export.refuseReason')}
        aria-label={t('eldersPage.export.refuseReason')}
        onChange={(event) => setNote(event.target.value)}
      />
      {failure !== null && <Alert style={{ marginTop: 8 }} type="error" showIcon title={errorText(failure)} />}
    </Modal>
  );
}
