import { Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import { optionLabel } from '../../api/option-label';
import { useOptions } from '../../api/queries';
import { errorText } from '../../i18n/words';

interface Props {
  value: string;
  onChange: (code: string) => void;
  testId: string;
  /** How an SOS ended: some outcomes are not possible then. */
  sos?: boolean;
}

/** All outcomes in sight, one click each: a list that has to be opened costs a second at every call. */
export function OutcomeChoice({ value, onChange, testId, sos = false }: Props) {
  const { t, i18n } = useTranslation();
  const options = useOptions();
  if (options.isPending) return <Spin size="small" />;
  if (options.isError) return <span className="quiet">{errorText(options.error)}</span>;
  return (
    <div className="outcomes" role="radiogroup" aria-label={t('call.outcome')} data-testid={testId}>
      {options.data.outcomes
        .filter((option) => option.retired_at === null && (option.for_sos || !sos))
        .map((option) => (
          <button
            key={option.code}
            type="button"
            role="radio"
            aria-checked={value === option.code}
            data-testid={`${testId}-${option.code}`}
            className={value === option.code ? 'outcome outcome-on' : 'outcome'}
            onClick={() => onChange(option.code)}
          >
            {optionLabel(option, i18n.language)}
          </button>
        ))}
    </div>
  );
}
