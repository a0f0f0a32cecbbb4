import { CloseOutlined, LoadingOutlined, PhoneFilled, SoundFilled, WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallView, ElderCard, PartyView } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { lookUp } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { actsFor, again, hasCaller, hasFailed, isCalled, shownParties, stateKey, type PartyAct } from './parties';
import { partyName } from './party-name';
import { actOn, reach } from './reach';
import { addDialog } from './add-dialog';

interface Props {
  call: CallView;
  elder: ElderCard | null;
  /** Ours: with its keys. Whoever watches reads. */
  acts: boolean;
}

/** Who is on the call, and what became of whoever was called: nothing fails in silence. */
export function PartyList({ call, elder, acts }: Props) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const parties = shownParties(call, me.id).filter((party) => !hidden.has(party.leg_id));
  if (parties.length === 0 && call.caller_left_at === null) return null;
  return (
    <ul className="parties" aria-label={t('callPage.parties')} data-testid="parties">
      {hasCaller(call) && (
        <li className={call.caller_left_at === null ? 'party' : 'party party-failed'} data-testid="party-caller">
          <span className="party-who">
            {call.elder_name || phoneNumber(call.caller_number) || t('callPage.caller')}
          </span>
          <span className="party-state">
            {t(call.caller_left_at === null ? 'callPage.state.talking' : 'callPage.callerLeft')}
          </span>
        </li>
      )}
      {parties.map((party) => (
        <PartyRow
          key={party.leg_id}
          call={call}
          party={party}
          elder={elder}
          acts={acts}
          onHide={() => setHidden(new Set([...hidden, party.leg_id]))}
        />
      ))}
    </ul>
  );
}

interface RowProps extends Props {
  party: PartyView;
  onHide: () => void;
}

function PartyRow({ call, party, elder, acts, onHide }: RowProps) {
  const { t } = useTranslation();
  const now = useNow();
  const failed = hasFailed(party);
  return (
    <li
      className={failed ? 'party party-failed' : `party party-${party.state}`}
      data-testid={`party-${party.code || party.role}`}
      data-state={party.state}
      data-cause={party.cause}
    >
      <span className="party-who">
        <Sign party={party} failed={failed} /> {partyName(party, elder)}
        {party.muted && <span className="quiet"> ({t('callPage.muted')})</span>}
      </span>
      <span className="party-state" role={failed ? 'alert' : undefined}>
        {lookUp(`callPage.state.${stateKey(party)}`)}{' '}
        {party.state !== 'ended' && <span className="num">{duration(now - Date.parse(party.since))}</span>}
      </span>
      {acts && (failed ? <AfterFailure {...{ call, party, onHide }} /> : <Acts call={call} party={party} />)}
      {acts && party.state === 'ended' && !failed && <Hide onHide={onHide} />}
    </li>
  );
}

function Sign({ party, failed }: { party: PartyView; failed: boolean }) {
  if (failed) return <WarningFilled />;
  if (party.state === 'early') return <SoundFilled />;
  if (isCalled(party)) return <LoadingOutlined />;
  return party.state === 'ended' ? <PhoneFilled className="call-down" /> : <PhoneFilled />;
}

function Hide({ onHide }: { onHide: () => void }) {
  const { t } = useTranslation();
  return (
    <Button
      className="party-hide"
      size="small"
      type="text"
      icon={<CloseOutlined />}
      aria-label={t('callPage.dismiss')}
      onClick={onHide}
    />
  );
}

function Acts({ call, party }: { call: CallView; party: PartyView }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [busy, setBusy] = useState<PartyAct | null>(null);
  const acts = actsFor(party);
  if (acts.length === 0) return null;
  const act = async (what: PartyAct): Promise<void> => {
    setBusy(what);
    await actOn(desk, call.id, party.leg_id, what);
    setBusy(null);
  };
  return (
    <span className="party-acts">
      {acts.map((what) => (
        <Button
          key={what}
          size="small"
          type={what === 'join' ? 'primary' : 'default'}
          danger={what === 'drop'}
          loading={busy === what}
          data-testid={`party-${what}`}
          onClick={() => void act(what)}
        >
          {t(what === 'drop' && isCalled(party) ? 'callPage.act.cancel' : `callPage.act.${what}`)}
        </Button>
      ))}
    </span>
  );
}

/** The next thing to try is a click away, and nothing is tried by itself. */
function AfterFailure({ call, party, onHide }: { call: CallView; party: PartyView; onHide: () => void }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const meant = again(party);
  return (
    <span className="party-acts">
      {meant !== null && (
        <Button
          size="small"
          type="primary"
          danger
          data-testid="party-retry"
          onClick={() => void reach(desk, meant, call.case_id)}
        >
          {t('callPage.retry')}
        </Button>
      )}
      <Button size="small" data-testid="party-other" onClick={() => addDialog.set('number')}>
        {t('callPage.otherNumber')}
      </Button>
      <Hide onHide={onHide} />
    </span>
  );
}
