import { useTranslation } from 'react-i18next';
import type { CaseSummary } from '../../api/types';
import { useOutcome } from '../../api/outcome';
import { useConsole, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { moment } from '../../kit/format';

export function LastCases({ cases, currentId }: { cases: CaseSummary[]; currentId: string }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const outcome = useOutcome();
  const earlier = cases.filter((item) => item.id !== currentId);
  return (
    <section data-testid="pop-last-cases">
      <h2 className="aside-title">{t('case.lastCases')}</h2>
      {earlier.length === 0 && <p className="quiet">{t('case.noLastCases')}</p>}
      {earlier.map((item) => (
        <button key={item.id} type="button" className="last-case" onClick={() => desk.focus.openCase(item.id)}>
          <span className={`sev sev-${item.severity}`}>{item.severity}</span>
          <span className="num">{moment(Date.parse(item.opened_at), now)}</span>
          <span className="quiet ellipsis">{item.outcome ? outcome(item.outcome) : word('caseState', item.state)}</span>
        </button>
      ))}
    </section>
  );
}
