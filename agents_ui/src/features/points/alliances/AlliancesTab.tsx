import { Alert, Button, Checkbox, Form, Input, InputNumber, Modal, Segmented, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { Tills } from './Tills';
import { useAgree, useTerms, type Term } from './queries';

const FIRST = 20;
const BP = 100; // hundredths of a per cent in one

/** /points/alliances: which stores give points at which rate, and whose tills tell their sales. */
export function AlliancesTab() {
  const { t } = useTranslation();
  const [word, setWord] = useState('');
  const [which, setWhich] = useState<'allied' | 'all'>('allied');
  const [shown, setShown] = useState(FIRST);
  const [changing, setChanging] = useState<Term | null>(null);
  const found = useTerms();
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const usual = found.data.rate_bp;
  const fits = found.data.stores.filter(
    (one) => (which === 'all' || one.allied) && (one.name.includes(word) || one.code.includes(word.toUpperCase())),
  );
  return (
    <div data-testid="points-alliances">
      <section className="part">
        <h3 className="part-title">{t('pointsPage.alliances.title')}</h3>
        <p className="part-intro">{t('pointsPage.alliances.about')}</p>
        <div className="part-row">
          <Input.Search
            className="points-name"
            allowClear
            placeholder={t('pointsPage.alliances.find')}
            aria-label={t('pointsPage.alliances.find')}
            onSearch={(said) => {
              setWord(said.trim());
              setShown(FIRST);
            }}
          />
          <Segmented
            value={which}
            onChange={setWhich}
            aria-label={t('pointsPage.alliances.which')}
            options={(['allied', 'all'] as const).map((value) => ({
              value,
              label: t(`pointsPage.alliances.show.${value}`),
            }))}
          />
        </div>
        {fits.length === 0 ? (
          <p className="quiet">{t('pointsPage.alliances.none')}</p>
        ) : (
          <table className="points-table">
            <thead>
              <tr>
                {(['store', 'state', 'rate', 'since'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(`pointsPage.alliances.column.${key}`)}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {fits.slice(0, shown).map((one) => (
                <tr key={one.store_id}>
                  <th scope="row">
                    {one.name} <span className="quiet">{one.code}</span>
                  </th>
                  <td>
                    <Tag>{t(one.allied ? 'pointsPage.alliances.allied' : 'pointsPage.alliances.notAllied')}</Tag>
                  </td>
                  <td>
                    {one.allied &&
                      (one.rate_bp === null
                        ? t('pointsPage.alliances.usual', { percent: usual / BP })
                        : t('pointsPage.alliances.own', { percent: one.rate_bp / BP }))}
                  </td>
                  <td>{one.since ? dayOf(one.since) : ''}</td>
                  <td className="num">
                    <Button
                      size="small"
                      aria-label={t('pointsPage.alliances.changeOf', { name: one.name })}
                      onClick={() => setChanging(one)}
                    >
                      {t('pointsPage.alliances.change')}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {fits.length > shown && (
          <Button onClick={() => setShown(shown + FIRST)}>{t('pointsPage.alliances.more')}</Button>
        )}
      </section>
      <Tills stores={found.data.stores} />
      {changing !== null && <Terms key={changing.store_id} of={changing} onClose={() => setChanging(null)} />}
    </div>
  );
}

interface Fields {
  allied: boolean;
  percent: number | null;
}

function Terms({ of, onClose }: { of: Term; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const agree = useAgree(of.store_id);
  const keep = ({ allied, percent }: Fields): void =>
    agree.mutate(
      { allied, rate_bp: allied && percent !== null ? Math.round(percent * BP) : null },
      { onSuccess: onClose },
    );
  return (
    <Modal
      open
      title={t('pointsPage.alliances.changeOf', { name: of.name })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: agree.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {agree.isError && <Alert type="error" showIcon title={errorText(agree.error)} />}
      <Form<Fields>
        form={form}
        layout="vertical"
        preserve={false}
        initialValues={{ allied: of.allied, percent: of.rate_bp === null ? null : of.rate_bp / BP }}
        onFinish={keep}
      >
        <Form.Item name="allied" valuePropName="checked">
          <Checkbox>{t('pointsPage.alliances.isAllied')}</Checkbox>
        </Form.Item>
        <Form.Item name="percent" label={t('pointsPage.alliances.ownRate')}>
          <InputNumber min={0.5} max={3} step={0.1} precision={2} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
