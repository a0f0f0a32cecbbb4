import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { drafts, wrapUpKey } from '../../app/drafts';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { duration } from '../../kit/format';
import { OutcomeChoice } from './OutcomeChoice';

interface Props {
  callId: string;
  /** It can be prepared while talking, and saved after. */
  talking: boolean;
  until: string | null;
}

const outcomeKey = (callId: string): string => `outcome.${callId}`;

export function WrapUpPanel({ callId, talking, until }: Props) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const sos = useLive((state) => {
    const caseId = state.calls[callId]?.case_id ?? state.agents[me.id]?.wrap_up_case_id;
    return caseId ? state.cases[caseId]?.severity === 'E0' : false;
  });
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState(() => drafts.get(outcomeKey(callId)));
  const [note, setNote] = useState(() => drafts.get(wrapUpKey(callId)));
  useEffect(() => drafts.set(outcomeKey(callId), outcome), [callId, outcome]);
  useEffect(() => drafts.set(wrapUpKey(callId), note), [callId, note]);

  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/calls/{call_id}/wrap-up', {
          params: { path: { call_id: callId } },
          body: { outcome, note: note.trim() },
        }),
      ),
    onSuccess: () => {
      drafts.clear(outcomeKey(callId));
      drafts.clear(wrapUpKey(callId));
      desk.lastCall.wrappedUp(callId);
      desk.notices.tell('info', 'wrap-up-saved');
      void queries.invalidateQueries({ queryKey: ['case'] });
    },
  });
  const ready = outcome !== '' && !talking && !save.isPending;
  return (
    <section
      className="panel wrapup"
      aria-label={t('call.wrapUp')}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (ready) save.mutate();
      }}
    >
      <header className="wrapup-head">
        <strong>{t('call.wrapUp')}</strong>
        {until !== null && <WrapUpClock until={until} />}
      </header>
      <OutcomeChoice value={outcome} onChange={setOutcome} testId="wrapup-outcome" sos={sos} />
      <Input.TextArea
        data-testid="wrapup-note"
        rows={3}
        maxLength={4000}
        placeholder={t('call.wrapUpNote')}
        aria-label={t('call.wrapUpNote')}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      <div className="wrapup-foot">
        <span className="quiet">
          {talking ? t('call.afterHangUp') : outcome === '' ? t('call.chooseOutcome') : 'Ctrl Enter'}
        </span>
        <Button
          data-testid="wrapup-save"
          type="primary"
          disabled={!ready && !save.isPending}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {t('call.wrapUpSave')}
        </Button>
      </div>
    </section>
  );
}

function WrapUpClock({ until }: { until: string }) {
  const { t } = useTranslation();
  const now = useNow();
  const left = Date.parse(until) - now;
  return left >= 0 ? (
    <span className="quiet num">{t('call.wrapUpLeft', { time: duration(left) })}</span>
  ) : (
    <span className="age-late num">{t('call.wrapUpOver', { time: duration(-left) })}</span>
  );
}
