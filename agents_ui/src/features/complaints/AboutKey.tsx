import { Alert, Button, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { useReceivers } from '../floor/MoveDialogs';
import { useAct, useStoreChoice, type Complaint } from './queries';

type Choice = { value: string; label: string };
const including = (id: string | null, name: string, others: Choice[]): Choice[] =>
  id === null || others.some((one) => one.value === id) ? others : [{ value: id, label: name }, ...others];

/** A supervisor says whose work it is about: a store, an agent, both or nobody. */
export function AboutKey({ complaint }: { complaint: Complaint }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [q, setQ] = useState('');
  const [store, setStore] = useState(complaint.store_id);
  const [agent, setAgent] = useState(complaint.agent_id);
  const stores = useStoreChoice(q.trim(), open && may(me, 'stores:read')).data?.items ?? [];
  const agents = useReceivers(null).map((one) => ({ value: one.value, label: one.agent.name }));
  const change = useAct(complaint.id, () => setOpen(false));
  return (
    <>
      <Button size="small" type="text" data-testid="complaint-about" onClick={() => setOpen(true)}>
        {t('complaintPage.about.key')}
      </Button>
      <Modal
        open={open}
        title={t('complaintPage.about.title', { number: complaint.number })}
        okText={t('complaintPage.about.ok')}
        okButtonProps={{ loading: change.isPending }}
        onOk={() => change.mutate({ act: 'concerned', store_id: store, agent_id: agent })}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <div className="move-form">
          <p className="quiet">{t('complaintPage.about.help')}</p>
          <label>
            {t('complaintPage.write.store')}
            <Select
              allowClear
              showSearch={{ filterOption: false, onSearch: setQ }}
              value={store}
              aria-label={t('complaintPage.write.store')}
              options={including(
                complaint.store_id,
                complaint.store_name,
                stores.map((one) => ({ value: one.id, label: one.name })),
              )}
              onChange={(value: string | undefined) => setStore(value ?? null)}
            />
          </label>
          <label>
            {t('complaintPage.write.agent')}
            <Select
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              value={agent}
              aria-label={t('complaintPage.write.agent')}
              options={including(complaint.agent_id, complaint.agent_name, agents)}
              onChange={(value: string | undefined) => setAgent(value ?? null)}
            />
          </label>
          {change.isError && <Alert type="error" showIcon title={errorText(change.error)} />}
        </div>
      </Modal>
    </>
  );
}
