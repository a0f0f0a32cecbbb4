import { ArrowLeftOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import { useConsole } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { Page } from '../shell/Page';
import { draftOf, keepDraft } from './drafts';
import { Fields } from './Fields';
import { EMPTY, faultyFields, toNew, type FormValues } from './profile-form';

const NEW = 'new';

/** Any agent may take somebody down. Whose ID or card it is already is named with a way to that profile. */
export function NewElderPage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form] = Form.useForm<FormValues>();
  const kept = draftOf(me.id, NEW);
  const typed = (): FormValues => ({ ...EMPTY, ...(form.getFieldsValue(true) as FormValues) });
  const make = useMutation({
    mutationFn: () => unwrap(api.POST('/api/elders', { body: toNew(typed()) })),
    onSuccess: (profile) => {
      keepDraft(me.id, NEW, null);
      queries.setQueryData(['profile', profile.id], profile);
      void queries.invalidateQueries({ queryKey: ['directory'] });
      void navigate(`/elders/${profile.id}`, { replace: true });
    },
    onError: (thrown) => {
      const error = asApiError(thrown);
      const faults = faultyFields(error);
      form.setFields(
        faults.map((one) => ({ name: one.path as never, errors: [lookUp(`error.${one.code}`) ?? error.message] })),
      );
      if (faults[0]) form.scrollToField(faults[0].path as never, { block: 'center' });
    },
  });
  const failure = make.isError ? asApiError(make.error) : null;
  const known = failure?.details.elder_id;
  return (
    <Page
      title={
        <Button type="text" icon={<ArrowLeftOutlined />} onClick={() => void navigate('/elders')}>
          {t('eldersPage.form.newTitle')}
        </Button>
      }
    >
      <Form<FormValues>
        form={form}
        layout="vertical"
        initialValues={kept?.values ?? EMPTY}
        scrollToFirstError={{ block: 'center' }}
        onValuesChange={() => keepDraft(me.id, NEW, { version: 0, before: EMPTY, values: typed() })}
        onFinish={() => make.mutate()}
        data-testid="new-elder"
      >
        <Fields idOnRecord="" />
        {failure && (
          <Alert
            style={{ marginTop: 12 }}
            type="error"
            showIcon
            title={errorText(failure)}
            action={
              typeof known === 'string' && (
                <Button onClick={() => void navigate(`/elders/${known}`)}>{t('eldersPage.dup.open')}</Button>
              )
            }
          />
        )}
        <div className="form-bar">
          <Button
            onClick={() => {
              keepDraft(me.id, NEW, null);
              void navigate('/elders');
            }}
          >
            {t('common.cancel')}
          </Button>
          <Button type="primary" htmlType="submit" loading={make.isPending} data-testid="new-elder-save">
            {t('eldersPage.form.create')}
          </Button>
        </div>
      </Form>
    </Page>
  );
}
