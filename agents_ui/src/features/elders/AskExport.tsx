import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Cascader, Checkbox, Form, Input, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Profile } from '../../api/types';
import { errorText, word } from '../../i18n/words';
import { zhWords } from '../../i18n/zh-words';
import { regionTree, useCategories, useRegions } from './queries';

export const EXPORTS = ['exports'];

interface Asked {
  reason: string;
  format: 'csv' | 'xlsx';
  sensitive: boolean;
  region?: string[];
  category?: string;
  presence?: Profile['presence'];
  living?: Profile['living'];
}

/** What is asked for: why, whom, in which form. */
export function AskExport({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Asked>();
  const regions = useRegions().data ?? [];
  const categories = useCategories().data ?? [];
  const ask = useMutation({
    mutationFn: ({ reason, format, sensitive, region, category, presence, living }: Asked) =>
      unwrap(
        api.POST('/api/elder-exports', {
          body: {
            reason,
            format,
            sensitive,
            filter: {
              region_id: region?.at(-1) ?? null,
              category: category ?? '',
              presence: presence ?? null,
              living: living ?? null,
              risk: null,
            },
          },
        }),
      ),
    onSuccess: (fresh) => {
      queries.setQueryData(EXPORTS, fresh);
      onClose();
    },
  });
  return (
    <Modal
      open
      width={640}
      title={t('eldersPage.export.ask')}
      okText={t('eldersPage.export.submit')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: ask.isPending, 'data-testid': 'export-submit' }}
    >
      <Form<Asked>
        form={form}
        layout="vertical"
        initialValues={{ reason: '', format: 'xlsx', sensitive: false }}
        onFinish={(values) => ask.mutate(values)}
      >
        <Form.Item
          name="reason"
          label={t('eldersPage.export.reason')}
          rules={[{ required: true, whitespace: true, min: 4, message: t('eldersPage.export.needReason') }]}
        >
          <Input.TextArea rows={2} maxLength={500} placeholder={t('eldersPage.export.reasonPlaceholder')} />
        </Form.Item>
        <Form.Item name="region" label={t('eldersPage.list.region')}>
          <Cascader options={regionTree(regions)} changeOnSelect displayRender={(labels) => labels.join(' ')} />
        </Form.Item>
        <div className="form-grid">
          <Form.Item name="category" label={t('eldersPage.list.category')}>
            <Select allowClear options={categories.map((one) => ({ value: one, label: one }))} />
          </Form.Item>
          <Form.Item name="presence" label={t('eldersPage.list.presence')}>
            <Select
              allowClear
              placeholder={t('eldersPage.list.presenceDefault')}
              options={Object.keys(zhWords.presence).map((one) => ({ value: one, label: word('presence', one) }))}
            />
          </Form.Item>
          <Form.Item name="living" label={t('eldersPage.list.living')}>
            <Select
              allowClear
              options={Object.keys(zhWords.living).map((one) => ({ value: one, label: word('living', one) }))}
            />
          </Form.Item>
        </div>
        <Form.Item name="format" label={t('eldersPage.export.format')}>
          <Radio.Group
            options={[
              { value: 'xlsx', label: 'XLSX' },
              { value: 'csv', label: 'CSV' },
            ]}
          />
        </Form.Item>
        <Form.Item name="sensitive" valuePropName="checked">
          <Checkbox>{t('eldersPage.export.sensitive')}</Checkbox>
        </Form.Item>
        {ask.isError && <Alert type="error" showIcon title={errorText(ask.error)} />}
      </Form>
    </Modal>
  );
}
