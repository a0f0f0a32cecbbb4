import { lookUp } from '../../i18n/words';
import type { FollowUp, Pressed, TextReply } from './queries';

type Group =
  'purpose' | 'why' | 'state' | 'result' | 'drop' | 'rating' | 'attempt' | 'meaning' | 'pressed' | 'read' | 'sms';

/** The word for a code of the server; one that is new to us is shown as it is. */
export function say(group: Group, code: string | number): string {
  return lookUp(`followUpPage.${group}.${code}`) ?? String(code);
}

/** What it is about: the job and who did it, else its purpose alone. */
export function about(plan: Pick<FollowUp, 'purpose' | 'item' | 'store_name'>): string {
  return [plan.item, plan.store_name].filter(Boolean).join(' · ') || say('purpose', plan.purpose);
}

/** How it ended: the rating before all else. */
export function ended(plan: Pick<FollowUp, 'state' | 'result' | 'rating' | 'drop_reason'>): string {
  if (plan.rating !== null) return `${plan.rating} · ${say('rating', plan.rating)}`;
  if (plan.drop_reason !== null) return say('drop', plan.drop_reason);
  return plan.result === null ? say('state', plan.state) : say('result', plan.result);
}

export function isBad(plan: Pick<FollowUp, 'rating'>): boolean {
  return plan.rating !== null && plan.rating <= BAD;
}

/** This and below is a complaint. */
export const BAD = 2;
/** Those that are asked for a rating. */
export const RATED: readonly string[] = ['job', 'emergency', 'complaint'];

/** 已发短信 · 回了「不满意」; null: she was not written to. */
export function textedText(plan: Pick<FollowUp, 'texted' | 'state'>): string | null {
  if (plan.texted === null) return null;
  const answer = plan.texted.replies.find((one) => one.counted) ?? plan.texted.replies.at(-1);
  if (answer !== undefined) return lookUp('followUpPage.text.answered', { what: replyText(answer) });
  if (plan.texted.state === 'failed' || plan.texted.state === 'expired') return lookUp('followUpPage.text.failed');
  if (plan.texted.sent_at === null) return lookUp('followUpPage.text.queued');
  return lookUp(plan.state === 'messaged' ? 'followUpPage.text.waiting' : 'followUpPage.text.silent');
}

/** What she wrote, for who may see her; else what it was taken for. */
export function replyText(reply: TextReply): string {
  const meaning = say('read', reply.read_as);
  return reply.text === '' || reply.read_as.startsWith('rated_') ? meaning : reply.text;
}

/** 按 2 = 不满意; without a key what happened. */
export function pressedText(one: Pressed): string {
  if (one.kind !== 'keys') return say('pressed', one.kind);
  return (
    lookUp('followUpPage.keyed', {
      key: one.key,
      meaning: say('meaning', one.meaning === '' ? 'none' : one.meaning),
    }) ?? one.key
  );
}
