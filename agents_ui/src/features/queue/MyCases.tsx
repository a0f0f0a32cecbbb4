import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { word } from '../../i18n/words';
import { moment, phoneNumber } from '../../kit/format';

export function MyCases() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const cases = useLive((state) => state.cases);
  const focused = useStore(desk.focus, (focus) => focus.caseId);
  const now = useNow(60_000);
  const list = useMemo(
    () => Object.values(cases).sort((a, b) => Date.parse(b.opened_at) - Date.parse(a.opened_at)),
    [cases],
  );
  return (
    <section className="panel queue-cases" aria-label={t('cases.mine')}>
      <header className="panel-head">
        {t('cases.mine')}
        <span className="panel-count num">{list.length}</span>
      </header>
      <div className="panel-body">
        {list.length === 0 && <div className="panel-empty">{t('cases.empty')}</div>}
        {list.map((item) => (
          <button
            key={item.id}
            type="button"
            data-testid={`case-item-${item.id}`}
            className={focused === item.id ? 'queue-item case-item case-item-on' : 'queue-item case-item'}
            aria-current={focused === item.id}
            onClick={() => desk.focus.openCase(item.id)}
          >
            <span className="queue-row">
              <span className={`sev sev-${item.severity}`}>{item.severity}</span>
              <span className="queue-who">
                {item.elder_name || phoneNumber(item.caller_number) || t('queue.withheld')}
              </span>
              <span className="quiet num">{moment(Date.parse(item.opened_at), now).slice(0, 11)}</span>
            </span>
            <span className="queue-row queue-sub">
              <span className="num">{item.number}</span>
              <span className="quiet">{word('caseState', item.state)}</span>
            </span>
          </button>
        ))}
      </div>
    </section>
  );
}
