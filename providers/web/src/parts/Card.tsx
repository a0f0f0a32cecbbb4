import type { ComponentChildren } from 'preact';
import { langNow, t } from '../i18n';
import { app, useNow } from '../state';
import type { Card as CardData } from '../types';
import { clock, distance, moment, yuan } from '../words';

export const itemsOf = (card: CardData): string =>
  card.lines.map((line) => (line.quantity > 1 ? `${line.name}×${String(line.quantity)}` : line.name)).join('、');

export const isUrgent = (card: CardData): boolean => card.sla_class === 'E0' || card.sla_class === 'U1';

export function when(card: CardData, now: number): string {
  if (!card.wanted_from) return t('card.soon');
  const [zone, lang] = [app().me?.timezone ?? 'Asia/Shanghai', langNow()];
  const from = moment(new Date(card.wanted_from), new Date(now), zone, lang);
  if (!card.wanted_to || card.wanted_to === card.wanted_from) return t('card.when', { from });
  const to = moment(new Date(card.wanted_to), new Date(now), zone, lang);
  const sameDay = from.split(' ')[0] === to.split(' ')[0];
  return t('card.when_to', { from, to: sameDay ? (to.split(' ')[1] ?? to) : to });
}

/** What, pay, when, how far, where: all a keeper needs to say yes or no. */
export function CardBody({ card, children }: { card: CardData; children?: ComponentChildren }) {
  const now = useNow(30_000);
  const lang = langNow();
  return (
    <>
      <div class="card-top">
        <h3>
          {isUrgent(card) && <span class="urgent">{t('card.urgent')}</span>}
          {itemsOf(card)}
        </h3>
        <Pay card={card} />
      </div>
      <p class="when">
        {when(card, now)}
        <span class="quiet"> · {t('card.minutes', { n: card.minutes })}</span>
      </p>
      <p class="where">
        {card.address}
        <span class="quiet">
          {' · '}
          {card.elder}
          {card.metres !== null && ` · ${t('card.away', { far: distance(card.metres, lang) })}`}
        </span>
      </p>
      {children}
    </>
  );
}

function Pay({ card }: { card: CardData & { amount_fen?: number | null } }) {
  const fen = card.amount_fen ?? card.pays_fen;
  if (fen === null) return <span class="pay-words">{t('card.price_open')}</span>;
  if (fen === 0) return <span class="pay-words">{t('card.free')}</span>;
  return (
    <span class="pay">
      {yuan(fen)}
      <small>{t('card.pays')}</small>
    </span>
  );
}

const FAR = 3 * 3600; // seconds; until then the hour says more than a countdown

/** A deadline: what is left, then what it is over by. */
export function Left({
  until,
  words,
  over,
}: {
  until: string;
  words: 'card.answer_within' | 'card.arrive_left';
  over?: 'card.late';
}) {
  const now = useNow();
  const left = (new Date(until).getTime() - now) / 1000;
  if (words === 'card.arrive_left' && left > FAR) {
    const at = moment(new Date(until), new Date(now), app().me?.timezone ?? 'Asia/Shanghai', langNow());
    return <span class="left">{t('card.arrive_by', { at })}</span>;
  }
  if (left < 0 && over) return <span class="left late">{t(over, { over: clock(-left) })}</span>;
  return <span class={left < 120 ? 'left soon' : 'left'}>{t(words, { left: clock(left) })}</span>;
}
