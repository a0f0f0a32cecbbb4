import { Button, Empty, Result, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CallView, CaseDetail } from '../../api/types';
import { useCase } from '../../api/queries';
import { useConsole, useLive } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { useStore } from '../../kit/store';
import { CaseBody } from './CaseBody';
import { CaseHead } from './CaseHead';
import { ElderHead } from './ElderHead';
import { SharedNumber } from './SharedNumber';
import { UnknownCaller } from './UnknownCaller';
import './case.css';

/** The middle: one case. A live call's pop is shown at once; what has to be fetched comes after it. */
export function CaseColumn() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const focus = useStore(desk.focus, (value) => value);
  const call = useLive((state) => (focus.callId ? state.calls[focus.callId] : undefined));
  const caseId = call?.case_id ?? focus.caseId;
  const detail = useCase(caseId);
  const view = caseView(call, detail.data);

  if (caseId === null && call === undefined) {
    return (
      <main className="panel case-column case-nothing">
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            <>
              <strong>{t('case.nothingTitle')}</strong>
              <p className="quiet">{t('case.nothingText')}</p>
            </>
          }
        />
      </main>
    );
  }
  if (!view.hasPop && detail.isError) {
    return (
      <main className="panel case-column case-nothing">
        <Result
          status="warning"
          title={t('case.failed')}
          subTitle={errorText(detail.error)}
          extra={<Button onClick={() => void detail.refetch()}>{t('common.retry')}</Button>}
        />
      </main>
    );
  }
  if (!view.hasPop && detail.isPending) {
    return (
      <main className="panel case-column case-padded" aria-busy="true" aria-label={t('case.loading')}>
        <Skeleton active paragraph={{ rows: 8 }} />
      </main>
    );
  }
  return (
    <main className="panel case-column" data-testid="case-view" data-case={caseId ?? ''}>
      {detail.data ? <CaseHead detail={detail.data} /> : <header className="case-head" aria-hidden />}
      {view.elder && <ElderHead elder={view.elder} number={view.number} />}
      {!view.elder && view.shared.length > 0 && caseId !== null && (
        <SharedNumber caseId={caseId} elders={view.shared} number={view.number} />
      )}
      {!view.elder && view.shared.length === 0 && caseId !== null && (
        <UnknownCaller key={caseId} caseId={caseId} number={view.number} />
      )}
      {caseId !== null && (
        <CaseBody caseId={caseId} detail={detail.data} elder={view.elder} lastCases={view.lastCases} />
      )}
    </main>
  );
}

/** What is known of the case: by the pop of its live call, or as fetched, whichever is there (fetched wins). */
function caseView(call: CallView | undefined, detail: CaseDetail | undefined) {
  const pop = call?.pop ?? null;
  return {
    hasPop: pop !== null,
    elder: detail?.elder ?? pop?.elder ?? null,
    shared: detail?.shared ?? pop?.shared ?? [],
    number: call?.caller_number || detail?.caller_number || pop?.caller_number || '',
    lastCases: detail?.last_cases ?? pop?.last_cases ?? [],
  };
}
