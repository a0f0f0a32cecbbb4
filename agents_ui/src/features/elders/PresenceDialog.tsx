import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ElderPresence, Profile } from '../../api/types';
import { errorText, word } from '../../i18n/words';
import { DateField } from './DateField';

interface Values {
  presence: Profile['presence'];
  since?: string;
  until?: string;
  place?: string;
  note?: string;
}

const SINCE = { away: 'since', in_hospital: 'admitted', deceased: 'died' } as const;

export function PresenceDialog({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const presence = Form.useWatch('presence', form) ?? profile.presence;
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body: ElderPresence = { presence: values.presence, place: '', note: '', since: null, until: null };
      if (values.presence !== 'home') {
        body.since = values.since || null;
        body.place = values.place ?? '';
        body.note = values.note ?? '';
      }
      if (values.presence === 'away') body.until = values.until || null;
      return unwrap(api.POST('/api/elders/{elder_id}/presence', { params: { path: { elder_id: profile.id } }, body }));
    },
    onSuccess: (fresh) => {
      queries.setQueryData(['profile', profile.id], fresh);
      void queries.invalidateQueries({ queryKey: ['changes', profile.id] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('eldersPage.presence.title')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: save.isPending, 'data-testid': 'presence-save' }}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{
          presence: profile.presence,
          since: profile.presence_since ?? '',
          until: profile.presence_until ?? '',
          place: profile.presence_place,
        }}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item name="presence">
          <Radio.Group
            optionType="button"
            data-testid="presence-choice"
            options={(['home', 'away', 'in_hospital', 'deceased'] as const).map((one) => ({
              value: one,
              label: word('presence', one),
            }))}
          />
        </Form.Item>
        {presence !== 'home' && (
          <Form.Item name="since" label={t(`eldersPage.presence.${SINCE[presence]}`)}>
            <DateField />
          </Form.Item>
        )}
        {presence === 'away' && (
          <Form.Item name="until" label={t('eldersPage.presence.until')}>
            <DateField />
          </Form.Item>
        )}
        {(presence === 'away' || presence === 'in_hospital') && (
          <Form.Item
            name="place"
            label={t(presence === 'away' ? 'eldersPage.presence.awayPlace' : 'eldersPage.presence.hospital')}
          >
            <Input maxLength={200} data-testid="presence-place" />
          </Form.Item>
        )}
        {presence === 'deceased' && (
          <>
            <Form.Item name="note" label={t('eldersPage.presence.note')}>
              <Input.TextArea rows={2} maxLength={500} />
            </Form.Item>
            <Alert type="info" showIcon title={t('eldersPage.presence.diedHelp')} />
          </>
        )}
        {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      </Form>
    </Modal>
  );
}
