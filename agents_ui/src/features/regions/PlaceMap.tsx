import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { covers, featureBox, pathOf, projectionOf, type Spot } from './geo';
import { useBoundaries } from './queries';
import { fitted } from './view';
import { ZoomMap } from './ZoomMap';
import './regions.css';

interface Props {
  latitude: number | null;
  longitude: number | null;
  communityId: string;
  /** Given: a click, or an arrow key, chooses the place. */
  onPick?: (latitude: number, longitude: number) => void;
}

const NUDGE = 0.0001; // degrees; about ten metres
const NUDGES: Record<string, readonly [number, number]> = {
  ArrowLeft: [-NUDGE, 0],
  ArrowRight: [NUDGE, 0],
  ArrowUp: [0, NUDGE],
  ArrowDown: [0, -NUDGE],
};
const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** Where she lives: her community, those round it, and a pin. */
export function PlaceMap({ latitude, longitude, communityId, onPick }: Props) {
  const { t } = useTranslation();
  const boundaries = useBoundaries();
  if (boundaries.isPending) return <Skeleton.Node active className="place-map" />;
  const features = (boundaries.data?.features ?? []).filter((one) => one.properties.level === 'community');
  const home = features.find((one) => one.properties.id === communityId);
  const projection = projectionOf(features);
  if (!home || !projection) return null;
  const pin = latitude !== null && longitude !== null ? projection.to(longitude, latitude) : null;
  const inside = latitude !== null && longitude !== null && covers(home, longitude, latitude);
  const name = home.properties.name;
  const pick = (spot: Spot): void => {
    const place = projection.from(spot.x, spot.y);
    onPick?.(rounded(place.latitude), rounded(place.longitude));
  };
  const nudge = (key: string): boolean => {
    const by = NUDGES[key];
    if (!onPick || !by || latitude === null || longitude === null) return false;
    onPick(rounded(latitude + by[1]), rounded(longitude + by[0]));
    return true;
  };
  const say =
    pin === null
      ? t('regionsPage.place.none')
      : inside
        ? t('regionsPage.place.inside', { name })
        : t('regionsPage.place.outside', { name });
  return (
    <figure className={onPick ? 'place-map place-map-pick' : 'place-map'} data-testid="place-map">
      <ZoomMap
        key={communityId}
        small
        drawing={projection}
        start={fitted(featureBox(home, projection), projection, 1.9)}
        label={`${t('regionsPage.place.label')}: ${say}`}
        {...(onPick ? { onSpot: pick } : {})}
        onKey={nudge}
      >
        {(view) => (
          <>
            {features.map((one) => (
              <path
                key={one.properties.id}
                d={pathOf(one, projection)}
                className={one === home ? 'map-community map-home' : 'map-community map-other'}
              />
            ))}
            {pin && (
              <g
                transform={`translate(${pin.x.toFixed(1)} ${pin.y.toFixed(1)}) scale(${(2.2 / view.zoom).toFixed(3)})`}
                className="map-pin"
                data-testid="map-pin"
              >
                <path d="M0 0C-5 -8 -9 -12 -9 -18A9 9 0 1 1 9 -18C9 -12 5 -8 0 0Z" />
                <circle cy={-18} r={3.5} />
              </g>
            )}
          </>
        )}
      </ZoomMap>
      <figcaption className={pin && !inside ? 'place-outside' : 'quiet'}>
        {onPick && (pin === null || inside) ? t('regionsPage.place.pick') : say}
      </figcaption>
    </figure>
  );
}
