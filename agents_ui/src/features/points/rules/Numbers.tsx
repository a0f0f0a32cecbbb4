import { Button, Input, Tag } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RulesPreview } from '../../../api/types';
import { changes, fromNow, KEYS, NUMBERS, read, shown, type NumberKey } from './tried';

interface Props {
  now: RulesPreview['now'];
  busy: boolean;
  onReckon: (changed: Partial<Record<NumberKey, number>>) => void;
}

/** Today's numbers to be changed: Enter in any of them reckons. */
export function Numbers({ now, busy, onReckon }: Props) {
  const { t } = useTranslation();
  const [tried, setTried] = useState(() => fromNow(now));
  const said = changes(tried, now);
  return (
    <form
      className="rules-numbers"
      onSubmit={(event) => {
        event.preventDefault();
        if (said !== null) onReckon(said);
      }}
    >
      {KEYS.map((key) => (
        <One
          key={key}
          of={key}
          now={now[key] ?? 0}
          value={tried[key]}
          onChange={(value) => setTried({ ...tried, [key]: value })}
        />
      ))}
      <div className="part-row">
        <Button type="primary" htmlType="submit" disabled={said === null} loading={busy}>
          {t('pointsPage.rules.reckon')}
        </Button>
        <Button
          onClick={() => {
            setTried(fromNow(now));
            onReckon({});
          }}
        >
          {t('pointsPage.rules.reset')}
        </Button>
      </div>
    </form>
  );
}

interface OneProps {
  of: NumberKey;
  now: number;
  value: string;
  onChange: (value: string) => void;
}

function One({ of, now, value, onChange }: OneProps) {
  const { t } = useTranslation();
  const id = useId();
  const number = read(of, value);
  return (
    <div className="rules-number">
      <label htmlFor={id}>{t(`pointsPage.rules.number.${of}`)}</label>
      <Input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        {...(number === null && { status: 'error' as const })}
        aria-invalid={number === null}
        aria-describedby={`${id}-says`}
        onChange={(event) => onChange(event.target.value)}
      />
      <span id={`${id}-says`} className="quiet">
        {number === null
          ? t('pointsPage.rules.bad', { from: 0, to: shown(of, NUMBERS[of]) })
          : `${t('pointsPage.rules.now')} ${shown(of, now)}`}
        {number !== null && number !== now && <Tag>{t('pointsPage.rules.changed')}</Tag>}
      </span>
    </div>
  );
}
