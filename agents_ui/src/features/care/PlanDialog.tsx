import { Alert, Form, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { DateField } from '../elders/DateField';
import { useSetPlan, type Care, type CareKind, type CarePlan, type Rhythm } from './queries';
import { clocks, fieldsOf, say, toBody, type Fields } from './words';

const RHYTHMS: Rhythm[] = ['weekly', 'monthly', 'quarterly'];
const MOST_TIMES = 6;

interface Props {
  care: Care;
  kind: CareKind;
  /** The one in force, as it was seen. */
  plan: CarePlan | undefined;
  onClose: () => void;
}

export function PlanDialog({ care, kind, plan, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const save = useSetPlan(care.elder_id, kind, onClose);
  const initial = fieldsOf(plan);
  const options = clocks(6, 22, [...initial.times, ...(initial.at === null ? [] : [initial.at])]).map((value) => ({
    value,
  }));
  const needed = [{ required: true, message: t('carePage.form.needTime') }];
  return (
    <Modal
      open
      title={say('kind', kind)}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: save.isPending, 'data-testid': 'care-save' }}
    >
      <p className="quiet">{t(`carePage.form.what.${kind}`)}</p>
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={initial}
        onFinish={(fields) => save.mutate(toBody(kind, { ...initial, ...fields }, plan))}
      >
        {kind === 'care' && (
          <Form.Item name="rhythm" label={t('carePage.form.rhythm')}>
            <Select
              options={[
                {
                  value: 'usual',
                  label: t('carePage.plan.byRisk', { rhythm: say('rhythm', care.usual_rhythm) }),
                },
                ...RHYTHMS.map((value) => ({ value, label: say('rhythm', value) })),
              ]}
            />
          </Form.Item>
        )}
        {kind === 'medicine' ? (
          <Form.Item name="times" label={t('carePage.form.times')} rules={needed}>
            <Select mode="multiple" maxCount={MOST_TIMES} options={options} data-testid="care-times" />
          </Form.Item>
        ) : (
          <Form.Item
            name="at"
            label={t(kind === 'care' ? 'carePage.form.at' : 'carePage.form.signBy')}
            rules={kind === 'daily' ? needed : []}
          >
            <Select
              allowClear={kind === 'care'}
              showSearch
              options={options}
              placeholder={t(kind === 'care' ? 'carePage.plan.anyHour' : 'carePage.form.needTime')}
              data-testid="care-at"
            />
          </Form.Item>
        )}
        {kind === 'medicine' && (
          <Form.Item
            name="alarm"
            label={t('carePage.form.alarm')}
            extra={t('carePage.form.alarmHelp')}
            valuePropName="checked"
          >
            <Switch data-testid="care-alarm" />
          </Form.Item>
        )}
        <Form.Item name="first" label={t('carePage.form.first')}>
          <DateField />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      </Form>
    </Modal>
  );
}
