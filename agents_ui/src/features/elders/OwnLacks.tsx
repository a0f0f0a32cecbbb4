import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Profile } from '../../api/types';
import { profileAt } from './lacks';
import './lacks.css';

/** On her own profile: what an ambulance would lack; one click leads to the field. */
export function OwnLacks({ profile, mayWrite }: { profile: Profile; mayWrite: boolean }) {
  const { t } = useTranslation();
  const check = profile.address_check;
  if (check === null || profile.presence === 'deceased') return null;
  const ready = check.grade === 'ready' && check.lacks.length === 0;
  return (
    <div className={`lacks-own lacks-own-${check.grade}`} data-testid="own-lacks">
      {ready ? <CheckCircleFilled /> : <WarningFilled />}
      <span>{t('safetyPage.check.own')}</span>
      <span className={`lacks-grade lacks-grade-${check.grade}`}>{t(`safetyPage.grade.${check.grade}`)}</span>
      {ready && <span className="quiet">{t('safetyPage.check.ownReady')}</span>}
      {check.lacks.map((lack) =>
        mayWrite ? (
          <Link key={lack} className="lacks-link" to={profileAt(profile.id, lack)} data-testid={`own-${lack}`}>
            {t(`safetyPage.lack.${lack}`)}
          </Link>
        ) : (
          <span key={lack}>{t(`safetyPage.lack.${lack}`)}</span>
        ),
      )}
    </div>
  );
}
