import { PhoneOutlined } from '@ant-design/icons';
import { Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { useOnDuty, type TurnView } from './queries';
import { timeIn } from './rota';
import './regions.css';

/** One line: whose telephone rings when no agent answers, and who comes next. */
export function OnDuty() {
  const { me } = useConsole();
  return may(me, 'regions:read') ? <Line /> : null;
}

function Line() {
  const { t } = useTranslation();
  const duty = useOnDuty();
  if (!duty.data) return null;
  const { now, next, telephones, timezone: zone } = duty.data;
  const [first, ...others] = now;
  const coming = next.find((turn) => turn.level === (first?.level ?? turn.level));
  return (
    <Tooltip title={<All now={now} next={next} zone={zone} />} placement="right">
      <div className="on-duty" data-testid="on-duty" tabIndex={0}>
        <PhoneOutlined />
        {first ? (
          <span className="ellipsis">
            {t('regionsPage.duty.now')} <strong>{first.name}</strong>
            {others.length > 0 && <span className="quiet num"> +{others.length}</span>}
            {coming && (
              <span className="quiet">
                {' · '}
                <span className="num">{timeIn(zone, Date.parse(coming.starts_at))}</span> {coming.name}
              </span>
            )}
          </span>
        ) : (
          <span className={telephones > 0 ? 'on-duty-none' : 'on-duty-none on-duty-alarm'}>
            {telephones > 0 ? t('regionsPage.duty.nobody') : t('regionsPage.duty.nobodyAtAll')}
          </span>
        )}
      </div>
    </Tooltip>
  );
}

function All({ now, next, zone }: { now: readonly TurnView[]; next: readonly TurnView[]; zone: string }) {
  const { t } = useTranslation();
  const line = (turn: TurnView, when: string) => (
    <div key={`${turn.person_id}${turn.starts_at}${turn.level}`}>
      {t(`regionsPage.dutyLevel.${turn.level}`)}
      {turn.region && ` ${turn.region}`} · {turn.name} <span className="num">{turn.number}</span> · {when}
    </div>
  );
  return (
    <>
      {now.map((turn) => line(turn, t('regionsPage.duty.until', { time: timeIn(zone, Date.parse(turn.ends_at)) })))}
      {next.map((turn) => line(turn, t('regionsPage.duty.from', { time: timeIn(zone, Date.parse(turn.starts_at)) })))}
    </>
  );
}
