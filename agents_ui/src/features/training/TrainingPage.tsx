import { ArrowLeftOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Result, Spin } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import { errorText } from '../../i18n/words';
import { useStore } from '../../kit/store';
import { LanguageSwitch } from '../topbar/LanguageSwitch';
import { Handset } from './Handset';
import { Inbox } from './Inbox';
import { Picker } from './Picker';
import { elderPlayed, othersPlayed, ROLES, storePlayed, type Played, type Role } from './roles';
import { useTrainingPhone } from './use-training-phone';
import './training.css';

/** An elder's telephone, her daughter's, 120's or a store's, on a page: press, and the console rings. Demo and training mode only. */
export function TrainingPage() {
  const { t } = useTranslation();
  const people = useQuery({
    queryKey: ['training', 'people'],
    queryFn: async () => {
      const [elders, stores, others] = await Promise.all([
        unwrap(api.GET('/api/training/elders')),
        unwrap(api.GET('/api/training/stores')),
        unwrap(api.GET('/api/training/others')),
      ]);
      return { elder: elders.map(elderPlayed), store: stores.map(storePlayed), ...othersPlayed(others) };
    },
    staleTime: Infinity,
  });
  return (
    <div className="training">
      <header className="training-top">
        <Link to="/" className="training-back">
          <ArrowLeftOutlined /> {t('training.back')}
        </Link>
        <LanguageSwitch />
      </header>
      {people.isPending && <Spin size="large" className="training-wait" />}
      {people.isError && <Unavailable error={people.error} onRetry={() => void people.refetch()} />}
      {people.data && <TrainingDesk people={people.data} />}
    </div>
  );
}

function Unavailable({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const off = ['not_found', 'forbidden'].includes(asApiError(error).code);
  return (
    <Result
      status="info"
      title={off ? t('training.off') : errorText(error)}
      subTitle={off ? t('training.offHelp') : null}
      extra={off ? null : <Button onClick={onRetry}>{t('common.retry')}</Button>}
    />
  );
}

/** The role stands in the address, so that each tab of a demo keeps its own. */
function TrainingDesk({ people }: { people: Record<Role, Played[]> }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const asked = params.get('number');
  const role = ROLES.find((one) => one === params.get('as')) ?? 'elder';
  const [picked, setPicked] = useState<Partial<Record<Role, string>>>({});
  const number = picked[role] ?? asked ?? people[role][0]?.number ?? '';
  const playing = people[role].find((one) => one.number === number);
  const line = useTrainingPhone(number);
  const busy = useStore(line.set.phone, (value) => value.call !== null);
  const become = (next: Role): void => setParams(next === 'elder' ? {} : { as: next }, { replace: true });
  return (
    <main className="training-desk">
      <Handset role={role} number={number} name={playing?.name ?? ''} line={line} />
      <section className="training-side">
        <h1 className="training-title">{t('training.title')}</h1>
        <p className="quiet">{t(`training.subtitle.${role}`)}</p>
        <Picker
          role={role}
          people={people[role]}
          number={number}
          busy={busy}
          onRole={become}
          onPick={(chosen) => setPicked((before) => ({ ...before, [role]: chosen }))}
        />
        <Alert type="info" title={t(`training.tip.${role}`)} />
      </section>
      <Inbox numbers={[number, ...(playing?.others ?? [])]} onNews={() => line.set.ringer.tick()} />
    </main>
  );
}
