import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Radio, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ConsentLine, Consents, ConsentState } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { sendForm } from './files';
import { PickFile } from './PickFile';

const WAYS = { form: 'Form', telephone: 'Telephone', in_person: 'InPerson' } as const;
type By = keyof typeof WAYS;
type Act = ConsentLine['act'];

export function ConsentsTab({ elderId, mayWrite }: { elderId: string; mayWrite: boolean }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [asking, setAsking] = useState<{ state: ConsentState; act: Act } | null>(null);
  const found = useQuery({
    queryKey: ['consents', elderId],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/consents', { params: { path: { elder_id: elderId } } })),
  });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const { states, ledger } = found.data;
  const title = (item: string): string => states.find((one) => one.item === item)?.title ?? item;
  return (
    <>
      <section className="part">
        <p className="part-intro">{t('eldersPage.consent.intro')}</p>
        <ul className="lines" data-testid="consents">
          {states.map((state) => (
            <li key={state.item} className="line" data-testid={`consent-${state.item}`}>
              <strong>{state.title}</strong>
              <div className="part-row">
                <Standing state={state} now={now} />
                <span className="elders-space" />
                {mayWrite && (!state.given || state.outdated) && (
                  <Button onClick={() => setAsking({ state, act: 'given' })} data-testid={`give-${state.item}`}>
                    {t('eldersPage.consent.give')}
                  </Button>
                )}
                {mayWrite && state.given && (
                  <Button onClick={() => setAsking({ state, act: 'withdrawn' })} data-testid={`withdraw-${state.item}`}>
                    {t('eldersPage.consent.withdraw')}
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      </section>
      <section className="part">
        <h3 className="part-title">{t('eldersPage.consent.ledger')}</h3>
        {ledger.length === 0 && <p className="quiet">{t('eldersPage.consent.ledgerEmpty')}</p>}
        <ol className="lines" data-testid="consent-ledger">
          {ledger.map((line) => (
            <li key={line.id} className="line">
              <span className="num">{moment(Date.parse(line.at), now)}</span>
              <span>
                <strong>{title(line.item)}</strong>{' '}
                {t('eldersPage.consent.line', {
                  act: t(line.act === 'given' ? 'eldersPage.consent.given' : 'eldersPage.consent.withdrawn'),
                  version: line.wording_version,
                  by: t(`eldersPage.consent.by${WAYS[line.by]}`),
                  proof: line.proof,
                })}{' '}
                {line.has_form && (
                  <a href={`/api/elders/${elderId}/consents/${line.id}/form`} target="_blank" rel="noreferrer">
                    {t('eldersPage.consent.formShow')}
                  </a>
                )}{' '}
                {line.actor_name && (
                  <span className="quiet">{t('eldersPage.consent.recordedBy', { name: line.actor_name })}</span>
                )}
              </span>
            </li>
          ))}
        </ol>
      </section>
      {asking && <ConsentDialog elderId={elderId} {...asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function Standing({ state, now }: { state: ConsentState; now: number }) {
  const { t } = useTranslation();
  const since =
    state.since === null ? '' : t('eldersPage.consent.since', { time: moment(Date.parse(state.since), now) });
  if (state.given) {
    return (
      <span>
        <Tag color="green">{t('eldersPage.consent.given')}</Tag>
        <span className="quiet">{since}</span>{' '}
        {state.outdated && (
          <span className="elders-risk">{t('eldersPage.consent.outdated', { version: state.wording_version })}</span>
        )}
      </span>
    );
  }
  return (
    <span>
      <Tag>{t(state.since === null ? 'eldersPage.consent.notGiven' : 'eldersPage.consent.withdrawn')}</Tag>
      <span className="quiet">{since}</span>
    </span>
  );
}

interface DialogProps {
  elderId: string;
  state: ConsentState;
  act: Act;
  onClose: () => void;
}

function ConsentDialog({ elderId, state, act, onClose }: DialogProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ by: By; proof: string }>();
  const by = Form.useWatch('by', form) ?? (act === 'given' ? 'form' : 'telephone');
  const [file, setFile] = useState<File | null>(null);
  const wordings = useQuery({
    queryKey: ['wordings'],
    queryFn: () => unwrap(api.GET('/api/consent-wordings')),
  });
  const words = wordings.data?.find((one) => one.item === state.item && one.is_current);
  const save = useMutation({
    mutationFn: (values: { by: By; proof: string }): Promise<Consents> =>
      values.by === 'form' && file !== null
        ? sendForm(elderId, { item: state.item, act, proof: values.proof.trim() }, file)
        : unwrap(
            api.POST('/api/elders/{elder_id}/consents', {
              params: { path: { elder_id: elderId } },
              body: { item: state.item, act, by: values.by, proof: values.proof, wording_version: '' },
            }),
          ),
    onSuccess: (fresh) => {
      queries.setQueryData(['consents', elderId], fresh);
      onClose();
    },
  });
  return (
    <Modal
      open
      title={`${state.title} · ${t(act === 'given' ? 'eldersPage.consent.give' : 'eldersPage.consent.withdraw')}`}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: save.isPending, 'data-testid': 'consent-save' }}
    >
      {act === 'given' && words && (
        <>
          <p>
            {t('eldersPage.consent.read')} <Tag>{t('eldersPage.consent.wording', { version: words.version })}</Tag>
          </p>
          <blockquote className="consent-text">{words.text}</blockquote>
        </>
      )}
      <Form form={form} layout="vertical" initialValues={{ by, proof: '' }} onFinish={(values) => save.mutate(values)}>
        <Form.Item name="by" label={t('eldersPage.consent.by')}>
          <Radio.Group
            optionType="button"
            options={(Object.keys(WAYS) as By[]).map((one) => ({
              value: one,
              label: t(`eldersPage.consent.by${WAYS[one]}`),
            }))}
          />
        </Form.Item>
        <Form.Item
          name="proof"
          label={t(`eldersPage.consent.proof${WAYS[by]}`)}
          rules={[{ required: true, whitespace: true, message: t('eldersPage.consent.need') }]}
        >
          <Input maxLength={100} data-testid="consent-proof" />
        </Form.Item>
        {by === 'form' && (
          <Form.Item label={t('eldersPage.consent.form')}>
            <PickFile
              label={t('eldersPage.consent.formChoose')}
              accept="image/jpeg,image/png"
              chosen={file}
              onPick={setFile}
            />
          </Form.Item>
        )}
        {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      </Form>
    </Modal>
  );
}
