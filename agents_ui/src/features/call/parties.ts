import type { Agency, CalledIn, CallView, PartyView } from '../../api/types';

/** Pure decisions about who is on a call and what can be done about her. */

const ON = new Set<PartyView['state']>(['talking', 'held', 'consult']);
/** How somebody ends who was on the call: nothing has failed. */
const ENDED_WELL = new Set([
  'normal',
  'hung_up',
  'left',
  'dropped',
  'transferred',
  'parted',
  'cancelled',
  'agent_hung_up',
]);

export const isOn = (party: PartyView): boolean => ON.has(party.state);
export const isCalled = (party: PartyView): boolean => party.state === 'ringing' || party.state === 'early';
/** Called, and did not come. */
export const hasFailed = (party: PartyView): boolean => party.state === 'ended' && !ENDED_WELL.has(party.cause);

export type Standing = 'on' | 'listening' | 'away';

/** How the person whose call it is takes part in it. */
export function standingOf(call: CallView, agentId: string): Standing {
  const own = call.parties.find((party) => party.agent_id === agentId && party.state !== 'ended');
  if (own === undefined) return call.parties.some(isOn) ? 'away' : 'on';
  return own.muted ? 'listening' : 'on';
}

/** Everybody but ourselves and whoever only listens for the quality of it. */
export function othersOn(call: CallView, agentId: string): PartyView[] {
  return call.parties.filter((party) => party.agent_id !== agentId && party.role !== 'supervisor');
}

/** The caller is on a line of her own, beside the parties; whom the centre called is one of them. */
export const hasCaller = (call: CallView): boolean => call.kind !== 'outbound' && call.kind !== 'automatic';

/** How many would be cut by hanging up for all: the caller on her own line counts. */
export function companyOf(call: CallView, agentId: string): number {
  const others = othersOn(call, agentId).filter(isOn).length;
  return others + (hasCaller(call) && call.caller_left_at === null ? 1 : 0);
}

/** The same person is meant by two legs: the second try of the first. */
export function sameTarget(a: PartyView, b: PartyView): boolean {
  if (a.role !== b.role || a.code !== b.code) return false;
  return (
    (a.ref_id !== null && a.ref_id === b.ref_id) ||
    (a.agent_id !== null && a.agent_id === b.agent_id) ||
    (a.ref_id === null && a.agent_id === null && a.number === b.number)
  );
}

/** What is shown: who is here, who is being called, and who did not come and was not tried again since. The oldest first. */
export function shownParties(call: CallView, agentId: string): PartyView[] {
  const others = othersOn(call, agentId);
  return others.filter((party, index) => {
    if (party.state !== 'ended') return true;
    return !others.slice(index + 1).some((later) => sameTarget(party, later));
  });
}

/** The call of somebody once more: a click, never by itself. null: nobody knows whom. */
export function again(party: PartyView): CalledIn | null {
  if (party.agent_id !== null) return { agent_id: party.agent_id };
  if (party.role === 'outside' && party.code !== '') return { agency: party.code as Agency };
  if (party.role === 'contact' && party.ref_id !== null) return { contact_id: party.ref_id };
  if (party.role === 'grid_worker' && party.ref_id !== null) return { worker_id: party.ref_id };
  if (party.role === 'elder') return { elder: true };
  return /^[+0-9 ()-]{2,32}$/.test(party.number) ? { number: party.number } : null;
}

export type PartyAct = 'join' | 'hold' | 'resume' | 'drop' | 'transfer';

/** In the order of the keys. */
export function actsFor(party: PartyView): PartyAct[] {
  switch (party.state) {
    case 'ringing':
    case 'early':
      return ['drop'];
    case 'consult':
      return ['join', 'transfer', 'drop'];
    case 'talking':
      return ['hold', 'drop'];
    case 'held':
      return ['resume', 'drop'];
    case 'ended':
      return [];
  }
}

/** The words for a state: i18n `callPage.state.*`. A failed one says why. */
export function stateKey(party: PartyView): string {
  if (party.state !== 'ended') return party.state;
  return hasFailed(party) ? `failed.${failure(party.cause)}` : 'left';
}

const KNOWN = new Set(['busy', 'no_answer', 'rejected', 'unreachable']);
export const failure = (cause: string): string => (KNOWN.has(cause) ? cause : 'other');

export const MOST_PARTIES = 6;
