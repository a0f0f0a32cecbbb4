import { Descriptions } from 'antd';
import type { DescriptionsProps } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';
import { PlaceMap } from '../regions/PlaceMap';
import { word } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';

const list = (words: readonly string[]): string => words.join('、');

type Items = NonNullable<DescriptionsProps['items']>;

function facts(pairs: [label: string, value: string][]): Items {
  return pairs.filter(([, value]) => value !== '').map(([label, value]) => ({ key: label, label, children: value }));
}

export function HealthFacts({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  const health = elder.health;
  if (health === null) return <p className="quiet case-padded">{t('elder.noHealth')}</p>;
  const doctor = [elder.family_doctor, phoneNumber(elder.family_doctor_number)].filter(Boolean).join(' ');
  const items = facts([
    [t('elder.illness'), list(health.chronic_illness) || t('common.none')],
    [t('elder.medication'), list(health.medication) || t('common.none')],
    [t('elder.allergies'), list(health.allergies) || t('common.none')],
    [t('elder.implants'), list(health.implants)],
    [t('elder.bloodType'), health.blood_type],
    [t('elder.fallRisk'), word('fallRisk', health.fall_risk)],
    [t('elder.ability'), [word('ability', elder.ability), elder.ability_on ?? ''].filter(Boolean).join(' · ')],
    [t('elder.hospital'), elder.preferred_hospital],
    [t('elder.doctor'), doctor],
    [t('elder.notes'), health.notes],
  ]);
  return <Descriptions className="case-facts" size="small" column={1} bordered items={items} />;
}

export function ProfileFacts({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  const items = facts([
    [t('elder.numbers'), elder.numbers.map((one) => `${one.text}${one.label ? ` (${one.label})` : ''}`).join(' / ')],
    [t('elder.birth'), elder.birth_date ?? ''],
    [t('elder.idNumber'), elder.id_number],
    [t('elder.card'), elder.card_number],
    [t('elder.categories'), list(elder.categories)],
    [t('elder.funding'), word('funding', elder.funding)],
    [t('elder.entrance'), elder.entrance_hint],
  ]);
  return (
    <>
      <Descriptions className="case-facts" size="small" column={1} bordered items={items} />
      {elder.full && elder.latitude !== null && (
        <PlaceMap latitude={elder.latitude} longitude={elder.longitude} communityId={elder.community_id} />
      )}
    </>
  );
}
