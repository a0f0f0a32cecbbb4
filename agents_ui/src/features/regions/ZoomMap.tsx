import { MinusOutlined, PlusOutlined, FullscreenExitOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useImperativeHandle, useRef, useState, type ReactNode, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { Box, Spot } from './geo';
import { fitted, held, keyed, STEP, viewBox, whole, zoomedAt, type Size, type View } from './view';

export interface ZoomHandle {
  fit: (box: Box) => void;
}

interface Props {
  drawing: Size;
  label: string;
  children: (view: View) => ReactNode;
  /** A click that was no drag, in the drawing's units. */
  onSpot?: (spot: Spot) => void;
  /** Before the map's own keys; true: it is done. */
  onKey?: (key: string) => boolean;
  ref?: Ref<ZoomHandle>;
  start?: View;
  small?: boolean;
}

const DRAG = 4;

/** A drawing that is moved and enlarged by wheel, buttons, dragging and keys. */
export function ZoomMap({ drawing, label, children, onSpot, onKey, ref, start, small = false }: Props) {
  const { t } = useTranslation();
  const svg = useRef<SVGSVGElement>(null);
  const [view, setView] = useState<View>(() => start ?? whole(drawing));
  const drag = useRef<{ x: number; y: number; view: View; moved: boolean } | null>(null);
  useImperativeHandle(ref, () => ({ fit: (box) => setView(fitted(box, drawing)) }), [drawing]);

  const spotOf = (clientX: number, clientY: number): Spot => {
    const matrix = svg.current?.getScreenCTM?.();
    if (!matrix) return { x: view.x, y: view.y };
    const spot = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
    return { x: spot.x, y: spot.y };
  };

  // React listens to the wheel passively; the page must not scroll under the map.
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const turned = (event: WheelEvent): void => {
      event.preventDefault();
      const at = spotOf(event.clientX, event.clientY);
      setView((old) => zoomedAt(old, event.deltaY < 0 ? 1.25 : 0.8, at, drawing));
    };
    element.addEventListener('wheel', turned, { passive: false });
    return () => element.removeEventListener('wheel', turned);
  });

  const pressed = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (onKey?.(event.key)) {
      event.preventDefault();
      return;
    }
    const next = keyed(view, event.key, drawing);
    if (next) {
      event.preventDefault();
      setView(next);
    }
  };
  const down = (event: React.PointerEvent): void => {
    if (event.button === 0) drag.current = { x: event.clientX, y: event.clientY, view, moved: false };
  };
  const move = (event: React.PointerEvent<SVGSVGElement>): void => {
    const from = drag.current;
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < DRAG) return;
    if (!from.moved) event.currentTarget.setPointerCapture(event.pointerId);
    from.moved = true;
    const scale = svg.current?.getScreenCTM?.()?.a ?? 1;
    setView(held({ ...from.view, x: from.view.x - dx / scale, y: from.view.y - dy / scale }, drawing));
  };
  const up = (event: React.PointerEvent): void => {
    const from = drag.current;
    drag.current = null;
    if (from && !from.moved) onSpot?.(spotOf(event.clientX, event.clientY));
  };
  const zoom = (by: number): void => setView(zoomedAt(view, by, view, drawing));
  return (
    <div className={small ? 'zoom-map zoom-map-small' : 'zoom-map'}>
      <svg
        ref={svg}
        viewBox={viewBox(view, drawing)}
        role="group"
        aria-label={label}
        tabIndex={0}
        data-testid="map"
        data-zoom={view.zoom.toFixed(2)}
        onKeyDown={pressed}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => (drag.current = null)}
      >
        {children(view)}
      </svg>
      <div className="map-keys">
        <Button
          size="small"
          icon={<PlusOutlined />}
          aria-label={t('regionsPage.map.zoomIn')}
          onClick={() => zoom(STEP)}
        />
        <Button
          size="small"
          icon={<MinusOutlined />}
          aria-label={t('regionsPage.map.zoomOut')}
          disabled={view.zoom <= 1}
          onClick={() => zoom(1 / STEP)}
        />
        {!small && (
          <Button
            size="small"
            icon={<FullscreenExitOutlined />}
            aria-label={t('regionsPage.map.whole')}
            disabled={view.zoom <= 1}
            onClick={() => setView(whole(drawing))}
          />
        )}
      </div>
    </div>
  );
}
