import type { Feature, Level, Position } from './geo';
import type { TurnView } from './queries';

/** What tests of the map are made of. */

export const SQUARE: readonly Position[] = [
  [112, 32],
  [112.1, 32],
  [112.1, 32.1],
  [112, 32.1],
  [112, 32],
];

export const shifted = (ring: readonly Position[], by: number): Position[] =>
  ring.map(([x, y]) => [x + by, y] as const);

export function aFeature(code: string, ...rings: (readonly Position[])[]): Feature {
  return leveled('community', code, `${code}社区`, null, ...rings);
}

export function leveled(
  level: Level,
  code: string,
  name: string,
  parent_id: string | null,
  ...rings: (readonly Position[])[]
): Feature {
  return {
    type: 'Feature',
    properties: { id: `id-${code}`, parent_id, code, name, short_name: name.replace(/社区|街道$/u, ''), level },
    geometry: { type: 'Polygon', coordinates: rings.map((ring) => ring.map(([x, y]) => [x, y])) },
  };
}

export const aTurn = (name: string, over: Partial<TurnView> = {}): TurnView => ({
  person_id: `p-${name}`,
  name,
  number: '137 0001 7901',
  level: 'supervisor',
  region_id: null,
  region: '',
  starts_at: '2026-03-02T00:00:00Z',
  ends_at: '2026-03-02T12:00:00Z',
  shift_id: null,
  instead: false,
  ...over,
});

export const FEATURES = [
  leveled('district', 'D', '樊城区', null, SQUARE),
  leveled('street', 'S', '中原街道', 'id-D', SQUARE),
  aFeature('A', SQUARE),
  aFeature('B', shifted(SQUARE, 0.1)),
];
