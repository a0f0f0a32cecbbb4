import { useTranslation } from 'react-i18next';
import type { Progress } from './queries';
import { FIGURES, reasons, say, total, type Figure } from './words';

/** Where everybody on the list stands; the last line is the list. */
export function Figures({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const why: Partial<Record<Figure, string>> = {
    refused: reasons(progress.refused_why),
    dropped: reasons(progress.dropped_why),
  };
  return (
    <table className="campaign-figures" data-testid="campaign-figures">
      <tbody>
        {FIGURES.map((key) => (
          <tr key={key} className={progress[key] === 0 ? 'quiet' : ''} data-testid={`figure-${key}`}>
            <th scope="row">
              <i className={`campaign-dot campaign-part-${key}`} aria-hidden />
              {say('figure', key)}
            </th>
            <td className="num">{progress[key]}</td>
            <td className="quiet">{why[key]}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr data-testid="figure-all">
          <th scope="row">{t('campaignPage.sum')}</th>
          <td className="num">{total(progress)}</td>
          <td />
        </tr>
      </tfoot>
    </table>
  );
}
