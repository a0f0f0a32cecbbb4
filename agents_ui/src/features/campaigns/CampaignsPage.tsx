import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { errorText } from '../../i18n/words';
import { Frame } from '../followups/Frame';
import { CampaignDetail } from './CampaignDetail';
import { CampaignForm } from './CampaignForm';
import { CampaignTable } from './CampaignTable';
import { useCampaigns } from './queries';
import '../../kit/tone.css';
import '../orders/orders.css';
import '../reports/reports.css';
import './campaigns.css';

const NEW = 'new';

/** One sentence for many: all campaigns, and beside them the one that is looked at or made. */
export function CampaignsPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const chosen = params.get('campaign');
  const found = useCampaigns();
  const choose = (id: string | null): void => setParams(id === null ? {} : { campaign: id });
  const current = found.data?.find((one) => one.id === chosen);
  return (
    <Frame
      tab="campaigns"
      extra={
        <>
          <Button
            type="primary"
            icon={<PlusOutlined />}
            disabled={chosen === NEW}
            data-testid="campaign-new"
            onClick={() => choose(NEW)}
          >
            {t('campaignPage.new')}
          </Button>
        </>
      }
    >
      <div className="jobs">
        <div className={chosen === null ? 'jobs-body' : 'jobs-body jobs-split campaign-split'}>
          <div className="panel jobs-main">
            {found.isError && <Alert type="warning" showIcon title={errorText(found.error)} />}
            {found.isPending && <Skeleton active className="case-padded" paragraph={{ rows: 8 }} />}
            {found.data?.length === 0 && (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} className="campaign-none" description={null}>
                <strong>{t('campaignPage.empty')}</strong>
                <p className="quiet">{t('campaignPage.emptyHelp')}</p>
              </Empty>
            )}
            {found.data !== undefined && found.data.length > 0 && (
              <CampaignTable items={found.data} chosen={chosen} narrow={chosen !== null} onChoose={choose} />
            )}
          </div>
          {chosen !== null && (
            <aside className="panel jobs-side" aria-label={current?.name ?? t('campaignPage.new')}>
              <button type="button" className="jobs-shut" onClick={() => choose(null)}>
                {t('common.close')} ×
              </button>
              {chosen === NEW && <CampaignForm onMade={(made) => choose(made.id)} />}
              {current !== undefined && <CampaignDetail key={current.id} campaign={current} />}
              {chosen !== NEW && found.data !== undefined && current === undefined && (
                <Alert type="warning" showIcon title={t('error.no_such_campaign')} className="campaign-gone" />
              )}
            </aside>
          )}
        </div>
      </div>
    </Frame>
  );
}
