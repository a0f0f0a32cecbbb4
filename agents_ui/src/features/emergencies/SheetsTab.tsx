import { PrinterOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, unwrap } from '../../api/client';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { useSheets } from './queries';

interface Wanted {
  region_id: string;
  reason: string;
}

/** For the day when everything is down: whom to look after first, on paper. Whole names and numbers, so with a reason, and told to each. */
export function SheetsTab() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const now = useNow(60_000);
  const sheets = useSheets();
  const ask = useMutation({
    mutationFn: (wanted: Wanted) => unwrap(api.POST('/api/risk-sheets', { body: wanted })),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['risk-sheets'] });
      void navigate(`/emergencies/sheets/${id}`);
    },
  });
  if (sheets.isPending) return <Skeleton active />;
  if (sheets.data === undefined) return <Alert type="error" showIcon title={errorText(sheets.error)} />;
  const { regions, made } = sheets.data;
  return (
    <div className="report">
      <section className="panel sheet-ask">
        <h2>{t('safetyPage.sheet.title')}</h2>
        <p className="quiet">{t('safetyPage.sheet.intro')}</p>
        <Form<Wanted>
          layout="inline"
          requiredMark={false}
          initialValues={{ region_id: regions[0]?.id }}
          onFinish={(wanted) => ask.mutate(wanted)}
        >
          <Form.Item name="region_id" label={t('safetyPage.sheet.region')} rules={[{ required: true }]}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              style={{ width: 208 }}
              options={regions.map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
          <Form.Item
            name="reason"
            label={t('safetyPage.sheet.reason')}
            rules={[{ required: true, min: 4, whitespace: true, message: t('safetyPage.sheet.reasonNeeded') }]}
          >
            <Input
              maxLength={500}
              style={{ width: 320 }}
              placeholder={t('safetyPage.sheet.reasonHint')}
              data-testid="sheet-reason"
            />
          </Form.Item>
          <Button
            type="primary"
            htmlType="submit"
            icon={<PrinterOutlined />}
            loading={ask.isPending}
            data-testid="sheet-ask"
          >
            {t('safetyPage.sheet.ask')}
          </Button>
        </Form>
        {ask.isError && <Alert type="error" showIcon title={errorText(ask.error)} />}
        <p className="quiet">{t('safetyPage.sheet.down')}</p>
      </section>
      <section className="panel report-panel">
        <h2>{t('safetyPage.sheet.made')}</h2>
        {made.length === 0 ? (
          <div className="panel-empty">{t('safetyPage.sheet.noneMade')}</div>
        ) : (
          <table className="report-table" data-testid="sheets">
            <thead>
              <tr>
                {(['serial', 'when', 'by', 'region', 'elders', 'reason'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(`safetyPage.sheet.${key}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {made.map((one) => (
                <tr key={one.id}>
                  <td className="num">
                    {one.own ? <Link to={`/emergencies/sheets/${one.id}`}>{one.serial}</Link> : one.serial}
                  </td>
                  <td className="num">{moment(Date.parse(one.at), now)}</td>
                  <td>{one.by}</td>
                  <td>{one.region}</td>
                  <td className="num">{one.elders}</td>
                  <td>{one.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
