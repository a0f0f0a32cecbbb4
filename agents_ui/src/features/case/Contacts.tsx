import { KeyOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';

export function Contacts({ contacts }: { contacts: ElderCard['contacts'] }) {
  const { t } = useTranslation();
  return (
    <section data-testid="pop-contacts">
      <h2 className="aside-title">{t('case.contacts')}</h2>
      {contacts.length === 0 && <p className="quiet">{t('case.noContacts')}</p>}
      {contacts.map((contact) => (
        <div key={contact.id} className="contact">
          <div>
            <strong>{contact.relation}</strong> {contact.name}
            {contact.is_guardian && <span className="quiet"> {t('elder.guardian')}</span>}
            {contact.has_key && (
              <span className="contact-key" title={t('elder.key')}>
                <KeyOutlined aria-label={t('elder.key')} /> {contact.key_note}
              </span>
            )}
          </div>
          <div className="num">{contact.text}</div>
        </div>
      ))}
    </section>
  );
}
