import { useTranslation } from 'react-i18next';
import { optionLabel } from '../../api/option-label';
import { useLines, useList } from './queries';

export interface Place {
  line: string;
  dialect: string;
}

/** A line and a dialect as people call them; an empty one is all of them. */
export function usePlaceName(): (place: Place) => { line: string; dialect: string } {
  const { t, i18n } = useTranslation();
  const lines = useLines().data ?? [];
  const dialects = useList('dialect');
  return ({ line, dialect }) => {
    const known = lines.find((one) => one.number === line);
    const option = dialects.find((one) => one.code === dialect);
    return {
      line: line === '' ? t('adminPage.openings.everywhere') : known?.label ? `${known.label} ${line}` : line,
      dialect:
        dialect === '' ? t('adminPage.openings.everyDialect') : option ? optionLabel(option, i18n.language) : dialect,
    };
  };
}
