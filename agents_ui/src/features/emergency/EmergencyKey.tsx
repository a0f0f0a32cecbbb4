import { AlertFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CaseDetail } from '../../api/types';
import { useConsole, useLive } from '../../app/console-context';
import { may } from '../../app/session';
import { emergencyOf } from '../../live/emergency';
import { opening } from './open-dialog';

/** In the case's head: makes it an emergency, or leads to the screen of the one that it is. */
export function EmergencyKey({ detail }: { detail: CaseDetail }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const going = useLive((state) => emergencyOf(state, detail.id) !== null);
  if (!may(me, 'cases:write') || detail.state === 'closed' || detail.state === 'resolved') return null;
  return (
    <Button
      size="small"
      danger
      type={going ? 'primary' : 'default'}
      icon={<AlertFilled />}
      data-testid="emergency-key"
      onClick={() => (going ? desk.look.enter(detail.id) : opening.set(detail.id))}
    >
      {going ? t('emergencyPage.back') : t('emergencyPage.open.key')} <kbd>F9</kbd>
    </Button>
  );
}
