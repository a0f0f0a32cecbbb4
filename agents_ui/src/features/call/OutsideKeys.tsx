import { HomeOutlined, PhoneOutlined, TeamOutlined } from '@ant-design/icons';
import { Button, Dropdown, Segmented, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CalledIn, CallView, ElderCard } from '../../api/types';
import { useConsole, usePhone } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { agencyWord } from '../emergency/words';
import { isCalled, isOn, MOST_PARTIES, othersOn } from './parties';
import { consultFirst, reach } from './reach';

const AGENCIES = ['120', '110', '119', 'gas', '12345'] as const;

interface Props {
  /** Our call; null: a click makes one. */
  call: CallView | null;
  caseId: string | null;
  elder: ElderCard | null;
  /** Those that the protocol offers stand out. Each key stays where it is: a hand learns places. */
  offered?: readonly string[];
}

/** One click each: into the call when we talk, else a call of its own. */
export function OutsideKeys({ call, caseId, elder, offered = [] }: Props) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const [busy, setBusy] = useState<string | null>(null);
  const consult = useStore(consultFirst, (value) => value);
  const ready = usePhone((state) => state.registration === 'registered' || state.registration === 'elsewhere');
  const here = call ? othersOn(call, me.id).filter((party) => isOn(party) || isCalled(party)) : [];
  const full = here.length + 2 >= MOST_PARTIES;
  const why =
    call === null && caseId === null
      ? t('callPage.noCase')
      : call === null && !ready
        ? t('tasks.phoneNotReady')
        : full
          ? t('callPage.full')
          : null;
  const call_ = async (key: string, meant: CalledIn): Promise<void> => {
    setBusy(key);
    await reach(desk, meant, caseId);
    setBusy(null);
  };
  const contacts = elder?.contacts ?? [];
  const worker = elder?.grid_worker ?? null;
  return (
    <section className="outside" aria-label={t('callPage.help')}>
      {call !== null && (
        <Segmented
          block
          size="small"
          aria-label={t('callPage.mode')}
          value={consult ? 'consult' : 'direct'}
          onChange={(value) => consultFirst.set(value === 'consult')}
          options={(['direct', 'consult'] as const).map((value) => ({
            value,
            label: <span title={t(`callPage.modeHelp.${value}`)}>{t(`callPage.${value}`)}</span>,
          }))}
        />
      )}
      <Tooltip title={why}>
        <div className="outside-keys">
          {AGENCIES.map((code) => (
            <Button
              key={code}
              className={classesOf(code, offered.includes(code))}
              data-offered={offered.includes(code)}
              disabled={why !== null || here.some((party) => party.code === code)}
              loading={busy === code}
              data-testid={`outside-${code}`}
              onClick={() => void call_(code, { agency: code })}
            >
              {agencyWord(code)}
            </Button>
          ))}
          <Dropdown
            trigger={['click']}
            disabled={why !== null || contacts.length === 0}
            menu={{
              items: contacts.map((contact) => ({
                key: contact.id,
                disabled: here.some((party) => party.ref_id === contact.id),
                label: (
                  <span data-testid={`outside-contact-${contact.id}`}>
                    {contact.relation} {contact.name} <span className="num">{contact.text}</span>
                    {contact.has_key && <b className="contact-key"> {t('callPage.keyHolder')}</b>}
                  </span>
                ),
              })),
              onClick: ({ key }) => void call_('family', { contact_id: key }),
            }}
          >
            <Button
              className="outside-key"
              icon={<HomeOutlined />}
              loading={busy === 'family'}
              title={contacts.length === 0 ? t('callPage.noContacts') : undefined}
              data-testid="outside-family"
            >
              {t('callPage.family')}
            </Button>
          </Dropdown>
          <Button
            className="outside-key"
            icon={<TeamOutlined />}
            disabled={why !== null || worker === null || here.some((party) => party.ref_id === worker.id)}
            loading={busy === 'worker'}
            title={worker === null ? t('callPage.noWorker') : worker.name}
            data-testid="outside-worker"
            onClick={() => worker !== null && void call_('worker', { worker_id: worker.id })}
          >
            {t('callPage.worker')}
          </Button>
        </div>
      </Tooltip>
      {call === null && why === null && (
        <p className="quiet outside-help">
          <PhoneOutlined /> {t('callPage.callsOut')}
        </p>
      )}
    </section>
  );
}

function classesOf(code: string, offered: boolean): string {
  const looks = code === '12345' ? 'outside-key outside-key-mild' : 'outside-key';
  return offered ? `${looks} outside-key-offered` : looks;
}
