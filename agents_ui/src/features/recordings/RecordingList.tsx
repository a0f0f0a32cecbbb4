import { Button, Result, Skeleton } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { RecordingView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { duration, moment, dayOf } from '../../kit/format';
import { useRecordings } from './queries';
import { RecordingPlayer } from './RecordingPlayer';
import './recordings.css';

/** Every conversation of a case: what there is to hear, and why there is nothing where there is nothing. */
export function RecordingList({ caseId }: { caseId: string }) {
  const { t } = useTranslation();
  const recordings = useRecordings(caseId);
  if (recordings.isPending) return <Skeleton active className="case-padded" paragraph={{ rows: 3 }} />;
  if (recordings.isError)
    return (
      <Result
        status="warning"
        title={t('recordings.failed')}
        subTitle={errorText(recordings.error)}
        extra={<Button onClick={() => void recordings.refetch()}>{t('common.retry')}</Button>}
      />
    );
  if (recordings.data.length === 0) return <p className="quiet case-padded">{t('recordings.none')}</p>;
  return (
    <ol className="recording-list case-padded" data-testid="recordings" aria-label={t('recordings.title')}>
      {recordings.data.map((one) => (
        <li key={one.id} data-testid={`recording-${one.state}`}>
          <Line recording={one} />
          {one.state === 'saved' && <RecordingPlayer recordingId={one.id} seconds={one.seconds ?? 0} />}
        </li>
      ))}
    </ol>
  );
}

function Line({ recording }: { recording: RecordingView }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <div className="recording-line">
      <time className="num" dateTime={recording.started_at}>
        {moment(Date.parse(recording.started_at), now)}
      </time>
      <span>{t(`recordings.kind.${recording.kind}`)}</span>
      {recording.part > 1 && <span className="quiet">{t('recordings.part', { count: recording.part })}</span>}
      {recording.people.length > 0 && <span>{recording.people.join('、')}</span>}
      <span className={recording.state === 'recording' ? 'recording-live' : 'quiet'}>{stateOf(recording, t, now)}</span>
    </div>
  );
}

function stateOf(recording: RecordingView, t: TFunction, now: number): string {
  switch (recording.state) {
    case 'recording':
      return t('recordings.now');
    case 'failed':
      return t('recordings.notKept', { why: lookUp(`recordings.why.${recording.why}`) ?? recording.why });
    case 'deleted':
      return t('recordings.deleted', {
        when: recording.deleted_at === null ? '' : moment(Date.parse(recording.deleted_at), now),
      });
    case 'saved':
      return [
        duration((recording.seconds ?? 0) * 1000),
        recording.keep_until !== null && t('recordings.until', { day: dayOf(recording.keep_until) }),
      ]
        .filter(Boolean)
        .join(' · ');
  }
}
