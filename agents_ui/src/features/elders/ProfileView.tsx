import { KeyOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Profile, ProfileContact } from '../../api/types';
import { useNow } from '../../app/console-context';
import { lookUp, word } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { fieldLabel } from './labels';
import { chainOf, useRegions } from './queries';

const list = (words: readonly string[]): string => words.join('、');

export function ProfileView({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const regions = useRegions().data ?? [];
  const health = profile.health;
  const community = chainOf(regions, profile.community_id)
    .map((one) => one.name)
    .join(' ');
  const lift =
    profile.has_lift === null ? '' : t(profile.has_lift ? 'eldersPage.value.lift' : 'eldersPage.value.noLift');
  const position =
    profile.latitude === null || profile.longitude === null ? '' : `${profile.latitude}, ${profile.longitude}`;
  return (
    <div className="profile-sections" data-testid="profile-view">
      <Section title={t('eldersPage.section.identity')}>
        <Facts
          pairs={[
            ['name', profile.name],
            ['sex', word('sex', profile.sex)],
            ['birth_date', profile.birth_date ?? ''],
            ['id_number', profile.id_number],
            ['card_number', profile.card_number ?? ''],
            ['household_registration', profile.household_registration],
          ]}
        />
      </Section>
      <Section title={t('eldersPage.section.residence')}>
        <Facts
          pairs={[
            ['community', community || profile.place],
            ['grid', regions.find((one) => one.id === profile.grid_id)?.name ?? ''],
            ['street_address', profile.street_address],
            ['door', [profile.building, profile.unit, profile.door].filter(Boolean).join('-')],
            [
              'floor',
              [profile.floor === null ? '' : t('elder.floor', { count: profile.floor }), lift]
                .filter(Boolean)
                .join(' · '),
            ],
            ['entrance_hint', profile.entrance_hint],
            [t('eldersPage.value.position'), position],
          ]}
        />
      </Section>
      <Section title={t('eldersPage.section.living')}>
        <Facts
          pairs={[
            ['living', word('living', profile.living)],
            ['categories', list(profile.categories)],
            ['ability', [word('ability', profile.ability), profile.ability_on ?? ''].filter(Boolean).join(' · ')],
            ['hearing', word('hearing', profile.hearing)],
            ['dialect', profile.dialect && (lookUp(`dialect.${profile.dialect}`) ?? profile.dialect)],
            ['wandering', t(profile.wandering ? 'eldersPage.value.yes' : 'eldersPage.value.no')],
          ]}
        />
      </Section>
      <Section title={t('eldersPage.section.health')}>
        {health === null ? (
          <p className="quiet">{t('elder.noHealth')}</p>
        ) : (
          <Facts
            pairs={[
              ['health.chronic_illness', list(health.chronic_illness ?? [])],
              ['health.medication', list(health.medication ?? [])],
              ['health.allergies', list(health.allergies ?? [])],
              ['health.implants', list(health.implants ?? [])],
              ['health.blood_type', health.blood_type ?? ''],
              ['health.fall_risk', word('fallRisk', health.fall_risk ?? 'unknown')],
              ['health.notes', health.notes ?? ''],
            ]}
          />
        )}
      </Section>
      <Section title={t('eldersPage.section.numbers')}>
        {profile.numbers.length === 0 && <p className="quiet">{t('common.none')}</p>}
        {profile.numbers.map((one) => (
          <div key={one.id} className="num">
            {one.position}. {one.text} <span className="quiet">{one.label}</span>
          </div>
        ))}
      </Section>
      <Section title={t('eldersPage.section.care')}>
        <Facts
          pairs={[
            ['preferred_hospital', profile.preferred_hospital],
            [
              'family_doctor',
              [profile.family_doctor, phoneNumber(profile.family_doctor_number)].filter(Boolean).join(' '),
            ],
            ['funding', word('funding', profile.funding)],
          ]}
        />
      </Section>
      <Section title={t('eldersPage.section.contacts')} wide>
        {profile.contacts.length === 0 && <p className="quiet">{t('case.noContacts')}</p>}
        {profile.contacts.map((one) => (
          <Contact key={one.id} contact={one} />
        ))}
      </Section>
    </div>
  );
}

interface SectionProps {
  title: string;
  wide?: boolean;
  /** A list by whose name it is found. */
  part?: string;
  children: ReactNode;
}

export function Section({ title, wide = false, part, children }: SectionProps) {
  return (
    <section className={wide ? 'profile-section profile-wide' : 'profile-section'} data-part={part}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Facts({ pairs }: { pairs: [field: string, value: string][] }) {
  const { t } = useTranslation();
  return (
    <dl className="facts">
      {pairs.map(([field, value]) => (
        <div key={field} style={{ display: 'contents' }}>
          <dt>{fieldLabel(field)}</dt>
          <dd className={value === '' ? 'quiet' : undefined}>{value === '' ? t('eldersPage.value.none') : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Contact({ contact }: { contact: ProfileContact }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const over = contact.valid_to !== null && Date.parse(`${contact.valid_to}T23:59:59`) < now;
  return (
    <div className="profile-contact">
      <strong className={over ? 'profile-old' : undefined}>
        {contact.relation} {contact.name}
      </strong>
      <span className="num">{contact.text}</span>
      {contact.has_key && (
        <span>
          <KeyOutlined /> {t('eldersPage.value.hasKey')} {contact.key_note}
        </span>
      )}
      {contact.is_guardian && <span>{t('eldersPage.value.guardian')}</span>}
      {contact.valid_from && <span className="quiet">{t('eldersPage.value.from', { date: contact.valid_from })}</span>}
      {contact.valid_to && (
        <span className="quiet">
          {t(over ? 'eldersPage.value.ended' : 'eldersPage.value.until', { date: contact.valid_to })}
        </span>
      )}
    </div>
  );
}
