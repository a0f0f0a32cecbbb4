import { Alert, Button, Empty, Input, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PointsGood, PointsPartner } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { units } from '../units';
import { GoodDialog } from './GoodDialog';
import { PartnerDialog } from './PartnerDialog';
import { useAddPartner } from './queries';

interface Opened {
  partner: PointsPartner;
  good: PointsGood | null;
}

/** Partners with their goods; whoever may, adds and changes them. */
export function Catalogue({ partners, mayWrite }: { partners: PointsPartner[]; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [changing, setChanging] = useState<PointsPartner | null>(null);
  return (
    <section className="part">
      <h3 className="part-title">{t('pointsPage.goods.catalogue')}</h3>
      {partners.length === 0 && <Empty description={t('pointsPage.goods.none')} />}
      {partners.map((partner) => (
        <div key={partner.id} data-testid="points-partner">
          <div className="part-row">
            <h4 className="points-partner">{partner.name}</h4>
            {!partner.active && <Tag>{t('pointsPage.goods.inactive')}</Tag>}
            {mayWrite && (
              <Button
                size="small"
                aria-label={t('pointsPage.goods.changeOne', { name: partner.name })}
                onClick={() => setChanging(partner)}
              >
                {t('pointsPage.goods.change')}
              </Button>
            )}
            {mayWrite && (
              <Button
                size="small"
                aria-label={t('pointsPage.goods.addTo', { partner: partner.name })}
                onClick={() => setOpened({ partner, good: null })}
              >
                {t('pointsPage.goods.add')}
              </Button>
            )}
          </div>
          {partner.goods.length === 0 ? (
            <p className="quiet">{t('pointsPage.goods.noGoods')}</p>
          ) : (
            <Goods partner={partner} onChange={mayWrite ? (good) => setOpened({ partner, good }) : null} />
          )}
        </div>
      ))}
      {mayWrite && <AddPartner />}
      {changing !== null && <PartnerDialog key={changing.id} partner={changing} onClose={() => setChanging(null)} />}
      {opened !== null && (
        <GoodDialog
          key={opened.good?.id ?? opened.partner.id}
          partner={opened.partner}
          good={opened.good}
          onClose={() => setOpened(null)}
        />
      )}
    </section>
  );
}

function Goods({ partner, onChange }: { partner: PointsPartner; onChange: ((good: PointsGood) => void) | null }) {
  const { t } = useTranslation();
  return (
    <table className="points-table">
      <thead>
        <tr>
          <th scope="col">{t('pointsPage.goods.name')}</th>
          {(['points', 'stock', 'limit'] as const).map((key) => (
            <th key={key} scope="col" className="num">
              {t(`pointsPage.goods.${key}`)}
            </th>
          ))}
          {onChange !== null && <td />}
        </tr>
      </thead>
      <tbody>
        {partner.goods.map((good) => (
          <tr key={good.id}>
            <th scope="row">
              {good.name} <Tag>{t(`pointsPage.goods.kind.${good.kind}`)}</Tag>
              {!(good.active && partner.active) && <Tag>{t('pointsPage.goods.inactive')}</Tag>}
            </th>
            <td className="num">{units(good.points, 'PT')}</td>
            <td className="num">{units(good.stock, 'PT')}</td>
            <td className="num">{good.month_limit ?? t('pointsPage.goods.noLimit')}</td>
            {onChange !== null && (
              <td className="num">
                <Button
                  size="small"
                  aria-label={t('pointsPage.goods.changeOne', { name: good.name })}
                  onClick={() => onChange(good)}
                >
                  {t('pointsPage.goods.change')}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AddPartner() {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const add = useAddPartner();
  const keep = (): void => {
    if (name.trim() !== '') add.mutate(name.trim(), { onSuccess: () => setName('') });
  };
  return (
    <>
      <div className="part-row">
        <Input
          className="points-name"
          maxLength={60}
          value={name}
          placeholder={t('pointsPage.goods.partnerName')}
          aria-label={t('pointsPage.goods.partnerName')}
          onChange={(event) => setName(event.target.value)}
          onPressEnter={keep}
        />
        <Button disabled={name.trim() === ''} loading={add.isPending} onClick={keep}>
          {t('pointsPage.goods.addPartner')}
        </Button>
      </div>
      {add.isError && <Alert type="error" showIcon title={errorText(add.error)} />}
    </>
  );
}
