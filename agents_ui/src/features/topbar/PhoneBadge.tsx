import { CheckCircleFilled, CloseCircleFilled, LoadingOutlined, PhoneOutlined } from '@ant-design/icons';
import { Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import { clockTime } from '../../kit/format';

/** The telephone is ready only when the server has proved it; that it believes itself registered is not enough. */
export function PhoneBadge() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const registration = usePhone((state) => state.registration);
  const proved = useLive((live) => live.agents[me.id]?.phone_ok ?? false);
  const problem = useLive((live) => live.agents[me.id]?.phone_problem ?? '');
  const checkedAt = useLive((live) => live.agents[me.id]?.phone_checked_at ?? null);

  const here = registration === 'registered';
  const ok = here && proved;
  const waits =
    !ok &&
    problem === '' &&
    (here || registration === 'connecting' || registration === 'elsewhere' || registration === 'off');
  const text = ok
    ? checkedAt
      ? t('phone.verified', { time: clockTime(Date.parse(checkedAt), false) })
      : t('phone.registered')
    : problem !== ''
      ? t('phone.notProved')
      : here
        ? t('phone.registeredOk')
        : t(`phone.${registration}`);
  const kind = ok ? 'ok' : waits ? 'wait' : 'bad';
  return (
    <Tooltip title={registration === 'elsewhere' ? t('phone.elsewhereHelp') : null}>
      <span
        className={`phone-badge phone-badge-${kind}`}
        data-testid="phone-state"
        data-registration={registration}
        data-verified={ok}
      >
        {ok ? (
          <CheckCircleFilled />
        ) : kind === 'bad' ? (
          <CloseCircleFilled />
        ) : here ? (
          <PhoneOutlined />
        ) : (
          <LoadingOutlined />
        )}
        <span>
          {t('phone.label')} {text}
        </span>
      </span>
    </Tooltip>
  );
}
