import { Button, Input, Radio, Space, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { phoneNumber } from '../../kit/format';
import { nameOf, ROLES, type Played, type Role } from './roles';

const NUMBER = /^\+?[0-9]{3,15}$/;

interface Props {
  role: Role;
  people: Played[];
  number: string;
  /** A call is going on: it would be cut. */
  busy: boolean;
  onRole: (role: Role) => void;
  onPick: (number: string) => void;
}

/** Whose telephone this is: elder or store, one of a list or any number. */
export function Picker({ role, people, number, busy, onRole, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <div className="picker">
      <Tabs
        aria-label={t('training.who')}
        tabBarGutter={16}
        activeKey={role}
        onChange={(key) => onRole(key as Role)}
        items={ROLES.map((one) => ({
          key: one,
          label: t(`training.roles.${one}`),
          disabled: busy && one !== role,
          children: one === role && <People {...{ role, people, number, busy, onPick }} />,
        }))}
      />
      <OtherNumber busy={busy} onPick={onPick} />
    </div>
  );
}

function People({ role, people, number, busy, onPick }: Omit<Props, 'onRole'>) {
  const { t } = useTranslation();
  if (people.length === 0)
    return <p className="quiet">{t(role === 'store' ? 'training.noStores' : 'training.nobody')}</p>;
  return (
    <div className="picker-list" tabIndex={busy ? 0 : undefined}>
      <Radio.Group
        data-testid={`training-${role}`}
        aria-label={t(`training.list.${role}`)}
        value={number}
        disabled={busy}
        onChange={(event) => onPick(String(event.target.value))}
      >
        {people.map((one) => (
          <Radio key={`${one.number}:${one.name}`} value={one.number} data-testid={`training-${role}-${one.number}`}>
            <span className="picker-name">{nameOf(one)}</span>
            <span className="num"> {one.name ? phoneNumber(one.number) : ''}</span>
            <span className="quiet picker-for">{one.about}</span>
          </Radio>
        ))}
      </Radio.Group>
    </div>
  );
}

function OtherNumber({ busy, onPick }: Pick<Props, 'busy' | 'onPick'>) {
  const { t } = useTranslation();
  const [free, setFree] = useState('');
  const clean = free.replace(/[\s-]/g, '');
  const usable = NUMBER.test(clean);
  return (
    <>
      <div className="aside-title">{t('training.otherNumber')}</div>
      <Space.Compact block>
        <Input
          data-testid="training-number"
          inputMode="tel"
          maxLength={20}
          value={free}
          status={free !== '' && !usable ? 'error' : ''}
          aria-label={t('training.otherNumber')}
          placeholder="0710 3456789"
          onChange={(event) => setFree(event.target.value)}
          onPressEnter={() => usable && !busy && onPick(clean)}
        />
        <Button data-testid="training-use" disabled={!usable || busy} onClick={() => onPick(clean)}>
          {t('training.useNumber')}
        </Button>
      </Space.Compact>
      {free !== '' && !usable && <div className="note-error">{t('training.badNumber')}</div>}
      {busy && <div className="quiet picker-busy">{t('training.busy')}</div>}
    </>
  );
}
