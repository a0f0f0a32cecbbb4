import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Job } from '../types';
import { NextKey } from './NextKey';

let page: HTMLElement;
beforeEach(() => {
  page = document.body.appendChild(document.createElement('div'));
});
afterEach(() => {
  render(null, page);
  page.remove();
});

const job = (change: Partial<Job>): Job =>
  ({
    order_id: 'o1', state: 'in_service', proofs_in: ['service_code'], proofs_out: [], proofs_needed: 2, may: [], job_code: '31', minutes: 0,
    pays_fen: null, timed: false, code_locked: false, checked_in_at: null, ...change,
  }) as unknown as Job; // prettier-ignore
const show = (change: Partial<Job> = {}): void => void act(() => render(<NextKey job={job(change)} />, page));
const key = (): HTMLElement | null => page.querySelector('[data-testid=next]');

it('what was asked for a step goes with the step: the next one is what the key opens', () => {
  show();
  void act(() => key()?.click());
  expect(page.querySelector('[data-testid=position-photo]')).not.toBeNull();
  show({ proofs_in: ['service_code', 'elder_phone'] }); // she rang from home: nothing of it is needed any more
  expect(page.querySelector('[data-testid=position-photo]')).toBeNull();
  expect(key()?.dataset.step).toBe('check_out');
  void act(() => key()?.click());
  expect(page.querySelector('[data-testid=amount]')).not.toBeNull();
});
