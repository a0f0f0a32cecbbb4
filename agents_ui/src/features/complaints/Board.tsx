import { Button } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { inColumns, type ColumnKey } from './columns';
import { Due } from './Due';
import type { Complaint } from './queries';
import { cameFrom, concerns, say } from './words';

interface Props {
  complaints: readonly Complaint[];
  chosen: string | null;
  onChoose: (complaintId: string) => void;
  /** Fetches what ended earlier; null: there is no more. */
  onEarlier: (() => void) | null;
}

/** From left to right as it goes; a card opens it. */
export function Board({ complaints, chosen, onChoose, onEarlier }: Props) {
  const { t } = useTranslation();
  const columns = useMemo(() => inColumns(complaints), [complaints]);
  return (
    <div className="job-columns complaint-columns" data-testid="complaints">
      {columns.map(({ key, complaints: here }) => (
        <section key={key} className="job-column" aria-label={t(`complaintPage.column.${key}`)} data-column={key}>
          <h3>
            {t(`complaintPage.column.${key}`)}{' '}
            <span className="quiet num">{key === 'over' && onEarlier !== null ? `${here.length}+` : here.length}</span>
          </h3>
          <div className="job-column-body">
            {here.length === 0 && <p className="quiet complaint-none">{t(`complaintPage.empty.${key}`)}</p>}
            {here.map((one) => (
              <Card key={one.id} column={key} complaint={one} isOn={one.id === chosen} onChoose={onChoose} />
            ))}
            {key === 'over' && onEarlier !== null && (
              <Button size="small" onClick={onEarlier}>
                {t('complaintPage.earlier')}
              </Button>
            )}
          </div>
        </section>
      ))}
    </div>
  );
}

interface CardProps {
  column: ColumnKey;
  complaint: Complaint;
  isOn: boolean;
  onChoose: (complaintId: string) => void;
}

function Card({ column, complaint, isOn, onChoose }: CardProps) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const about = concerns(complaint);
  return (
    <button
      type="button"
      className={isOn ? 'order-card job-card order-card-on' : 'order-card job-card'}
      aria-current={isOn}
      data-testid={`complaint-${complaint.number}`}
      onClick={() => onChoose(complaint.id)}
    >
      <span className="complaint-card-head">
        <strong className="ellipsis">{complaint.elder_name || t('complaintPage.unknownElder')}</strong>
        <span className="quiet num">{complaint.number}</span>
      </span>
      {about !== '' && <span className="ellipsis">{about}</span>}
      <span className={complaint.rating === null ? 'quiet' : 'complaint-rating'}>{cameFrom(complaint)}</span>
      {complaint.place !== '' && <span className="quiet ellipsis">{complaint.place}</span>}
      {column === 'solved' && <span className="quiet">{t('complaintPage.waitsForHer')}</span>}
      {column === 'over' && complaint.ended_at !== null && (
        <span className="quiet num">
          {say('state', complaint.state)} · {moment(Date.parse(complaint.ended_at), now)}
        </span>
      )}
      <Due complaint={complaint} />
      <span className="complaint-card-marks">
        {complaint.handler_id !== null && column !== 'over' && (
          <span className={complaint.handler_id === me.id ? 'tone tone-me' : 'tone'}>{complaint.handler_name}</span>
        )}
        {complaint.rounds > 0 && column !== 'over' && (
          <span className="tone tone-ask">{t('complaintPage.again', { count: complaint.rounds })}</span>
        )}
        {complaint.concerned && column !== 'over' && <span className="tone">{t('complaintPage.concernedMark')}</span>}
      </span>
    </button>
  );
}
