import { Alert, App, Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import { Failure } from '../admin/Failure';
import { useChange, type StoreState, type StoreView } from './queries';

interface Props {
  store: StoreView;
  to: StoreState;
  deed: string;
  onClose: () => void;
}

/** Admission, suspension, leaving: with what follows from it, and why. */
export function DecideDialog({ store, to, deed, onClose }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ reason: string }>();
  const needed = to === 'suspended' || to === 'left';
  const decide = useChange(store.id, (reason: string) =>
    unwrap(
      api.POST('/api/stores/{store_id}/state', {
        params: { path: { store_id: store.id } },
        body: { version: store.version, to, reason },
      }),
    ),
  );
  const missing = decide.isError ? asApiError(decide.error).details.missing : undefined;
  return (
    <Modal
      open
      title={t('storesPage.decide.title', { deed, name: store.name })}
      okText={deed}
      okButtonProps={{ danger: needed }}
      cancelText={t('storesPage.cancel')}
      confirmLoading={decide.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {to === 'suspended' && <Alert type="warning" showIcon title={t('storesPage.decide.suspendedHelp')} />}
      {to === 'left' && <Alert type="warning" showIcon title={t('storesPage.decide.leftHelp')} />}
      <Form
        form={form}
        layout="vertical"
        style={{ marginTop: 12 }}
        onFinish={({ reason }) =>
          decide.mutate(reason ?? '', {
            onSuccess: () => {
              void message.success(t('storesPage.saved'));
              onClose();
            },
          })
        }
      >
        <Form.Item
          name="reason"
          label={t('storesPage.decide.reason')}
          rules={[{ required: needed, whitespace: true, message: t('error.reason_needed') }]}
        >
          <Input
            autoFocus
            maxLength={300}
            data-testid="decide-reason"
            placeholder={t('storesPage.decide.reasonHint')}
          />
        </Form.Item>
      </Form>
      <Failure error={decide.error} />
      {Array.isArray(missing) && (
        <ul>
          {missing.map((one) => (
            <li key={String(one)}>{t(`storesPage.lack.${String(one)}` as never)}</li>
          ))}
        </ul>
      )}
    </Modal>
  );
}
