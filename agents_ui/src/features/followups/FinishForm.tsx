import { Alert, App, Button, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { useAct, type FollowUpDetail } from './queries';
import { BAD, RATED, say } from './words';

type Result = 'spoken' | 'not_reached';
const STEPS = [5, 4, 3, 2, 1];

/** What she said, as a program would have it by a key: five large steps, and her own words. */
export function FinishForm({ plan }: { plan: FollowUpDetail }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [result, setResult] = useState<Result>('spoken');
  const [rating, setRating] = useState<number | null>(null);
  const [note, setNote] = useState('');
  const finish = useAct(
    plan.id,
    (done) =>
      void message.success(
        done.complaint_number !== '' && isBad
          ? t('followUpPage.form.complained', { number: done.complaint_number })
          : t('followUpPage.form.saved'),
      ),
  );
  const rates = result === 'spoken' && RATED.includes(plan.purpose);
  const given = rates ? rating : null;
  const isBad = given !== null && given <= BAD;
  return (
    <section className="follow-up-form" aria-label={t('followUpPage.form.title')}>
      <Segmented<Result>
        block
        value={result}
        aria-label={t('followUpPage.form.title')}
        options={[
          { value: 'spoken', label: t('followUpPage.form.spoken') },
          { value: 'not_reached', label: t('followUpPage.form.notReached') },
        ]}
        onChange={setResult}
        data-testid="follow-up-how"
      />
      {rates && (
        <fieldset className="follow-up-steps">
          <legend>
            {t('followUpPage.form.satisfied')} <span className="quiet">{t('followUpPage.form.optional')}</span>
          </legend>
          {STEPS.map((step) => (
            <button
              key={step}
              type="button"
              className={step <= BAD ? 'follow-up-step follow-up-step-bad' : 'follow-up-step'}
              aria-pressed={rating === step}
              data-testid={`follow-up-rate-${step}`}
              onClick={() => setRating(rating === step ? null : step)}
            >
              <strong className="num">{step}</strong>
              <span>{say('rating', step)}</span>
            </button>
          ))}
        </fieldset>
      )}
      {result === 'not_reached' && <p className="quiet">{t('followUpPage.form.notReachedHelp')}</p>}
      <label>
        <span className="quiet">{isBad ? t('followUpPage.form.noteBad') : t('followUpPage.form.note')}</span>
        <Input.TextArea
          rows={2}
          maxLength={2000}
          value={note}
          placeholder={t('followUpPage.form.notePlaceholder')}
          data-testid="follow-up-note"
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      {isBad && <p className="age-warn">{t('followUpPage.form.badHelp')}</p>}
      {finish.isError && <Alert type="error" showIcon title={errorText(finish.error)} />}
      <Button
        type="primary"
        danger={isBad}
        loading={finish.isPending}
        data-testid="follow-up-finish"
        onClick={() => finish.mutate({ act: 'finish', result, rating: given, note: note.trim() })}
      >
        {isBad ? t('followUpPage.form.finishBad') : t('followUpPage.form.finish')}
      </Button>
    </section>
  );
}
