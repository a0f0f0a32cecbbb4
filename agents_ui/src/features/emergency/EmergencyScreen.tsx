import { HistoryOutlined } from '@ant-design/icons';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { CallColumn } from '../call/CallColumn';
import { Greeting } from '../call/Greeting';
import { PartyList } from '../call/PartyList';
import { NoteField } from '../case/NoteField';
import { Timeline } from '../case/Timeline';
import '../case/case.css';
import { ElderSide } from './ElderSide';
import { EmergencyHead } from './EmergencyHead';
import { HandoverCard } from './HandoverCard';
import { LadderCard } from './LadderCard';
import { Steps } from './Steps';
import { useEmergency, type Shown } from './use-emergency';
import { useProtocol } from './use-protocol';
import './emergency.css';

/** From the press to help at the door: one column of steps; on its left who and where, on its right the call. */
export function EmergencyScreen({ caseId }: { caseId: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const shown = useEmergency(caseId);
  const [history, setHistory] = useState(false);
  const entries = shown.detail?.entries;
  const opening =
    shown.call !== null && shown.call.agent_id === me.id && shown.call.kind !== 'outbound' ? shown.call : null;
  const holder = shown.detail?.holder ?? null;
  const writes =
    may(me, 'cases:write') &&
    (shown.acts || (shown.part === 'watcher' && (holder === null || holder.user_id === me.id)));
  return (
    <div
      className="em-screen"
      role="region"
      aria-label={t('emergencyPage.region')}
      data-testid="emergency-screen"
      data-case={caseId}
    >
      <EmergencyHead shown={shown} />
      <div className="em-columns">
        <ElderSide shown={shown} />
        <main className="panel em-middle">
          {opening && (
            <div className="em-opening">
              <span className="quiet">{t('emergencyPage.opening')}</span>
              <Greeting call={opening} />
            </div>
          )}
          <div className="em-steps" tabIndex={0} role="group" aria-label={t('emergencyPage.steps.done')}>
            {shown.part !== 'owner' && !shown.acts && (
              <p className="em-part" role="note" data-testid="emergency-part">
                {shown.part === 'watcher'
                  ? t('emergencyPage.asked.help')
                  : t('emergencyPage.reading', { name: shown.emergency?.owner_name || t('emergencyPage.nobody') })}
              </p>
            )}
            <Steps shown={shown} writes={writes} />
          </div>
          <footer className="em-foot">
            {may(me, 'cases:write') && <NoteField key={caseId} caseId={caseId} />}
            <Button
              type="text"
              icon={<HistoryOutlined />}
              onClick={() => setHistory(true)}
              data-testid="emergency-timeline"
            >
              {t('emergencyPage.timeline')} <span className="num quiet">{entries?.length ?? ''}</span>
            </Button>
          </footer>
        </main>
        <Right shown={shown} writes={writes} />
      </div>
      <Drawer open={history} onClose={() => setHistory(false)} title={t('emergencyPage.timelineTitle')} width={560}>
        <Timeline entries={entries} />
      </Drawer>
    </div>
  );
}

/** The call, outside help and contacts. Who watches sees how it goes, without keys of the call. */
function Right({ shown, writes }: { shown: Shown; writes: boolean }) {
  const { t } = useTranslation();
  const { view } = useProtocol(shown.caseId);
  const cards = (
    <>
      <HandoverCard shown={shown} writes={writes} />
      <LadderCard shown={shown} writes={writes} />
    </>
  );
  if (shown.acts)
    return (
      <div className="em-right">
        <CallColumn emergency={{ caseId: shown.caseId, elder: shown.elder, offered: view?.agencies ?? [] }}>
          {cards}
        </CallColumn>
      </div>
    );
  return (
    <aside className="column em-right" aria-label={t('callPage.onCase')} tabIndex={0}>
      {shown.call && (
        <section className="panel call-panel" data-testid="call-watched">
          <div className="call-line">
            <strong>{t('callPage.onCase')}</strong>
            <span className="quiet">
              {shown.call.agent_name && t('callPage.agent', { name: shown.call.agent_name })}
            </span>
          </div>
          <PartyList call={shown.call} elder={shown.elder} acts={false} />
        </section>
      )}
      {cards}
    </aside>
  );
}
