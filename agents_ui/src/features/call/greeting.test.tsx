import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import type { Options } from '../../api/types';
import { aCall, anElder, aPop, OPTIONS } from '../../testing/fixtures';
import { fakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { filledIn, lineOf, openingFor } from './greeting';
import { Greeting } from './Greeting';

const lines: Options['lines'] = [
  { number: '12349', kind: 'service', label: '服务热线' },
  { number: '1234900', kind: 'sos', label: '紧急呼叫' },
];
const opening = (line: string, dialect: string): Options['openings'][number] => ({
  line,
  dialect,
  text: `${line || '全部'}/${dialect || '全部'} {name}`,
  text_unknown: `${line || '全部'}/${dialect || '全部'} {centre}`,
});

test.each([
  ['12349', '12349'],
  ['1234900', '1234900'],
  ['+8671012349', '12349'],
  ['07101234900', '1234900'],
  ['96519', undefined],
])('called %s is line %s', (called, number) => {
  expect(lineOf(called, lines)?.number).toBe(number);
});

describe('the closest opening counts', () => {
  const all = [opening('', ''), opening('', '襄阳话'), opening('12349', ''), opening('12349', '襄阳话')];
  test.each([
    ['12349', '襄阳话', all[3]],
    ['12349', '河南话', all[2]],
    ['1234900', '襄阳话', all[1]],
    ['', '', all[0]],
  ])('line %s, dialect %s', (line, dialect, wanted) => {
    expect(openingFor(all, line, dialect)).toBe(wanted);
  });
  test('none at all leaves the built-in words', () => {
    expect(openingFor([], '12349', '襄阳话')).toBeUndefined();
    expect(openingFor([opening('12349', '襄阳话')], '12349', '')).toBeUndefined();
  });
});

test('only what is known is filled in', () => {
  expect(filledIn('您好，{centre}。{name}，{other}', { name: '王阿姨', centre: '施营' })).toBe(
    '您好，施营。王阿姨，{other}',
  );
  expect(filledIn('{name}', { centre: '施营' })).toBe('{name}');
});

describe('on the call', () => {
  const show = (openings: Options['openings'], known: boolean): void => {
    fakeServer().on('GET /api/options', { ...OPTIONS, lines, openings, centre_name: '施营中心' });
    const pop = known ? aPop({ elder: anElder({ salutation: '王阿姨', dialect: '襄阳话' }) }) : aPop({ elder: null });
    new Stage().show(<Greeting call={aCall({ called: '12349', pop })} />);
  };

  test('says what the centre wrote for this line and dialect', async () => {
    show([opening('12349', '襄阳话')], true);
    await waitFor(() => expect(screen.getByTestId('greeting').textContent).toBe('12349/襄阳话 王阿姨'));
  });
  test('to an unknown caller the other words', async () => {
    show([opening('', '')], false);
    await waitFor(() => expect(screen.getByTestId('greeting').textContent).toBe('全部/全部 施营中心'));
  });
  test('and without any of its own the built-in ones', () => {
    show([], true);
    expect(screen.getByTestId('greeting').textContent).toBe('您好，一键通。王阿姨，您慢慢说，我在听。');
  });
});
