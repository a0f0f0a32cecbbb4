import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError } from '../api/errors';
import { startI18n } from '../i18n';
import { MemoryStorage } from '../kit/storage';
import { aCall } from '../testing/fixtures';
import { drafts, Drafts, noteKey, wrapUpKey } from './drafts';
import { FocusStore } from './focus';
import { LastCallStore } from './last-call';
import { NoticeStore } from './notices';
import { language, setLanguage } from './preferences';

let storage: MemoryStorage;
beforeEach(() => {
  storage = new MemoryStorage();
});

describe('words not yet saved', () => {
  test('survive a reload, each by what it is for', () => {
    new Drafts(storage).set(noteKey('c1'), '跌倒');
    new Drafts(storage).set(wrapUpKey('c1'), '已送医');
    const reloaded = new Drafts(storage);
    expect(reloaded.get(noteKey('c1'))).toBe('跌倒');
    expect(reloaded.get(wrapUpKey('c1'))).toBe('已送医');
    expect(reloaded.get(noteKey('c2'))).toBe('');
  });

  test('are gone when saved, or when everything was deleted', () => {
    const kept = new Drafts(storage);
    kept.set('a', 'x');
    kept.clear('a');
    kept.set('b', 'x');
    kept.set('b', '');
    expect([kept.get('a'), kept.get('b')]).toEqual(['', '']);
    expect(storage.get('onekey.draft.b')).toBeNull();
  });

  test('are kept on this machine, not in the tab', () => {
    drafts.set('x', 'words');
    expect(window.localStorage.getItem('onekey.draft.x')).toBe('words');
    drafts.clear('x');
    expect(window.localStorage.getItem('onekey.draft.x')).toBeNull();
  });
});

describe('the case that is looked at', () => {
  test('comes with the call, and again after a reload', () => {
    const focus = new FocusStore('a', storage);
    focus.openCall(aCall());
    expect(focus.get()).toEqual({ caseId: 'case-1', callId: 'call-1' });
    expect(new FocusStore('a', storage).get()).toEqual({ caseId: 'case-1', callId: null });
  });

  test('may be another one meanwhile, without the pop of the call', () => {
    const focus = new FocusStore('a', storage);
    focus.openCall(aCall());
    focus.openCase('case-2');
    expect(focus.get()).toEqual({ caseId: 'case-2', callId: null });
  });

  test('opened again it keeps the pop and draws nothing', () => {
    const focus = new FocusStore('a', storage);
    focus.openCall(aCall());
    const then = focus.get();
    focus.openCase('case-1');
    focus.openCall(aCall());
    expect(focus.get()).toBe(then);
  });

  test('follows a call whose case is made only later', () => {
    const focus = new FocusStore('a', storage);
    focus.openCall(aCall({ case_id: null }));
    focus.openCall(aCall());
    expect(focus.get()).toEqual({ caseId: 'case-1', callId: 'call-1' });
  });

  test('is nobody’s after it was cleared', () => {
    const focus = new FocusStore('a', storage);
    focus.openCase('case-1');
    focus.clear();
    expect(new FocusStore('a', storage).get().caseId).toBeNull();
  });

  test('is not shown to the next agent in the same tab', () => {
    new FocusStore('a', storage).openCase('case-1');
    expect(new FocusStore('b', storage).get().caseId).toBeNull();
  });
});

describe('the last call', () => {
  test('is asked for its outcome until it is given, also after a reload', () => {
    const last = new LastCallStore('a', storage);
    expect(last.get()).toBeNull();
    last.talking(aCall());
    expect(new LastCallStore('a', storage).get()).toEqual({ callId: 'call-1', caseId: 'case-1', wrappedUp: false });
    last.wrappedUp('call-1');
    expect(new LastCallStore('a', storage).get()?.wrappedUp).toBe(true);
  });

  test('is not wrapped up by the outcome of an earlier one', () => {
    const last = new LastCallStore('a', storage);
    last.talking(aCall());
    last.wrappedUp('call-0');
    expect(last.get()?.wrappedUp).toBe(false);
  });

  test('said again while talking it changes nothing', () => {
    const last = new LastCallStore('a', storage);
    last.talking(aCall());
    last.wrappedUp('call-1');
    last.talking(aCall({ version: 2 }));
    expect(last.get()?.wrappedUp).toBe(true);
  });

  test('is not put to the next agent in the same tab, who could not save it', () => {
    new LastCallStore('a', storage).talking(aCall());
    expect(new LastCallStore('b', storage).get()).toBeNull();
  });

  test.each(['{', '{}', '[]', '7'])('spoiled (%s) it is none', (spoiled) => {
    storage.set('onekey.last-call.a', spoiled);
    expect(new LastCallStore('a', storage).get()).toBeNull();
  });
});

describe('notices', () => {
  beforeEach(() => {
    setLanguage('zh');
    startI18n();
  });

  test('are taken once, in order, each with its own number', () => {
    const notices = new NoticeStore();
    notices.tell('info', 'taken', { name: '李' });
    notices.tell('warning', 'abandoned');
    const taken = notices.take();
    expect(taken.map(({ kind, key }) => [kind, key])).toEqual([
      ['info', 'taken'],
      ['warning', 'abandoned'],
    ]);
    expect(new Set(taken.map((notice) => notice.id)).size).toBe(2);
    expect(notices.take()).toEqual([]);
  });

  test('taking nothing tells nobody, or showing would never end', () => {
    const notices = new NoticeStore();
    const heard = vi.fn();
    notices.subscribe(heard);
    notices.take();
    expect(heard).not.toHaveBeenCalled();
  });

  test('say why something was not done, in words', () => {
    const notices = new NoticeStore();
    notices.notDone('call_over');
    notices.notDone('SomethingNew');
    expect(notices.take().map((notice) => notice.values.reason)).toEqual(['通话已结束', 'SomethingNew']);
  });

  test('say what failed by its code, not by the message of the server', () => {
    const notices = new NoticeStore();
    notices.failed(new ApiError('agent_busy', 409, 'the agent is busy'));
    notices.failed(new TypeError('Failed to fetch'));
    expect(notices.take().map((notice) => notice.text)).toEqual(['您正在通话中', '网络不通，没有保存。请稍后再试。']);
  });
});

test('the language is kept on this machine, and the page says which it is', () => {
  setLanguage('en');
  startI18n();
  expect(document.documentElement.lang).toBe('en');
  expect(window.localStorage.getItem('onekey.language')).toBe('en');
  setLanguage('zh');
  expect(language.get()).toBe('zh');
  expect(document.documentElement.lang).toBe('zh-CN');
});
