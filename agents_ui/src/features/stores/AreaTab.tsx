import { App, Button, Segmented, Select, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { ApiError } from '../../api/errors';
import { Failure } from '../admin/Failure';
import { draw, labelsOf } from '../regions/DistrictMap';
import { FileField } from '../regions/FileField';
import { pathOf, type Feature } from '../regions/geo';
import { useBoundaries } from '../regions/queries';
import { ZoomMap } from '../regions/ZoomMap';
import '../regions/regions.css';
import { useChange, type StoreView } from './queries';
import type { TabProps } from './StorePage';

type Area = StoreView['area'];

/** Communities by a click each, or a polygon from a file; the store itself is the dot. */
export function AreaTab({ store, writes }: TabProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const boundaries = useBoundaries();
  const features = useMemo(() => boundaries.data?.features ?? [], [boundaries.data]);
  const drawn = useMemo(() => draw(features), [features]);
  const [by, setBy] = useState<'communities' | 'polygon'>(store.area === null ? 'communities' : 'polygon');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(store.communities));
  const [area, setArea] = useState<Area>(store.area);
  const [unreadable, setUnreadable] = useState<ApiError | null>(null);
  const save = useChange(store.id, () =>
    unwrap(
      api.PUT('/api/stores/{store_id}/area', {
        params: { path: { store_id: store.id } },
        body: {
          version: store.version,
          communities: by === 'communities' ? [...chosen] : [],
          polygon: by === 'polygon' ? (area as Record<string, unknown> | null) : null,
        },
      }),
    ),
  );
  if (boundaries.isPending) return <Skeleton active />;
  const toggle = (id: string): void => {
    if (!writes || by !== 'communities') return;
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const shape = by === 'polygon' && area !== null ? featureOf(area) : null;
  const pin =
    drawn && store.latitude !== null && store.longitude !== null
      ? drawn.projection.to(store.longitude, store.latitude)
      : null;
  const streets = features.filter((one) => one.properties.level === 'street');
  return (
    <div className="stores-area">
      <div className="panel stores-map">
        {drawn && (
          <ZoomMap drawing={drawn.projection} label={t('storesPage.area.label')}>
            {(view) => (
              <>
                {drawn.communities.map((one) => (
                  <path
                    key={one.id}
                    d={one.path}
                    className={
                      by === 'communities' && chosen.has(one.id)
                        ? 'map-community stores-chosen'
                        : 'map-community map-other'
                    }
                    role="button"
                    tabIndex={-1}
                    aria-label={one.name}
                    aria-pressed={by === 'communities' && chosen.has(one.id)}
                    data-testid={`area-${one.code}`}
                    onClick={() => toggle(one.id)}
                    onKeyDown={(event) => event.key === 'Enter' && toggle(one.id)}
                  >
                    <title>{one.name}</title>
                  </path>
                ))}
                {drawn.streets.map((one) => (
                  <path key={one.id} d={one.path} className="map-street" />
                ))}
                {shape && <path d={pathOf(shape, drawn.projection)} className="stores-polygon" />}
                {labelsOf(drawn, view).map((label) => (
                  <text key={label.id} x={label.x} y={label.y} fontSize={label.size} className="map-label">
                    {label.text}
                  </text>
                ))}
                {pin && (
                  <circle className="stores-pin" cx={pin.x} cy={pin.y} r={7 / Math.sqrt(view.zoom)}>
                    <title>{store.name}</title>
                  </circle>
                )}
              </>
            )}
          </ZoomMap>
        )}
      </div>
      <div className="stores-side">
        <Segmented
          block
          value={by}
          disabled={!writes}
          onChange={setBy}
          options={[
            { value: 'communities', label: t('storesPage.area.byCommunity') },
            { value: 'polygon', label: t('storesPage.area.byPolygon') },
          ]}
        />
        {by === 'communities' ? (
          <>
            <p>{t('storesPage.area.chosen', { count: chosen.size })}</p>
            {writes && (
              <>
                <Select
                  className="stores-full"
                  value={null}
                  placeholder={t('storesPage.area.wholeStreet')}
                  aria-label={t('storesPage.area.wholeStreet')}
                  options={streets.map((one) => ({ value: one.properties.id, label: one.properties.name }))}
                  onChange={(street: string | null) =>
                    setChosen(
                      new Set([
                        ...chosen,
                        ...features
                          .filter((one) => one.properties.level === 'community' && one.properties.parent_id === street)
                          .map((one) => one.properties.id),
                      ]),
                    )
                  }
                />
                <Button onClick={() => setChosen(new Set())}>{t('storesPage.area.clear')}</Button>
              </>
            )}
            <ul className="stores-names">
              {features
                .filter((one) => chosen.has(one.properties.id))
                .map((one) => (
                  <li key={one.properties.id}>{one.properties.name}</li>
                ))}
            </ul>
          </>
        ) : (
          <>
            {area !== null && <p>{t('storesPage.area.polygonNow')}</p>}
            {writes && (
              <>
                <p className="quiet">{t('storesPage.area.polygonHelp')}</p>
                <FileField
                  label={t('storesPage.area.choose')}
                  accept=".geojson,.json,application/geo+json"
                  onText={(text) => {
                    const found = readPolygon(text);
                    setUnreadable(found === null ? new ApiError('bad_geometry', 422, '') : null);
                    if (found !== null) setArea(found);
                  }}
                />
              </>
            )}
          </>
        )}
        {writes && (
          <Button
            type="primary"
            data-testid="area-save"
            loading={save.isPending}
            onClick={() => save.mutate(undefined, { onSuccess: () => void message.success(t('storesPage.saved')) })}
          >
            {t('storesPage.save')}
          </Button>
        )}
        <Failure error={unreadable ?? save.error} />
      </div>
    </div>
  );
}

function featureOf(geometry: NonNullable<Area>): Feature {
  return {
    type: 'Feature',
    properties: { id: '', parent_id: null, code: '', name: '', short_name: '', level: 'community' },
    geometry,
  };
}

/** A bare geometry, a feature, or a collection of one. null: none of them. */
export function readPolygon(text: string): Area {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  const part = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  const features = part(found, 'features');
  if (Array.isArray(features) && features.length === 1) found = features[0];
  if (part(found, 'type') === 'Feature') found = part(found, 'geometry');
  const type = part(found, 'type');
  const coordinates = part(found, 'coordinates');
  return (type === 'Polygon' || type === 'MultiPolygon') && Array.isArray(coordinates) ? (found as Area) : null;
}
