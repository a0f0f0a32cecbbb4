import { Button, Drawer, Form, Input, Select, TreeSelect } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { optionLabel } from '../../api/option-label';
import type { components } from '../../api/schema';
import { useConsole } from '../../app/console-context';
import { word } from '../../i18n/words';
import { Failure } from './Failure';
import { PEOPLE, useChange, useList, useRegions, useTeams, type Person } from './queries';
import { regionTree } from './regions';

type Fields = components['schemas']['AddPerson'];

interface Props {
  /** null: somebody new. */
  person: Person | null;
  onClose: () => void;
  onAdded: (name: string, password: string | null) => void;
}

const ROLES = ['agent', 'supervisor', 'admin'] as const;

export function PersonDrawer({ person, onClose, onAdded }: Props) {
  const { t, i18n } = useTranslation();
  const { me } = useConsole();
  const [form] = Form.useForm<Fields>();
  const role = Form.useWatch('role', form) ?? person?.role ?? 'agent';
  const teams = useTeams().data ?? [];
  const regions = useRegions().data ?? [];
  const skills = useList('skill');
  const dialects = useList('dialect');

  const save = useChange(async (fields: Fields) => {
    const body = {
      name: fields.name,
      role: fields.role,
      dialects: fields.dialects ?? [],
      skills: fields.skills ?? [],
      team_id: fields.team_id ?? null,
      region_ids: fields.role === 'supervisor' ? (fields.region_ids ?? []) : [],
    };
    if (person !== null) {
      await unwrap(api.POST('/api/users/{user_id}', { params: { path: { user_id: person.id } }, body }));
      return null;
    }
    return unwrap(api.POST('/api/users', { body: { ...body, username: fields.username } }));
  }, PEOPLE);

  const submit = (fields: Fields): void =>
    save.mutate(fields, {
      onSuccess: (added) => {
        onClose();
        if (added !== null) onAdded(added.person.name, added.password);
      },
    });
  const choices = (list: typeof skills, had: string[]) =>
    list
      .filter((option) => option.retired_at === null || had.includes(option.code))
      .map((option) => ({ value: option.code, label: optionLabel(option, i18n.language) }));

  return (
    <Drawer
      open
      size={480}
      title={person === null ? t('adminPage.people.addTitle') : t('adminPage.people.editTitle', { name: person.name })}
      onClose={onClose}
      footer={
        <div className="admin-keys">
          <Button onClick={onClose}>{t('adminPage.cancel')}</Button>
          <Button type="primary" data-testid="save-person" loading={save.isPending} onClick={() => form.submit()}>
            {t('adminPage.save')}
          </Button>
        </div>
      }
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        onFinish={submit}
        initialValues={
          person ?? { role: 'agent', dialects: [], skills: [], team_id: null, region_ids: [], name: '', username: '' }
        }
      >
        <Form.Item
          name="name"
          label={t('adminPage.people.name')}
          rules={[{ required: true, whitespace: true, message: t('error.bad_name') }]}
        >
          <Input data-testid="person-name" maxLength={100} autoFocus />
        </Form.Item>
        {person === null && (
          <Form.Item
            name="username"
            label={t('adminPage.people.username')}
            extra={t('adminPage.people.usernameHint')}
            rules={[{ required: true, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, message: t('error.bad_username') }]}
          >
            <Input data-testid="person-username" maxLength={64} autoComplete="off" spellCheck={false} />
          </Form.Item>
        )}
        <Form.Item
          name="role"
          label={t('adminPage.people.role')}
          extra={person !== null && role !== person.role ? t('adminPage.people.roleChange') : undefined}
        >
          <Select
            data-testid="person-role"
            disabled={person?.id === me.id}
            options={ROLES.map((one) => ({ value: one, label: word('role', one) }))}
          />
        </Form.Item>
        {role === 'supervisor' && (
          <Form.Item name="region_ids" label={t('adminPage.people.regions')} extra={t('adminPage.people.regionsHint')}>
            <TreeSelect
              multiple
              allowClear
              treeNodeFilterProp="title"
              treeData={regionTree(regions, person?.region_ids ?? [])}
            />
          </Form.Item>
        )}
        <Form.Item name="team_id" label={t('adminPage.people.team')}>
          <Select
            allowClear
            placeholder={t('adminPage.none')}
            options={teams
              .filter((team) => team.retired_at === null || team.id === person?.team_id)
              .map((team) => ({ value: team.id, label: team.name }))}
          />
        </Form.Item>
        <Form.Item name="dialects" label={t('adminPage.people.speaks')} extra={t('adminPage.people.dialectsHint')}>
          <Select mode="multiple" allowClear options={choices(dialects, person?.dialects ?? [])} />
        </Form.Item>
        <Form.Item name="skills" label={t('adminPage.people.skills')}>
          <Select mode="multiple" allowClear options={choices(skills, person?.skills ?? [])} />
        </Form.Item>
        <Failure error={save.error} />
      </Form>
    </Drawer>
  );
}
