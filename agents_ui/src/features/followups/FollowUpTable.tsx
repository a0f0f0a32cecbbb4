import { useTranslation } from 'react-i18next';
import { useConsole, useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { Due } from './Due';
import type { FollowUp, Look } from './queries';
import { about, ended, isBad, say, textedText } from './words';

interface Props {
  look: Look;
  items: FollowUp[];
  chosen: string | null;
  onChoose: (planId: string) => void;
}

type Column = 'number' | 'elder' | 'about' | 'whyPerson' | 'due' | 'attempts' | 'who' | 'outcome' | 'when' | 'by';
const COLUMNS: Record<Look, Column[]> = {
  people: ['elder', 'about', 'whyPerson', 'due', 'attempts', 'who'],
  mine: ['elder', 'about', 'whyPerson', 'due', 'attempts'],
  today: ['elder', 'about', 'whyPerson', 'outcome', 'due', 'attempts'],
  open: ['elder', 'about', 'whyPerson', 'outcome', 'due', 'attempts'],
  done: ['elder', 'about', 'outcome', 'attempts', 'by', 'when'],
  sample: ['number', 'elder', 'about', 'outcome', 'by', 'due'],
};

/** A row opens it, by click or key. */
export function FollowUpTable({ look, items, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const columns = COLUMNS[look];
  return (
    <table className="report-table jobs-table follow-up-table" data-testid="follow-ups">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column === 'number' ? t('followUpPage.draw.number') : t(`followUpPage.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((plan) => (
          <tr
            key={plan.id}
            className={plan.id === chosen ? 'jobs-row jobs-row-on' : 'jobs-row'}
            data-testid={`follow-up-${plan.id}`}
            onClick={() => onChoose(plan.id)}
          >
            {columns.map((column) => (
              <Cell key={column} column={column} plan={plan} onChoose={onChoose} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ column, plan, onChoose }: { column: Column; plan: FollowUp; onChoose: (planId: string) => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  switch (column) {
    case 'number':
      return <td className="num">{plan.sample_no}</td>;
    case 'elder':
      return (
        <td>
          <button type="button" className="report-link" onClick={() => onChoose(plan.id)}>
            <strong>{plan.elder_name}</strong>
          </button>
          <div className="quiet">{plan.place}</div>
        </td>
      );
    case 'about':
      return (
        <td>
          {about(plan)}
          <div className="quiet">{say('purpose', plan.purpose)}</div>
        </td>
      );
    case 'whyPerson':
      return <td>{say('why', plan.why)}</td>;
    case 'due':
      return (
        <td>
          {plan.state === 'done' || plan.state === 'dropped' ? (
            <span className="quiet">{say('state', plan.state)}</span>
          ) : (
            <Due plan={plan} />
          )}
        </td>
      );
    case 'attempts':
      return (
        <td>
          <span className="num">{plan.attempts === 0 ? '–' : t('followUpPage.times', { count: plan.attempts })}</span>
          {plan.texted !== null && <div className="quiet">{textedText(plan)}</div>}
        </td>
      );
    case 'who':
      return (
        <td>
          {plan.owner_id === null ? (
            <span className="quiet">{t('followUpPage.nobody')}</span>
          ) : (
            <span className={plan.owner_id === me.id ? 'tone tone-me' : ''}>{plan.owner_name}</span>
          )}
        </td>
      );
    case 'outcome':
      return <td className={isBad(plan) ? 'report-bad' : ''}>{ended(plan)}</td>;
    case 'by':
      return <td>{plan.done_at === null ? '' : plan.done_by || t('followUpPage.program')}</td>;
    case 'when':
      return <td className="num">{plan.done_at === null ? '' : moment(Date.parse(plan.done_at), now)}</td>;
  }
}
