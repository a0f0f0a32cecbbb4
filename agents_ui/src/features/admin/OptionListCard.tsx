import { ArrowDownOutlined, ArrowUpOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Checkbox, Form, Input, Modal, Spin, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { optionLabel } from '../../api/option-label';
import { errorText } from '../../i18n/words';
import { Failure, NotLoaded } from './Failure';
import { LISTS, useChange, useLists, type OptionKind, type OptionList } from './queries';

type Option = OptionList['options'][number];
type Words = { label_zh: string; label_en: string; closes_case: boolean; for_sos: boolean };

interface Props {
  kind: OptionKind;
  title: string;
  hint: string;
  canWrite: boolean;
}

/** One list of words to choose from: added to, renamed, put in order, retired. */
export function OptionListCard({ kind, title, hint, canWrite }: Props) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const lists = useLists();
  const [editing, setEditing] = useState<Option | 'new' | null>(null);
  const [showRetired, setShowRetired] = useState(false);
  const order = useChange(
    (codes: string[]) =>
      unwrap(api.POST('/api/option-lists/{kind}/order', { params: { path: { kind } }, body: { codes } })),
    LISTS,
  );
  const retire = useChange(
    ({ code, retired }: { code: string; retired: boolean }) =>
      unwrap(
        api.POST('/api/option-lists/{kind}/{code}/retire', { params: { path: { kind, code } }, body: { retired } }),
      ),
    LISTS,
  );
  const failed = (error: Error): void => void message.error(errorText(error));

  if (lists.isError) return <NotLoaded error={lists.error} again={() => void lists.refetch()} />;
  const options = lists.data?.find((list) => list.kind === kind)?.options ?? [];
  const live = options.filter((option) => option.retired_at === null);
  const retired = options.filter((option) => option.retired_at !== null);
  const move = (place: number, by: -1 | 1): void => {
    const codes = live.map((option) => option.code);
    const [moved] = codes.splice(place, 1);
    if (moved !== undefined) codes.splice(place + by, 0, moved);
    order.mutate(codes, { onError: failed });
  };
  const name = (option: Option): string => optionLabel(option, i18n.language);

  return (
    <section className="admin-card" aria-label={title} data-testid={`list-${kind}`}>
      <div className="admin-head">
        <h2 className="admin-grow">{title}</h2>
        {canWrite && (
          <Button icon={<PlusOutlined />} data-testid={`add-${kind}`} onClick={() => setEditing('new')}>
            {t('adminPage.list.add')}
          </Button>
        )}
      </div>
      <p className="quiet admin-hint">{hint}</p>
      {lists.isPending ? (
        <Spin />
      ) : live.length === 0 ? (
        <p className="quiet">{t('adminPage.list.empty')}</p>
      ) : (
        <ul className="admin-list">
          {live.map((option, place) => (
            <li key={option.code} data-testid={`option-${option.code}`}>
              <span className="admin-grow">
                <span>{name(option)}</span>
                {option.closes_case && <Tag>{t('adminPage.list.closes')}</Tag>}
                {!option.for_sos && <Tag color="orange">{t('adminPage.list.notForSos')}</Tag>}
              </span>
              {canWrite && (
                <span className="admin-keys">
                  <Button
                    size="small"
                    icon={<ArrowUpOutlined />}
                    aria-label={`${t('adminPage.list.up')} ${name(option)}`}
                    disabled={place === 0 || order.isPending}
                    onClick={() => move(place, -1)}
                  />
                  <Button
                    size="small"
                    icon={<ArrowDownOutlined />}
                    aria-label={`${t('adminPage.list.down')} ${name(option)}`}
                    disabled={place === live.length - 1 || order.isPending}
                    onClick={() => move(place, 1)}
                  />
                  <Button size="small" data-testid={`rename-${option.code}`} onClick={() => setEditing(option)}>
                    {t('adminPage.edit')}
                  </Button>
                  <Button
                    size="small"
                    data-testid={`retire-${option.code}`}
                    disabled={retire.isPending}
                    onClick={() => retire.mutate({ code: option.code, retired: true }, { onError: failed })}
                  >
                    {t('adminPage.list.retire')}
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {retired.length > 0 && (
        <Button type="link" size="small" aria-expanded={showRetired} onClick={() => setShowRetired(!showRetired)}>
          {t('adminPage.list.retired', { count: retired.length })}
        </Button>
      )}
      {showRetired && (
        <ul className="admin-list">
          {retired.map((option) => (
            <li key={option.code} className="admin-off">
              <span className="admin-grow">{name(option)}</span>
              {canWrite && (
                <Button
                  size="small"
                  data-testid={`restore-${option.code}`}
                  onClick={() => retire.mutate({ code: option.code, retired: false }, { onError: failed })}
                >
                  {t('adminPage.list.restore')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing !== null && (
        <OptionDialog kind={kind} option={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
    </section>
  );
}

function OptionDialog({ kind, option, onClose }: { kind: OptionKind; option: Option | null; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [form] = Form.useForm<Words>();
  const save = useChange(
    (body: Words) =>
      option === null
        ? unwrap(api.POST('/api/option-lists/{kind}', { params: { path: { kind } }, body }))
        : unwrap(api.POST('/api/option-lists/{kind}/{code}', { params: { path: { kind, code: option.code } }, body })),
    LISTS,
  );
  const outcome = kind === 'outcome';
  return (
    <Modal
      open
      title={
        option === null
          ? t('adminPage.list.addTitle')
          : t('adminPage.list.editTitle', { label: optionLabel(option, i18n.language) })
      }
      okText={t('adminPage.save')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ loading: save.isPending }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Words>
        form={form}
        layout="vertical"
        initialValues={option ?? { label_zh: '', label_en: '', closes_case: false, for_sos: true }}
        onFinish={(words) =>
          save.mutate(
            { ...words, closes_case: words.closes_case ?? false, for_sos: words.for_sos ?? true },
            { onSuccess: onClose },
          )
        }
      >
        <Form.Item
          name="label_zh"
          label={t('adminPage.list.zh')}
          rules={[{ required: true, whitespace: true, max: 20, message: t('error.bad_label') }]}
        >
          <Input data-testid="option-zh" maxLength={20} showCount autoFocus />
        </Form.Item>
        <Form.Item
          name="label_en"
          label={t('adminPage.list.en')}
          rules={[{ required: true, whitespace: true, max: 40, message: t('error.bad_label') }]}
        >
          <Input data-testid="option-en" maxLength={40} showCount />
        </Form.Item>
        {outcome && (
          <>
            <Form.Item name="closes_case" valuePropName="checked" noStyle>
              <Checkbox>{t('adminPage.list.closes')}</Checkbox>
            </Form.Item>
            <Form.Item name="for_sos" valuePropName="checked" noStyle>
              <Checkbox>{t('adminPage.list.forSos')}</Checkbox>
            </Form.Item>
          </>
        )}
        {option !== null && <p className="quiet">{t('adminPage.list.renameHint')}</p>}
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}
