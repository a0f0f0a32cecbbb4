import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TimelineEntry } from '../../api/types';
import { RecordingPlayer } from './RecordingPlayer';

/** On the timeline: the player opens where the recording is told of. Nothing for a reader who is not told which one it is. */
export function RecordingEntry({ entry }: { entry: Pick<TimelineEntry, 'kind' | 'data'> }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { recording_id: id, seconds } = entry.data;
  if (entry.kind !== 'recording_saved' || typeof id !== 'string') return null;
  if (open) return <RecordingPlayer recordingId={id} seconds={typeof seconds === 'number' ? seconds : 0} />;
  return (
    <Button type="link" size="small" data-testid="recording-open" onClick={() => setOpen(true)}>
      {t('recordings.listen')}
    </Button>
  );
}
