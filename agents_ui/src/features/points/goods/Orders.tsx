import { Alert, Button, Input, Modal, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GoodsOrder, PointsPartner } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { units } from '../units';
import { useDeed, useOrders } from './queries';

/** What she has ordered, the newest first: handed out, cancelled, or come back. */
export function Orders({ elderId, partners }: { elderId: string; partners: PointsPartner[] }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [voiding, setVoiding] = useState<GoodsOrder | null>(null);
  const found = useOrders(elderId);
  const deed = useDeed(elderId);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const names = new Map(partners.flatMap((one) => one.goods).map((good) => [good.id, good.name]));
  const nameOf = (one: GoodsOrder): string => names.get(one.good_id) ?? t('pointsPage.goods.gone');
  const works = may(me, 'points:work');
  return (
    <>
      <h4 className="points-partner">{t('pointsPage.goods.orders')}</h4>
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
      {found.data.length === 0 && <p className="quiet">{t('pointsPage.goods.noOrders')}</p>}
      <ul className="lines" data-testid="goods-orders">
        {found.data.map((one) => (
          <li key={one.id} className="line line-free">
            <strong>{nameOf(one)}</strong> ×{one.quantity} <span className="num">{units(one.points, 'PT')}</span>{' '}
            <Tag>{t(`pointsPage.goods.state.${one.waiting ? 'waiting' : one.state}`)}</Tag>
            <div className="quiet">
              {t('pointsPage.goods.made', { day: dayOf(one.made_at), by: one.made_by })} {one.reason}
            </div>
            {works && one.state !== 'void' && !one.waiting && (
              <div className="part-row">
                {one.state === 'reserved' && (
                  <Button
                    size="small"
                    type="primary"
                    loading={deed.isPending}
                    aria-label={t('pointsPage.goods.handedOutOf', { name: nameOf(one) })}
                    onClick={() => deed.mutate({ do: 'hand-out', orderId: one.id })}
                  >
                    {t('pointsPage.goods.handedOut')}
                  </Button>
                )}
                <Button
                  size="small"
                  aria-label={t(one.state === 'reserved' ? 'pointsPage.goods.cancelOf' : 'pointsPage.goods.backOf', {
                    name: nameOf(one),
                  })}
                  onClick={() => setVoiding(one)}
                >
                  {t(one.state === 'reserved' ? 'pointsPage.goods.cancel' : 'pointsPage.goods.back')}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {voiding !== null && (
        <Void elderId={elderId} one={voiding} name={nameOf(voiding)} onClose={() => setVoiding(null)} />
      )}
    </>
  );
}

interface Props {
  elderId: string;
  one: GoodsOrder;
  name: string;
  onClose: () => void;
}

function Void({ elderId, one, name, onClose }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const deed = useDeed(elderId);
  const title = t(one.state === 'reserved' ? 'pointsPage.goods.cancelOf' : 'pointsPage.goods.backOf', { name });
  return (
    <Modal
      open
      title={title}
      okText={t(one.state === 'reserved' ? 'pointsPage.goods.cancel' : 'pointsPage.goods.back')}
      cancelText={t('common.close')}
      okButtonProps={{ danger: true, disabled: reason.trim() === '', loading: deed.isPending }}
      onOk={() => deed.mutate({ do: 'void', orderId: one.id, reason: reason.trim() }, { onSuccess: onClose })}
      onCancel={onClose}
    >
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
      <p className="quiet">{t('pointsPage.goods.cancelled')}</p>
      <Input
        maxLength={200}
        value={reason}
        placeholder={t('pointsPage.goods.reason')}
        aria-label={t('pointsPage.goods.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  );
}
