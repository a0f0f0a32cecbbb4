import { SearchOutlined } from '@ant-design/icons';
import { Input } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ElderHit } from '../../api/types';
import { useElderSearch } from '../../api/queries';
import { errorText, word } from '../../i18n/words';
import './search.css';

interface Props {
  onPick: (hit: ElderHit) => void;
  chosenId: string | null;
  autoFocus?: boolean;
}

/** Results come as one types; each shows enough to be sure that it is she. Arrow keys and Enter choose. */
export function ElderSearch({ onPick, chosenId, autoFocus = false }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [cursor, setCursor] = useState(0);
  const asked = useDeferredValue(text.trim());
  const found = useElderSearch(asked);
  const hits = asked === '' ? [] : (found.data ?? []);
  const at = Math.min(cursor, Math.max(0, hits.length - 1));

  const pressed = (event: React.KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setCursor(Math.max(0, Math.min(hits.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1))));
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      const hit = hits[at];
      if (hit) onPick(hit);
    }
  };
  return (
    <div className="search">
      <Input
        data-testid="search-input"
        prefix={<SearchOutlined />}
        allowClear
        autoFocus={autoFocus}
        maxLength={100}
        placeholder={t('search.placeholder')}
        aria-label={t('search.title')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setCursor(0);
        }}
        onKeyDown={pressed}
      />
      <div className="search-hits" {...(hits.length > 0 && { role: 'listbox', 'aria-label': t('search.title') })}>
        {asked === '' && <p className="quiet search-say">{t('search.start')}</p>}
        {found.isError && (
          <p className="search-say note-error" role="alert">
            {t('search.failed')}:{errorText(found.error)}
          </p>
        )}
        {asked !== '' && found.isSuccess && hits.length === 0 && (
          <p className="search-say">
            {t('search.none', { text: asked })} <span className="quiet">{t('search.noneHelp')}</span>
          </p>
        )}
        {hits.map((hit, index) => (
          <HitRow
            key={hit.id}
            hit={hit}
            on={index === at || hit.id === chosenId}
            chosen={hit.id === chosenId}
            onPick={onPick}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  hit: ElderHit;
  on: boolean;
  chosen: boolean;
  onPick: (hit: ElderHit) => void;
}

function HitRow({ hit, on, chosen, onPick }: RowProps) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      role="option"
      aria-selected={chosen}
      className={on ? 'hit hit-on' : 'hit'}
      data-testid={`search-hit-${hit.id}`}
      onClick={() => onPick(hit)}
    >
      <span className="hit-name">
        <strong>{hit.name}</strong> {word('sex', hit.sex)}
        {hit.age !== null && <span className="num"> {t('elder.age', { count: hit.age })}</span>}
        {hit.presence !== 'home' && <span className="flag"> {word('presence', hit.presence)}</span>}
      </span>
      <span className="ellipsis">
        {hit.place} {hit.address}
      </span>
      <span className="num hit-number">{hit.numbers.join(' / ')}</span>
    </button>
  );
}
