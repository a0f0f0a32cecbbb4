import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Popconfirm } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import type { Profile } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { draftOf, keepDraft } from './drafts';
import { Fields } from './Fields';
import { fieldLabel } from './labels';
import {
  changedFields,
  faultyFields,
  fromProfile,
  rebased,
  toEdit,
  type FormField,
  type FormValues,
} from './profile-form';

interface Base {
  version: number;
  before: FormValues;
}

interface Props {
  profile: Profile;
  /** Where to begin: "door", "health.allergies", or a list, "contacts". */
  field?: string | null;
  onDone: () => void;
}

/** The whole profile to write on. What was typed outlives a call that comes in between, and somebody else's save. */
export function ProfileForm({ profile, field = null, onDone }: Props) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<FormValues>();
  const [kept] = useState(() => draftOf(me.id, profile.id));
  const [base, setBase] = useState<Base>(kept ?? { version: profile.version, before: fromProfile(profile) });
  const [dirty, setDirty] = useState<FormField[]>(kept ? changedFields(kept.before, kept.values) : []);
  const [conflicts, setConflicts] = useState<FormField[]>([]);
  const [fetched, setFetched] = useState(false);

  useEffect(() => {
    if (field === null) return undefined;
    const timer = setTimeout(() => {
      const part = document.querySelector(`[data-part="${CSS.escape(field)}"]`);
      if (part !== null) part.scrollIntoView({ block: 'center' });
      else form.scrollToField(field.split('.') as never, { block: 'center', focus: true });
    }, 0);
    return () => clearTimeout(timer);
  }, [field, form]);

  const typed = (): FormValues => ({ ...base.before, ...(form.getFieldsValue(true) as FormValues) });
  const note = (against: Base): void => {
    const values = typed();
    const fields = changedFields(against.before, values);
    setDirty(fields);
    keepDraft(me.id, profile.id, fields.length === 0 ? null : { ...against, values });
  };
  const done = (): void => {
    keepDraft(me.id, profile.id, null);
    onDone();
  };

  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/elders/{elder_id}/profile', {
          params: { path: { elder_id: profile.id } },
          body: toEdit(base.before, typed(), base.version),
        }),
      ),
    onSuccess: (fresh) => {
      queries.setQueryData(['profile', profile.id], fresh);
      void queries.invalidateQueries({ queryKey: ['changes', profile.id] });
      void queries.invalidateQueries({ queryKey: ['directory'] });
      done();
    },
    onError: (thrown) => {
      const error = asApiError(thrown);
      form.setFields(
        faultyFields(error).map((one) => ({
          name: one.path as never,
          errors: [lookUp(`error.${one.code}`) ?? error.message],
        })),
      );
      const first = faultyFields(error)[0];
      if (first) form.scrollToField(first.path as never, { block: 'center' });
    },
  });
  const refresh = useMutation({
    mutationFn: () => unwrap(api.GET('/api/elders/{elder_id}/profile', { params: { path: { elder_id: profile.id } } })),
    onSuccess: (fresh) => {
      const latest = fromProfile(fresh);
      const merged = rebased(base.before, typed(), latest);
      form.setFieldsValue(merged.values);
      const next = { version: fresh.version, before: latest };
      setBase(next);
      setConflicts(merged.conflicts);
      setFetched(true);
      save.reset();
      note(next);
    },
  });
  const failure = save.isError ? asApiError(save.error) : null;
  const overtaken = failure?.code === 'elder_changed' ? failure.details : null;
  return (
    <Form<FormValues>
      form={form}
      layout="vertical"
      initialValues={kept?.values ?? base.before}
      scrollToFirstError={{ block: 'center' }}
      onValuesChange={() => note(base)}
      onFinish={() => save.mutate()}
      data-testid="profile-form"
    >
      {kept && !fetched && (
        <Alert type="info" showIcon title={t('eldersPage.form.restored')} style={{ marginBottom: 8 }} />
      )}
      {fetched && (
        <Alert
          type={conflicts.length > 0 ? 'warning' : 'success'}
          showIcon
          style={{ marginBottom: 8 }}
          title={
            conflicts.length > 0
              ? t('eldersPage.form.conflicts', { count: conflicts.length })
              : t('eldersPage.form.kept')
          }
        />
      )}
      <Fields idOnRecord={profile.id_number} conflicts={conflicts} theirs={base.before} onSet={() => note(base)} />
      {overtaken && <Overtaken details={overtaken} loading={refresh.isPending} onFetch={() => refresh.mutate()} />}
      {failure && !overtaken && <Alert type="error" showIcon style={{ marginTop: 12 }} title={errorText(failure)} />}
      {refresh.isError && <Alert type="error" showIcon title={errorText(refresh.error)} />}
      <div className="form-bar">
        <span className="quiet" role="status">
          {dirty.length > 0 ? t('eldersPage.form.unsaved') : t('eldersPage.form.nothing')}
        </span>
        {dirty.length > 0 ? (
          <Popconfirm title={t('eldersPage.form.cancelSure')} onConfirm={done}>
            <Button>{t('eldersPage.form.cancel')}</Button>
          </Popconfirm>
        ) : (
          <Button onClick={done}>{t('common.close')}</Button>
        )}
        <Button
          type="primary"
          htmlType="submit"
          loading={save.isPending}
          disabled={dirty.length === 0 || overtaken !== null}
          data-testid="profile-save"
        >
          {t('eldersPage.form.save')}
        </Button>
      </div>
    </Form>
  );
}

interface OvertakenProps {
  details: Readonly<Record<string, unknown>>;
  loading: boolean;
  onFetch: () => void;
}

/** Somebody was quicker: who, when and what; nothing that was typed is lost. */
function Overtaken({ details, loading, onFetch }: OvertakenProps) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const time = typeof details.at === 'string' ? moment(Date.parse(details.at), now) : '';
  const name = typeof details.by === 'string' ? details.by : '';
  const fields = (Array.isArray(details.fields) ? (details.fields as string[]) : []).map(fieldLabel).join('、');
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginTop: 12 }}
      data-testid="elder-changed"
      title={
        name ? t('eldersPage.form.changedTitle', { name, time }) : t('eldersPage.form.changedTitleUnknown', { time })
      }
      description={t('eldersPage.form.changedText', { fields: fields || t('common.unknown') })}
      action={
        <Button type="primary" loading={loading} onClick={onFetch} data-testid="elder-rebase">
          {t('eldersPage.form.changedRebase')}
        </Button>
      }
    />
  );
}
