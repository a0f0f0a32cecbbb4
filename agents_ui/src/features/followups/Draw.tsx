import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment, ratio } from '../../kit/format';
import { useDraw, type DrawView } from './queries';

const SHOWN = 12;

/** The draw of those whom a person asks, drawn again before one's eyes. */
export function Draw() {
  const { t } = useTranslation();
  const draw = useDraw();
  if (draw.isPending) return <Skeleton active paragraph={{ rows: 2 }} />;
  if (draw.isError) return <Alert type="warning" showIcon title={errorText(draw.error)} />;
  return (
    <section className="panel follow-up-draw" data-testid="draw" aria-label={t('followUpPage.draw.title')}>
      <div className="follow-up-draw-facts">
        {(['seed', 'numbers', 'drawn', 'share'] as const).map((key) => (
          <span key={key}>
            <span className="quiet">{t(`followUpPage.draw.${key}`)}</span>{' '}
            <strong className="num">{factOf(draw.data, key)}</strong>
          </span>
        ))}
        <Button size="small" loading={draw.isFetching} data-testid="draw-again" onClick={() => void draw.refetch()}>
          {t('followUpPage.draw.check')}
        </Button>
      </div>
      <p className="quiet">
        {t('followUpPage.draw.what', { block: Math.floor(100 / draw.data.percent), percent: draw.data.percent })}
      </p>
      <Verdict draw={draw.data} />
    </section>
  );
}

function factOf(draw: DrawView, key: 'seed' | 'numbers' | 'drawn' | 'share'): string {
  if (key === 'share') return ratio(draw.drawn, draw.numbers);
  return String(draw[key]);
}

function Verdict({ draw }: { draw: DrawView }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const which = (numbers: number[]): string =>
    numbers.slice(0, SHOWN).join(', ') + (numbers.length > SHOWN ? ' …' : '');
  if (draw.numbers === 0) return <p className="quiet">{t('followUpPage.draw.none')}</p>;
  return (
    <>
      {draw.wrong.length === 0 && draw.missing.length === 0 && (
        <Alert type="success" showIcon title={t('followUpPage.draw.right')} />
      )}
      {draw.wrong.length > 0 && (
        <Alert
          type="error"
          showIcon
          title={t('followUpPage.draw.wrong', { count: draw.wrong.length, which: which(draw.wrong) })}
        />
      )}
      {draw.missing.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t('followUpPage.draw.missing', { count: draw.missing.length, which: which(draw.missing) })}
        />
      )}
      {draw.since !== null && (
        <p className="quiet">{t('followUpPage.draw.since', { when: moment(Date.parse(draw.since), now) })}</p>
      )}
    </>
  );
}
