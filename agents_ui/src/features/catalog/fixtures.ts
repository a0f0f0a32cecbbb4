import type { Licence, VersionItem, VersionLine } from './queries';

export const LICENCES: Licence[] = [
  { code: 'food_business', name_zh: '食品经营许可', name_en: 'Food business licence', held_by: 'store' },
  { code: 'health_certificate', name_zh: '健康证', name_en: 'Health certificate', held_by: 'worker' },
  { code: 'housekeeper', name_zh: '家政服务员', name_en: 'Housekeeper', held_by: 'worker' },
];

export function anItem(code: string, name_zh: string, more: Partial<VersionItem> = {}): VersionItem {
  return {
    item_id: `id-${code}`,
    code,
    category: 'housekeeping',
    name_zh,
    name_en: 'Routine cleaning',
    pinyin: 'ri chang bao jie',
    unit: 'hour',
    price_min_fen: 3000,
    price_max_fen: 5000,
    price_public_fen: 3000,
    price_market_fen: 5000,
    minutes_min: 120,
    minutes_max: 180,
    requirements: [['housekeeper', 'health_certificate']],
    sla_class: 'N1',
    home_visit: 'yes',
    volunteer: 'low_risk',
    claim_mode: 'open',
    active: true,
    off_reason: '',
    ...more,
  };
}

export function aVersion(number: number, state: VersionLine['state'], more: Partial<VersionLine> = {}): VersionLine {
  return {
    number,
    state,
    made_at: '2026-11-01T00:00:00Z',
    valid_from: '2026-11-01T00:00:00Z',
    reason: '春节调价',
    author_name: '何主任',
    withdrawn_by: null,
    items: 2,
    ...more,
  };
}

export const CLEANING = anItem('JZ01', '日常保洁');
export const MEALS = anItem('PS01', '助餐送餐', {
  category: 'delivery',
  name_en: 'Meal delivery',
  pinyin: 'zhu can song can',
  requirements: [['food_business'], ['health_certificate']],
  volunteer: 'no',
  active: false,
  off_reason: '食堂装修',
});
