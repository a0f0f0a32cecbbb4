import { Button, Input, Radio, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TrainingElder } from '../../api/types';
import { lookUp } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';

const NUMBER = /^\+?[0-9]{3,15}$/;

interface Props {
  elders: TrainingElder[];
  number: string;
  onPick: (number: string) => void;
}

export function ElderPicker({ elders, number, onPick }: Props) {
  const { t } = useTranslation();
  const [free, setFree] = useState('');
  const clean = free.replace(/[\s-]/g, '');
  const usable = NUMBER.test(clean);
  return (
    <div className="picker">
      <h2 className="aside-title">{t('training.elder')}</h2>
      <Radio.Group
        data-testid="training-elder"
        className="picker-list"
        value={number}
        onChange={(event) => onPick(String(event.target.value))}
      >
        {elders.map((elder) => (
          <Radio
            key={`${elder.number}:${elder.name}`}
            value={elder.number}
            data-testid={`training-elder-${elder.number}`}
          >
            <span className="picker-name">{elder.name || phoneNumber(elder.number)}</span>
            <span className="num"> {elder.name ? phoneNumber(elder.number) : ''}</span>
            <span className="quiet picker-for">{lookUp(`training.whatFor.${elder.what_for}`) ?? elder.what_for}</span>
          </Radio>
        ))}
      </Radio.Group>
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
          onPressEnter={() => usable && onPick(clean)}
        />
        <Button data-testid="training-use" disabled={!usable} onClick={() => onPick(clean)}>
          {t('training.useNumber')}
        </Button>
      </Space.Compact>
      {free !== '' && !usable && <div className="note-error">{t('training.badNumber')}</div>}
    </div>
  );
}
