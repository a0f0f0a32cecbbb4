import type { Box, Spot } from './geo';

/** What part of the drawing is seen: its middle, and how many times it is enlarged. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export const MAX_ZOOM = 16;
export const STEP = 1.5;

export function whole(drawing: Size): View {
  return { x: drawing.width / 2, y: drawing.height / 2, zoom: 1 };
}

/** Never farther away than the whole, never beyond the edge. */
export function held(view: View, drawing: Size): View {
  const zoom = Math.max(1, Math.min(MAX_ZOOM, view.zoom));
  const [halfX, halfY] = [drawing.width / zoom / 2, drawing.height / zoom / 2];
  return {
    zoom,
    x: Math.max(halfX, Math.min(drawing.width - halfX, view.x)),
    y: Math.max(halfY, Math.min(drawing.height - halfY, view.y)),
  };
}

/** The spot under the pointer stays under it. */
export function zoomedAt(view: View, by: number, at: Spot, drawing: Size): View {
  const zoom = Math.max(1, Math.min(MAX_ZOOM, view.zoom * by));
  const share = view.zoom / zoom;
  return held({ zoom, x: at.x + (view.x - at.x) * share, y: at.y + (view.y - at.y) * share }, drawing);
}

/** By so many tenths of what is seen. */
export function panned(view: View, right: number, down: number, drawing: Size): View {
  const step = { x: drawing.width / view.zoom / 10, y: drawing.height / view.zoom / 10 };
  return held({ ...view, x: view.x + right * step.x, y: view.y + down * step.y }, drawing);
}

/** So that this box is seen with some room round it. */
export function fitted(box: Box, drawing: Size, room = 1.6): View {
  const zoom = Math.min(
    drawing.width / Math.max(1, (box.right - box.left) * room),
    drawing.height / Math.max(1, (box.bottom - box.top) * room),
  );
  return held({ zoom, x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }, drawing);
}

export function viewBox(view: View, drawing: Size): string {
  const [width, height] = [drawing.width / view.zoom, drawing.height / view.zoom];
  return [view.x - width / 2, view.y - height / 2, width, height].map((n) => n.toFixed(2)).join(' ');
}

export function seen(view: View, drawing: Size): Box {
  const [halfX, halfY] = [drawing.width / view.zoom / 2, drawing.height / view.zoom / 2];
  return { left: view.x - halfX, right: view.x + halfX, top: view.y - halfY, bottom: view.y + halfY };
}

/** What a key does to the view; null: it is not ours. */
export function keyed(view: View, key: string, drawing: Size): View | null {
  switch (key) {
    case 'ArrowLeft':
      return panned(view, -1, 0, drawing);
    case 'ArrowRight':
      return panned(view, 1, 0, drawing);
    case 'ArrowUp':
      return panned(view, 0, -1, drawing);
    case 'ArrowDown':
      return panned(view, 0, 1, drawing);
    case '+':
    case '=':
      return zoomedAt(view, STEP, view, drawing);
    case '-':
      return zoomedAt(view, 1 / STEP, view, drawing);
    case '0':
      return whole(drawing);
    default:
      return null;
  }
}

/** Open cases of one community beside each other, in a ring round its middle, so that none hides another. */
export function around(middle: Spot, index: number, count: number, step: number): Spot {
  if (count === 1) return middle;
  const turn = (index / count) * 2 * Math.PI - Math.PI / 2;
  const radius = Math.max(step, (step * count) / 5);
  return { x: middle.x + radius * Math.cos(turn), y: middle.y + radius * Math.sin(turn) };
}
