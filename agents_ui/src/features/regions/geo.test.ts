import { describe, expect, test } from 'vitest';
import { aFeature, SQUARE } from './fixtures';
import { covers, featureBox, middleOf, pathOf, projectionOf, type Feature } from './geo';
import { placeLabels, widthOf, type Placed } from './labels';
import { around, fitted, held, keyed, MAX_ZOOM, seen, viewBox, whole, zoomedAt } from './view';

const square = aFeature('A', SQUARE);
const project = (...features: Feature[]) => {
  const made = projectionOf(features);
  if (made === null) throw new Error('nothing to draw');
  return made;
};

describe('the projection', () => {
  test('nothing to draw is no drawing', () => {
    expect(projectionOf([])).toBeNull();
  });

  test('goes there and back again', () => {
    const to = project(square);
    for (const [longitude, latitude] of [
      [112.02, 32.01],
      [112.1, 32.1],
    ] as const) {
      const { x, y } = to.to(longitude, latitude);
      const back = to.from(x, y);
      expect(back.longitude).toBeCloseTo(longitude, 9);
      expect(back.latitude).toBeCloseTo(latitude, 9);
    }
  });

  test('keeps shapes: a degree of longitude is shorter than one of latitude', () => {
    const to = project(square);
    const [a, b, c] = [to.to(112, 32), to.to(112.1, 32), to.to(112, 32.1)];
    expect((b.x - a.x) / (a.y - c.y)).toBeCloseTo(Math.cos((32.05 * Math.PI) / 180), 6);
    expect(to.height).toBeGreaterThan(to.width);
  });

  test('north is up, and all of it is on the drawing', () => {
    const to = project(square);
    const box = featureBox(square, to);
    expect(to.to(112, 32.1).y).toBeLessThan(to.to(112, 32).y);
    expect(box.left).toBeCloseTo(16);
    expect(box.right).toBeCloseTo(to.width - 16);
    expect(box.bottom).toBeCloseTo(to.height - 16);
  });

  test('a path has every corner once and is closed; holes are part of it', () => {
    const hole = [
      [112.04, 32.04],
      [112.06, 32.04],
      [112.06, 32.06],
      [112.04, 32.04],
    ] as const;
    const path = pathOf(aFeature('A', SQUARE, hole), project(square));
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/Z/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(3 + 2);
  });
});

describe('the middle', () => {
  test('of a square is its middle', () => {
    const to = project(square);
    const middle = middleOf(square, to);
    const exact = to.to(112.05, 32.05);
    expect(middle.x).toBeCloseTo(exact.x, 0);
    expect(middle.y).toBeCloseTo(exact.y, 0);
  });

  test('of a horseshoe lies in it, where its centre of gravity does not', () => {
    const shoe = aFeature('U', [
      [112, 32],
      [112.1, 32],
      [112.1, 32.1],
      [112.08, 32.1],
      [112.08, 32.02],
      [112.02, 32.02],
      [112.02, 32.1],
      [112, 32.1],
      [112, 32],
    ]);
    const to = project(shoe);
    const middle = middleOf(shoe, to);
    const { longitude, latitude } = to.from(middle.x, middle.y);
    expect(covers(shoe, 112.05, 32.06)).toBe(false);
    expect(covers(shoe, longitude, latitude)).toBe(true);
    expect(middle.room).toBeGreaterThan(0);
  });

  test('of a ring lies beside its hole', () => {
    const ring = aFeature('O', SQUARE, [
      [112.03, 32.03],
      [112.07, 32.03],
      [112.07, 32.07],
      [112.03, 32.07],
      [112.03, 32.03],
    ]);
    const to = project(ring);
    const { x, y } = middleOf(ring, to);
    const at = to.from(x, y);
    expect(covers(ring, 112.05, 32.05)).toBe(false);
    expect(covers(ring, at.longitude, at.latitude)).toBe(true);
  });
});

describe('labels', () => {
  const label = (id: string, x: number, y: number, weight = 1) => ({
    id,
    text: '施营社区',
    at: { x, y },
    weight,
    size: 12,
  });
  const boxes = (placed: Placed[]) =>
    placed.map((one) => ({ ...one, half: widthOf(one.text, one.size) / 2, high: one.size / 2 }));

  test('never overlap, whatever is asked', () => {
    const wanted = Array.from({ length: 80 }, (_, i) => label(`${i}`, (i * 37) % 200, (i * 53) % 120, i % 7));
    const placed = boxes(placeLabels(wanted));
    expect(placed.length).toBeGreaterThan(5);
    for (const a of placed) {
      for (const b of placed) {
        if (a.id === b.id) continue;
        expect(Math.abs(a.x - b.x) >= a.half + b.half || Math.abs(a.y - b.y) >= a.high + b.high).toBe(true);
      }
    }
  });

  test('the heavier one has the place, the other moves aside or is left out', () => {
    const [first, second] = placeLabels([label('small', 0, 0, 1), label('large', 0, 0, 9)]);
    expect(first).toMatchObject({ id: 'large', x: 0, y: 0 });
    expect(second?.id).toBe('small');
    expect(second?.y).not.toBe(0);
    const blocked = { left: -100, right: 100, top: -100, bottom: 100 };
    expect(placeLabels([label('none', 0, 0)], [blocked])).toEqual([]);
  });

  test('a Chinese character is wider than a letter', () => {
    expect(widthOf('施营', 10)).toBe(20);
    expect(widthOf('ab', 10)).toBeCloseTo(11.6);
  });
});

describe('the view', () => {
  const drawing = { width: 1000, height: 800 };

  test('never leaves the drawing', () => {
    expect(held({ x: -500, y: 9000, zoom: 2 }, drawing)).toEqual({ x: 250, y: 600, zoom: 2 });
    expect(held({ x: 1, y: 1, zoom: 0.1 }, drawing)).toEqual(whole(drawing));
    expect(held({ ...whole(drawing), zoom: 99 }, drawing).zoom).toBe(MAX_ZOOM);
  });

  test('what is under the pointer stays under it', () => {
    const before = held({ x: 400, y: 300, zoom: 2 }, drawing);
    const at = { x: 450, y: 350 };
    const after = zoomedAt(before, 2, at, drawing);
    expect((at.x - after.x) * after.zoom).toBeCloseTo((at.x - before.x) * before.zoom);
    expect((at.y - after.y) * after.zoom).toBeCloseTo((at.y - before.y) * before.zoom);
  });

  test('keys: nearer, farther, aside, all of it; others are not ours', () => {
    const near = keyed(whole(drawing), '+', drawing);
    expect(near?.zoom).toBe(1.5);
    expect(keyed(near ?? whole(drawing), '-', drawing)).toEqual(whole(drawing));
    const aside = keyed({ x: 500, y: 400, zoom: 2 }, 'ArrowRight', drawing);
    expect(aside).toEqual({ x: 550, y: 400, zoom: 2 });
    expect(keyed({ x: 500, y: 400, zoom: 2 }, 'ArrowUp', drawing)?.y).toBe(360);
    expect(keyed({ x: 1, y: 2, zoom: 5 }, '0', drawing)).toEqual(whole(drawing));
    expect(keyed(whole(drawing), 'F2', drawing)).toBeNull();
  });

  test('a box is fitted with room, and what is seen is told', () => {
    const view = fitted({ left: 400, right: 500, top: 300, bottom: 350 }, drawing);
    expect(view.x).toBe(450);
    const part = seen(view, drawing);
    expect(part.left).toBeLessThan(400);
    expect(part.right).toBeGreaterThan(500);
    expect(viewBox(whole(drawing), drawing)).toBe('0.00 0.00 1000.00 800.00');
  });

  test('several marks of a community stand beside each other', () => {
    expect(around({ x: 5, y: 5 }, 0, 1, 10)).toEqual({ x: 5, y: 5 });
    const spots = Array.from({ length: 6 }, (_, i) => around({ x: 0, y: 0 }, i, 6, 10));
    for (const a of spots)
      for (const b of spots) if (a !== b) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(9);
  });
});
