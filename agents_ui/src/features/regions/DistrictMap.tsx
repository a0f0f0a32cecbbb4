import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { middleOf, pathOf, projectionOf, type Feature, type Spot } from './geo';
import { placeLabels, type Wanted } from './labels';
import type { MapCase, MapCounts } from './queries';
import { around, seen, type View } from './view';
import { ZoomMap, type ZoomHandle } from './ZoomMap';

interface Props {
  features: readonly Feature[];
  counts: MapCounts | undefined;
  chosenId: string | null;
  onChoose: (regionId: string) => void;
  handle?: React.Ref<ZoomHandle>;
}

const SHADES = ['#ffffff', '#eef3fb', '#dfe9f8', '#cdddf4', '#b9cfef'];

/** How dark a community is, by how many live there: five steps up to the fullest. */
export function shadeOf(elders: number, most: number): string {
  if (elders === 0 || most === 0) return SHADES[0] ?? '';
  return SHADES[Math.min(SHADES.length - 1, Math.ceil((elders / most) * (SHADES.length - 1)))] ?? '';
}

/** Streets and communities with how many live there, and open cases as marks. */
export function DistrictMap({ features, counts, chosenId, onChoose, handle }: Props) {
  const { t } = useTranslation();
  const own = useRef<ZoomHandle>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const drawn = useMemo(() => draw(features), [features]);
  const elders = useMemo(() => new Map(counts?.communities.map((one) => [one.region_id, one.elders])), [counts]);
  if (drawn === null) return null;
  const most = Math.max(1, ...elders.values());
  const marks = marksOf(counts?.cases ?? [], drawn);
  return (
    <ZoomMap drawing={drawn.projection} label={t('regionsPage.map.label')} ref={handle ?? own}>
      {(view) => (
        <>
          {drawn.communities.map((one) => (
            <path
              key={one.id}
              d={one.path}
              className={one.id === chosenId ? 'map-community map-chosen' : 'map-community'}
              fill={shadeOf(elders.get(one.id) ?? 0, most)}
              role="button"
              tabIndex={-1}
              aria-label={`${one.name} ${t('regionsPage.panel.elders')} ${elders.get(one.id) ?? 0}`}
              aria-pressed={one.id === chosenId}
              data-testid={`map-${one.code}`}
              onClick={() => onChoose(one.id)}
              onMouseEnter={() => setHovered(one.id)}
              onMouseLeave={() => setHovered(null)}
              onKeyDown={(event) => event.key === 'Enter' && onChoose(one.id)}
            >
              <title>{one.name}</title>
            </path>
          ))}
          {drawn.streets.map((one) => (
            <path key={one.id} d={one.path} className="map-street" />
          ))}
          {drawn.communities
            .filter((one) => one.id === chosenId || one.id === hovered)
            .map((one) => (
              <path key={one.id} d={one.path} className="map-outline" />
            ))}
          {labelsOf(drawn, view, marks).map((label) => (
            <text
              key={label.id}
              x={label.x}
              y={label.y}
              fontSize={label.size}
              className={label.weight >= STREET ? 'map-label map-label-street' : 'map-label'}
            >
              {label.text}
            </text>
          ))}
          {marks.map(({ one, x, y }) => (
            <Mark key={one.id} one={one} x={x} y={y} zoom={view.zoom} onChoose={onChoose} />
          ))}
        </>
      )}
    </ZoomMap>
  );
}

/** Red with a bell's shape for an SOS, a blue dot else: colour is not the only sign. */
function Mark({
  one,
  x,
  y,
  zoom,
  onChoose,
}: {
  one: MapCase;
  x: number;
  y: number;
  zoom: number;
  onChoose: Props['onChoose'];
}) {
  const { t } = useTranslation();
  const kind = one.is_sos ? t('regionsPage.map.sos') : t('regionsPage.map.other');
  const text = t('regionsPage.map.mark', { kind, number: one.number, name: one.elder_name });
  return (
    <g
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${(1 / Math.sqrt(zoom)).toFixed(3)})`}
      className={one.is_sos ? 'map-mark map-mark-sos' : 'map-mark'}
      role="img"
      aria-label={text}
      data-testid={`mark-${one.number}`}
      onClick={() => onChoose(one.community_id)}
    >
      <title>{text}</title>
      {one.is_sos ? (
        <>
          <path d="M0 -15L14 10H-14Z" />
          <path d="M0 -6V2M0 5.5V6.5" className="map-mark-sign" />
        </>
      ) : (
        <circle r={8} />
      )}
    </g>
  );
}

interface Area {
  id: string;
  code: string;
  name: string;
  short: string;
  path: string;
  middle: ReturnType<typeof middleOf>;
  feature: Feature;
}

export interface Drawn {
  projection: NonNullable<ReturnType<typeof projectionOf>>;
  streets: Area[];
  communities: Area[];
}

export function draw(features: readonly Feature[]): Drawn | null {
  const projection = projectionOf(features);
  if (projection === null) return null;
  const of = (level: string): Area[] =>
    features
      .filter((feature) => feature.properties.level === level)
      .map((feature) => ({
        id: feature.properties.id,
        code: feature.properties.code,
        name: feature.properties.name,
        short: feature.properties.short_name,
        path: pathOf(feature, projection),
        middle: middleOf(feature, projection),
        feature,
      }));
  return { projection, streets: of('street'), communities: of('community') };
}

const STREET = 1000;

/** Streets from afar, communities from near; the size on the screen stays about the same. */
export function labelsOf(drawn: Drawn, view: View, marks: readonly Spot[] = []) {
  const part = seen(view, drawn.projection);
  const inside = (area: Area): boolean =>
    area.middle.x > part.left && area.middle.x < part.right && area.middle.y > part.top && area.middle.y < part.bottom;
  const scale = 1 / view.zoom;
  const streets: Wanted[] = drawn.streets.map((area) => ({
    id: area.id,
    text: area.short,
    at: area.middle,
    weight: STREET + area.middle.room,
    size: 21 * scale,
  }));
  const communities: Wanted[] = drawn.communities.filter(inside).map((area) => ({
    id: area.id,
    text: area.short,
    at: area.middle,
    weight: area.middle.room,
    size: 13.5 * Math.max(scale, 0.32),
  }));
  const half = 16 / Math.sqrt(view.zoom);
  const taken = marks.map(({ x, y }) => ({ left: x - half, right: x + half, top: y - half, bottom: y + half }));
  return placeLabels(view.zoom < 2.5 ? [...streets, ...communities] : communities, taken);
}

/** Where each open case is drawn: at its place when we may know it, else beside the others of its community. */
export function marksOf(cases: readonly MapCase[], drawn: Drawn): { one: MapCase; x: number; y: number }[] {
  const unplaced = new Map<string, MapCase[]>();
  const found: { one: MapCase; x: number; y: number }[] = [];
  for (const one of cases) {
    if (one.latitude !== null && one.longitude !== null) {
      found.push({ one, ...drawn.projection.to(one.longitude, one.latitude) });
    } else unplaced.set(one.community_id, [...(unplaced.get(one.community_id) ?? []), one]);
  }
  for (const [community, here] of unplaced) {
    const area = drawn.communities.find((each) => each.id === community);
    if (!area) continue;
    const below = { x: area.middle.x, y: area.middle.y + 20 };
    here.forEach((one, index) => found.push({ one, ...around(below, index, here.length, 16) }));
  }
  return found.sort((a, b) => Number(a.one.is_sos) - Number(b.one.is_sos));
}
