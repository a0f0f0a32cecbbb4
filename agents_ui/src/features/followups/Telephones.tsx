import { PhoneOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import { talkingCall } from '../../live/select';
import type { FollowUpDetail } from './queries';

/** Her numbers, each with a key that calls it. */
export function Telephones({ plan }: { plan: FollowUpDetail }) {
  const { me, desk } = useConsole();
  const { t } = useTranslation();
  const busy = useLive((state) => talkingCall(state, me.id) !== null);
  const ready = usePhone((state) => state.registration === 'registered' || state.registration === 'elsewhere');
  const hindrance = busy ? t('tasks.notWhile') : ready ? null : t('tasks.phoneNotReady');
  const call = useMutation({
    mutationFn: (position: number) => desk.callFollowUp(plan.id, position),
    onSuccess: () => {
      if (plan.case_id !== null) desk.focus.openCase(plan.case_id);
    },
    onError: (error) => desk.notices.failed(error),
  });
  return (
    <ul className="follow-up-numbers">
      {plan.numbers.map((number, at) => (
        <li key={number.position}>
          <Tooltip title={hindrance ?? t('followUpPage.detail.calling')}>
            <Button
              type={at === 0 ? 'primary' : 'default'}
              icon={<PhoneOutlined />}
              disabled={hindrance !== null}
              loading={call.isPending && call.variables === number.position}
              data-testid={`follow-up-call-${number.position}`}
              onClick={() => call.mutate(number.position)}
            >
              {t('followUpPage.detail.call')} <span className="num">{number.text}</span>
            </Button>
          </Tooltip>
          <span className="quiet">{number.label}</span>
        </li>
      ))}
    </ul>
  );
}
