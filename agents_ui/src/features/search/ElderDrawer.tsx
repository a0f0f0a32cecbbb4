import { Button, Drawer, Result, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../api/errors';
import { useElder } from '../../api/queries';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { Contacts } from '../case/Contacts';
import { HealthFacts, ProfileFacts } from '../case/ElderFacts';
import { ElderHead } from '../case/ElderHead';
import { BreakGlass } from './BreakGlass';

/** A whole profile without a call: only with a reason, when there is no case that gives access. */
export function ElderDrawer({ elderId, onClose }: { elderId: string | null; onClose: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const elder = useElder(elderId);
  const denied = elder.isError && asApiError(elder.error).code === 'no_access';
  return (
    <Drawer open={elderId !== null} onClose={onClose} size={560} title={t('case.profile')} destroyOnHidden>
      {elder.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {denied && elderId !== null && may(me, 'glass:break') && <BreakGlass elderId={elderId} />}
      {elder.isError && !(denied && may(me, 'glass:break')) && (
        <Result
          status="warning"
          title={errorText(elder.error)}
          extra={denied ? null : <Button onClick={() => void elder.refetch()}>{t('common.retry')}</Button>}
        />
      )}
      {elder.data && (
        <div className="drawer-elder" data-testid="elder-drawer">
          <ElderHead elder={elder.data} number="" />
          {elder.data.full && <Contacts contacts={elder.data.contacts} />}
          {elder.data.full && <HealthFacts elder={elder.data} />}
          <ProfileFacts elder={elder.data} />
        </div>
      )}
    </Drawer>
  );
}
