import { Button, Result, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useOutcome } from '../../api/outcome';
import { useHistory } from '../../api/queries';
import { useConsole, useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { moment } from '../../kit/format';

/** What was before with this elder. */
export function History({ elderId, currentId }: { elderId: string; currentId: string }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const outcome = useOutcome();
  const history = useHistory(elderId);
  if (history.isPending) return <Skeleton active className="case-padded" paragraph={{ rows: 4 }} />;
  if (history.isError)
    return (
      <Result
        status="warning"
        title={t('deskMore.history.failed')}
        subTitle={errorText(history.error)}
        extra={<Button onClick={() => void history.refetch()}>{t('common.retry')}</Button>}
      />
    );
  const earlier = history.data.pages.flat().filter((item) => item.id !== currentId);
  if (earlier.length === 0) return <p className="quiet case-padded">{t('deskMore.history.none')}</p>;
  return (
    <div className="case-padded" data-testid="case-history">
      {earlier.map((item) => (
        <button key={item.id} type="button" className="last-case" onClick={() => desk.focus.openCase(item.id)}>
          <span className={`sev sev-${item.severity}`}>{item.severity}</span>
          <span className="num">{moment(Date.parse(item.opened_at), now)}</span>
          <span className="num quiet">{item.number}</span>
          <span>{item.outcome ? outcome(item.outcome) : word('caseState', item.state)}</span>
          {item.presses > 1 && (
            <span className="quiet num">{t('deskMore.history.presses', { count: item.presses })}</span>
          )}
          {item.owner_name && (
            <span className="quiet ellipsis">{t('deskMore.history.owner', { name: item.owner_name })}</span>
          )}
        </button>
      ))}
      {history.hasNextPage && (
        <Button block loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          {t('deskMore.history.more')}
        </Button>
      )}
    </div>
  );
}
