import { ArrowLeftOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Result, Spin } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import type { TrainingElder } from '../../api/types';
import { errorText } from '../../i18n/words';
import { LanguageSwitch } from '../topbar/LanguageSwitch';
import { ElderPicker } from './ElderPicker';
import { Handset } from './Handset';
import './training.css';

/** An elder's telephone on a page: press, and the console rings. Demo and training mode only. */
export function TrainingPage() {
  const { t } = useTranslation();
  const elders = useQuery({
    queryKey: ['training', 'elders'],
    queryFn: () => unwrap(api.GET('/api/training/elders')),
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
      {elders.isPending && <Spin size="large" className="training-wait" />}
      {elders.isError && <Unavailable error={elders.error} onRetry={() => void elders.refetch()} />}
      {elders.data && <TrainingDesk elders={elders.data} />}
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

function TrainingDesk({ elders }: { elders: TrainingElder[] }) {
  const { t } = useTranslation();
  const [number, setNumber] = useState(elders[0]?.number ?? '');
  const playing = elders.find((elder) => elder.number === number);
  return (
    <main className="training-desk">
      <Handset number={number} name={playing?.name ?? ''} />
      <section className="training-side">
        <h1 className="training-title">{t('training.title')}</h1>
        <p className="quiet">{t('training.subtitle')}</p>
        <ElderPicker elders={elders} number={number} onPick={setNumber} />
        <Alert type="info" title={t('training.tip')} />
      </section>
    </main>
  );
}
