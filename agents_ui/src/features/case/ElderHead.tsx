import { EnvironmentOutlined, KeyOutlined, SoundOutlined, TeamOutlined, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';
import { useNow } from '../../app/console-context';
import { lookUp, word } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { presenceText } from '../elders/presence';

/** Who, where, what is dangerous, who has the key: readable from a metre away. */
export function ElderHead({ elder, number }: { elder: ElderCard; number: string }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const away = elder.presence !== 'home';
  return (
    <section className="elder" data-testid="elder-head" data-elder={elder.id}>
      <div className="elder-who">
        <h1 className="elder-name" data-testid="pop-name">
          {elder.name}
        </h1>
        <span className="elder-fact">
          {word('sex', elder.sex)}
          {elder.age !== null && <span className="num"> {elder.age}</span>} · {word('living', elder.living)}
        </span>
        {away && (
          <span className="flag flag-serious" data-testid="pop-presence">
            {presenceText(elder, now)}
          </span>
        )}
        {number && <span className="elder-number num quiet">{phoneNumber(number)}</span>}
      </div>
      {elder.presence === 'deceased' && (
        <div className="elder-line" role="note">
          <WarningFilled /> {t('eldersPage.presence.deceasedCall')}
        </div>
      )}
      <div className="elder-danger" data-testid="pop-danger">
        {elder.danger.map((flag) => (
          <span key={`${flag.code}:${flag.text}`} className={flag.serious ? 'flag flag-serious' : 'flag'}>
            {flag.serious && <WarningFilled />} {flag.text}
          </span>
        ))}
        {elder.danger.length === 0 && (
          <span className="quiet">{elder.full ? t('elder.noDanger') : t('case.partial')}</span>
        )}
      </div>
      <div className="elder-line" data-testid="pop-place">
        <EnvironmentOutlined />
        <span>
          <strong>
            {elder.place} {elder.door}
          </strong>
          {elder.address && <span> · {elder.address}</span>}
          {elder.floor !== null && <span className="num"> · {t('elder.floor', { count: elder.floor })}</span>}
          {elder.has_lift !== null && <span> · {elder.has_lift ? t('elder.lift') : t('elder.noLift')}</span>}
          {elder.entrance_hint && <span className="quiet"> · {elder.entrance_hint}</span>}
        </span>
      </div>
      <Keys elder={elder} />
      {elder.grid_worker && (
        <div className="elder-line" data-testid="pop-worker">
          <TeamOutlined />
          <span>
            {t(`regionsPage.role.${elder.grid_worker.role}`)}: {elder.grid_worker.name}{' '}
            <span className="num">{elder.grid_worker.text}</span>
          </span>
        </div>
      )}
      <div className="elder-line quiet">
        <SoundOutlined />
        <span>
          {word('hearing', elder.hearing)}
          {elder.dialect &&
            ` · ${t('elder.dialect', { dialect: lookUp(`dialect.${elder.dialect}`) ?? elder.dialect })}`}
        </span>
      </div>
    </section>
  );
}

function Keys({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  const holders = elder.contacts.filter((contact) => contact.has_key);
  if (!elder.full) return null;
  return (
    <div className="elder-line" data-testid="pop-keys">
      <KeyOutlined />
      <span>
        {t('elder.keys')}: {holders.length === 0 && <span className="elder-nokeys">{t('elder.noKeys')}</span>}
        {holders.map((holder, index) => (
          <span key={holder.id}>
            {index > 0 && ' / '}
            <strong>
              {holder.relation} {holder.name}
            </strong>
            {holder.key_note && <span>({holder.key_note})</span>} <span className="num">{holder.text}</span>
          </span>
        ))}
      </span>
    </div>
  );
}
