import { Button, Input, InputNumber, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { positionOf } from './position';
import { prove, renewCode, type VisitHead } from './queries';

interface Props {
  visit: VisitHead;
  run: (ask: () => Promise<unknown>) => void;
  busy: boolean;
}

const ACCURACY = 50;

/** In and out: the six digits that the elder reads out, or her own word to the agent; where the volunteer's telephone is, beside it. */
export function Door({ visit, run, busy }: Props) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<'service_code' | 'agent'>('service_code');
  const [words, setWords] = useState('');
  const [place, setPlace] = useState('');
  const [accuracy, setAccuracy] = useState(ACCURACY);
  const position = positionOf(place, accuracy);
  const isIn = visit.state === 'accepted';
  const ready = kind === 'service_code' ? /^[0-9]{6}$/.test(words) : words.trim() !== '';
  const hint = t(kind === 'service_code' ? 'pointsPage.volunteers.code' : 'pointsPage.volunteers.says');
  return (
    <>
      <div className="part-row">
        <Segmented
          value={kind}
          onChange={(said) => {
            setKind(said);
            setWords('');
          }}
          options={(['service_code', 'agent'] as const).map((value) => ({
            value,
            label: t(`pointsPage.volunteering.proof.${value}`),
          }))}
        />
        <Input
          className="points-name"
          maxLength={kind === 'service_code' ? 6 : 500}
          placeholder={hint}
          aria-label={hint}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button
          type="primary"
          loading={busy}
          disabled={!ready || position === 'wrong'}
          onClick={() => {
            if (position === 'wrong') return;
            const said = kind === 'service_code' ? { code: words, note: '' } : { note: words.trim() };
            run(() => prove(visit, { kind, ...said, position }));
          }}
          data-testid={isIn ? 'visit-in' : 'visit-out'}
        >
          {t(isIn ? 'pointsPage.volunteers.do.in' : 'pointsPage.volunteers.do.out')}
        </Button>
        {visit.whole && (
          <Button loading={busy} onClick={() => run(() => renewCode(visit))}>
            {t('pointsPage.volunteering.newCode')}
          </Button>
        )}
      </div>
      <div className="part-row">
        <Input
          className="points-name"
          status={position === 'wrong' ? 'error' : ''}
          maxLength={60}
          placeholder={t('pointsPage.volunteering.position')}
          aria-label={t('pointsPage.volunteering.position')}
          value={place}
          onChange={(event) => setPlace(event.target.value)}
        />
        {place.trim() !== '' && (
          <>
            <span>{t('pointsPage.volunteering.within')}</span>
            <InputNumber
              min={0}
              max={100_000}
              precision={0}
              value={accuracy}
              aria-label={t('pointsPage.volunteering.within')}
              onChange={(said) => setAccuracy(said ?? ACCURACY)}
            />
            <span>{t('pointsPage.volunteering.metresUnit')}</span>
          </>
        )}
      </div>
    </>
  );
}
