import type { ElderCard, Profile } from '../../api/types';
import { lookUp, word } from '../../i18n/words';

type Where = Pick<Profile | ElderCard, 'presence' | 'presence_since' | 'presence_until' | 'presence_place'>;

/** 外出 女儿家(武汉) · 预计 2026-12-01 回来: plainly, for whoever is about to speak with her or send somebody. */
export function presenceText(where: Where, now: number): string {
  const say = (key: string, values: Record<string, string>): string =>
    (lookUp(`eldersPage.presence.${key}`, values) ?? '').trim();
  const place = where.presence_place;
  const since = where.presence_since ? say('sinceDay', { date: where.presence_since }) : '';
  switch (where.presence) {
    case 'away': {
      const until = where.presence_until;
      const over = until !== null && Date.parse(`${until}T23:59:59`) < now;
      return [say('away', { place }), until === null ? since : say(over ? 'backOver' : 'backOn', { date: until })]
        .filter(Boolean)
        .join(' · ');
    }
    case 'in_hospital':
      return [say('hospitalAt', { place }), since].filter(Boolean).join(' · ');
    case 'deceased':
      return [word('presence', 'deceased'), where.presence_since ?? ''].filter(Boolean).join(' · ');
    default:
      return word('presence', where.presence);
  }
}
