import { useTranslation } from 'react-i18next';
import { OptionListCard } from './OptionListCard';

export function OptionsTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="admin-two">
      <OptionListCard
        kind="outcome"
        title={t('adminPage.options.outcomes')}
        hint={t('adminPage.options.outcomesHint')}
        canWrite={canWrite}
      />
      <OptionListCard
        kind="pause_reason"
        title={t('adminPage.options.pauses')}
        hint={t('adminPage.options.pausesHint')}
        canWrite={canWrite}
      />
    </div>
  );
}
