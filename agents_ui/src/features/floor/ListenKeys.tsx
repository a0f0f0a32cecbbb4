import { useMutation } from '@tanstack/react-query';
import { App, Button, Space } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CallView, ListenMode } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { MODES, myListening } from './listening';

/** A supervisor on an agent's call: the keys are the three modes, the one that counts is pressed. The first press rings her own telephone. */
export function ListenKeys({ call, disabled }: { call: CallView; disabled: boolean }) {
  const { me, desk } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const mine = myListening(call, me.id);
  const act = useMutation({
    mutationFn: (mode: ListenMode | null) =>
      mode === null ? desk.stopListening(call.id) : desk.listen(call.id, mode, mine !== null),
    onSuccess: (outcome) => {
      if (outcome.outcome !== 'done') void message.warning(word('error', outcome.reason));
    },
    onError: (error) => void message.warning(errorText(error)),
  });
  return (
    <Space.Compact role="group" aria-label={t('floorPage.floor.listen.group')} data-testid={`listen-${call.id}`}>
      {MODES.map((mode) => (
        <Button
          key={mode}
          size="small"
          type={mine?.mode === mode ? 'primary' : 'default'}
          danger={mode === 'barge' && mine?.mode === mode}
          aria-pressed={mine?.mode === mode}
          disabled={(disabled && mine === null) || act.isPending || mine?.ringing === true}
          title={t(`floorPage.floor.listen.help.${mode}`)}
          data-testid={`listen-${mode}`}
          onClick={() => act.mutate(mode)}
        >
          {t(`floorPage.floor.listen.${mode}`)}
        </Button>
      ))}
      {mine !== null && (
        <Button size="small" data-testid="listen-stop" loading={act.isPending} onClick={() => act.mutate(null)}>
          {mine.ringing ? t('floorPage.floor.listen.ringing') : t('floorPage.floor.listen.stop')}
        </Button>
      )}
    </Space.Compact>
  );
}
