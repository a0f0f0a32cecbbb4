import { Alert, Button, Empty, Select, Spin } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { DistrictMap } from './DistrictMap';
import { featureBox, projectionOf } from './geo';
import { useBoundaries, useMap } from './queries';
import { RegionPanel } from './RegionPanel';
import type { ZoomHandle } from './ZoomMap';

export function MapTab() {
  const { t } = useTranslation();
  const boundaries = useBoundaries();
  const counts = useMap();
  const [chosen, setChosen] = useState<string | null>(null);
  const zoom = useRef<ZoomHandle>(null);
  const features = useMemo(() => boundaries.data?.features ?? [], [boundaries.data]);
  if (boundaries.isPending) return <Spin className="regions-middle" />;
  if (boundaries.isError) {
    return (
      <Alert
        type="error"
        showIcon
        title={t('regionsPage.failed')}
        description={errorText(boundaries.error)}
        action={<Button onClick={() => void boundaries.refetch()}>{t('common.retry')}</Button>}
      />
    );
  }
  if (features.length === 0) {
    return (
      <Empty
        className="regions-middle"
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            <strong>{t('regionsPage.map.empty')}</strong>
            <p className="quiet">{t('regionsPage.map.emptyHelp')}</p>
          </>
        }
      />
    );
  }
  const options = features
    .filter((feature) => feature.properties.level === 'community')
    .map((feature) => ({ value: feature.properties.id, label: feature.properties.name }));
  const find = (id: string): void => {
    setChosen(id);
    const feature = features.find((one) => one.properties.id === id);
    const projection = projectionOf(features);
    if (feature && projection) zoom.current?.fit(featureBox(feature, projection));
  };
  return (
    <div className="regions-map">
      <div className="panel regions-canvas">
        <DistrictMap features={features} counts={counts.data} chosenId={chosen} onChoose={setChosen} handle={zoom} />
        <ul className="map-legend" aria-label={t('regionsPage.map.legend')}>
          <li>
            <svg viewBox="-16 -16 32 32" aria-hidden className="map-mark map-mark-sos">
              <path d="M0 -15L14 10H-14Z" />
              <path d="M0 -6V2M0 5.5V6.5" className="map-mark-sign" />
            </svg>
            {t('regionsPage.map.sos')}
          </li>
          <li>
            <svg viewBox="-16 -16 32 32" aria-hidden className="map-mark">
              <circle r={9} />
            </svg>
            {t('regionsPage.map.other')}
          </li>
          <li className="quiet">{t('regionsPage.map.shade')}</li>
        </ul>
      </div>
      <div className="panel regions-side">
        <Select
          className="regions-find"
          showSearch={{ optionFilterProp: 'label' }}
          placeholder={t('regionsPage.map.find')}
          aria-label={t('regionsPage.map.find')}
          value={options.some((one) => one.value === chosen) ? chosen : null}
          options={options}
          onChange={find}
        />
        {chosen === null ? (
          <p className="quiet regions-hint">{t('regionsPage.map.hint')}</p>
        ) : (
          <RegionPanel regionId={chosen} onClose={() => setChosen(null)} />
        )}
      </div>
    </div>
  );
}
