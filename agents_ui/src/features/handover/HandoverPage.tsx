import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Empty, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Route, Routes, useNavigate, useParams } from 'react-router';
import type { HandoverHead } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { Page } from '../shell/Page';
import { DraftForm } from './DraftForm';
import { SignedView } from './SignedView';
import { useHandovers } from './use-handovers';
import '../console/console.css';
import './handover.css';

export function HandoverPage() {
  return (
    <Routes>
      <Route index element={<HandoverList />} />
      <Route path=":id" element={<OneHandover />} />
    </Routes>
  );
}

function HandoverList() {
  const { t } = useTranslation();
  const { me } = useConsole();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const asked = useHandovers();
  const open = useMutation({
    mutationFn: () => unwrap(api.POST('/api/handovers')),
    onSuccess: (view) => {
      queries.setQueryData(['handover', view.id], view);
      void navigate(view.id);
    },
    onError: (error) => void message.error(errorText(error)),
  });
  const mine = asked.data?.some((one) => one.state === 'draft' && one.leaving_id === me.id) ?? false;
  return (
    <Page
      title={t('nav.handover')}
      extra={
        <Button type="primary" loading={open.isPending} onClick={() => open.mutate()} data-testid="handover-open">
          {mine ? t('floorPage.handover.goOn') : t('floorPage.handover.start')}
        </Button>
      }
    >
      {asked.isError ? (
        <Alert
          type="warning"
          showIcon
          title={errorText(asked.error)}
          action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
        />
      ) : asked.isPending ? (
        <Skeleton active />
      ) : asked.data.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('floorPage.handover.none')} />
      ) : (
        <section className="panel">
          <table className="handover-table">
            <thead>
              <tr>
                {(['opened', 'leaving', 'arriving', 'state'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(`floorPage.handover.${key}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {asked.data.map((one) => (
                <Line key={one.id} one={one} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Page>
  );
}

function Line({ one }: { one: HandoverHead }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const now = useNow(60_000);
  const at = (iso: string | null): string => (iso === null ? '' : moment(Date.parse(iso), now).slice(0, 11));
  return (
    <tr data-testid={`handover-${one.id}`}>
      <th scope="row">
        <button type="button" className="handover-link num" onClick={() => void navigate(one.id)}>
          {at(one.opened_at)}
        </button>
      </th>
      <td>
        {one.leaving_name} <span className="quiet num">{at(one.signed_at)}</span>
      </td>
      <td>
        {one.arriving_name} <span className="quiet num">{at(one.accepted_at)}</span>
      </td>
      <td>
        {t(`floorPage.handover.states.${one.state}`)}
        {one.late && <strong className="handover-late"> {t('floorPage.handover.late')}</strong>}
      </td>
    </tr>
  );
}

function OneHandover() {
  const { id = '' } = useParams();
  const { t } = useTranslation();
  const { me } = useConsole();
  const navigate = useNavigate();
  const asked = useQuery({
    queryKey: ['handover', id],
    queryFn: () => unwrap(api.GET('/api/handovers/{handover_id}', { params: { path: { handover_id: id } } })),
  });
  const view = asked.data;
  return (
    <Page
      title={t('nav.handover')}
      extra={
        <>
          {view !== undefined && view.state !== 'draft' && (
            <Button onClick={() => window.print()} data-testid="handover-print">
              {t('floorPage.handover.print')}
            </Button>
          )}
          <Button onClick={() => void navigate('/handover')}>{t('floorPage.handover.all')}</Button>
        </>
      }
    >
      {asked.isError ? (
        <Alert
          type="warning"
          showIcon
          title={errorText(asked.error)}
          action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
        />
      ) : view === undefined ? (
        <Skeleton active />
      ) : view.state !== 'draft' ? (
        <SignedView view={view} />
      ) : view.leaving_id === me.id ? (
        <DraftForm key={view.id} view={view} onReload={() => void asked.refetch()} />
      ) : (
        <Alert type="info" showIcon title={t('floorPage.handover.notYours', { name: view.leaving_name })} />
      )}
    </Page>
  );
}
