import type { Option } from './types';

export function optionLabel(option: Option, language: string): string {
  return language === 'zh' ? option.label_zh : option.label_en;
}
