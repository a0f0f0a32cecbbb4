import i18next from 'i18next';
import { beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../../app/preferences';
import { startI18n } from '../../i18n';
import { OPTIONS } from '../../testing/fixtures';
import { entryFacts } from './entry-text';

describe('what the system adds to an entry of the timeline', () => {
  beforeEach(() => {
    setLanguage('zh');
    startI18n();
  });
  const facts = (kind: string, data: Record<string, unknown>): string =>
    entryFacts({ kind, data }, { t: i18next.t, language: 'zh', outcomes: OPTIONS.outcomes });

  test.each([
    ['press', { line: 'sos', presses: 1 }, 'SOS 专线'],
    ['press', { line: 'service', presses: 3 }, '服务热线 · 第 3 次按键'],
    ['answered', { after_s: 6.6 }, '等待 7 秒'],
    ['hung_up', { talked_s: 133 }, '通话 2:13'],
    ['abandoned', { waited_s: 41 }, '等待 0:41'],
    ['call_back_opened', { reason: 'abandoned', again: true }, '未接通即挂断 · 已有回拨，提前处理'],
    ['call_back_failed', { attempt: 2, why: 'busy' }, '第 2 次 · 对方忙'],
    ['outcome', { outcome: 'helped' }, '已帮助'],
    ['emergency_opened', { kind: 'fall' }, '跌倒'],
    ['emergency_kind', { from: 'unknown', to: 'fire' }, '情况未明 → 火灾燃气'],
    ['emergency_alarm', { code: 'handover:120', level: 1, over_s: 2 }, '120 急救 还没有确认接报'],
    [
      'step_done',
      { words: { zh: '您听得见我吗？', en: 'Can you hear me?' }, answer_words: { zh: '没反应', en: 'No response' } },
      '您听得见我吗？ · 没反应',
    ],
    ['step_done', { act: 'call_outside', agency: '120' }, '呼叫 120 急救'],
    ['handover_offered', { agency: '120', by: 'agent' }, '120 急救'],
    ['contact_going', { who: 'key_holder', rung: 1 }, '持钥匙人'],
  ])('%s %j: %s', (kind, data, text) => {
    expect(facts(kind, data)).toBe(text);
  });

  test('codes that are new to us are shown as they are', () => {
    expect(facts('outcome', { outcome: 'brand_new' })).toBe('brand_new');
    expect(facts('call_back_failed', { why: 'brand_new' })).toBe('brand_new');
  });

  test('data of another shape says nothing rather than nonsense', () => {
    expect(facts('hung_up', { talked_s: 'long', presses: null, after_s: Number.NaN, outcome: 7 })).toBe('');
  });
});
