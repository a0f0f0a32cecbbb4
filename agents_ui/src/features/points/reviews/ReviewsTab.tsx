import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Modal, Popconfirm, Skeleton } from 'antd';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../../api/client';
import type { PointsApproval, PointsReview } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { units } from '../units';
import '../points.css';

/** What waits for a second person, and what looks like fraud. */
export function ReviewsTab() {
  return (
    <>
      <Approvals />
      <Reviews />
    </>
  );
}

function Approvals() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ['points-approvals'],
    queryFn: () => unwrap(api.GET('/api/points/approvals')),
  });
  const decide = useMutation({
    mutationFn: ({ id, agreed }: { id: string; agreed: boolean }) => {
      const params = { params: { path: { approval_id: id } } };
      return unwrap(
        agreed
          ? api.POST('/api/points/approvals/{approval_id}/approve', params)
          : api.POST('/api/points/approvals/{approval_id}/refuse', params),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['points-approvals'] }),
  });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <section className="part" data-testid="points-approvals">
      <h3 className="part-title">{t('pointsPage.approval.title')}</h3>
      {decide.isError && <Alert type="error" showIcon title={errorText(decide.error)} />}
      {found.data.length === 0 && <p className="quiet">{t('pointsPage.approval.none')}</p>}
      <ul className="points-lines">
        {found.data.map((one) => (
          <Waiting key={one.id} one={one} onDecide={(agreed) => decide.mutate({ id: one.id, agreed })} />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ one, onDecide }: { one: PointsApproval; onDecide: (agreed: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <li>
      <strong>{t(`pointsPage.approval.deed.${one.deed}`)}</strong> {one.name}
      {one.to_name !== '' && ` → ${one.to_name}`} <span className="num">{units(one.amount, 'PT')}</span>
      <div className="quiet">
        {t('pointsPage.approval.asked', { by: one.asked_by, day: dayOf(one.asked_at) })} {one.reason}
      </div>
      <div className="part-row">
        <Popconfirm
          title={t('pointsPage.approval.sure')}
          okText={t('pointsPage.approval.agree')}
          cancelText={t('common.cancel')}
          onConfirm={() => onDecide(true)}
          disabled={one.mine}
        >
          <Button size="small" type="primary" disabled={one.mine}>
            {t('pointsPage.approval.agree')}
          </Button>
        </Popconfirm>
        <Button size="small" onClick={() => onDecide(false)}>
          {t('pointsPage.approval.refuse')}
        </Button>
        {one.mine && <span className="quiet">{t('pointsPage.approval.mine')}</span>}
      </div>
    </li>
  );
}

function Reviews() {
  const { t } = useTranslation();
  const [deciding, setDeciding] = useState<PointsReview | null>(null);
  const found = useQuery({ queryKey: ['points-reviews'], queryFn: () => unwrap(api.GET('/api/points/reviews')) });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <section className="part" data-testid="points-reviews">
      <h3 className="part-title">{t('pointsPage.review.title')}</h3>
      {found.data.length === 0 && <p className="quiet">{t('pointsPage.review.none')}</p>}
      <ul className="points-lines">
        {found.data.map((one) => (
          <li key={one.id}>
            <strong>{t(`pointsPage.review.rule.${one.rule}`)}</strong> {one.name} <span className="num">{one.day}</span>
            <span className="quiet"> {said(one, t)}</span>
            <div className="part-row">
              <Button size="small" onClick={() => setDeciding(one)}>
                {t('pointsPage.review.decide')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {deciding !== null && <Decide one={deciding} onClose={() => setDeciding(null)} />}
    </section>
  );
}

/** What was found, in words; `details` has another shape for each rule (callcenter/points/checks). */
function said({ rule, details }: PointsReview, t: TFunction): string {
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const count = typeof details.times === 'number' ? details.times : 0;
  switch (rule) {
    case 'same_store':
      return t('pointsPage.review.times', { count });
    case 'overlapping':
      return t('pointsPage.review.found.overlapping', { visits: list(details.visits).join('、') });
    case 'round_trip':
      return t('pointsPage.review.found.round_trip', { count, missing: units(Number(details.shortfall ?? 0), 'PT') });
    case 'self_referral':
      return list(details.why).includes('same_person')
        ? t('pointsPage.review.found.same_person', { count })
        : t('pointsPage.review.found.same_mobile', { count });
  }
}

function Decide({ one, onClose }: { one: PointsReview; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const decide = useMutation({
    mutationFn: (state: 'cleared' | 'confirmed') =>
      unwrap(
        api.POST('/api/points/reviews/{review_id}/decide', {
          params: { path: { review_id: one.id } },
          body: { state, reason },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['points-reviews'] });
      onClose();
    },
  });
  const short = reason.trim().length < 2;
  return (
    <Modal
      open
      title={t(`pointsPage.review.rule.${one.rule}`)}
      onCancel={onClose}
      footer={[
        <Button key="cleared" disabled={short} onClick={() => decide.mutate('cleared')}>
          {t('pointsPage.review.cleared')}
        </Button>,
        <Button key="confirmed" danger disabled={short} onClick={() => decide.mutate('confirmed')}>
          {t('pointsPage.review.confirmed')}
        </Button>,
      ]}
    >
      {decide.isError && <Alert type="error" showIcon title={errorText(decide.error)} />}
      <Input.TextArea
        rows={3}
        maxLength={500}
        value={reason}
        placeholder={t('pointsPage.review.reason')}
        aria-label={t('pointsPage.review.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  );
}
