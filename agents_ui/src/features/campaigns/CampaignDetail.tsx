import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { Bar } from './Bar';
import { Figures } from './Figures';
import { StateTone } from './StateTone';
import { StopKey } from './StopKey';
import { useAct, useCampaignCalls, type Campaign, type CareCall } from './queries';
import { called, hours, reasons, say, toCall } from './words';

/** One campaign: what is said, to whom, how far it has come, and the keys that start, pause and stop it. */
export function CampaignDetail({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const now = useNow(10_000);
  const starts = Date.parse(campaign.starts_at);
  return (
    <article className="campaign" aria-label={campaign.name} data-testid="campaign-detail">
      <header>
        <StateTone campaign={campaign} />
        {campaign.state === 'running' && starts > now && (
          <span className="num">{t('campaignPage.waitsUntil', { when: moment(starts, now) })}</span>
        )}
      </header>
      <h2>{campaign.name}</h2>
      <blockquote className="campaign-sentence">
        {campaign.sentence || say('sentence', campaign.prompt)}
        <footer className="quiet">{t('campaignPage.keys')}</footer>
      </blockquote>
      <p className="quiet num">
        {t('campaignPage.runs', { when: moment(starts, now), hours: hours(campaign) })}
        {campaign.ended_at !== null && (
          <> · {t('campaignPage.ended', { when: moment(Date.parse(campaign.ended_at), now) })}</>
        )}
      </p>
      {campaign.state === 'draft' ? (
        <Before campaign={campaign} />
      ) : (
        <p className="campaign-large num">
          {t('campaignPage.calledOf', { called: called(campaign.progress), all: toCall(campaign.progress) })}
        </p>
      )}
      <Keys campaign={campaign} />
      {campaign.state !== 'draft' && (
        <>
          <Bar progress={campaign.progress} />
          <Figures progress={campaign.progress} />
          <Calls campaign={campaign} />
        </>
      )}
    </article>
  );
}

/** How many will be called, and who will not and why: what is approved by starting it. */
function Before({ campaign: { progress } }: { campaign: Campaign }) {
  const { t } = useTranslation();
  return (
    <section className="campaign-before" data-testid="campaign-before">
      <strong className="num">{t('campaignPage.willCall', { count: toCall(progress) })}</strong>
      <span className="num">
        {t('campaignPage.onList', { count: progress.all })}
        {progress.refused > 0 && (
          <>
            {' '}
            {t('campaignPage.leftOut', { count: progress.refused })} {reasons(progress.refused_why)}
          </>
        )}
      </span>
    </section>
  );
}

function Keys({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const act = useAct(campaign.id);
  const { state } = campaign;
  if (state === 'stopped' || state === 'done') return null;
  const draft = state === 'draft';
  const nobody = toCall(campaign.progress) === 0;
  return (
    <div className="campaign-keys">
      {state === 'running' ? (
        <Button
          size="large"
          loading={act.isPending && act.variables === 'pause'}
          data-testid="campaign-pause"
          onClick={() => act.mutate('pause')}
        >
          {t('campaignPage.pause')}
        </Button>
      ) : (
        <Button
          type="primary"
          size="large"
          disabled={nobody}
          loading={act.isPending && act.variables === 'start'}
          data-testid="campaign-start"
          onClick={() => act.mutate('start')}
        >
          {t(draft ? 'campaignPage.start' : 'campaignPage.goOn')}
        </Button>
      )}
      <StopKey draft={draft} pending={act.isPending && act.variables === 'stop'} onStop={() => act.mutate('stop')} />
      {draft && nobody && <p className="quiet">{t('campaignPage.nobody')}</p>}
      {state === 'paused' && <p className="quiet">{t('campaignPage.pausedHelp')}</p>}
      {act.isError && <Alert type="error" showIcon title={errorText(act.error)} />}
    </div>
  );
}

/** By name only those whom somebody may have to look after. */
function Calls({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const found = useCampaignCalls(campaign);
  if (found.isError) return <Alert type="warning" showIcon title={errorText(found.error)} />;
  if (found.data === undefined || found.data.calls.length === 0) return null;
  return (
    <section aria-label={t('campaignPage.people')}>
      <h3>{t('campaignPage.people')}</h3>
      <ul className="campaign-people" data-testid="campaign-people">
        {found.data.calls.map((one) => (
          <li key={one.id}>
            <Link to={`/elders/${one.elder_id}`}>{one.name}</Link>
            <span className="quiet">{one.community}</span>
            <span className={`tone ${one.result === 'help' ? 'tone-ask' : ''}`}>{stands(one)}</span>
            <time className="num quiet">{one.done_at === null ? '' : moment(Date.parse(one.done_at), now)}</time>
          </li>
        ))}
      </ul>
      {found.data.more > 0 && <p className="quiet num">{t('common.moreToSee', { count: found.data.more })}</p>}
    </section>
  );
}

function stands(call: CareCall): string {
  return say('call', call.result ?? call.state);
}
