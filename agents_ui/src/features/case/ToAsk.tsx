import { QuestionCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { Lack } from '../../api/types';

/** What an ambulance would miss most, to be asked while there is time: never in an emergency. */
export function ToAsk({ lacks }: { lacks: Lack[] }) {
  const { t } = useTranslation();
  if (lacks.length === 0) return null;
  return (
    <section data-testid="to-ask">
      <h2 className="aside-title">
        <QuestionCircleOutlined /> {t('safetyPage.check.ask')}
      </h2>
      <ul className="case-ask">
        {lacks.map((lack) => (
          <li key={lack}>{t(`safetyPage.askWords.${lack}`)}</li>
        ))}
      </ul>
    </section>
  );
}
