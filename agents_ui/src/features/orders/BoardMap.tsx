import { Skeleton } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { draw, labelsOf, shadeOf, type Drawn } from '../regions/DistrictMap';
import { useBoundaries } from '../regions/queries';
import { around } from '../regions/view';
import { ZoomMap } from '../regions/ZoomMap';
import '../regions/regions.css';
import { byCommunity } from './board';
import { ageOf, type Age } from './deadline';
import { items, say } from './words';

interface Props {
  orders: readonly OrderView[];
  chosen: string | null;
  onChoose: (id: string) => void;
  onCommunity: (id: string) => void;
}

/** Where the live orders are: communities darker the more there are, a mark for each order by how it stands. */
export function BoardMap({ orders, chosen, onChoose, onCommunity }: Props) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const boundaries = useBoundaries();
  const drawn = useMemo(() => draw(boundaries.data?.features ?? []), [boundaries.data]);
  const counts = useMemo(() => new Map(byCommunity(orders, now).map((one) => [one.id, one])), [orders, now]);
  const marks = useMemo(() => (drawn === null ? [] : marksOf(orders, drawn, now)), [orders, drawn, now]);
  if (boundaries.isPending) return <Skeleton.Node active className="board-map" />;
  if (drawn === null) return null;
  const most = Math.max(1, ...[...counts.values()].map((one) => one.live));
  return (
    <div className="board-map">
      <ZoomMap drawing={drawn.projection} label={`${t('ordersPage.board.map')}。${t('ordersPage.map.label')}`}>
        {(view) => (
          <>
            {drawn.communities.map((area) => {
              const count = counts.get(area.id);
              return (
                <path
                  key={area.id}
                  d={area.path}
                  className="map-community"
                  fill={shadeOf(count?.live ?? 0, most)}
                  role="button"
                  tabIndex={-1}
                  aria-label={t('ordersPage.board.communityMark', {
                    name: area.name,
                    count: count?.live ?? 0,
                    late: count?.late ?? 0,
                  })}
                  onClick={() => count !== undefined && onCommunity(area.id)}
                >
                  <title>{area.name}</title>
                </path>
              );
            })}
            {drawn.streets.map((area) => (
              <path key={area.id} d={area.path} className="map-street" />
            ))}
            {labelsOf(drawn, view, marks).map((label) => (
              <text key={label.id} x={label.x} y={label.y} fontSize={label.size} className="map-label">
                {label.text}
              </text>
            ))}
            {marks.map(({ order, x, y, age }) => {
              const text = t('ordersPage.board.mark', {
                number: order.number,
                items: items(order),
                state: say('state', order.state),
              });
              return (
                <g
                  key={order.id}
                  transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${(1 / Math.sqrt(view.zoom)).toFixed(3)})`}
                  className={`board-mark board-mark-${age}${order.id === chosen ? ' board-mark-on' : ''}`}
                  role="img"
                  aria-label={text}
                  onClick={() => onChoose(order.id)}
                >
                  <title>{text}</title>
                  {age === 'late' ? (
                    <path d="M0 -11L10 8H-10Z" />
                  ) : age === 'near' ? (
                    <rect x={-7} y={-7} width={14} height={14} />
                  ) : (
                    <circle r={7} />
                  )}
                </g>
              );
            })}
          </>
        )}
      </ZoomMap>
      <ul className="board-legend">
        <li>
          <svg viewBox="-12 -12 24 24" aria-hidden className="board-mark board-mark-fresh">
            <circle r={7} />
          </svg>
          {t('ordersPage.board.legendOrder')}
        </li>
        <li>
          <svg viewBox="-12 -12 24 24" aria-hidden className="board-mark board-mark-near">
            <rect x={-7} y={-7} width={14} height={14} />
          </svg>
          {t('ordersPage.board.legendNear')}
        </li>
        <li>
          <svg viewBox="-12 -12 24 24" aria-hidden className="board-mark board-mark-late">
            <path d="M0 -11L10 8H-10Z" />
          </svg>
          {t('ordersPage.board.legendLate')}
        </li>
      </ul>
    </div>
  );
}

interface Mark {
  order: OrderView;
  x: number;
  y: number;
  age: Age;
}

/** At its place, or beside the others of its community; several at one door stand round it. The late ones are drawn last, on top. */
export function marksOf(orders: readonly OrderView[], drawn: Drawn, now: number): Mark[] {
  const together = new Map<string, OrderView[]>();
  for (const order of orders) {
    const key = order.position === null ? order.community_id : `${order.position.latitude},${order.position.longitude}`;
    together.set(key, [...(together.get(key) ?? []), order]);
  }
  const found: Mark[] = [];
  for (const here of together.values()) {
    const first = here[0];
    if (first === undefined) continue;
    const area = drawn.communities.find((each) => each.id === first.community_id);
    const middle =
      first.position === null ? area?.middle : drawn.projection.to(first.position.longitude, first.position.latitude);
    if (middle === undefined) continue;
    here.forEach((order, index) =>
      found.push({ order, ...around(middle, index, here.length, 12), age: ageOf(order, now) }),
    );
  }
  const order: Age[] = ['none', 'fresh', 'near', 'late'];
  return found.sort((a, b) => order.indexOf(a.age) - order.indexOf(b.age));
}
