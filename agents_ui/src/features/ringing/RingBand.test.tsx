import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { aCall, anElder, aPerson, aPop, ME, OTHER } from '../../testing/fixtures';
import { fakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { RingBand } from './RingBand';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
  stage.show(<RingBand />);
});

const band = (): HTMLElement => screen.getByTestId('ring-band');
const nothing = (): boolean => screen.queryByTestId('ring-band') === null;
const rings = aCall({ ringing: [ME], pop: aPop() });

describe('an SOS', () => {
  test('says so by word and colour, who, where, and how long she waits', () => {
    stage.tell({ calls: [rings] });
    expect(band().getAttribute('aria-label')).toBe('紧急呼叫');
    expect(band().className).toContain('band-sos');
    expect(band().textContent).toContain('SOS');
    expect(band().textContent).toContain('王秀英 78 岁');
    expect(band().textContent).toContain('独居');
    expect(band().textContent).toContain('樊城·中原·施营 3-2-501 · 0710-345 6789');
    expect(band().textContent).toContain('0:07');
    stage.pass(3);
    expect(band().textContent).toContain('0:10');
  });

  test('shows what is serious, and leaves the rest for the case', () => {
    const danger = [
      { code: 'illness', text: '冠心病', serious: true },
      { code: 'implant', text: '心脏起搏器', serious: false },
    ] as const;
    stage.tell({ calls: [{ ...rings, pop: aPop({ elder: anElder({ danger: [...danger] }) }) }] });
    expect(band().textContent).toContain('⚠ 冠心病');
    expect(band().textContent).not.toContain('心脏起搏器');
  });

  test('pressed again tells how often', () => {
    stage.tell({ calls: [rings] });
    expect(band().textContent).not.toContain('次按键');
    stage.tell({ calls: [{ ...rings, presses: 3 }] });
    expect(band().textContent).toContain('第 3 次按键');
  });

  test('is before a service call that rings too', () => {
    const service = aCall({ id: 'call-2', kind: 'service', severity: 'N1', ringing: [ME], elder_name: '李国强' });
    stage.tell({ calls: [service, rings] });
    expect(band().dataset.call).toBe('call-1');
  });

  test('may be heard as soon as it is on the screen', async () => {
    stage.tell({ calls: [rings] });
    await vi.waitFor(() => expect(stage.bandPainted).toHaveBeenCalledWith('call-1'));
  });
});

test('a service call is not red and says what it is', () => {
  stage.tell({ calls: [{ ...rings, kind: 'service', severity: 'N1' }] });
  expect(band().getAttribute('aria-label')).toBe('服务来电');
  expect(band().className).not.toContain('band-sos');
  expect(band().textContent).not.toContain('SOS');
});

test('a call that a program began says what was asked and what she answered', async () => {
  const asks = new Stage(aPerson({ permissions: ['outreach:read'] }));
  const plan = {
    purpose: 'job',
    item: '助餐送餐',
    store_name: '长青餐饮',
    state: 'done',
    rating: 2,
    done_at: rings.received_at,
  };
  fakeServer().on('GET /api/cases/case-1/follow-ups', [plan]);
  document.body.replaceChildren();
  asks.show(<RingBand />);
  asks.tell({ calls: [{ ...rings, kind: 'automatic', severity: 'N1', case_id: 'case-1' }] });
  expect(band().getAttribute('aria-label')).toBe('回访转人工');
  expect((await screen.findByTestId('ring-about')).textContent).toBe('助餐送餐 · 长青餐饮 · 2 · 不满意');
});

describe('who calls', () => {
  test('unknown: the number', () => {
    stage.tell({ calls: [{ ...rings, elder_name: '', elder_age: null, place: '', pop: aPop({ elder: null }) }] });
    expect(band().textContent).toContain('未知号码');
    expect(band().textContent).toContain('0710-345 6789');
    expect(band().textContent).not.toContain('岁');
  });

  test('unknown and without a number: said so', () => {
    stage.tell({ calls: [{ ...rings, elder_name: '', elder_age: null, place: '', caller_number: '', pop: null }] });
    expect(band().textContent).toContain('未显示号码');
  });

  test('a shared number: both who may it be', () => {
    const shared = [anElder(), anElder({ id: 'elder-2', name: '王建国' })];
    stage.tell({ calls: [{ ...rings, elder_name: '', elder_age: null, pop: aPop({ elder: null, shared }) }] });
    expect(band().textContent).toContain('王秀英 / 王建国');
  });

  test('before the pop has come: what the list knows', () => {
    stage.tell({ calls: [{ ...rings, pop: null }] });
    expect(band().textContent).toContain('王秀英 78 岁');
    expect(band().textContent).toContain('樊城·中原');
  });
});

describe('the keys', () => {
  test('it can be answered before our telephone rings, and says that it waits for it', () => {
    stage.tell({ calls: [rings] });
    expect(screen.getByTestId('ring-answer').title).toBe('话机正在响应，请稍候…');
    expect(screen.queryByTestId('ring-decline')).toBeNull();
    fireEvent.click(screen.getByTestId('ring-answer'));
    expect(stage.answer).toHaveBeenCalledTimes(1);
  });

  test('it can be declined once our telephone rings', () => {
    stage.tell({ calls: [rings] });
    stage.leg({});
    expect(screen.getByTestId('ring-answer').title).toBe('');
    fireEvent.click(screen.getByTestId('ring-decline'));
    expect(stage.phone.decline).toHaveBeenCalledTimes(1);
  });

  test('answered, it says that it is being joined, and cannot be declined any more', () => {
    stage.tell({ calls: [rings] });
    stage.leg({ stage: 'answering' });
    expect(screen.getByTestId('ring-answer').textContent).toContain('正在接通');
    expect(screen.queryByTestId('ring-decline')).toBeNull();
  });
});

describe('a telephone that rings while the server has not said why', () => {
  test('is shown as grave, with its number, and can be answered and declined', () => {
    stage.leg({ callId: null, remote: '13812345678' });
    expect(band().className).toContain('band-sos');
    expect(band().textContent).toContain('138 1234 5678');
    expect(band().textContent).toContain('资料尚未到达，可以先接听');
    fireEvent.click(screen.getByTestId('ring-answer'));
    fireEvent.click(screen.getByTestId('ring-decline'));
    expect(stage.answer).toHaveBeenCalledTimes(1);
    expect(stage.phone.decline).toHaveBeenCalledTimes(1);
  });

  test('becomes the band of its call when that is told', () => {
    stage.leg({});
    expect(band().textContent).not.toContain('王秀英');
    stage.tell({ calls: [aCall({ pop: aPop() })] });
    expect(band().textContent).toContain('王秀英');
  });
});

describe('there is no band', () => {
  test('when nothing rings, or it rings for others', () => {
    expect(nothing()).toBe(true);
    stage.tell({ calls: [aCall({ ringing: [OTHER] })] });
    expect(nothing()).toBe(true);
  });

  test('while we talk or dial', () => {
    stage.tell({ calls: [rings] });
    stage.leg({ stage: 'talking' });
    expect(nothing()).toBe(true);
    stage.leg({ stage: 'dialling' });
    expect(nothing()).toBe(true);
  });

  test('for our own call-back', () => {
    stage.tell({ calls: [{ ...rings, kind: 'outbound', severity: 'N1' }] });
    stage.leg({});
    expect(nothing()).toBe(true);
  });

  test('as soon as somebody else has taken it', () => {
    stage.tell({ calls: [rings] });
    stage.tell({ calls: [{ ...rings, ringing: [], state: 'talking', agent_id: OTHER }] });
    expect(nothing()).toBe(true);
  });
});
