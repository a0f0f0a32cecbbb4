import { Button, Input, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CalledIn, CallView } from '../../api/types';
import { useConsole, useLive } from '../../app/console-context';
import { word } from '../../i18n/words';
import { agentsByState } from '../../live/select';
import { addDialog } from './add-dialog';
import { consultFirst, reach, transferTo } from './reach';

const NUMBER = /^\+?[0-9]{2,20}$/;

interface Props {
  call: CallView | null;
  caseId: string | null;
  side: 'colleague' | 'number';
}

/** A colleague or any number: added, spoken with alone first, or given the call. */
export function AddDialog({ call, caseId, side }: Props) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [meant, setMeant] = useState<CalledIn | null>(null);
  const close = (): void => addDialog.set(null);
  const add = (first: boolean): void => {
    if (meant === null) return;
    const before = consultFirst.get();
    consultFirst.set(first);
    void reach(desk, meant, caseId).finally(() => consultFirst.set(before));
    close();
  };
  const transfer = (): void => {
    if (meant === null || call === null) return;
    void transferTo(desk, call.id, meant);
    close();
  };
  return (
    <Modal
      open
      title={t('callPage.addTitle')}
      onCancel={close}
      footer={
        <>
          <Button disabled={meant === null || call === null} onClick={transfer} data-testid="transfer-now">
            {t('callPage.transferKey')}
          </Button>
          <Button disabled={meant === null || call === null} onClick={() => add(true)} data-testid="add-consult">
            {t('callPage.consultKey')}
          </Button>
          <Button type="primary" disabled={meant === null} onClick={() => add(false)} data-testid="add-now">
            {t('callPage.addKey')}
          </Button>
        </>
      }
    >
      <div className="add-dialog">
        <Segmented<'colleague' | 'number'>
          block
          value={side}
          onChange={(value) => {
            setMeant(null);
            addDialog.set(value);
          }}
          options={[
            { value: 'colleague', label: t('callPage.colleague') },
            { value: 'number', label: t('callPage.number') },
          ]}
        />
        {side === 'colleague' ? <Colleagues meant={meant} onPick={setMeant} /> : <AnyNumber onPick={setMeant} />}
        <p className="quiet">{t('callPage.transferHelp')}</p>
      </div>
    </Modal>
  );
}

function Colleagues({ meant, onPick }: { meant: CalledIn | null; onPick: (meant: CalledIn) => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const agents = useLive((state) => state.agents);
  const others = agentsByState({ agents } as Parameters<typeof agentsByState>[0]).filter(
    (agent) => agent.id !== me.id && agent.state !== 'offline' && agent.phone_ok,
  );
  if (others.length === 0) return <p className="quiet">{t('callPage.nobodyOnline')}</p>;
  return (
    <div className="add-list" role="radiogroup" aria-label={t('callPage.colleague')}>
      {others.map((agent) => (
        <button
          key={agent.id}
          type="button"
          role="radio"
          aria-checked={meant?.agent_id === agent.id}
          className={meant?.agent_id === agent.id ? 'outcome outcome-on add-row' : 'outcome add-row'}
          data-testid={`add-agent-${agent.id}`}
          onClick={() => onPick({ agent_id: agent.id })}
        >
          <span className={`dot dot-${agent.state}`} /> {agent.name}
          <span className="add-state">{word('agentState', agent.state)}</span>
        </button>
      ))}
    </div>
  );
}

function AnyNumber({ onPick }: { onPick: (meant: CalledIn | null) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const clean = text.replace(/[\s()-]/g, '');
  const wrong = text !== '' && !NUMBER.test(clean);
  return (
    <div>
      <Input
        autoFocus
        size="large"
        inputMode="tel"
        maxLength={24}
        value={text}
        status={wrong ? 'error' : ''}
        aria-label={t('callPage.number')}
        placeholder={t('callPage.numberHelp')}
        data-testid="add-number"
        onChange={(event) => {
          setText(event.target.value);
          const next = event.target.value.replace(/[\s()-]/g, '');
          onPick(NUMBER.test(next) ? { number: next } : null);
        }}
      />
      {wrong && <span className="note-error">{t('callPage.badNumber')}</span>}
    </div>
  );
}
