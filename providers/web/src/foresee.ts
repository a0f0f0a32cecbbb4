/** Pure: what a job will be when what waits has been sent, and which one key is next. */
import type { Action } from './queue';
import type { Job, OrderState, Proof } from './types';

export type Step = 'set_out' | 'check_in' | 'check_out' | 'more_in' | 'more_out' | 'none';

const addsProof = (proofs: Proof[], proof: Proof): Proof[] => (proofs.includes(proof) ? proofs : [...proofs, proof]);

const PROOF_OF: [RegExp, Proof][] = [
  [/\/proofs\/code$/, 'service_code'],
  [/\/proofs\/tag$/, 'door_tag'],
  [/\/proofs\/position$/, 'position_photo'],
];

/** As if what waits had been done: so that a whole job can be worked through without a network. */
export function foresee(job: Job, waiting: Action[]): Job {
  let seen = job;
  for (const action of waiting) {
    if (action.order !== job.order_id) continue;
    const proof = PROOF_OF.find(([path]) => path.test(action.path))?.[1];
    if (action.kind === 'set_out') seen = { ...seen, state: 'en_route' };
    if (action.kind === 'check_in' && proof) {
      const state: OrderState = proof === 'door_tag' && seen.proofs_in.length === 0 ? seen.state : 'in_service';
      seen = { ...seen, state, proofs_in: addsProof(seen.proofs_in, proof) };
    }
    if (action.kind === 'check_out' && proof) seen = { ...seen, proofs_out: addsProof(seen.proofs_out, proof) };
    if (action.kind === 'no_answer') seen = { ...seen, state: 'no_answer' };
    if (action.kind === 'finish')
      seen = { ...seen, state: 'done', amount_fen: (action.body as { amount_fen: number }).amount_fen };
  }
  return seen;
}

/** A tag at the door is static and never counts alone (docs/stores-app.md "Proofs"). */
export const holds = (proofs: Proof[], needed: number): boolean =>
  proofs.length >= needed && !(proofs.length === 1 && proofs[0] === 'door_tag');

export function nextStep(job: Job): Step {
  switch (job.state) {
    case 'accepted':
      return 'set_out';
    case 'en_route':
    case 'no_answer':
      return 'check_in';
    case 'in_service':
      return holds(job.proofs_in, job.proofs_needed) ? 'check_out' : 'more_in';
    case 'done':
      return job.may.includes('check_out') && !holds(job.proofs_out, job.proofs_needed) ? 'more_out' : 'none';
    default:
      return 'none';
  }
}
