import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../../api/client';
import type { PointsAccount } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';

/** Lost: out of reach at once. Hers again by a supervisor; what a death has frozen is not. */
export function Freeze({ account }: { account: PointsAccount }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const params = { path: { elder_id: account.elder_id } };
  const change = useMutation({
    mutationFn: (frozen: boolean) =>
      unwrap(
        frozen
          ? api.POST('/api/elders/{elder_id}/points/freeze', { params, body: { why: 'lost' } })
          : api.POST('/api/elders/{elder_id}/points/unfreeze', { params }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['points', account.elder_id] }),
  });
  const frozen = account.member?.state === 'frozen';
  const allowed = frozen
    ? may(me, 'points:write') && account.member?.frozen_why !== 'death'
    : may(me, 'points:work') && account.member?.state !== 'closed';
  if (!allowed) return null;
  const word = frozen ? 'unfreeze' : 'freeze';
  return (
    <div className="points-act">
      {change.isError && <Alert type="error" showIcon title={errorText(change.error)} />}
      <Popconfirm
        title={t(`pointsPage.freeze.${word}Sure`)}
        okText={t(`pointsPage.freeze.${word}`)}
        cancelText={t('common.cancel')}
        onConfirm={() => change.mutate(!frozen)}
      >
        <Button size="small" loading={change.isPending} data-testid="points-freeze">
          {t(`pointsPage.freeze.${word}`)}
        </Button>
      </Popconfirm>
    </div>
  );
}
