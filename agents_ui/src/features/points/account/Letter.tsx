import { DownloadOutlined, FilePdfOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

/** Her account on paper, in large print, for some days; it opens as a file, to be printed and posted. */
export function Letter({ elderId }: { elderId: string }) {
  const { t } = useTranslation();
  const today = dayjs().format('YYYY-MM-DD');
  const [first, setFirst] = useState(dayjs().startOf('month').format('YYYY-MM-DD'));
  const [last, setLast] = useState(today);
  const good = first !== '' && last !== '' && first <= last && dayjs(last).diff(first, 'day') <= 366;
  const file = (kind: 'pdf' | 'csv'): string =>
    `/api/elders/${elderId}/points/letter/${kind}?${new URLSearchParams({ first, last }).toString()}`;
  return (
    <section className="part" data-testid="points-letter">
      <h3 className="part-title">{t('pointsPage.letter.title')}</h3>
      <p className="quiet">{t('pointsPage.letter.about')}</p>
      <div className="points-letter">
        <label className="points-field">
          {t('pointsPage.letter.first')}
          <Input type="date" max={last} value={first} onChange={(event) => setFirst(event.target.value)} />
        </label>
        <label className="points-field">
          {t('pointsPage.letter.last')}
          <Input type="date" min={first} max={today} value={last} onChange={(event) => setLast(event.target.value)} />
        </label>
        <Button icon={<FilePdfOutlined />} href={file('pdf')} disabled={!good} data-testid="points-letter-pdf">
          {t('pointsPage.letter.pdf')}
        </Button>
        <Button icon={<DownloadOutlined />} href={file('csv')} disabled={!good} data-testid="points-letter-csv">
          {t('pointsPage.letter.csv')}
        </Button>
      </div>
    </section>
  );
}
