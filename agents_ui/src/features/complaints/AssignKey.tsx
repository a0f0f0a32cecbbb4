import { Alert, Button, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { useReceivers } from '../floor/MoveDialogs';
import { useAct, type Complaint } from './queries';

/** A supervisor says who sees to it: never whom it is about. */
export function AssignKey({ complaint }: { complaint: Complaint }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState<string | null>(null);
  const assign = useAct(complaint.id, () => setOpen(false));
  const others = useReceivers(complaint.handler_id).filter((one) => one.value !== complaint.agent_id);
  const self = { value: me.id, label: t('complaintPage.assign.self', { name: me.name }) };
  const people = complaint.handler_id === me.id ? others : [self, ...others];
  return (
    <>
      <Button size="small" type="text" data-testid="complaint-assign" onClick={() => setOpen(true)}>
        {t(complaint.handler_id === null ? 'complaintPage.assign.key' : 'complaintPage.assign.again')}
      </Button>
      <Modal
        open={open}
        title={t('complaintPage.assign.title', { number: complaint.number })}
        okText={t('complaintPage.assign.ok')}
        okButtonProps={{ disabled: to === null, loading: assign.isPending }}
        onOk={() => to !== null && assign.mutate({ act: 'assign', to })}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <div className="move-form">
          <label>
            {t('complaintPage.assign.to')}
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={people.map(({ value, label }) => ({ value, label }))}
              value={to}
              onChange={setTo}
              aria-label={t('complaintPage.assign.to')}
              data-testid="complaint-assign-to"
            />
          </label>
          {assign.isError && <Alert type="error" showIcon title={errorText(assign.error)} />}
        </div>
      </Modal>
    </>
  );
}
