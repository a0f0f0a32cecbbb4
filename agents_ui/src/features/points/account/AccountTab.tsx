import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { ElderSearch } from '../../search/ElderSearch';
import { Account } from './Account';
import '../points.css';

/** /points?elder={id}: finds an elder, shows what she has. */
export function AccountTab() {
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const elderId = address.get('elder');
  if (elderId === null)
    return (
      <section className="part points-search">
        <p className="part-intro">{t('pointsPage.account.find')}</p>
        <ElderSearch autoFocus chosenId={null} onPick={(hit) => setAddress({ elder: hit.id })} />
      </section>
    );
  return (
    <>
      <div className="points-act">
        <Button size="small" onClick={() => setAddress({})} data-testid="points-other">
          {t('pointsPage.account.other')}
        </Button>
      </div>
      <Account key={elderId} elderId={elderId} />
    </>
  );
}
