import { CloseOutlined, MinusOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, DatePicker, Input, Segmented } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderSuggestions } from '../../api/types';
import { findItems, isOrderable, type Item } from './catalog';
import type { OrderDraft } from './draft';
import { isAfternoonOver, nextUsual, type When } from './when';
import { say, shortTime } from './words';

const MOST_HITS = 8;

/** What she ordered before: one click each. Its line is there from the start, so that what stands below never moves. */
export function Usual({
  suggestions,
  chosen,
  onAdd,
}: {
  suggestions: OrderSuggestions | undefined;
  chosen: OrderDraft;
  onAdd: (code: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="order-chips" role="group" aria-label={t('ordersPage.form.usual')}>
      <span className="quiet">{t('ordersPage.form.usual')}</span>
      {suggestions?.items.length === 0 && <span className="quiet">{t('ordersPage.form.noUsual')}</span>}
      {suggestions?.items.map((item) => (
        <Button
          key={item.code}
          size="small"
          shape="round"
          aria-pressed={chosen.lines.some((line) => line.item === item.code)}
          type={chosen.lines.some((line) => line.item === item.code) ? 'primary' : 'default'}
          data-testid={`order-chip-${item.code}`}
          onClick={() => onAdd(item.code)}
        >
          {item.name}
          {item.times > 1 && <span className="num"> ×{item.times}</span>}
        </Button>
      ))}
    </div>
  );
}

export function ItemSearch({
  items,
  chosen,
  onAdd,
  onPlace,
}: {
  items: Item[] | undefined;
  chosen: OrderDraft;
  onAdd: (code: string) => void;
  onPlace: () => void;
}) {
  const { t, i18n } = useTranslation();
  const [q, setQ] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLDivElement>(null);
  useEffect(() => field.current?.querySelector('input')?.focus(), []);
  const all = items ?? [];
  const categories = [...new Set(all.filter(isOrderable).map((item) => item.category))];
  const hits =
    q.trim() === '' && category === null
      ? []
      : findItems(all, q, category).slice(0, category === null ? MOST_HITS : 50);
  const take = (item: Item | undefined): void => {
    if (item === undefined || !item.active) return;
    onAdd(item.code);
    setQ('');
    setAt(0);
  };
  const moved = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (q.trim() === '' && chosen.lines.length > 0) onPlace();
      else take(hits[at]);
    } else if (event.key === 'ArrowDown') setAt(Math.min(at + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else return;
    if (event.key !== 'Enter') event.preventDefault();
  };
  return (
    <div ref={field} className="order-search">
      <Input
        allowClear
        value={q}
        placeholder={t('ordersPage.form.search')}
        aria-label={t('ordersPage.form.search')}
        data-testid="order-search"
        onChange={(event) => {
          setQ(event.target.value);
          setAt(0);
        }}
        onKeyDown={moved}
      />
      <div className="order-cats" role="group" aria-label={t('ordersPage.form.what')}>
        {categories.map((one) => (
          <button
            key={one}
            type="button"
            className={one === category ? 'order-cat order-cat-on' : 'order-cat'}
            aria-pressed={one === category}
            onClick={() => setCategory(one === category ? null : one)}
          >
            {say('category', one)}
          </button>
        ))}
      </div>
      {hits.length > 0 && (
        <ul className="order-hits">
          {hits.map((item, index) => (
            <li key={item.code}>
              <button
                type="button"
                disabled={!item.active}
                className={index === at && q !== '' ? 'order-hit order-hit-on' : 'order-hit'}
                data-testid={`order-item-${item.code}`}
                onClick={() => take(item)}
              >
                <span>{i18n.language === 'en' ? item.name_en : item.name_zh}</span>
                <span className="quiet num">
                  {item.active ? item.code : item.switched_off_reason || t('ordersPage.form.off')}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {items !== undefined && q.trim() !== '' && hits.length === 0 && (
        <p className="quiet">{t('ordersPage.form.none', { q: q.trim() })}</p>
      )}
    </div>
  );
}

export function Lines({
  draft,
  items,
  onQuantity,
}: {
  draft: OrderDraft;
  items: Map<string, Item>;
  onQuantity: (code: string, quantity: number) => void;
}) {
  const { t, i18n } = useTranslation();
  if (draft.lines.length === 0) return null;
  return (
    <ul className="order-lines" aria-label={t('ordersPage.form.what')}>
      {draft.lines.map(({ item: code, quantity }) => {
        const item = items.get(code);
        const name = item === undefined ? code : i18n.language === 'en' ? item.name_en : item.name_zh;
        return (
          <li key={code} data-testid={`order-line-${code}`}>
            {item !== undefined && <span className={`sev sev-${item.sla_class}`}>{item.sla_class}</span>}
            <strong>{name}</strong>
            <span className="order-space" />
            <Button
              size="small"
              icon={<MinusOutlined />}
              disabled={quantity <= 1}
              aria-label={t('ordersPage.form.less', { name })}
              onClick={() => onQuantity(code, quantity - 1)}
            />
            <span className="num order-quantity">{quantity}</span>
            <Button
              size="small"
              icon={<PlusOutlined />}
              aria-label={t('ordersPage.form.more', { name })}
              onClick={() => onQuantity(code, quantity + 1)}
            />
            <span className="order-unit">{item === undefined ? '' : say('unit', item.unit)}</span>
            <Button
              size="small"
              type="text"
              icon={<CloseOutlined />}
              aria-label={t('ordersPage.form.remove', { name })}
              onClick={() => onQuantity(code, 0)}
            />
          </li>
        );
      })}
    </ul>
  );
}

interface WhenProps {
  draft: OrderDraft;
  now: number;
  usual: OrderSuggestions['usual'];
  onChange: (part: Partial<OrderDraft>) => void;
}

export function WhenField({ draft, now, usual, onChange }: WhenProps) {
  const { t } = useTranslation();
  const next = usual === null ? null : nextUsual(usual.weekday, usual.at, now);
  const late = isAfternoonOver(now);
  const choose = (when: When): void =>
    onChange({ when, at: when === 'usual' && next !== null ? next.toISOString() : when === 'at' ? draft.at : '' });
  return (
    <div className="order-field" role="group" aria-label={t('ordersPage.form.when')}>
      <span>{t('ordersPage.form.when')}</span>
      <div className="order-when">
        <Segmented<When>
          size="small"
          value={draft.when}
          onChange={choose}
          aria-label={t('ordersPage.form.when')}
          options={[
            { value: 'soon', label: t('ordersPage.form.soon') },
            {
              value: 'afternoon',
              label: t('ordersPage.form.afternoon'),
              disabled: late,
              ...(late && { title: t('ordersPage.form.tooLate') }),
            },
            { value: 'morning', label: t('ordersPage.form.morning') },
            ...(next === null
              ? []
              : [
                  {
                    value: 'usual' as const,
                    label: t('ordersPage.form.usualTime', { time: shortTime(next.getTime(), now) }),
                  },
                ]),
            { value: 'at', label: t('ordersPage.form.at') },
          ]}
        />
        {draft.when === 'at' && (
          <DatePicker
            size="small"
            showTime={{ format: 'HH:mm', minuteStep: 15 }}
            format="MM-DD HH:mm"
            value={draft.at === '' ? null : dayjs(draft.at)}
            minDate={dayjs(now)}
            maxDate={dayjs(now).add(90, 'day')}
            placeholder={t('ordersPage.form.pick')}
            aria-label={t('ordersPage.form.pick')}
            onChange={(day: dayjs.Dayjs | null) => onChange({ at: day === null ? '' : day.toISOString() })}
          />
        )}
      </div>
    </div>
  );
}
