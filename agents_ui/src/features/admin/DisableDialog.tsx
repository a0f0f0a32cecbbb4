import { Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from './Failure';
import { PEOPLE, useChange, type Person } from './queries';

interface Props {
  person: Person;
  onClose: () => void;
}

type When = 'if_free' | 'after_call' | 'now';

/** Somebody in a call has an elder on the line: it is said, and what becomes of the call is chosen. */
export function DisableDialog({ person, onClose }: Props) {
  const { t } = useTranslation();
  const disable = useChange(
    (when: When) =>
      unwrap(api.POST('/api/users/{user_id}/disable', { params: { path: { user_id: person.id } }, body: { when } })),
    PEOPLE,
  );
  const leave = (when: When): void => disable.mutate(when, { onSuccess: onClose });
  const key = (when: When, text: string, primary: boolean) => (
    <Button
      key={when}
      danger
      type={primary ? 'primary' : 'default'}
      loading={disable.isPending && disable.variables === when}
      disabled={disable.isPending}
      data-testid={`disable-${when}`}
      onClick={() => leave(when)}
    >
      {text}
    </Button>
  );
  return (
    <Modal
      open
      title={t(person.in_call ? 'adminPage.people.inCallTitle' : 'adminPage.people.disableTitle', {
        name: person.name,
      })}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t('adminPage.cancel')}
        </Button>,
        ...(person.in_call
          ? [key('now', t('adminPage.people.now'), false), key('after_call', t('adminPage.people.afterCall'), true)]
          : [key('if_free', t('adminPage.people.disable'), true)]),
      ]}
    >
      <p>{t(person.in_call ? 'adminPage.people.inCallText' : 'adminPage.people.disableText')}</p>
      <Failure error={disable.error} />
    </Modal>
  );
}
