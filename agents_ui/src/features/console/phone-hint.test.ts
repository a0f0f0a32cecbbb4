// @vitest-environment node
import { expect, test } from 'vitest';
import { IDLE_PHONE, type PhoneState } from '../../phone/state';
import { phoneHint } from './PhoneHint';

const well: PhoneState = { ...IDLE_PHONE, registration: 'registered', microphone: 'granted' };

test('what the server has found is told when all looks well from here', () => {
  expect(phoneHint(well)).toBeNull();
  expect(phoneHint(well, 'deaf')).toBe('deaf');
  expect(phoneHint(well, 'silent')).toBe('silent');
  expect(phoneHint(well, 'unanswered')).toBe('unanswered');
});

test('what is seen from here comes first: it has to be mended first', () => {
  expect(phoneHint({ ...well, microphone: 'denied' }, 'silent')).toBe('micDenied');
  expect(phoneHint({ ...well, registration: 'failed' }, 'unanswered')).toBe('failed');
  expect(phoneHint({ ...well, registration: 'elsewhere' }, 'deaf')).toBeNull();
});
