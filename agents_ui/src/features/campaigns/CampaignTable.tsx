import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { Bar } from './Bar';
import { StateTone } from './StateTone';
import type { Campaign } from './queries';
import { called, hours, toCall } from './words';

interface Props {
  items: Campaign[];
  chosen: string | null;
  /** Beside one that is open: the rest of the columns is to be seen there. */
  narrow: boolean;
  onChoose: (id: string) => void;
}

/** A row opens it, by click or key. */
export function CampaignTable({ items, chosen, narrow, onChoose }: Props) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <table className="report-table jobs-table campaign-table" data-testid="campaigns">
      <thead>
        <tr>
          <th scope="col">{t('campaignPage.name')}</th>
          <th scope="col">{t('campaignPage.stateOf')}</th>
          <th scope="col">{t('campaignPage.progress')}</th>
          {!narrow && <th scope="col">{t('campaignPage.figure.heard')}</th>}
          {!narrow && <th scope="col">{t('campaignPage.figure.help')}</th>}
          {!narrow && <th scope="col">{t('campaignPage.figure.not_reached')}</th>}
          {!narrow && <th scope="col">{t('campaignPage.figure.refused')}</th>}
          {!narrow && <th scope="col">{t('campaignPage.when')}</th>}
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr
            key={one.id}
            className={one.id === chosen ? 'jobs-row jobs-row-on' : 'jobs-row'}
            data-testid={`campaign-${one.id}`}
            onClick={() => onChoose(one.id)}
          >
            <td>
              <button type="button" className="report-link" onClick={() => onChoose(one.id)}>
                <strong>{one.name}</strong>
              </button>
              <div className="quiet">
                {t('campaignPage.made', { name: one.made_by ?? '–', when: moment(Date.parse(one.made_at), now) })}
              </div>
            </td>
            <td>
              <StateTone campaign={one} />
            </td>
            <td className="campaign-progress">
              <span className="num">
                {t('campaignPage.calledOf', { called: called(one.progress), all: toCall(one.progress) })}
              </span>
              <Bar progress={one.progress} />
            </td>
            {!narrow && <td className="num">{one.progress.heard}</td>}
            {!narrow && <td className="num">{one.progress.help}</td>}
            {!narrow && <td className="num">{one.progress.not_reached}</td>}
            {!narrow && <td className="num">{one.progress.refused}</td>}
            {!narrow && (
              <td className="num">
                {moment(Date.parse(one.starts_at), now)}
                <div className="quiet">{hours(one)}</div>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
