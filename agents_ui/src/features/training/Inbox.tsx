import { MessageFilled } from '@ant-design/icons';
import { Radio, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { moment, phoneNumber } from '../../kit/format';
import { OwnClock } from '../../kit/OwnClock';
import { useInbox } from './use-inbox';

/** Codes are what people look for in a message. */
const CODE = /(?<!\d)(\d{6})(?!\d)/;

/** What the demo's carrier was given for this person: elders and stores read it on their own mobiles. */
export function Inbox({ numbers, onNews }: { numbers: string[]; onNews: () => void }) {
  const { t } = useTranslation();
  const [everybody, setEverybody] = useState(false);
  const { shown, elsewhere, fresh, failed } = useInbox(everybody ? null : numbers, onNews);
  return (
    <section className="inbox" aria-label={t('training.sms.title')}>
      <div className="inbox-top">
        <h2 className="inbox-title">
          <MessageFilled /> {t('training.sms.title')}
        </h2>
        <Radio.Group
          aria-label={t('training.sms.show')}
          data-testid="training-sms-whose"
          optionType="button"
          size="small"
          value={everybody}
          onChange={(event) => setEverybody(event.target.value === true)}
          options={[
            { value: false, label: t('training.sms.mine') },
            { value: true, label: t('training.sms.all') },
          ]}
        />
      </div>
      {failed && <p className="note-error">{t('error.network')}</p>}
      <ul className="inbox-list" data-testid="training-sms" aria-live="polite" tabIndex={0}>
        {shown?.map((one) => (
          <li key={one.id} className={fresh.has(one.id) ? 'sms sms-fresh' : 'sms'}>
            <div className="sms-top num">
              <span>{phoneNumber(one.number)}</span>
              {fresh.has(one.id) && <Tag color="blue">{t('training.sms.fresh')}</Tag>}
              <time dateTime={one.at}>
                <OwnClock>{(now) => moment(Date.parse(one.at), now)}</OwnClock>
              </time>
            </div>
            <div className="sms-text">
              {one.text.split(CODE).map((part, index) => (index % 2 === 1 ? <b key={index}>{part}</b> : part))}
            </div>
          </li>
        ))}
      </ul>
      {shown?.length === 0 && (
        <div className="quiet">
          <p>{t(everybody ? 'training.sms.nothing' : 'training.sms.none')}</p>
          {elsewhere > 0 && <p>{t('training.sms.elsewhere', { count: elsewhere })}</p>}
        </div>
      )}
    </section>
  );
}
