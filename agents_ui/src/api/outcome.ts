import { useTranslation } from 'react-i18next';
import { optionLabel } from './option-label';
import { useOptions } from './queries';

/** The centre's word for an outcome's code; one that it has no word for is shown as it is. */
export function useOutcome(): (code: string) => string {
  const { i18n } = useTranslation();
  const options = useOptions();
  return (code) => {
    const option = options.data?.outcomes.find((one) => one.code === code);
    return option ? optionLabel(option, i18n.language) : code;
  };
}
