import { Alert, App, Input, Modal, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { complaintKey, drafts } from '../../app/drafts';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { useReceivers } from '../floor/MoveDialogs';
import { useStoreChoice, useWrite, type Written } from './queries';
import { say } from './words';

type Teller = NonNullable<Written['source']>;
const TELLERS: Teller[] = ['agent', 'family', 'store'];

/** What somebody tells: in her words; whom it is about when she says so. Unsaved words survive a reload. */
export function WriteDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [source, setSource] = useState<Teller>('agent');
  const [words, setWords] = useState(() => drafts.get(complaintKey(caseId)));
  const [q, setQ] = useState('');
  const [store, setStore] = useState<string | null>(null);
  const [agent, setAgent] = useState<string | null>(null);
  useEffect(() => drafts.set(complaintKey(caseId), words), [caseId, words]);
  const stores = useStoreChoice(q.trim(), may(me, 'stores:read')).data?.items ?? [];
  const agents = useReceivers(null);
  const write = useWrite((done) => {
    drafts.clear(complaintKey(caseId));
    void message.success(t('complaintPage.write.done', { number: done.number }));
    onClose();
  });
  const submit = (): void => {
    if (words.trim() === '' || write.isPending) return;
    write.mutate({
      source,
      words: words.trim(),
      case_id: caseId,
      ...(store !== null && { store_id: store }),
      ...(agent !== null && { agent_id: agent }),
    });
  };
  return (
    <Modal
      open
      title={t('complaintPage.write.title')}
      okText={t('complaintPage.write.ok')}
      okButtonProps={
        { disabled: words.trim() === '', loading: write.isPending, 'data-testid': 'complaint-write-ok' } as never
      }
      onOk={submit}
      onCancel={onClose}
    >
      <div className="move-form">
        <div>
          <div>{t('complaintPage.write.who')}</div>
          <Segmented<Teller>
            block
            value={source}
            aria-label={t('complaintPage.write.who')}
            options={TELLERS.map((value) => ({ value, label: say('source', value) }))}
            onChange={setSource}
          />
        </div>
        <label>
          {t('complaintPage.write.words')}
          <Input.TextArea
            autoFocus
            rows={4}
            maxLength={2000}
            value={words}
            placeholder={t('complaintPage.write.placeholder')}
            data-testid="complaint-write-words"
            onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              submit();
            }}
          />
        </label>
        {may(me, 'stores:read') && (
          <label>
            {t('complaintPage.write.store')}
            <Select
              allowClear
              showSearch={{ filterOption: false, onSearch: setQ }}
              value={store}
              placeholder={t('complaintPage.write.optional')}
              aria-label={t('complaintPage.write.store')}
              options={stores.map((one) => ({ value: one.id, label: one.name }))}
              onChange={(value: string | undefined) => setStore(value ?? null)}
            />
          </label>
        )}
        <label>
          {t('complaintPage.write.agent')}
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            value={agent}
            placeholder={t('complaintPage.write.optionalAgent')}
            aria-label={t('complaintPage.write.agent')}
            options={[
              { value: me.id, label: me.name },
              ...agents.map((one) => ({ value: one.value, label: one.agent.name })),
            ]}
            onChange={(value: string | undefined) => setAgent(value ?? null)}
          />
        </label>
        {write.isError && <Alert type="error" showIcon title={errorText(write.error)} />}
      </div>
    </Modal>
  );
}
