import { MoreOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Dropdown, Input, Switch, Table, Tag } from 'antd';
import type { MenuProps } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { optionLabel } from '../../api/option-label';
import { useConsole, useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { DisableDialog } from './DisableDialog';
import { NotLoaded } from './Failure';
import { PersonDrawer } from './PersonDrawer';
import { PEOPLE, useChange, useList, usePeople, useTeams, type Person } from './queries';
import { TemporaryPassword, type GivenPassword } from './TemporaryPassword';

/** Who works here. Nobody is ever deleted: names stand on cases and in the audit. */
export function PeopleTab({ canWrite }: { canWrite: boolean }) {
  const { t, i18n } = useTranslation();
  const { me } = useConsole();
  const { message, modal } = App.useApp();
  const now = useNow(60_000);
  const people = usePeople();
  const teams = useTeams().data ?? [];
  const skills = useList('skill');
  const dialects = useList('dialect');
  const [text, setText] = useState('');
  const [showOff, setShowOff] = useState(false);
  const [editing, setEditing] = useState<Person | 'new' | null>(null);
  const [leaving, setLeaving] = useState<Person | null>(null);
  const [given, setGiven] = useState<GivenPassword | null>(null);
  const failed = (error: Error): void => void message.error(errorText(error));

  const enable = useChange(
    (id: string) => unwrap(api.POST('/api/users/{user_id}/enable', { params: { path: { user_id: id } } })),
    PEOPLE,
  );
  const password = useChange(
    (id: string) => unwrap(api.POST('/api/users/{user_id}/password', { params: { path: { user_id: id } } })),
    PEOPLE,
  );

  if (people.isError) return <NotLoaded error={people.error} again={() => void people.refetch()} />;
  const all = people.data ?? [];
  const wanted = text.trim().toLowerCase();
  const shown = all.filter(
    (one) => (showOff || one.active) && (one.name.toLowerCase().includes(wanted) || one.username.includes(wanted)),
  );
  const label = (list: typeof skills, code: string): string => {
    const option = list.find((one) => one.code === code);
    return option ? optionLabel(option, i18n.language) : code;
  };

  const keysOf = (one: Person): MenuProps['items'] => [
    { key: 'password', label: t('adminPage.people.password'), disabled: one.in_call || one.id === me.id },
    one.active && !one.leaves_after_call
      ? { key: 'disable', label: t('adminPage.people.disable'), danger: true, disabled: one.id === me.id }
      : { key: 'enable', label: one.active ? t('adminPage.people.stay') : t('adminPage.people.enable') },
  ];
  const act = (one: Person, key: string): void => {
    if (key === 'disable') setLeaving(one);
    else if (key === 'enable')
      enable.mutate(one.id, { onSuccess: () => void message.success(t('adminPage.people.saved')), onError: failed });
    else
      modal.confirm({
        title: t('adminPage.people.password'),
        content: t('adminPage.people.passwordSure', { name: one.name }),
        onOk: () =>
          password
            .mutateAsync(one.id)
            .then((answer) => setGiven({ name: one.name, password: answer.password }))
            .catch(failed),
      });
  };

  return (
    <section className="admin-card" aria-label={t('adminPage.nav.people')}>
      <div className="admin-head">
        <Input.Search
          style={{ width: 300 }}
          allowClear
          placeholder={t('adminPage.people.search')}
          aria-label={t('adminPage.people.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <label>
          <Switch size="small" checked={showOff} onChange={setShowOff} aria-label={t('adminPage.people.showOff')} />{' '}
          {t('adminPage.people.showOff')}
        </label>
        <span className="quiet num admin-grow">
          {t('adminPage.people.count', {
            active: all.filter((one) => one.active).length,
            off: all.filter((one) => !one.active).length,
          })}
        </span>
        {canWrite && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="add-person" onClick={() => setEditing('new')}>
            {t('adminPage.people.add')}
          </Button>
        )}
      </div>
      <Table<Person>
        size="middle"
        rowKey="id"
        dataSource={shown}
        loading={people.isPending}
        pagination={shown.length > 50 ? { pageSize: 50 } : false}
        locale={{ emptyText: t('adminPage.people.empty') }}
        rowClassName={(one) => (one.active ? '' : 'admin-off')}
        data-testid="people"
        columns={[
          {
            title: t('adminPage.people.name'),
            render: (_, one) => (
              <>
                <div>
                  <strong>{one.name}</strong> {one.role !== 'agent' && <Tag>{word('role', one.role)}</Tag>}
                </div>
                <span className="quiet">{one.username}</span>
              </>
            ),
          },
          {
            title: t('adminPage.people.team'),
            render: (_, one) => teams.find((team) => team.id === one.team_id)?.name ?? '',
          },
          {
            title: t('adminPage.people.speaks'),
            render: (_, one) =>
              one.dialects.map((code) => label(dialects, code)).join(i18n.language === 'zh' ? '、' : ', '),
          },
          {
            title: t('adminPage.people.skills'),
            render: (_, one) =>
              one.skills.map((code) => label(skills, code)).join(i18n.language === 'zh' ? '、' : ', '),
          },
          {
            title: t('adminPage.people.state'),
            render: (_, one) => (
              <div className="admin-tags">
                {!one.active && <Tag>{t('adminPage.people.off')}</Tag>}
                {one.leaves_after_call && <Tag color="orange">{t('adminPage.people.leaving')}</Tag>}
                {one.active && one.role !== 'admin' && <span>{word('agentState', one.state)}</span>}
                {one.active && one.must_change_password && <Tag>{t('adminPage.people.mustChange')}</Tag>}
                {one.has_second_factor && <Tag>{t('adminPage.people.secondFactor')}</Tag>}
              </div>
            ),
          },
          {
            title: t('adminPage.people.seen'),
            className: 'num',
            render: (_, one) => (one.seen_at ? moment(Date.parse(one.seen_at), now) : t('adminPage.people.never')),
          },
          ...(canWrite
            ? [
                {
                  title: <span className="visually-hidden">{t('adminPage.edit')}</span>,
                  align: 'right' as const,
                  render: (_: unknown, one: Person) => (
                    <span className="admin-keys">
                      <Button size="small" data-testid={`edit-${one.username}`} onClick={() => setEditing(one)}>
                        {t('adminPage.edit')}
                      </Button>
                      <Dropdown
                        trigger={['click']}
                        menu={{ items: keysOf(one) ?? [], onClick: ({ key }) => act(one, key) }}
                      >
                        <Button
                          size="small"
                          icon={<MoreOutlined />}
                          aria-label={t('adminPage.more', { name: one.name })}
                          data-testid={`more-${one.username}`}
                        />
                      </Dropdown>
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
      {editing !== null && (
        <PersonDrawer
          person={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onAdded={(name, secret) => setGiven({ name, password: secret })}
        />
      )}
      {leaving !== null && (
        <DisableDialog person={all.find((one) => one.id === leaving.id) ?? leaving} onClose={() => setLeaving(null)} />
      )}
      {given !== null && <TemporaryPassword given={given} onClose={() => setGiven(null)} />}
    </section>
  );
}
