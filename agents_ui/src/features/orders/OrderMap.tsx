import { Skeleton } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderDetail, StoreChoice } from '../../api/types';
import { draw, labelsOf } from '../regions/DistrictMap';
import { boxOf, type Spot } from '../regions/geo';
import { useBoundaries } from '../regions/queries';
import { fitted } from '../regions/view';
import { ZoomMap } from '../regions/ZoomMap';
import '../regions/regions.css';

export interface StoreSpot {
  id: string;
  name: string;
  rank: number;
  latitude: number;
  longitude: number;
  taken: boolean;
}

export function storesOf(stores: readonly StoreChoice[]): StoreSpot[] {
  return stores.flatMap((one) =>
    one.position === null
      ? []
      : [
          {
            id: one.store_id,
            name: one.name,
            rank: one.rank ?? 0,
            ...one.position,
            taken: false,
          },
        ],
  );
}

/** The stores of an order's last round, numbered as they were ranked; the one that has it stands out. */
export function storesOfOrder(order: Pick<OrderDetail, 'offers' | 'store_id'>): StoreSpot[] {
  const round = Math.max(0, ...order.offers.map((offer) => offer.round));
  const asked = order.offers
    .filter((offer) => offer.round === round || offer.store_id === order.store_id)
    .sort((a, b) => b.score - a.score);
  const seen = new Set<string>();
  return asked.flatMap((offer, at) => {
    const position = offer.store_position;
    if (position === null || seen.has(offer.store_id)) return [];
    seen.add(offer.store_id);
    return [
      {
        id: offer.store_id,
        name: offer.store_name,
        rank: at + 1,
        ...position,
        taken: offer.store_id === order.store_id,
      },
    ];
  });
}

interface Props {
  position: { latitude: number; longitude: number } | null;
  stores: readonly StoreSpot[];
  /** Somebody is on her way: a line is drawn from the store to the door. */
  onTheWay?: boolean;
  small?: boolean;
}

const LEAST = 60; // of the drawing's units: so near nobody sees a street any more

const SMALL = 2.6; // a small map is drawn at about a third of its units: marks keep their size on the screen

/** The elder's place and the stores that were asked, over the district's own borders. */
export function OrderMap({ position, stores, onTheWay = false, small = false }: Props) {
  const { t } = useTranslation();
  const boundaries = useBoundaries();
  const drawn = useMemo(() => draw(boundaries.data?.features ?? []), [boundaries.data]);
  if (boundaries.isPending) return <Skeleton.Node active className="order-map" />;
  if (drawn === null) return null;
  const at = (latitude: number, longitude: number): Spot => drawn.projection.to(longitude, latitude);
  const home = position === null ? null : at(position.latitude, position.longitude);
  const spots = stores.map((one) => ({ one, ...at(one.latitude, one.longitude) }));
  const all = [...spots, ...(home === null ? [] : [home])];
  if (all.length === 0) return <p className="quiet">{t('ordersPage.map.none')}</p>;
  const around = all.flatMap(({ x, y }) => [
    { x: x - LEAST, y: y - LEAST },
    { x: x + LEAST, y: y + LEAST },
  ]);
  const size = small ? SMALL : 1;
  const taken = spots.find(({ one }) => one.taken);
  return (
    <figure className={small ? 'order-map order-map-small' : 'order-map'} data-testid="order-map">
      <ZoomMap
        key={`${stores.map((one) => one.id).join()}${position?.latitude ?? ''}`}
        small
        drawing={drawn.projection}
        start={fitted(boxOf(around), drawn.projection, 1.2)}
        label={`${t('ordersPage.preview.map')}。${t('ordersPage.map.label')}`}
      >
        {(view) => (
          <>
            {drawn.communities.map((area) => (
              <path key={area.id} d={area.path} className="map-community map-other" />
            ))}
            {drawn.streets.map((area) => (
              <path key={area.id} d={area.path} className="map-street" />
            ))}
            {(small ? [] : labelsOf(drawn, view, all)).map((label) => (
              <text key={label.id} x={label.x} y={label.y} fontSize={label.size} className="map-label">
                {label.text}
              </text>
            ))}
            {onTheWay && taken && home && (
              <path
                d={`M${taken.x} ${taken.y}L${home.x} ${home.y}`}
                className="order-way"
                strokeWidth={(2 * size) / view.zoom}
              />
            )}
            {home && (
              <g
                transform={`translate(${home.x} ${home.y}) scale(${size / view.zoom})`}
                className="order-home"
                role="img"
                aria-label={t('ordersPage.map.elder')}
              >
                <title>{t('ordersPage.map.elder')}</title>
                <path d="M0 -14L13 -2H9V11H-9V-2H-13Z" />
              </g>
            )}
            {[...spots]
              .sort((a, b) => Number(a.one.taken) - Number(b.one.taken) || b.one.rank - a.one.rank)
              .map(({ one, x, y }) => {
                const text = one.taken
                  ? t('ordersPage.map.taken', { name: one.name })
                  : t('ordersPage.map.store', { rank: one.rank, name: one.name });
                return (
                  <g
                    key={one.id}
                    transform={`translate(${x} ${y}) scale(${size / view.zoom})`}
                    className={one.taken ? 'order-store order-store-taken' : 'order-store'}
                    role="img"
                    aria-label={text}
                    data-testid={`map-store-${one.id}`}
                  >
                    <title>{text}</title>
                    {one.taken ? <rect x={-12} y={-12} width={24} height={24} rx={4} /> : <circle r={11} />}
                    <text y={5}>{one.taken ? '✓' : one.rank}</text>
                  </g>
                );
              })}
          </>
        )}
      </ZoomMap>
    </figure>
  );
}
