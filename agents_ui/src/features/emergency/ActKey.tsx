import { ThunderboltFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ProtocolView, StepView } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { addDialog } from '../call/add-dialog';
import { isCalled } from '../call/parties';
import { reach } from '../call/reach';
import { ordering } from '../orders/ordering';
import { EndDialog } from './EndDialog';
import { ladderOf } from './steps';
import type { Shown } from './use-emergency';
import type { ProtocolActs } from './use-protocol';
import { agencyWord, kindWord } from './words';

interface Props {
  shown: Shown;
  view: ProtocolView;
  step: StepView;
  acts: ProtocolActs;
}

/** What a step does, in one key. With answers it is asked how it went; without, the server ticks it when it has been done: 120 has answered. */
export function ActKey({ shown, view, step, acts }: Props) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [ending, setEnding] = useState(false);
  const { caseId } = shown;
  const params = { path: { case_id: caseId } };

  const start = (only?: 'grid_worker'): Promise<unknown> =>
    unwrap(
      api.POST('/api/emergencies/{case_id}/ladder', {
        params,
        body: {
          rungs: ladderOf(view.ladder.filter((rung) => (only ? rung.who === only : true))),
          rounds: 1,
          again_s: 120,
        },
      }),
    );
  const perform = async (): Promise<void> => {
    switch (step.act) {
      case 'call_outside':
        if (step.agency !== null) await reach(desk, { agency: step.agency }, caseId);
        return;
      case 'call_contacts':
        await start();
        return;
      case 'door_check':
        await start('grid_worker');
        return;
      case 'call_back':
        await unwrap(api.POST('/api/emergencies/{case_id}/call-back', { params }));
        return;
      case 'hand_over':
        if (step.agency === null) return;
        await unwrap(
          api.POST('/api/emergencies/{case_id}/handovers', {
            params,
            body: { agency: step.agency, mobile: '', note: '' },
          }),
        );
        return;
      case 'notify_supervisor':
        addDialog.set('colleague');
        return;
      case 'open_order':
        desk.look.leave();
        ordering.set(caseId);
        return;
      case 'change_protocol':
        if (step.kind !== null) acts.change(view.run, step.kind);
        return;
      case 'close':
        setEnding(true);
        return;
      case null:
        return;
    }
  };
  const click = async (): Promise<void> => {
    setBusy(true);
    try {
      await perform();
    } catch (error) {
      desk.notices.failed(error);
    } finally {
      setBusy(false);
    }
  };
  const values = {
    agency: step.agency ? agencyWord(step.agency) : '',
    kind: step.kind ? kindWord(step.kind) : '',
  };
  const rings = shown.call?.parties.some((party) => party.code === step.agency && isCalled(party)) ?? false;
  const ends = step.act === 'close' || step.act === 'change_protocol';
  return (
    <div className="em-act">
      <Button
        className="em-act-key"
        type="primary"
        danger={step.act === 'call_outside'}
        icon={<ThunderboltFilled />}
        loading={busy}
        disabled={step.act === 'call_outside' && rings}
        data-testid="act-key"
        data-act={step.act}
        onClick={() => void click()}
      >
        {t(`emergencyPage.actKey.${step.act ?? 'close'}`, values)}
      </Button>
      {step.answers.length === 0 && !ends && (
        <Button
          className="em-act-key"
          disabled={acts.pending}
          data-testid="act-done"
          onClick={() => acts.answer(step, 'done')}
        >
          {t('emergencyPage.steps.doneAlready')}
        </Button>
      )}
      <EndDialog caseId={caseId} open={ending} onClose={() => setEnding(false)} />
    </div>
  );
}
