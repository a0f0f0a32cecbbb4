import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AT } from '../testing/fixtures';
import { OwnClock } from './OwnClock';
import { local, MemoryStorage, session } from './storage';
import { Store, useStore } from './store';
import { useDelayed } from './use-delayed';

afterEach(cleanup);

describe('a store', () => {
  test('tells its listeners of what is new, and only of that', () => {
    const store = new Store(1);
    const heard = vi.fn();
    const leave = store.subscribe(heard);
    store.set(1);
    expect(heard).not.toHaveBeenCalled();
    store.update((value) => value + 1);
    expect(heard).toHaveBeenCalledTimes(1);
    leave();
    store.set(3);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(store.get()).toBe(3);
  });

  test('a listener that leaves while it is told does not keep the others from hearing', () => {
    const store = new Store(1);
    const leave = store.subscribe(() => leave());
    const heard = vi.fn();
    store.subscribe(heard);
    store.set(2);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('a component is drawn again only for what it looks at', () => {
    const store = new Store({ a: 1, b: 1 });
    const drawn = vi.fn();
    const { result } = renderHook(() => {
      drawn();
      return useStore(store, (state) => state.a);
    });
    act(() => store.set({ a: 1, b: 2 }));
    expect(drawn).toHaveBeenCalledTimes(1);
    act(() => store.set({ a: 2, b: 2 }));
    expect(result.current).toBe(2);
  });
});

describe('what is kept', () => {
  test('memory keeps until it is told to forget', () => {
    const memory = new MemoryStorage();
    memory.set('a', '1');
    expect(memory.get('a')).toBe('1');
    memory.remove('a');
    expect(memory.get('a')).toBeNull();
  });

  test.each([
    ['localStorage', local],
    ['sessionStorage', session],
  ] as const)('%s is the browser’s', (name, storage) => {
    storage.set('a', '1');
    expect(window[name].getItem('a')).toBe('1');
    storage.remove('a');
    expect(storage.get('a')).toBeNull();
  });

  test('a browser that refuses to keep anything loses nothing within the page', () => {
    const broken = (): never => {
      throw new DOMException('no', 'SecurityError');
    };
    const refused = vi.spyOn(window, 'localStorage', 'get').mockImplementation(broken);
    local.set('a', '1');
    expect(local.get('a')).toBe('1');
    local.remove('a');
    expect(local.get('a')).toBeNull();
    expect(refused).toHaveBeenCalled();
  });

  test('what a full disk did not take is read back as it was last said', () => {
    const kept = new Map([['a', 'old']]);
    vi.spyOn(window, 'localStorage', 'get').mockReturnValue({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
      removeItem: (key: string) => kept.delete(key),
    } as unknown as Storage);
    local.set('a', 'new');
    expect(local.get('a')).toBe('new');
    local.remove('a');
    expect(local.get('a')).toBeNull();
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers({ now: AT }));
  afterEach(() => void vi.useRealTimers());

  test('what is over in a blink is not shown', () => {
    const { result, rerender } = renderHook(({ on }) => useDelayed(on, 800), { initialProps: { on: true } });
    act(() => vi.advanceTimersByTime(799));
    expect(result.current).toBe(false);
    rerender({ on: false });
    act(() => vi.advanceTimersByTime(5_000));
    expect(result.current).toBe(false);
  });

  test('what lasts is shown, goes at once, and waits again the next time', () => {
    const { result, rerender } = renderHook(({ on }) => useDelayed(on, 800), { initialProps: { on: true } });
    act(() => vi.advanceTimersByTime(800));
    expect(result.current).toBe(true);
    rerender({ on: false });
    expect(result.current).toBe(false);
    rerender({ on: true });
    expect(result.current).toBe(false);
  });

  test('a clock of this machine turns each second and stops with its component', () => {
    const view = render(<OwnClock>{(now) => <b>{(now - AT) / 1000}</b>}</OwnClock>);
    act(() => vi.advanceTimersByTime(3_000));
    expect(screen.getByText('3')).toBeTruthy();
    view.unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
});
