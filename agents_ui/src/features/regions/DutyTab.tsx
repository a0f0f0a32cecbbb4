import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { DutyPeople } from './DutyPeople';
import { DutyWeek } from './DutyWeek';
import { Exceptions } from './Exceptions';
import { OnDutyCard } from './OnDutyCard';
import { Problems } from './Problems';
import { useDutyPeople, useRefresh, useRegions, useRota, type RotaView } from './queries';
import { draftOf, formOf, isChanged, type Draft } from './rota';
import { Shifts } from './Shifts';
import { SpareTelephones } from './SpareTelephones';

export function DutyTab() {
  const { t } = useTranslation();
  const rota = useRota();
  if (rota.isPending) return <Skeleton active />;
  if (rota.isError) {
    return <Alert type="error" showIcon title={t('regionsPage.failed')} description={errorText(rota.error)} />;
  }
  return <Rota key={rota.data.version} rota={rota.data} />;
}

/** Changed as a whole and saved as a whole: what it would be is looked through before. */
function Rota({ rota }: { rota: RotaView }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const now = useNow(60_000);
  const refresh = useRefresh('duty');
  const people = useDutyPeople();
  const regions = useRegions();
  const [draft, setDraft] = useState<Draft>(() => draftOf(rota));
  const writes = may(me, 'duty:write');
  const changed = isChanged(draft, rota);
  const preview = useQuery({
    queryKey: ['duty', 'preview', draft],
    queryFn: () => unwrap(api.POST('/api/duty/rota/preview', { body: formOf(draft) })),
    enabled: writes,
    placeholderData: (before) => before,
  });
  const save = useMutation({
    mutationFn: () => unwrap(api.PUT('/api/duty/rota', { body: formOf(draft) })),
    onSuccess: async () => {
      void message.success(t('regionsPage.saved'));
      await refresh();
    },
  });
  const conflict = save.isError && asApiError(save.error).code === 'rota_changed';
  const lists = { people: people.data ?? [], regions: regions.data ?? [] };
  return (
    <div className="duty-grid">
      <div>
        {writes && (changed || save.isError) && (
          <div className="regions-bar" data-testid="rota-bar">
            <Button
              type="primary"
              data-testid="rota-save"
              loading={save.isPending}
              disabled={!changed || preview.isError}
              onClick={() => save.mutate()}
            >
              {t('regionsPage.duty.save')}
            </Button>
            <Button onClick={() => (save.reset(), setDraft(draftOf(rota)))}>{t('regionsPage.duty.discard')}</Button>
            <span className="quiet">{t('regionsPage.duty.unsaved')}</span>
          </div>
        )}
        {save.isError && (
          <Alert
            type="warning"
            showIcon
            title={
              conflict
                ? t('regionsPage.duty.conflict', { name: String(asApiError(save.error).details.by ?? '') })
                : errorText(save.error)
            }
            action={conflict && <Button onClick={() => void refresh()}>{t('regionsPage.duty.loadTheirs')}</Button>}
          />
        )}
        {preview.isError && <Alert type="error" showIcon title={errorText(preview.error)} />}
        {preview.data && draft.shifts.length > 0 && (
          <Problems preview={preview.data} zone={rota.timezone} changed={changed} />
        )}
        <Shifts draft={draft} onChange={setDraft} writes={writes} {...lists} />
        <Exceptions draft={draft} onChange={setDraft} writes={writes} {...lists} />
        {preview.data && draft.shifts.length > 0 && <DutyWeek preview={preview.data} zone={rota.timezone} />}
        {rota.changed_at && (
          <p className="quiet">
            {t('regionsPage.duty.changedBy', {
              name: rota.changed_by,
              time: moment(Date.parse(rota.changed_at), now),
            })}
          </p>
        )}
      </div>
      <div>
        <OnDutyCard />
        <DutyPeople people={lists.people} writes={writes} />
        <SpareTelephones writes={writes} />
      </div>
    </div>
  );
}
