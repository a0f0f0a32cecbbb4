import { Alert, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../../i18n/words';
import { dayAndTime } from '../../../kit/format';
import { useVisit, type Visit, type VisitHead } from './queries';

/** What proves that she was there, for whoever confirms or decides: also a position that proves nothing. */
export function Proofs({ visit }: { visit: VisitHead }) {
  const { t } = useTranslation();
  const found = useVisit(visit.id, true);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const { proofs, proofs_needed: needed, notes, reason, service_code: code } = found.data;
  return (
    <div data-testid="visit-proofs">
      <p className="quiet">{t('pointsPage.volunteering.needs', { count: needed })}</p>
      <ul className="lines">
        {proofs.map((one) => (
          <li key={`${one.phase}:${one.kind}`} className="line line-free">
            {t(one.phase === 'in' ? 'pointsPage.volunteers.do.in' : 'pointsPage.volunteers.do.out')}{' '}
            <span className="num">{dayAndTime(one.at)}</span>{' '}
            {isSaid(one.kind) && t(`pointsPage.volunteering.proof.${one.kind}`)} <Where proof={one} />
          </li>
        ))}
      </ul>
      {code !== '' && <p>{t('pointsPage.volunteering.codeIs', { code })}</p>}
      {notes !== '' && <p className="quiet">{notes}</p>}
      {reason !== '' && <p className="quiet">{reason}</p>}
    </div>
  );
}

const SAID = ['service_code', 'elder_phone', 'agent'] as const;

function isSaid(kind: string): kind is (typeof SAID)[number] {
  return (SAID as readonly string[]).includes(kind);
}

function Where({ proof }: { proof: Visit['proofs'][number] }) {
  const { t } = useTranslation();
  if (proof.near === null) return null;
  if (proof.metres === null) return <span>{t('pointsPage.volunteering.noDoor')}</span>;
  return (
    <span>
      {t(proof.near ? 'pointsPage.volunteering.near' : 'pointsPage.volunteering.far', { metres: proof.metres })}
    </span>
  );
}
