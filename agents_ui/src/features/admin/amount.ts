import type { TFunction } from 'i18next';
import type { Setting } from './queries';

/** A value with its unit. */
export function amount(t: TFunction, kind: Setting['kind'], value: Setting['value']): string {
  if (kind === 'switch') return t(`adminPage.settings.amounts.switch_${value === true ? 'true' : 'false'}`);
  return t(`adminPage.settings.amounts.${kind}`, { value: String(value) });
}

/** What may be entered: for words their length. */
export function bounds(t: TFunction, setting: Setting): string {
  if (setting.kind === 'switch') return '';
  const words = setting.kind === 'text' || setting.kind === 'digits';
  return words
    ? t('adminPage.settings.length', { least: setting.least, most: setting.most })
    : t('adminPage.settings.bounds', { least: setting.least, most: amount(t, setting.kind, setting.most) });
}
