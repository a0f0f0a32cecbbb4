import { PlusOutlined } from '@ant-design/icons';
import { App, Button, Form, Input, Modal, Select, Table, Tag, TreeSelect } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { Failure, NotLoaded } from './Failure';
import { OptionListCard } from './OptionListCard';
import { TEAMS, useChange, usePeople, useRegions, useTeams, type Team } from './queries';
import { regionTree } from './regions';

type Words = { name: string; lead_id?: string | null; region_id?: string | null };

export function TeamsTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Teams canWrite={canWrite} />
      <div className="admin-two">
        <OptionListCard
          kind="skill"
          title={t('adminPage.teams.skills')}
          hint={t('adminPage.teams.skillsHint')}
          canWrite={canWrite}
        />
        <OptionListCard
          kind="dialect"
          title={t('adminPage.teams.dialects')}
          hint={t('adminPage.teams.dialectsHint')}
          canWrite={canWrite}
        />
      </div>
    </>
  );
}

function Teams({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const teams = useTeams();
  const people = usePeople().data ?? [];
  const regions = useRegions().data ?? [];
  const [editing, setEditing] = useState<Team | 'new' | null>(null);
  const retire = useChange(
    ({ id, retired }: { id: string; retired: boolean }) =>
      unwrap(api.POST('/api/teams/{team_id}/retire', { params: { path: { team_id: id } }, body: { retired } })),
    TEAMS,
  );
  if (teams.isError) return <NotLoaded error={teams.error} again={() => void teams.refetch()} />;
  const members = (team: Team): number => people.filter((one) => one.active && one.team_id === team.id).length;
  return (
    <section className="admin-card" aria-label={t('adminPage.teams.teams')}>
      <div className="admin-head">
        <h2 className="admin-grow">{t('adminPage.teams.teams')}</h2>
        {canWrite && (
          <Button icon={<PlusOutlined />} data-testid="add-team" onClick={() => setEditing('new')}>
            {t('adminPage.teams.add')}
          </Button>
        )}
      </div>
      <Table<Team>
        size="middle"
        rowKey="id"
        dataSource={teams.data}
        loading={teams.isPending}
        pagination={false}
        locale={{ emptyText: t('adminPage.teams.empty') }}
        rowClassName={(team) => (team.retired_at === null ? '' : 'admin-off')}
        columns={[
          {
            title: t('adminPage.teams.name'),
            render: (_, team) => (
              <>
                {team.name} {team.retired_at !== null && <Tag>{t('adminPage.teams.retired')}</Tag>}
              </>
            ),
          },
          {
            title: t('adminPage.teams.lead'),
            render: (_, team) => people.find((one) => one.id === team.lead_id)?.name ?? '',
          },
          {
            title: t('adminPage.teams.region'),
            render: (_, team) => regions.find((one) => one.id === team.region_id)?.name ?? '',
          },
          { title: t('adminPage.teams.members'), className: 'num', render: (_, team) => members(team) },
          ...(canWrite
            ? [
                {
                  title: <span className="visually-hidden">{t('adminPage.edit')}</span>,
                  align: 'right' as const,
                  render: (_: unknown, team: Team) => {
                    const off = team.retired_at !== null;
                    const blocked = !off && members(team) > 0;
                    return (
                      <span className="admin-keys">
                        <Button size="small" onClick={() => setEditing(team)}>
                          {t('adminPage.edit')}
                        </Button>
                        <Button
                          size="small"
                          disabled={blocked}
                          title={blocked ? t('adminPage.teams.hasMembers') : undefined}
                          onClick={() =>
                            retire.mutate(
                              { id: team.id, retired: !off },
                              { onError: (error) => void message.error(errorText(error)) },
                            )
                          }
                        >
                          {off ? t('adminPage.teams.restore') : t('adminPage.teams.retire')}
                        </Button>
                      </span>
                    );
                  },
                },
              ]
            : []),
        ]}
      />
      {editing !== null && <TeamDialog team={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </section>
  );
}

function TeamDialog({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Words>();
  const people = usePeople().data ?? [];
  const regions = useRegions().data ?? [];
  const save = useChange(({ name, lead_id, region_id }: Words) => {
    const body = { name, lead_id: lead_id ?? null, region_id: region_id ?? null };
    return team === null
      ? unwrap(api.POST('/api/teams', { body }))
      : unwrap(api.POST('/api/teams/{team_id}', { params: { path: { team_id: team.id } }, body }));
  }, TEAMS);
  return (
    <Modal
      open
      title={team === null ? t('adminPage.teams.addTitle') : t('adminPage.teams.editTitle')}
      okText={t('adminPage.save')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ loading: save.isPending }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Words>
        form={form}
        layout="vertical"
        initialValues={team ?? { name: '' }}
        onFinish={(words) => save.mutate(words, { onSuccess: onClose })}
      >
        <Form.Item
          name="name"
          label={t('adminPage.teams.name')}
          rules={[{ required: true, whitespace: true, message: t('error.bad_label') }]}
        >
          <Input data-testid="team-name" maxLength={40} autoFocus />
        </Form.Item>
        <Form.Item name="lead_id" label={t('adminPage.teams.lead')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('adminPage.none')}
            options={people
              .filter((one) => one.active && one.role !== 'admin')
              .map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="region_id" label={t('adminPage.teams.region')}>
          <TreeSelect
            allowClear
            showSearch
            placeholder={t('adminPage.none')}
            treeNodeFilterProp="title"
            treeData={regionTree(regions, team?.region_id ? [team.region_id] : [])}
          />
        </Form.Item>
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}
