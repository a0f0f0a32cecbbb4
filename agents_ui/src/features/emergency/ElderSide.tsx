import {
  EnvironmentOutlined,
  KeyOutlined,
  MedicineBoxOutlined,
  SoundOutlined,
  TeamOutlined,
  WarningFilled,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';
import { useNow } from '../../app/console-context';
import { lookUp, word } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { SharedNumber } from '../case/SharedNumber';
import { UnknownCaller } from '../case/UnknownCaller';
import { presenceText } from '../elders/presence';
import { CallKey } from './CallKey';
import type { Shown } from './use-emergency';

/** Who she is, where, how one gets in, what is dangerous: readable from a metre away, and nothing else. */
export function ElderSide({ shown }: { shown: Shown }) {
  const { elder, caseId, number } = shown;
  const { t } = useTranslation();
  if (elder === null) {
    return (
      <section className="panel em-elder" data-testid="emergency-elder">
        <div className="em-unknown">
          <strong>{t('emergencyPage.facts.unknownTitle')}</strong>
          <p>{t('emergencyPage.facts.unknownText')}</p>
        </div>
        {shown.shared.length > 0 ? (
          <SharedNumber caseId={caseId} elders={shown.shared} number={number} />
        ) : (
          <UnknownCaller key={caseId} caseId={caseId} number={number} />
        )}
      </section>
    );
  }
  return (
    <section className="panel em-elder" data-testid="emergency-elder" tabIndex={0} role="group" aria-label={elder.name}>
      <Name elder={elder} number={number} />
      <Danger elder={elder} />
      <Where elder={elder} />
      <KeyHolders elder={elder} shown={shown} />
      <HealthLines elder={elder} />
      <Line icon={<SoundOutlined />} label={t('emergencyPage.facts.hearing')}>
        {word('hearing', elder.hearing)}
        {elder.dialect && ` · ${t('elder.dialect', { dialect: lookUp(`dialect.${elder.dialect}`) ?? elder.dialect })}`}
      </Line>
      {elder.grid_worker && (
        <Line icon={<TeamOutlined />} label={t(`regionsPage.role.${elder.grid_worker.role}`)}>
          <span className="em-person">
            <span>{elder.grid_worker.name}</span>
            <CallKey
              shown={shown}
              number={elder.grid_worker.text}
              meant={{ worker_id: elder.grid_worker.id }}
              name={elder.grid_worker.name}
            />
          </span>
        </Line>
      )}
    </section>
  );
}

function Name({ elder, number }: { elder: ElderCard; number: string }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <div className="em-name">
      <h1 data-testid="pop-name">{elder.name}</h1>
      <span className="em-large">
        {word('sex', elder.sex)}
        {elder.age !== null && <span className="num"> {elder.age}</span>} · {word('living', elder.living)}
      </span>
      {elder.presence !== 'home' && <span className="flag flag-serious">{presenceText(elder, now)}</span>}
      {number && <span className="num quiet">{phoneNumber(number)}</span>}
      {!elder.full && <span className="quiet">{t('emergencyPage.facts.partial')}</span>}
    </div>
  );
}

function Danger({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  if (elder.danger.length === 0)
    return elder.full ? <p className="quiet em-line">{t('emergencyPage.facts.noDanger')}</p> : null;
  return (
    <ul className="em-danger" data-testid="pop-danger">
      {elder.danger.map((flag) => (
        <li key={`${flag.code}:${flag.text}`} className={flag.serious ? 'flag flag-serious' : 'flag'}>
          {flag.serious && <WarningFilled />} {flag.text}
        </li>
      ))}
    </ul>
  );
}

function Where({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  const way = [
    elder.floor === null ? '' : t('elder.floor', { count: elder.floor }),
    elder.has_lift === null ? '' : t(elder.has_lift ? 'elder.lift' : 'elder.noLift'),
    elder.entrance_hint,
  ].filter(Boolean);
  return (
    <Line icon={<EnvironmentOutlined />} label={t('emergencyPage.facts.place')} large testId="pop-place">
      <strong>
        {elder.place} {elder.door}
      </strong>
      {elder.address && <div>{elder.address}</div>}
      {way.length > 0 && <div>{way.join(' · ')}</div>}
    </Line>
  );
}

function KeyHolders({ elder, shown }: { elder: ElderCard; shown: Shown }) {
  const { t } = useTranslation();
  if (!elder.full) return null;
  const holders = elder.contacts.filter((contact) => contact.has_key);
  return (
    <Line icon={<KeyOutlined />} label={t('emergencyPage.facts.keys')} testId="pop-keys">
      {holders.length === 0 && <span className="elder-nokeys">{t('elder.noKeys')}</span>}
      {holders.map((holder) => (
        <span key={holder.id} className="em-person">
          <span>
            <strong>{holder.relation}</strong> {holder.name}
            {holder.key_note && <span className="quiet"> {holder.key_note}</span>}
          </span>
          <CallKey shown={shown} number={holder.text} meant={{ contact_id: holder.id }} name={holder.name} />
        </span>
      ))}
    </Line>
  );
}

function HealthLines({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  const health = elder.health;
  if (health === null)
    return elder.full ? (
      <Line icon={<MedicineBoxOutlined />} label={t('emergencyPage.facts.illness')}>
        <span className="quiet">{t('elder.noHealth')}</span>
      </Line>
    ) : null;
  const rows: [label: string, value: string, grave?: boolean][] = [
    [t('emergencyPage.facts.illness'), health.chronic_illness.join('、')],
    [t('emergencyPage.facts.medication'), health.medication.join('、')],
    [t('emergencyPage.facts.allergies'), health.allergies.join('、'), true],
    [t('emergencyPage.facts.implants'), health.implants.join('、')],
    [t('emergencyPage.facts.blood'), health.blood_type],
    [t('emergencyPage.facts.hospital'), elder.preferred_hospital],
  ];
  const always = 3;
  return (
    <dl className="em-health" data-testid="emergency-health">
      {rows.map(([label, value, grave], index) =>
        value === '' && index >= always ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd className={grave && value !== '' ? 'em-grave' : undefined}>{value || t('emergencyPage.facts.none')}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

interface LineProps {
  icon: ReactNode;
  label: string;
  large?: boolean;
  testId?: string;
  children: ReactNode;
}

function Line({ icon, label, large, testId, children }: LineProps) {
  return (
    <div className={large ? 'em-line em-large' : 'em-line'} data-testid={testId}>
      <span className="em-icon" title={label}>
        {icon}
        <span className="visually-hidden">{label}</span>
      </span>
      <div className="em-value">{children}</div>
    </div>
  );
}
