import { CheckCircleFilled, ForwardOutlined, RollbackOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProtocolView, StepTurn } from '../../api/types';
import { clockTime } from '../../kit/format';
import { doneTurns, lastTurn, said } from './steps';
import type { ProtocolActs } from './use-protocol';

/** What was done, with time and by whom, folded to the last three; the newest can be taken back. */
export function Done({ view, acts, writes }: { view: ProtocolView; acts: ProtocolActs; writes: boolean }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const turns = doneTurns(view);
  if (turns.length === 0) return null;
  const shown = all ? turns : turns.slice(-3);
  const last = lastTurn(view);
  return (
    <ol className="em-done" aria-label={t('emergencyPage.steps.done')} data-testid="steps-done">
      {turns.length > shown.length && (
        <li>
          <Button size="small" type="link" onClick={() => setAll(true)}>
            {t('emergencyPage.steps.earlier', { count: turns.length - shown.length })}
          </Button>
        </li>
      )}
      {shown.map((turn) => (
        <DoneLine key={`${turn.run}:${turn.position}`} turn={turn}>
          {writes && turn === last && (
            <Button
              size="small"
              type="text"
              icon={<RollbackOutlined />}
              loading={acts.pending}
              data-testid="step-take-back"
              onClick={() => acts.takeBack(turn)}
            >
              {t('emergencyPage.steps.takeBack')}
            </Button>
          )}
        </DoneLine>
      ))}
    </ol>
  );
}

function DoneLine({ turn, children }: { turn: StepTurn; children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const what = said(turn.words, i18n.language) || (turn.act ? t(`emergencyPage.act.${turn.act}`) : turn.step);
  const how =
    turn.state === 'skipped'
      ? t('emergencyPage.steps.skipped', { reason: turn.reason })
      : said(turn.answer_words, i18n.language) || t('emergencyPage.steps.isDone');
  return (
    <li className={turn.state === 'skipped' ? 'em-turn em-turn-skipped' : 'em-turn'} data-testid={`turn-${turn.step}`}>
      {turn.state === 'skipped' ? <ForwardOutlined /> : <CheckCircleFilled />}
      <time className="num quiet">{turn.at ? clockTime(Date.parse(turn.at)) : ''}</time>
      <span className="ellipsis" title={what}>
        {what}
      </span>
      <strong>{how}</strong>
      <span className="quiet">{turn.by_name}</span>
      {children}
    </li>
  );
}
