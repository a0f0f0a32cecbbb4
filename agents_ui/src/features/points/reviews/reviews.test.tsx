import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { PointsApproval, PointsBooks, PointsReview } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { BooksTab } from '../books/BooksTab';
import { ReviewsTab } from './ReviewsTab';

const approval = (mine: boolean): PointsApproval => ({
  id: 'a1', deed: 'donation', state: 'asked', member_id: 'e1', name: '王**', to_id: null, to_name: '', amount: 6000, reason: '她要捐',
  asked_at: iso(AT), asked_by: '周敏', expires_at: iso(AT), mine,
}); // prettier-ignore
const review: PointsReview = {
  id: 'r1', rule: 'same_store', state: 'open', member_id: 'e1', name: '王**', day: '2026-11-20', details: { times: 4 }, opened_at: iso(AT),
  decided_at: null, decided_by: '', reason: '',
}; // prettier-ignore
const books: PointsBooks = {
  redemption: false,
  check: { at: iso(AT), clean: false, findings: [{ check: 'lots' }], entries: 1, postings: 2, head: '', liability_fen: 200 },
  liability: {
    issued: 300, outstanding: 200, redeemed: 100, expired: 0, fund: 0, fund_coins: 0, issuers: [], expiring: [{ month: '2028-11-01', points: 200 }],
  },
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:read', 'points:write', 'points:books'] }));
});

test('whoever asked does not agree; a review is decided with a reason', async () => {
  server.on('GET /api/points/approvals', [approval(true)]).on('GET /api/points/reviews', [review]);
  server.on('POST /api/points/reviews/r1/decide', []);
  stage.show(<ReviewsTab />);
  expect((await screen.findByTestId('points-approvals')).textContent).toContain('您提出的，须由另一人批准');
  fireEvent.click(await screen.findByText('处 理'));
  fireEvent.change(screen.getByLabelText('依据，至少两个字'), { target: { value: '家里办酒席' } });
  fireEvent.click(screen.getByText('没有问题'));
  await waitFor(() =>
    expect(server.bodyOf('POST /api/points/reviews/r1/decide')).toEqual({ state: 'cleared', reason: '家里办酒席' }),
  );
});

test('a break is said, and nothing opens before it is mended', async () => {
  server.on('GET /api/points/books', books);
  stage.show(<BooksTab />);
  expect((await screen.findByTestId('points-books')).textContent).toContain('对账不平，1 处');
  fireEvent.change(screen.getByLabelText('恢复的依据'), { target: { value: '核对无误' } });
  expect(screen.getByText('恢复使用').closest('button')?.disabled).toBe(true);
});
