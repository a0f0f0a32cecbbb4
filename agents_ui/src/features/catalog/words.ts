import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { lookUp, word } from '../../i18n/words';
import { moment } from '../../kit/format';
import type { Licence } from './queries';
import { licenceName, range, yuan } from './text';

/** A time as people say it. */
export function useDay(): (iso: string) => string {
  const now = useNow(60_000);
  return (iso) => moment(Date.parse(iso), now);
}

/** "30–50 分钟", hours where that is shorter. */
export function useMinutes(): (low: number, high: number) => string {
  const { t } = useTranslation();
  return (low, high) =>
    low >= 120 && low % 60 === 0 && high % 60 === 0
      ? t('catalogPage.hours', { range: range(String(low / 60), String(high / 60)) })
      : t('catalogPage.minutes', { range: range(String(low), String(high)) });
}

/** "食品经营许可 且 健康证", "水暖工 或 管工证": of every group one. */
export function useRequirements(licences: readonly Licence[]): (groups: readonly (readonly string[])[]) => string {
  const { t, i18n } = useTranslation();
  const joined = (words: readonly string[], by: 'or' | 'and'): string => words.join(` ${t(`catalogPage.${by}`)} `);
  return (groups) => {
    const each = groups.map((group) =>
      joined(
        group.map((code) => licenceName(licences, code, i18n.language)),
        'or',
      ),
    );
    const apart = each.map((words, n) => (each.length > 1 && (groups[n]?.length ?? 0) > 1 ? `(${words})` : words));
    return joined(apart, 'and');
  };
}

/** What stood in a field, in words. */
export function useFieldValue(licences: readonly Licence[]): (field: string, value: unknown) => string {
  const { t } = useTranslation();
  const requirements = useRequirements(licences);
  return (field, value) => {
    if (value === null || value === undefined || value === '') return '–';
    if (field.endsWith('_fen')) return `¥${yuan(Number(value))}`;
    if (field === 'requirements') return requirements(value as string[][]);
    if (field === 'active') return value ? t('catalogPage.isOn') : t('catalogPage.isOff');
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
    if (field === 'category') return word('catalogCategory', text);
    if (field === 'unit') return word('catalogUnit', text);
    return lookUp(`catalogPage.${VALUES[field] ?? field}.${text}`) ?? text;
  };
}

const VALUES: Record<string, string> = {
  sla_class: 'class',
  claim_mode: 'claim',
  home_visit: 'homeVisit',
  volunteer: 'volunteerPart',
};
