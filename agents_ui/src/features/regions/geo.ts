import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type Feature = Schemas['Feature'];
export type Level = Schemas['RegionLevel'];
export type Position = readonly [longitude: number, latitude: number];

/** A place on the drawing: x to the right, y down. */
export interface Spot {
  x: number;
  y: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Degrees ⇄ the drawing, `width` units wide. Good for a district: a degree of longitude is as long everywhere in it. */
export interface Projection {
  width: number;
  height: number;
  to: (longitude: number, latitude: number) => Spot;
  from: (x: number, y: number) => { longitude: number; latitude: number };
}

export const WIDTH = 1000;

export function polygonsOf(feature: Feature): Position[][][] {
  const { type, coordinates } = feature.geometry;
  return (type === 'Polygon' ? [coordinates] : coordinates) as unknown as Position[][][];
}

/** Null when there is nothing to draw. */
export function projectionOf(features: readonly Feature[], width = WIDTH, margin = 16): Projection | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const feature of features) {
    for (const polygon of polygonsOf(feature)) {
      for (const [longitude, latitude] of polygon[0] ?? []) {
        west = Math.min(west, longitude);
        east = Math.max(east, longitude);
        south = Math.min(south, latitude);
        north = Math.max(north, latitude);
      }
    }
  }
  if (!(east > west && north > south)) return null;
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (width - 2 * margin) / ((east - west) * shrink);
  return {
    width,
    height: (north - south) * scale + 2 * margin,
    to: (longitude, latitude) => ({
      x: margin + (longitude - west) * shrink * scale,
      y: margin + (north - latitude) * scale,
    }),
    from: (x, y) => ({ longitude: west + (x - margin) / (shrink * scale), latitude: north - (y - margin) / scale }),
  };
}

export function pathOf(feature: Feature, projection: Projection): string {
  return polygonsOf(feature)
    .flat()
    .map((ring) => {
      const spots = ring.slice(0, -1).map(([longitude, latitude]) => projection.to(longitude, latitude));
      return `M${spots.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;
    })
    .join('');
}

/** Where a label stands best: the point inside that is farthest from the border, found on a grid that grows finer. */
export function middleOf(feature: Feature, projection: Projection): Spot & { room: number } {
  const largest = polygonsOf(feature).reduce((a, b) => (areaOf(b[0] ?? []) > areaOf(a[0] ?? []) ? b : a));
  const rings = largest.map((ring) => ring.map(([longitude, latitude]) => projection.to(longitude, latitude)));
  const outer = rings[0] ?? [];
  let box = boxOf(outer);
  let best = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, room: -Infinity };
  for (let turn = 0; turn < 4; turn++) {
    const [stepX, stepY] = [(box.right - box.left) / 8, (box.bottom - box.top) / 8];
    for (let i = 1; i < 8; i++) {
      for (let j = 1; j < 8; j++) {
        const spot = { x: box.left + i * stepX, y: box.top + j * stepY };
        const distance = Math.min(...rings.map((ring) => distanceTo(ring, spot)));
        const room = isInside(rings, spot) ? distance : -distance;
        if (room > best.room) best = { ...spot, room };
      }
    }
    box = { left: best.x - stepX, right: best.x + stepX, top: best.y - stepY, bottom: best.y + stepY };
  }
  return best;
}

export function covers(feature: Feature, longitude: number, latitude: number): boolean {
  return polygonsOf(feature).some((polygon) =>
    isInside(
      polygon.map((ring) => ring.map(([x, y]) => ({ x, y }))),
      { x: longitude, y: latitude },
    ),
  );
}

export function boxOf(spots: readonly Spot[]): Box {
  const [xs, ys] = [spots.map((spot) => spot.x), spots.map((spot) => spot.y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

export function featureBox(feature: Feature, projection: Projection): Box {
  return boxOf(
    polygonsOf(feature)
      .flat(2)
      .map(([longitude, latitude]) => projection.to(longitude, latitude)),
  );
}

/** Even-odd over all rings, so that a hole is outside. */
function isInside(rings: readonly (readonly Spot[])[], { x, y }: Spot): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [ring[i], ring[j]];
      if (a && b && a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
    }
  }
  return inside;
}

function distanceTo(ring: readonly Spot[], spot: Spot): number {
  let nearest = Infinity;
  for (let i = 1; i < ring.length; i++) {
    const [a, b] = [ring[i - 1], ring[i]];
    if (a && b) nearest = Math.min(nearest, toSide(a, b, spot));
  }
  return nearest;
}

function toSide(a: Spot, b: Spot, { x, y }: Spot): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(x - a.x - share * dx, y - a.y - share * dy);
}

function areaOf(ring: readonly Position[]): number {
  let twice = 0;
  for (let i = 1; i < ring.length; i++) {
    const [a, b] = [ring[i - 1], ring[i]];
    if (a && b) twice += a[0] * b[1] - b[0] * a[1];
  }
  return Math.abs(twice) / 2;
}
