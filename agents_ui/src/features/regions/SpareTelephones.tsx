import { DeleteOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { useDutyTelephones, useRefresh } from './queries';

/** The plain list: always there, rung after those on duty. */
export function SpareTelephones({ writes }: { writes: boolean }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ number: string; label: string }>();
  const refresh = useRefresh('duty');
  const list = useDutyTelephones();
  const add = useMutation({
    mutationFn: (body: { number: string; label: string }) => unwrap(api.POST('/api/duty/telephones', { body })),
    onSuccess: async () => {
      form.resetFields();
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE('/api/duty/telephones/{telephone_id}', { params: { path: { telephone_id: id } } })),
    onSettled: refresh,
  });
  const failed = add.error ?? remove.error;
  return (
    <section className="panel duty-card">
      <header>
        <h2>{t('regionsPage.duty.list')}</h2>
      </header>
      <p className="quiet">
        {list.data?.length === 0 ? t('regionsPage.duty.listEmpty') : t('regionsPage.duty.listHelp')}
      </p>
      {list.data?.map((one) => (
        <div key={one.id} className="duty-row">
          <span className="quiet num">{one.position}</span>
          <span className="ellipsis">{one.label}</span>
          <span className="num">{one.number}</span>
          {writes && (
            <Popconfirm
              title={`${t('regionsPage.duty.remove')} ${one.number}?`}
              okText={t('regionsPage.duty.remove')}
              cancelText={t('common.cancel')}
              onConfirm={() => remove.mutate(one.id)}
            >
              <Button
                type="text"
                size="small"
                icon={<DeleteOutlined />}
                aria-label={`${t('regionsPage.duty.remove')} ${one.label}`}
              />
            </Popconfirm>
          )}
        </div>
      ))}
      {failed && <Alert type="error" showIcon title={errorText(failed)} />}
      {writes && (
        <Form form={form} layout="vertical" onFinish={(body) => add.mutate(body)}>
          <Form.Item
            name="label"
            label={t('regionsPage.duty.whose')}
            rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item
            name="number"
            label={t('regionsPage.duty.number')}
            rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
          >
            <Input maxLength={64} inputMode="tel" />
          </Form.Item>
          <Button htmlType="submit" loading={add.isPending} data-testid="spare-add">
            {t('regionsPage.duty.addNumber')}
          </Button>
        </Form>
      )}
    </section>
  );
}
