import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Empty, Form, Input, Modal, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Wording } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { DateField } from './DateField';

const KEY = ['wordings'];

/** The words that people agree to: never changed, only followed by a newer version. */
export function Wordings() {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [following, setFollowing] = useState<Wording | 'new' | null>(null);
  const found = useQuery({ queryKey: KEY, queryFn: () => unwrap(api.GET('/api/consent-wordings')) });
  const items = [...new Set(found.data?.map((one) => one.item) ?? [])];
  const state = (one: Wording): string => {
    if (one.is_current) return t('eldersPage.wording.current');
    return Date.parse(one.valid_from) > now
      ? t('eldersPage.wording.coming', { date: one.valid_from })
      : t('eldersPage.wording.old');
  };
  return (
    <>
      <section className="part">
        <div className="part-row">
          <p className="part-intro">{t('eldersPage.wording.intro')}</p>
          <span className="elders-space" />
          <Button onClick={() => setFollowing('new')} data-testid="wording-item">
            {t('eldersPage.wording.newItem')}
          </Button>
        </div>
        {found.isPending && <Skeleton active />}
        {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
        {items.length === 0 && found.isSuccess && <Empty description={t('eldersPage.wording.empty')} />}
      </section>
      {items.map((item) => {
        const versions = found.data?.filter((one) => one.item === item) ?? [];
        const newest = versions[0];
        return (
          <section key={item} className="part" data-testid={`wording-${item}`}>
            <div className="part-row">
              <h3 className="part-title">{newest?.title}</h3>
              <span className="elders-space" />
              {newest && <Button onClick={() => setFollowing(newest)}>{t('eldersPage.wording.new')}</Button>}
            </div>
            {versions.map((one) => (
              <div key={one.version}>
                <Tag {...(one.is_current && { color: 'green' })}>{state(one)}</Tag>
                <span className="num">
                  {one.version} · {one.valid_from}
                </span>
                <blockquote className="consent-text">{one.text}</blockquote>
              </div>
            ))}
          </section>
        );
      })}
      {following && <WordingDialog base={following === 'new' ? null : following} onClose={() => setFollowing(null)} />}
    </>
  );
}

interface Values {
  item: string;
  version: string;
  title: string;
  text: string;
  valid_from: string;
}

function WordingDialog({ base, onClose }: { base: Wording | null; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const publish = useMutation({
    mutationFn: (body: Values) => unwrap(api.POST('/api/consent-wordings', { body })),
    onSuccess: (fresh) => {
      queries.setQueryData(KEY, fresh);
      onClose();
    },
  });
  const needed = [{ required: true, whitespace: true, message: t('error.invalid') }];
  return (
    <Modal
      open
      width={640}
      title={base ? `${base.title} · ${t('eldersPage.wording.new')}` : t('eldersPage.wording.newItem')}
      okText={t('eldersPage.wording.publish')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: publish.isPending, 'data-testid': 'wording-publish' }}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{
          item: base?.item ?? '',
          title: base?.title ?? '',
          text: base?.text ?? '',
          version: '',
          valid_from: '',
        }}
        onFinish={(values) => publish.mutate(values)}
      >
        <div className="form-grid">
          <Form.Item
            name="item"
            label={t('eldersPage.wording.code')}
            rules={[{ required: true, pattern: /^[a-z][a-z_]{1,39}$/, message: t('error.invalid') }]}
          >
            <Input disabled={base !== null} maxLength={40} />
          </Form.Item>
          <Form.Item name="title" label={t('eldersPage.wording.title')} rules={needed}>
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item name="version" label={t('eldersPage.wording.version')} rules={needed}>
            <Input maxLength={20} data-testid="wording-version" />
          </Form.Item>
        </div>
        <Form.Item name="valid_from" label={t('eldersPage.wording.validFrom')} rules={needed}>
          <DateField />
        </Form.Item>
        <Form.Item name="text" label={t('eldersPage.wording.text')} rules={[...needed, { min: 10 }]}>
          <Input.TextArea rows={6} maxLength={4000} />
        </Form.Item>
        {publish.isError && <Alert type="error" showIcon title={errorText(publish.error)} />}
      </Form>
    </Modal>
  );
}
