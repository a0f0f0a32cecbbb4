import { PhoneOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';

/** With what she can call: her telephones today, alarms and sensors when they are connected. */
export function Devices({ elder }: { elder: ElderCard }) {
  const { t } = useTranslation();
  return (
    <div className="case-padded" data-testid="case-devices">
      <h2 className="aside-title">{t('deskMore.devices.line')}</h2>
      {elder.numbers.length === 0 && <p className="quiet">{t('deskMore.devices.none')}</p>}
      {elder.numbers.map((number) => (
        <div key={number.id} className="elder-line">
          <PhoneOutlined />
          <span className="num">{number.text}</span>
          {number.label && <span className="quiet">{number.label}</span>}
        </div>
      ))}
      <p className="quiet">{t('deskMore.devices.note')}</p>
    </div>
  );
}
