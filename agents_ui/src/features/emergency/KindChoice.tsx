import { useTranslation } from 'react-i18next';
import type { EmergencyView } from '../../api/types';
import { kindWord } from './words';

export type Kind = EmergencyView['kind'];

/** By how often it is, and how bad. Unknown comes last: it is what stays when nothing fits. */
export const KINDS: Kind[] = [
  'fall',
  'chest_pain',
  'breathing',
  'bleeding',
  'fire',
  'intruder',
  'lost',
  'mental',
  'silent',
  'false_alarm',
  'fault',
  'unknown',
];

interface Props {
  value: Kind | null;
  onChange: (kind: Kind) => void;
  disabled?: boolean;
  kinds?: Kind[];
}

/** Large words, one click. */
export function KindChoice({ value, onChange, disabled = false, kinds = KINDS }: Props) {
  const { t } = useTranslation();
  return (
    <div className="kinds" role="radiogroup" aria-label={t('emergencyPage.title')}>
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          role="radio"
          aria-checked={value === kind}
          disabled={disabled}
          className={value === kind ? 'kind-key kind-key-on' : 'kind-key'}
          data-testid={`kind-${kind}`}
          onClick={() => onChange(kind)}
        >
          {kindWord(kind)}
        </button>
      ))}
    </div>
  );
}
