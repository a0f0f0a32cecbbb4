import { useQuery } from '@tanstack/react-query';
import { Button, DatePicker, Drawer, Form, Input, InputNumber, Modal, Radio, Spin } from 'antd';
import type { Dayjs } from 'dayjs';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { amount, bounds } from './amount';
import { Failure, NotLoaded } from './Failure';
import { SETTINGS, useChange, type Setting } from './queries';
import { ReasonField } from './ReasonField';

interface Fields {
  value: number | string | boolean;
  reason: string;
  when: 'now' | 'later';
  from?: Dayjs;
}

export function ChangeSettingDialog({ setting, onClose }: { setting: Setting; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const when = Form.useWatch('when', form) ?? 'now';
  const words = setting.kind === 'text' || setting.kind === 'digits';
  const label = i18n.language === 'zh' ? setting.label_zh : setting.label_en;
  const save = useChange(
    (body: { value: number | string | boolean | null; reason: string; valid_from: string | null }) =>
      unwrap(
        api.POST('/api/settings/{key}', {
          params: { path: { key: setting.key } },
          body: { ...body, seen: setting.seen },
        }),
      ),
    SETTINGS,
  );
  const send = (value: number | string | boolean | null, fields: Fields): void =>
    save.mutate(
      {
        value,
        reason: fields.reason,
        valid_from: fields.when === 'later' && fields.from ? fields.from.toISOString() : null,
      },
      { onSuccess: onClose },
    );
  const outOfBounds = bounds(t, setting);
  const differs = setting.counting !== null && setting.counting.value !== null;
  return (
    <Modal
      open
      title={t('adminPage.settings.changeTitle', { label })}
      onCancel={onClose}
      footer={[
        differs && (
          <Button
            key="reset"
            data-testid="reset"
            style={{ float: 'left' }}
            disabled={save.isPending}
            onClick={() =>
              void form
                .validateFields(['reason', 'from'])
                .then(() => send(null, form.getFieldsValue()))
                .catch(() => undefined)
            }
          >
            {t('adminPage.settings.resetTo', { value: amount(t, setting.kind, setting.default) })}
          </Button>
        ),
        <Button key="cancel" onClick={onClose}>
          {t('adminPage.cancel')}
        </Button>,
        <Button
          key="save"
          type="primary"
          data-testid="save-setting"
          loading={save.isPending}
          onClick={() => form.submit()}
        >
          {t('adminPage.save')}
        </Button>,
      ]}
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={{ value: setting.value, when: 'now', reason: '' }}
        onFinish={(fields) => send(fields.value, fields)}
      >
        <Form.Item
          name="value"
          label={t('adminPage.settings.newValue')}
          extra={outOfBounds}
          rules={
            setting.kind === 'switch'
              ? []
              : words
                ? [{ required: true, whitespace: true, min: setting.least, max: setting.most, message: outOfBounds }]
                : [{ required: true, type: 'number', min: setting.least, max: setting.most, message: outOfBounds }]
          }
        >
          {setting.kind === 'switch' ? (
            <Radio.Group
              data-testid="setting-value"
              options={[true, false].map((value) => ({ value, label: amount(t, setting.kind, value) }))}
            />
          ) : words ? (
            <Input data-testid="setting-value" autoFocus />
          ) : (
            <InputNumber
              data-testid="setting-value"
              autoFocus
              style={{ width: 160 }}
              {...(['hours', 'days', 'months', 'hour', 'count', 'metres', 'points'].includes(setting.kind)
                ? { precision: 0 }
                : {})}
            />
          )}
        </Form.Item>
        <Form.Item name="when" label={t('adminPage.settings.from')}>
          <Radio.Group
            options={[
              { value: 'now', label: t('adminPage.settings.fromNow') },
              { value: 'later', label: t('adminPage.settings.fromLater') },
            ]}
          />
        </Form.Item>
        {when === 'later' && (
          <Form.Item name="from" rules={[{ required: true, message: t('adminPage.settings.from') }]}>
            <DatePicker
              showTime={{ format: 'HH:mm' }}
              format="YYYY-MM-DD HH:mm"
              minDate={dayjs()}
              aria-label={t('adminPage.settings.from')}
            />
          </Form.Item>
        )}
        <ReasonField />
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}

export function SettingHistory({ setting, onClose }: { setting: Setting; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const history = useQuery({
    queryKey: [...SETTINGS, 'history', setting.key],
    queryFn: async () =>
      (await unwrap(api.GET('/api/settings/{key}/history', { params: { path: { key: setting.key } } }))).changes,
  });
  return (
    <Drawer
      open
      size={420}
      title={`${i18n.language === 'zh' ? setting.label_zh : setting.label_en} · ${t('adminPage.history')}`}
      onClose={onClose}
    >
      {history.isPending ? (
        <Spin />
      ) : history.isError ? (
        <NotLoaded error={history.error} again={() => void history.refetch()} />
      ) : history.data.length === 0 ? (
        <p className="quiet">{t('adminPage.noHistory')}</p>
      ) : (
        <ol className="admin-history" data-testid="setting-history">
          {history.data.map((one) => (
            <li key={one.id}>
              <strong className="num">
                {one.value === null
                  ? t('adminPage.settings.resetTo', { value: amount(t, setting.kind, setting.default) })
                  : amount(t, setting.kind, one.value)}
              </strong>
              <div className="quiet num">
                {t('adminPage.by', { name: one.by_name, when: moment(Date.parse(one.at), now) })}
                {one.valid_from !== one.at &&
                  ` · ${t('adminPage.settings.since', { when: moment(Date.parse(one.valid_from), now) })}`}
              </div>
              <div>{one.reason}</div>
            </li>
          ))}
        </ol>
      )}
    </Drawer>
  );
}
