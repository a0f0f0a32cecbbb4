import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, expect, test } from 'vitest';
import type { CallView } from '../../api/types';
import { SupervisorNote } from '../call/SupervisorNote';
import { aCall, aPerson, ME, OTHER } from '../../testing/fixtures';
import { Stage } from '../../testing/stage';
import { ListenKeys } from './ListenKeys';
import { myListening } from './listening';

type Party = CallView['parties'][number];
const aSupervisor = (over: Partial<Party> = {}): Party => ({
  leg_id: 'leg-1',
  role: 'supervisor',
  code: '',
  ref_id: null,
  agent_id: ME,
  agent_name: '黄志强',
  number: '',
  state: 'talking',
  cause: '',
  place: 'main',
  muted: false,
  mode: 'whisper',
  since: '2026-03-02T08:00:00Z',
  asked_by: null,
  ...over,
});
const talking = (parties: Party[] = []): CallView => aCall({ state: 'talking', agent_id: OTHER, parties });

let stage: Stage;
beforeEach(() => {
  stage = new Stage(aPerson({ role: 'supervisor' }));
});

test('only her own leg that is not over counts', () => {
  expect(myListening(talking(), ME)).toBeNull();
  expect(myListening(talking([aSupervisor({ agent_id: OTHER })]), ME)).toBeNull();
  expect(myListening(talking([aSupervisor({ state: 'ended' })]), ME)).toBeNull();
  expect(myListening(talking([aSupervisor({ state: 'ringing' })]), ME)).toEqual({ mode: 'whisper', ringing: true });
});

test('the first key rings her, the next one changes the mode', async () => {
  const { unmount } = stage.show(
    <App>
      <ListenKeys call={talking()} disabled={false} />
    </App>,
  );
  expect(screen.queryByTestId('listen-stop')).toBeNull();
  fireEvent.click(screen.getByTestId('listen-listen'));
  await waitFor(() => expect(stage.listen).toHaveBeenCalledWith('call-1', 'listen', false));
  unmount();
  stage.show(
    <App>
      <ListenKeys call={talking([aSupervisor()])} disabled />
    </App>,
  );
  expect(screen.getByTestId('listen-whisper').getAttribute('aria-pressed')).toBe('true');
  fireEvent.click(screen.getByTestId('listen-barge'));
  await waitFor(() => expect(stage.listen).toHaveBeenCalledWith('call-1', 'barge', true));
  fireEvent.click(await screen.findByTestId('listen-stop'));
  await waitFor(() => expect(stage.stopListening).toHaveBeenCalledWith('call-1'));
});

test('who is on a call of her own listens to no other; what was not done is said', async () => {
  const { unmount } = stage.show(
    <App>
      <ListenKeys call={talking()} disabled />
    </App>,
  );
  expect(screen.getByTestId('listen-listen')).toHaveProperty('disabled', true);
  unmount();
  stage.listen.mockResolvedValueOnce({ outcome: 'not_done', reason: 'own_call' });
  stage.show(
    <App>
      <ListenKeys call={talking()} disabled={false} />
    </App>,
  );
  fireEvent.click(screen.getByTestId('listen-whisper'));
  expect(await screen.findByText('这是您自己的通话')).toBeTruthy();
});

test('the agent reads who listens and how', () => {
  stage.show(<SupervisorNote call={talking([aSupervisor(), aSupervisor({ leg_id: 'leg-2', state: 'ringing' })])} />);
  expect(screen.getByTestId('supervisor-note').textContent).toBe('黄志强 在对您耳语，老人听不到');
});
