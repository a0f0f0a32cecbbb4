import { Alert, Button, Input, InputNumber, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { dayAndTime } from '../../../kit/format';
import { units } from '../units';
import { Door } from './Door';
import { Proofs } from './Proofs';
import { answer, decide, offer, say, take, useCandidates, useDeed, type VisitHead } from './queries';

type Run = (ask: () => Promise<unknown>) => void;

/** One visit, with what an agent may do next on the telephone. */
export function VisitLine({ visit }: { visit: VisitHead }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const deed = useDeed((ask: () => Promise<unknown>) => ask());
  const run: Run = (ask) => deed.mutate(ask);
  return (
    <div className="part" data-testid="visit">
      <div className="part-row">
        <strong>{visit.title}</strong>
        <span>{visit.elder_name}</span>
        <span>{visit.place}</span>
        <span className="num">{dayAndTime(visit.wanted_from)}</span>
        <span>{t('pointsPage.account.hours', { hours: units(visit.proved ?? visit.half_hours, 'TC') })}</span>
        <Tag>{t(`pointsPage.volunteers.state.${visit.state}`)}</Tag>
        {visit.volunteer_name !== '' && <span>{visit.volunteer_name}</span>}
        {visit.counted !== null && (
          <span>{t('pointsPage.volunteering.counted', { hours: units(visit.counted, 'TC') })}</span>
        )}
        <Button size="small" type="link" onClick={() => setWhole(!whole)}>
          {t(whole ? 'pointsPage.volunteering.less' : 'pointsPage.volunteering.more')}
        </Button>
      </div>
      {isWarned(visit.attention) && (
        <Alert type="warning" showIcon title={t(`pointsPage.volunteering.attention.${visit.attention}`)} />
      )}
      {whole && <Proofs visit={visit} />}
      <Next visit={visit} run={run} busy={deed.isPending} />
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
    </div>
  );
}

const WARNINGS = ['tell_elder', 'code_locked', 'overlap', 'position_unproved'] as const;
type Warning = (typeof WARNINGS)[number];

function isWarned(attention: string): attention is Warning {
  return (WARNINGS as readonly string[]).includes(attention);
}

interface NextProps {
  visit: VisitHead;
  run: Run;
  busy: boolean;
}

function Next({ visit, run, busy }: NextProps) {
  const { me } = useConsole();
  switch (may(me, 'points:work') ? visit.state : null) {
    case 'asked':
      return <Asked visit={visit} run={run} busy={busy} />;
    case 'offered':
      return <Offered visit={visit} run={run} busy={busy} />;
    case 'accepted':
    case 'checked_in':
      return (
        <>
          <Door visit={visit} run={run} busy={busy} />
          {visit.state === 'accepted' && <Said visit={visit} run={run} busy={busy} deeds={['release', 'cancel']} />}
        </>
      );
    case 'checked_out':
      return <Said visit={visit} run={run} busy={busy} deeds={['confirm', 'dispute']} />;
    case 'disputed':
      return may(me, 'points:write') ? <Decide visit={visit} run={run} busy={busy} /> : null;
    default:
      return null;
  }
}

/** The centre asks one (派单), or one who has called takes it (接单). */
function Asked({ visit, run, busy }: NextProps) {
  const { t } = useTranslation();
  const [who, setWho] = useState<string | null>(null);
  const found = useCandidates(visit.id, true);
  return (
    <>
      <div className="part-row">
        <Select<string>
          className="points-name"
          placeholder={t('pointsPage.volunteers.do.offer')}
          aria-label={t('pointsPage.volunteers.do.offer')}
          value={who}
          onChange={setWho}
          options={(found.data ?? []).map((one) => ({
            value: one.volunteer_id,
            label: `${one.name} · ${one.place}`,
            disabled: !one.may,
          }))}
        />
        <Button
          disabled={who === null}
          loading={busy}
          onClick={() => who !== null && run(() => offer(visit, who))}
          data-testid="visit-offer"
        >
          {t('pointsPage.volunteering.offer')}
        </Button>
        <Button
          type="primary"
          disabled={who === null}
          loading={busy}
          onClick={() => who !== null && run(() => take(visit, who))}
          data-testid="visit-take"
        >
          {t('pointsPage.volunteering.take')}
        </Button>
      </div>
      <Said visit={visit} run={run} busy={busy} deeds={['cancel']} />
    </>
  );
}

function Offered({ visit, run, busy }: NextProps) {
  const { t } = useTranslation();
  return (
    <>
      <div className="part-row">
        <Button type="primary" loading={busy} onClick={() => run(() => answer(visit, true))} data-testid="visit-yes">
          {t('pointsPage.volunteers.do.yes')}
        </Button>
        <Button loading={busy} onClick={() => run(() => answer(visit, false))} data-testid="visit-no">
          {t('pointsPage.volunteers.do.no')}
        </Button>
      </div>
      <Said visit={visit} run={run} busy={busy} deeds={['cancel']} />
    </>
  );
}

type Deed = Parameters<typeof say>[1];

/** What needs words: hers, or why. */
function Said({ visit, run, busy, deeds }: NextProps & { deeds: readonly Deed[] }) {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  const hint = t(deeds.includes('confirm') ? 'pointsPage.volunteers.says' : 'pointsPage.goods.reason');
  return (
    <div className="part-row">
      <Input
        className="points-name"
        maxLength={500}
        placeholder={hint}
        aria-label={hint}
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      {deeds.map((deed) => (
        <Button
          key={deed}
          loading={busy}
          disabled={words.trim() === ''}
          danger={deed === 'cancel'}
          type={deed === 'confirm' ? 'primary' : 'default'}
          onClick={() => run(() => say(visit, deed, words.trim()))}
          data-testid={`visit-${deed}`}
        >
          {t(`pointsPage.volunteering.say.${deed}`)}
        </Button>
      ))}
    </div>
  );
}

/** A supervisor: never more than lies between the two proofs. */
function Decide({ visit, run, busy }: NextProps) {
  const { t } = useTranslation();
  const [hours, setHours] = useState(0);
  const [reason, setReason] = useState('');
  return (
    <div className="part-row">
      <InputNumber
        min={0}
        max={(visit.proved ?? 0) / 2}
        step={0.5}
        value={hours}
        aria-label={t('pointsPage.volunteering.counts')}
        onChange={(said) => setHours(said ?? 0)}
      />
      <span>{t('pointsPage.volunteering.counts')}</span>
      <Input
        className="points-name"
        maxLength={500}
        placeholder={t('pointsPage.goods.reason')}
        aria-label={t('pointsPage.goods.reason')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Button
        type="primary"
        loading={busy}
        disabled={reason.trim() === ''}
        onClick={() => run(() => decide(visit, Math.round(hours * 2), reason.trim()))}
        data-testid="visit-decide"
      >
        {t('pointsPage.volunteering.decide')}
      </Button>
    </div>
  );
}
