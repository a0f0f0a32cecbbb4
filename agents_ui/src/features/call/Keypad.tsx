import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** Digits go out by our own leg, or by the server when the leg is in another window. */
export function Keypad({ callId, hasLeg }: { callId: string | null; hasLeg: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [sent, setSent] = useState('');
  const send = (digit: string): void => {
    setSent((before) => (before + digit).slice(-16));
    if (hasLeg || callId === null) {
      desk.phone.sendDigits(digit);
      return;
    }
    unwrap(
      api.POST('/api/calls/{call_id}/digits', { params: { path: { call_id: callId } }, body: { digits: digit } }),
    ).catch((error: unknown) => desk.notices.failed(error));
  };
  return (
    <div className="keypad">
      <output className="keypad-sent num" aria-label={t('call.digitsSent')}>
        {sent}
      </output>
      {KEYS.map((digit) => (
        <Button key={digit} data-testid={`digit-${digit}`} onClick={() => send(digit)}>
          {digit}
        </Button>
      ))}
    </div>
  );
}
