import { PhoneFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CalledIn } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { reach } from '../call/reach';
import type { Shown } from './use-emergency';

interface Props {
  shown: Shown;
  number: string;
  meant: CalledIn;
  name: string;
}

/** A number that is a key: one click calls, into the call that she talks on or out of the case. */
export function CallKey({ shown, number, meant, name }: Props) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  if (!shown.acts || !may(me, 'calls:take')) return <span className="num">{number}</span>;
  return (
    <Button
      className="em-tel num"
      size="small"
      icon={<PhoneFilled />}
      title={t('emergencyPage.callName', { name })}
      aria-label={`${t('emergencyPage.callName', { name })} ${number}`}
      onClick={() => void reach(desk, meant, shown.caseId)}
    >
      {number}
    </Button>
  );
}
