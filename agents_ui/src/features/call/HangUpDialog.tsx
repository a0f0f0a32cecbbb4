import { Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { hasCaller, isOn, othersOn } from './parties';
import { partyName } from './party-name';
import { endForAll, leaveCall } from './reach';

/** F4 while others talk too: no 120 is cut by a habit. */
export function HangUpDialog() {
  const { desk, me } = useConsole();
  const { t, i18n } = useTranslation();
  const asked = useStore(desk.hangUpAsked, (value) => value);
  const call = useLive((state) => (asked === null ? undefined : state.calls[asked]));
  const close = (): void => desk.hangUpAsked.set(null);
  if (asked === null || call === undefined) return null;
  const names = othersOn(call, me.id)
    .filter(isOn)
    .map((party) => partyName(party, call.pop?.elder ?? null));
  if (hasCaller(call) && call.caller_left_at === null) names.unshift(call.elder_name || t('callPage.caller'));
  const then = (what: Promise<void>): void => {
    void what;
    close();
  };
  return (
    <Modal open title={t('callPage.hangUpTitle')} onCancel={close} footer={null} width={460}>
      <p>{t('callPage.hangUpHelp', { names: names.join(i18n.language === 'zh' ? '、' : ', ') })}</p>
      <div className="hang-up-choice">
        <Button
          size="large"
          type="primary"
          autoFocus
          data-testid="hang-up-me"
          onClick={() => then(leaveCall(desk, call.id, false))}
        >
          {t('callPage.hangUpMe')}
        </Button>
        <Button size="large" data-testid="hang-up-listen" onClick={() => then(leaveCall(desk, call.id, true))}>
          {t('callPage.leaveListen')}
        </Button>
        <Button size="large" danger data-testid="hang-up-all" onClick={() => then(endForAll(desk, call.id))}>
          {t('callPage.hangUpAll')}
        </Button>
      </div>
    </Modal>
  );
}
