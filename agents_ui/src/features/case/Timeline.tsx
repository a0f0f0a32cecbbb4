import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import type { TimelineEntry } from '../../api/types';
import { useOptions } from '../../api/queries';
import { useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { RecordingEntry } from '../recordings/RecordingEntry';
import { entryFacts } from './entry-text';

/** Newest on top, to the second. */
export function Timeline({ entries }: { entries: TimelineEntry[] | undefined }) {
  const { t, i18n } = useTranslation();
  const outcomes = useOptions().data?.outcomes ?? [];
  const now = useNow(60_000);
  if (entries === undefined) return <Skeleton active title={false} paragraph={{ rows: 3 }} />;
  if (entries.length === 0) return <p className="quiet">{t('case.timelineEmpty')}</p>;
  return (
    <ol className="timeline" aria-label={t('case.timeline')}>
      {entries.map((entry) => (
        <li
          key={entry.id}
          className={entry.kind === 'note' ? 'entry entry-note' : 'entry'}
          data-testid="timeline-entry"
          data-kind={entry.kind}
        >
          <time className="entry-time num" dateTime={entry.at}>
            {moment(Date.parse(entry.at), now)}
          </time>
          <div className="entry-body">
            <span className="entry-kind">{word('entry', entry.kind)}</span>
            {entry.actor_name && <span className="quiet"> {entry.actor_name}</span>}
            <span> {entryFacts(entry, { t, language: i18n.language, outcomes })}</span>
            <RecordingEntry entry={entry} />
            {entry.text && <div className="entry-text">{entry.text}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
