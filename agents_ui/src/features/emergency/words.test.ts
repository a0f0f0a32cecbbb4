import { beforeEach, expect, test } from 'vitest';
import { setLanguage } from '../../app/preferences';
import { startI18n } from '../../i18n';
import { alarmWords, deadlineWords } from './words';

beforeEach(() => {
  setLanguage('zh');
  startI18n();
});

test.each([
  ['owner', '有人负责'],
  ['watch', '第二人守看'],
  ['step:conscious', '当前步骤'],
  ['handover:120', '120 急救 确认接报'],
  ['handover:gas', '燃气抢修 确认接报'],
  ['ladder:2.3', '联系人第 2 轮'],
  ['ladder', '联系人应答'],
  ['outside', '请求外部救援'],
  ['call_back', '回拨老人'],
  ['arrival', '答应过去的人到达'],
  ['brand:new', 'brand:new'],
])('%s waits for: %s', (code, words) => {
  expect(deadlineWords(code)).toBe(words);
});

test('an alarm says what did not happen, and of whom', () => {
  expect(alarmWords({ code: 'step:conscious', data: {} })).toBe('步骤超时未做');
  expect(alarmWords({ code: 'handover_rejected', data: { agency: '120' } })).toBe('120 急救 没有接受');
  expect(alarmWords({ code: 'brand_new', data: {} })).toBe('brand_new');
});
