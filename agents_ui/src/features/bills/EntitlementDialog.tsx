import { Alert, DatePicker, Form, Input, Modal, Radio, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import type { EntitlementForm, EntitlementView } from '../../api/types';
import { errorText } from '../../i18n/words';
import { fenOf } from './money';
import { useSaveEntitlement } from './queries';

const KINDS = ['care_insurance', 'subsidy', 'voucher'] as const;
const BASES = ['fixed', 'share_of_job', 'share_of_rest'] as const;
const CATEGORIES = [
  'housekeeping', 'repair', 'delivery', 'personal_care', 'escort', 'companionship', 'emergency',
] as const; // prettier-ignore

interface Values {
  kind: EntitlementForm['kind'];
  payer: string;
  basis: EntitlementForm['basis'];
  amount: string; // yuan, or percent
  monthCap: string;
  jobCap: string;
  categories: EntitlementForm['categories'];
  items: string[];
  from: Dayjs;
  to: Dayjs | null;
  note: string;
}

const typed = (fen: number | null): string => (fen === null ? '' : (fen / 100).toFixed(2));

export function EntitlementDialog(props: { elderId: string; known: EntitlementView | null; onClose: () => void }) {
  const { elderId, known, onClose } = props;
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const basis = Form.useWatch('basis', form) ?? known?.basis ?? 'share_of_rest';
  const save = useSaveEntitlement(elderId, onClose);
  const initial: Values = {
    kind: (known?.kind ?? 'voucher') as Values['kind'],
    payer: known?.payer ?? '',
    basis,
    amount: known === null ? '' : typed(known.basis === 'fixed' ? known.fixed_fen : known.share_bp),
    monthCap: typed(known?.month_cap_fen ?? null),
    jobCap: typed(known?.job_cap_fen ?? null),
    categories: (known?.categories ?? []) as Values['categories'],
    items: known?.items ?? [],
    from: dayjs(known?.valid_from),
    to: known?.valid_to ? dayjs(known.valid_to) : null,
    note: known?.note ?? '',
  };
  const sum = (required: boolean, most?: number) => ({
    validator: (_: unknown, value: string) => {
      const fen = fenOf(value);
      const empty = value.trim() === '';
      const right = empty ? !required : fen !== null && (!required || fen > 0) && (most === undefined || fen <= most);
      return right ? Promise.resolve() : Promise.reject(new Error(t('billsPage.entitlement.badSum')));
    },
  });
  const send = (values: Values): void =>
    save.mutate({
      change: known && { id: known.id, version: known.version },
      form: {
        kind: values.kind,
        payer: values.payer,
        basis: values.basis,
        fixed_fen: values.basis === 'fixed' ? fenOf(values.amount) : null,
        share_bp: values.basis === 'fixed' ? null : fenOf(values.amount),
        month_cap_fen: fenOf(values.monthCap),
        job_cap_fen: fenOf(values.jobCap),
        categories: values.categories,
        items: values.items,
        valid_from: values.from.format('YYYY-MM-DD'),
        valid_to: values.to?.format('YYYY-MM-DD') ?? null,
        note: values.note,
      },
    });
  return (
    <Modal
      open
      title={t(known === null ? 'billsPage.entitlement.add' : 'billsPage.entitlement.change')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okButtonProps={{ loading: save.isPending, 'data-testid': 'entitlement-save' }}
    >
      <Form form={form} layout="vertical" initialValues={initial} onFinish={send}>
        <Form.Item name="kind" label={t('billsPage.field.kind')}>
          <Radio.Group
            optionType="button"
            options={KINDS.map((one) => ({ value: one, label: t(`billsPage.kind.${one}`) }))}
          />
        </Form.Item>
        <Form.Item
          name="payer"
          label={t('billsPage.field.payer')}
          extra={t('billsPage.entitlement.payerHelp')}
          rules={[{ required: true, whitespace: true, message: t('billsPage.entitlement.payerNeeded') }]}
        >
          <Input maxLength={40} data-testid="entitlement-payer" />
        </Form.Item>
        <Form.Item name="basis" label={t('billsPage.field.basis')}>
          <Radio.Group
            optionType="button"
            options={BASES.map((one) => ({ value: one, label: t(`billsPage.entitlement.basis.${one}`) }))}
          />
        </Form.Item>
        <div className="bill-fields">
          <Form.Item
            name="amount"
            label={t(basis === 'fixed' ? 'billsPage.entitlement.yuan' : 'billsPage.entitlement.percent')}
            rules={[sum(true, basis === 'fixed' ? undefined : 10_000)]}
          >
            <Input inputMode="decimal" data-testid="entitlement-amount" />
          </Form.Item>
          <Form.Item name="monthCap" label={t('billsPage.field.month_cap_fen')} rules={[sum(false)]}>
            <Input inputMode="decimal" placeholder={t('billsPage.entitlement.noCap')} data-testid="entitlement-month" />
          </Form.Item>
          <Form.Item name="jobCap" label={t('billsPage.field.job_cap_fen')} rules={[sum(false)]}>
            <Input inputMode="decimal" placeholder={t('billsPage.entitlement.noCap')} />
          </Form.Item>
        </div>
        <Form.Item name="categories" label={t('billsPage.field.categories')}>
          <Select
            mode="multiple"
            placeholder={t('billsPage.entitlement.everything')}
            options={CATEGORIES.map((one) => ({ value: one, label: t(`billsPage.category.${one}`) }))}
          />
        </Form.Item>
        <Form.Item name="items" label={t('billsPage.field.items')}>
          <Select mode="tags" open={false} tokenSeparators={[' ', ',', '，', '、']} placeholder="ZL01 PH06" />
        </Form.Item>
        <div className="bill-fields">
          <Form.Item name="from" label={t('billsPage.field.valid_from')} rules={[{ required: true }]}>
            <DatePicker allowClear={false} />
          </Form.Item>
          <Form.Item name="to" label={t('billsPage.field.valid_to')}>
            <DatePicker placeholder={t('billsPage.entitlement.withoutEnd')} />
          </Form.Item>
        </div>
        <Form.Item name="note" label={t('billsPage.field.note')}>
          <Input.TextArea maxLength={500} autoSize />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      </Form>
    </Modal>
  );
}
