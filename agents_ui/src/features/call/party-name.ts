import { lookUp } from '../../i18n/words';
import type { ElderCard, PartyView } from '../../api/types';
import { agencyWord } from '../emergency/words';

/** Whom a leg is for: a contact by relation and name where we may see her, an agency by its number, else what she is to the call. */
export function partyName(party: PartyView, elder: ElderCard | null): string {
  if (party.agent_name !== '') return party.agent_name;
  if (party.role === 'outside' && party.code !== '') return agencyWord(party.code);
  if (party.role === 'contact') {
    const contact = elder?.contacts.find((one) => one.id === party.ref_id);
    if (contact) return `${contact.relation} ${contact.name}`;
  }
  if (party.role === 'grid_worker' && elder?.grid_worker && elder.grid_worker.id === party.ref_id)
    return `${lookUp('callPage.role.grid_worker') ?? ''} ${elder.grid_worker.name}`;
  if (party.role === 'elder' && elder) return elder.name;
  return lookUp(`callPage.role.${party.role}`) ?? party.role;
}
