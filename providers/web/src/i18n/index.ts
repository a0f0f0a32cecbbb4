import { en } from './en';
import { zh } from './zh';

export type Words = Record<keyof typeof zh, string>;
export type Key = keyof Words;
export type Lang = 'zh' | 'en';
type Params = Record<string, string | number>;

const LANG = 'onekey-stores-lang';
const words: Record<Lang, Words> = { zh, en };

export const langNow = (): Lang => (localStorage.getItem(LANG) === 'en' ? 'en' : 'zh');

export function useLang(lang: Lang): void {
  localStorage.setItem(LANG, lang);
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}

export const fill = (text: string, params: Params = {}): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));

export const t = (key: Key, params?: Params): string => fill(words[langNow()][key], params);

export const has = (key: string): key is Key => key in zh;
