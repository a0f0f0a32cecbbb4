import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useConsole, useLive } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { emergencyOf } from './emergency-of';

const SHORTEST_REASON = 4;
const PRESETS = ['preset1', 'preset2', 'preset3'] as const;

/** Access for one hour against a reason that is kept, reviewed, and told to the elder. */
export function BreakGlass({ elderId }: { elderId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { me } = useConsole();
  const emergency = useLive((state) => emergencyOf(state, me.id, elderId));
  const [reason, setReason] = useState('');
  const [forCase, setForCase] = useState(false);
  const text = reason.trim();
  const open = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/elders/{elder_id}/break-glass', {
          params: { path: { elder_id: elderId } },
          body: { reason: text, ...(forCase && emergency?.mine && { case_id: emergency.id }) },
        }),
      ),
    onSuccess: (card) => queries.setQueryData(['elder', elderId], card),
  });
  return (
    <section className="glass" data-testid="break-glass">
      <Alert type="warning" showIcon title={t('glass.title')} description={t('glass.text')} />
      {emergency !== null && (
        <div className="glass-presets" role="group" aria-label={t('safetyPage.glass.presets')}>
          <span className="quiet">{t('safetyPage.glass.forCase', { number: emergency.number })}</span>
          {PRESETS.map((one) => (
            <Button
              key={one}
              size="small"
              data-testid={one}
              onClick={() => {
                setReason(t(`safetyPage.glass.${one}`));
                setForCase(true);
              }}
            >
              {t(`safetyPage.glass.${one}`)}
            </Button>
          ))}
        </div>
      )}
      <Input.TextArea
        data-testid="break-glass-reason"
        autoFocus
        rows={3}
        maxLength={500}
        value={reason}
        placeholder={t('glass.reasonPlaceholder')}
        aria-label={t('glass.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="note-foot">
        <span className="quiet">{text.length < SHORTEST_REASON ? t('glass.tooShort') : ''}</span>
        <Button
          type="primary"
          data-testid="break-glass-submit"
          disabled={text.length < SHORTEST_REASON}
          loading={open.isPending}
          onClick={() => open.mutate()}
        >
          {t('glass.submit')}
        </Button>
      </div>
      {open.isError && <Alert type="error" showIcon title={errorText(open.error)} />}
    </section>
  );
}
