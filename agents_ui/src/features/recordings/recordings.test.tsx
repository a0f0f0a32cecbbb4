import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import type { RecordingView } from '../../api/types';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { keyLeadsTo, nextSpeed, strokes } from './player';
import { RecordingEntry } from './RecordingEntry';
import { RecordingList } from './RecordingList';
import { RecordingPlayer } from './RecordingPlayer';

const LIST = 'GET /api/cases/case-1/recordings';
const WAVE = 'GET /api/recordings/rec-1/waveform';
let stage: Stage;
let server: FakeServer;
const play = vi.fn(() => Promise.resolve());
beforeEach(() => {
  stage = new Stage();
  server = fakeServer().on(WAVE, { seconds: 90, peaks: [0.1, 0.4, 0.2] });
  play.mockClear();
  HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
    this.dispatchEvent(new Event('play'));
    return play();
  };
  HTMLMediaElement.prototype.pause = function (this: HTMLMediaElement) {
    this.dispatchEvent(new Event('pause'));
  };
});

const aRecording = (changes: Partial<RecordingView> = {}): RecordingView => ({
  id: 'rec-1',
  call_id: 'call-1',
  kind: 'service',
  part: 1,
  state: 'saved',
  why: '',
  started_at: '2026-03-01T08:00:00Z',
  seconds: 90,
  sha256: 'abc',
  people: ['陈静'],
  keep_until: '2028-03-01T08:00:00Z',
  deleted_at: null,
  ...changes,
});

test('a soft voice is drawn as high as a loud one, and silence as a line', () => {
  expect(strokes([0.05, 0])).toBe('M0.5 1.0V47.0M1.5 23.5V24.5');
});

test('keys move within the recording', () => {
  expect(keyLeadsTo('ArrowRight', 88, 90)).toBe(90);
  expect(keyLeadsTo('ArrowLeft', 3, 90)).toBe(0);
  expect(keyLeadsTo('PageUp', 10, 90)).toBe(40);
  expect(keyLeadsTo('End', 10, 90)).toBe(90);
  expect(keyLeadsTo('F4', 10, 90)).toBeNull();
  expect([1, 1.5, 2].map(nextSpeed)).toEqual([1.5, 2, 1]);
});

test('played, paused, faster, and moved by keys', async () => {
  stage.show(<RecordingPlayer recordingId="rec-1" seconds={90} />);
  const audio = screen.getByTestId<HTMLAudioElement>('recording-audio');
  expect(audio.getAttribute('preload')).toBe('none');
  expect(audio.getAttribute('src')).toBe('/api/recordings/rec-1/audio');
  fireEvent.click(screen.getByRole('button', { name: '播放' }));
  expect(play).toHaveBeenCalledTimes(1);
  fireEvent.click(screen.getByTestId('recording-speed'));
  expect(audio.playbackRate).toBe(1.5);
  const slider = screen.getByRole('slider', { name: '播放位置' });
  fireEvent.keyDown(slider, { key: 'PageUp' });
  expect(audio.currentTime).toBe(30);
  expect(slider.getAttribute('aria-valuetext')).toBe('0:30 / 1:30');
  fireEvent.click(screen.getByRole('button', { name: '暂停' }));
  expect(screen.getByRole('button', { name: '播放' })).toBeTruthy();
  await waitFor(() => expect(document.querySelector('.recording-wave-all')?.getAttribute('d')).toContain('M2.5'));
});

test('a sound that does not come is said', () => {
  stage.show(<RecordingPlayer recordingId="rec-1" seconds={90} />);
  fireEvent.error(screen.getByTestId('recording-audio'));
  expect(screen.getByRole('alert').textContent).toBe('录音放不出来，请稍后再试');
});

test('the list says what there is, and why there is nothing', async () => {
  server.on(LIST, {
    recordings: [
      aRecording(),
      aRecording({ id: 'rec-2', part: 2, state: 'recording', seconds: null, keep_until: null }),
      aRecording({ id: 'rec-3', state: 'failed', why: 'disk_full', seconds: null, keep_until: null }),
      aRecording({ id: 'rec-4', state: 'deleted', deleted_at: '2025-01-02T03:04:00Z' }),
    ],
  });
  stage.show(<RecordingList caseId="case-1" />);
  expect(await screen.findByText('1:30 · 保存到 2028-03-01')).toBeTruthy();
  expect(screen.getByText('● 正在录音')).toBeTruthy();
  expect(screen.getByText('第 2 段')).toBeTruthy();
  expect(screen.getByText('没有录下来：磁盘已满')).toBeTruthy();
  expect(screen.getByTestId('recording-deleted').textContent).toContain('保存期已满');
  expect(screen.getAllByTestId('recording-player')).toHaveLength(1);
});

test('a case without conversations, and one that is not hers', async () => {
  server.on(LIST, { recordings: [] });
  const { unmount } = stage.show(<RecordingList caseId="case-1" />);
  expect(await screen.findByText('没有通话录音')).toBeTruthy();
  unmount();
  stage = new Stage();
  server.refuse(LIST, 'no_access', 403);
  stage.show(<RecordingList caseId="case-1" />);
  expect(await screen.findByText('您没有查看这位老人的权限')).toBeTruthy();
});

test('on the timeline the player opens by a click, for whoever is told which recording it is', () => {
  const { unmount } = stage.show(<RecordingEntry entry={{ kind: 'recording_saved', data: {} }} />);
  expect(screen.queryByTestId('recording-open')).toBeNull();
  unmount();
  stage.show(<RecordingEntry entry={{ kind: 'recording_saved', data: { recording_id: 'rec-1', seconds: 90 } }} />);
  fireEvent.click(screen.getByText('听录音'));
  expect(screen.getByTestId('recording-clock').textContent).toBe('0:00 / 1:30');
});
