import { act, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stage } from '../../testing/stage';
import { HearingWarning } from './HearingWarning';

let stage: Stage;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  stage = new Stage();
});
afterEach(() => void vi.useRealTimers());
const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));

test('who talks while muted is told loudly, and quietly that she is muted else', () => {
  stage.phone.levels = () => ({ in: 0.02, out: 0, voice: 0.001 });
  stage.show(<HearingWarning muted onHold={false} />);
  expect(screen.getByText('已静音，对方听不到您')).toBeTruthy();
  stage.phone.levels = () => ({ in: 0.02, out: 0, voice: 0.1 });
  pass(1_200);
  expect(screen.getByTestId('hearing-talking-muted').textContent).toContain('F6');
});

test('a dead microphone is told, a held caller is not called a dead line', () => {
  stage.phone.levels = () => ({ in: 0, out: 0, voice: 0 });
  const { rerender } = stage.show(<HearingWarning muted={false} onHold />);
  pass(20_000);
  expect(screen.queryByRole('alert')).toBeNull();
  rerender(<HearingWarning muted={false} onHold={false} />);
  pass(6_000);
  expect(screen.getByTestId('hearing-not-heard')).toBeTruthy();
});
