import { DownOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Dropdown } from 'antd';
import type { MenuProps } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useOptions } from '../../api/queries';
import { optionLabel } from '../../api/option-label';
import { useConsole, useLive } from '../../app/console-context';
import { word } from '../../i18n/words';

type Choice = { state: 'idle' | 'paused'; reason: string };

export function PresenceMenu() {
  const { desk, me } = useConsole();
  const { t, i18n } = useTranslation();
  const state = useLive((live) => live.agents[me.id]?.state ?? 'offline');
  const reason = useLive((live) => live.agents[me.id]?.reason ?? '');
  const options = useOptions();
  const change = useMutation({
    mutationFn: (body: Choice) => unwrap(api.POST('/api/presence', { body })),
    onSuccess: (answer) => {
      if (answer.outcome === 'not_done') desk.notices.notDone(answer.reason);
    },
    onError: (error) => desk.notices.failed(error),
  });

  const reasons = options.data?.pause_reasons ?? [];
  const items: MenuProps['items'] = [
    {
      key: 'idle',
      label: <span data-testid="presence-idle">{t('top.goIdle')}</span>,
      icon: <span className="dot dot-idle" />,
    },
    { type: 'divider' },
    {
      key: 'pause',
      type: 'group',
      label: t('top.pauseFor'),
      children: reasons
        .filter((option) => option.retired_at === null)
        .map((option) => ({
          key: `pause:${option.code}`,
          label: <span data-testid={`presence-pause-${option.code}`}>{optionLabel(option, i18n.language)}</span>,
          icon: <span className="dot dot-paused" />,
        })),
    },
  ];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    if (key === 'idle' && state === 'idle') return;
    change.mutate(
      key === 'idle' ? { state: 'idle', reason: '' } : { state: 'paused', reason: key.slice('pause:'.length) },
    );
  };
  const inCall = state === 'talking' || state === 'ringing';
  const known = reasons.find((option) => option.code === reason);
  const reasonText = state === 'paused' && reason ? ` · ${known ? optionLabel(known, i18n.language) : reason}` : '';

  return (
    <Dropdown menu={{ items, onClick }} trigger={['click']} disabled={inCall} {...(inCall ? { open: false } : {})}>
      <Button
        data-testid="presence-menu"
        data-state={state}
        loading={change.isPending}
        title={inCall ? t('top.presenceDuringCall') : t('top.presence')}
      >
        <span className="presence">
          <span className={`dot dot-${state}`} />
          {word('agentState', state)}
          {reasonText}
          <DownOutlined style={{ fontSize: 10 }} />
        </span>
      </Button>
    </Dropdown>
  );
}
