import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { language } from '../app/preferences';
import { en } from './en';
import { zh } from './zh';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof zh };
    strictKeyChecks: false;
  }
}

export function startI18n(): void {
  const apply = (lang: string): void => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  };
  void i18next.use(initReactI18next).init({
    lng: language.get(),
    fallbackLng: 'zh',
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  apply(language.get());
  language.subscribe(() => {
    apply(language.get());
    void i18next.changeLanguage(language.get());
  });
}
