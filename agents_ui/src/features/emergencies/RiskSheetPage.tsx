import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { lookUp, word } from '../../i18n/words';
import { PaperPage } from '../shell/PaperPage';
import { useSheet, type SheetCommunity, type SheetElder, type SheetPage } from './queries';
import { clock } from './text';

export function RiskSheetPage() {
  const { sheetId = '' } = useParams();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const sheet = useSheet(sheetId);
  return (
    <PaperPage
      title={t('safetyPage.sheet.title')}
      onBack={() => void navigate('/emergencies/sheets')}
      pdf={`/api/risk-sheets/${sheetId}/pdf`}
      testId="sheet-pdf"
      query={sheet}
    >
      {(data) => <Paper page={data} />}
    </PaperPage>
  );
}

function Paper({ page: { data, made } }: { page: SheetPage }) {
  const { t } = useTranslation();
  const mark = t('safetyPage.sheet.mark', {
    by: made.by,
    at: clock(made.at, data.timezone, true),
    serial: made.serial,
  });
  return (
    <article className="paper risk-paper" data-testid="risk-sheet">
      <div className="risk-mark" aria-hidden>
        {Array.from({ length: 40 }, (_, index) => (
          <span key={index}>{mark}</span>
        ))}
      </div>
      <header>
        <h2>
          {data.centre_name} · {t('safetyPage.sheet.title')}
        </h2>
        <p>
          <strong>{data.region}</strong> · {data.day} · {t('safetyPage.sheet.count', { count: data.elders })} ·{' '}
          {t('safetyPage.sheet.asOf', { at: clock(data.at, data.timezone, true) })}
        </p>
        <p className="quiet">{t('safetyPage.sheet.how')}</p>
      </header>
      <h3>{t('safetyPage.sheet.telephones')}</h3>
      <p className="risk-telephones">
        {[...data.agencies, ...data.duty].map((one, index) => (
          <span key={index}>
            {one.name} <strong className="num">{one.number}</strong> {one.note}
          </span>
        ))}
      </p>
      <h3>{t('safetyPage.sheet.emergencies', { count: data.emergencies.length })}</h3>
      {data.emergencies.map((one) => (
        <p key={one.case_number}>
          <span className="num">{one.case_number}</span> <strong>{one.elder_name || t('common.unknown')}</strong>{' '}
          {one.place} · {clock(one.pressed_at, data.timezone, true)} · {one.owner_name || t('emergencyPage.nobody')}
        </p>
      ))}
      <h3>{t('safetyPage.sheet.orders', { count: data.orders.length })}</h3>
      {data.orders.map((one) => (
        <p key={one.number}>
          <span className="num">{one.number}</span> {one.title} · {one.elder_name} · {one.address} ·{' '}
          {one.due_at !== null && clock(one.due_at, data.timezone, true)} ·{' '}
          {lookUp(`ordersPage.state.${one.state}`) ?? one.state} {one.store}{' '}
          <span className="num">{one.store_number}</span>
        </p>
      ))}
      {data.communities.map((one) => (
        <Community key={one.community_id} community={one} />
      ))}
      <footer>
        <span>{mark}</span>
        <span>{data.region_code}</span>
      </footer>
    </article>
  );
}

function Community({ community }: { community: SheetCommunity }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3>
        {community.name} · {t('safetyPage.sheet.count', { count: community.elders.length })}
      </h3>
      <p className="risk-telephones">
        {community.workers.map((one, index) => (
          <span key={index}>
            {t(`regionsPage.role.${one.role}`)} {one.name} <strong className="num">{one.number}</strong> {one.place}
          </span>
        ))}
      </p>
      {community.elders.length > 0 && (
        <table>
          <thead>
            <tr>
              {(['elder', 'why', 'where', 'numbers', 'keys', 'contacts', 'danger'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(`safetyPage.sheet.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {community.elders.map((elder) => (
              <Row key={elder.id} elder={elder} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ elder }: { elder: SheetElder }) {
  const { t } = useTranslation();
  const way = [
    elder.floor === null ? '' : t('elder.floor', { count: elder.floor }),
    elder.has_lift === null ? '' : t(elder.has_lift ? 'elder.lift' : 'elder.noLift'),
    elder.way_in,
  ].filter(Boolean);
  const grave = elder.why[0] === 'machine' || elder.why[0] === 'wandering';
  return (
    <tr className={grave ? 'risk-grave' : ''}>
      <td>
        <strong>{elder.name}</strong> <span className="num">{elder.age}</span>
      </td>
      <td>{elder.why.map((one) => t(`safetyPage.why.${one}`)).join('、')}</td>
      <td>
        {elder.address}
        <div className="quiet">{way.join('、')}</div>
      </td>
      <td className="num">
        {elder.numbers.map((one) => (
          <div key={one}>{one}</div>
        ))}
      </td>
      <td>
        {elder.keys.length === 0 && <strong>{t('elder.noKeys')}</strong>}
        <People of={elder.keys} />
      </td>
      <td>
        <People of={elder.contacts.slice(0, 3)} />
      </td>
      <td>
        {[...elder.danger, ...(elder.hearing ? [word('hearing', elder.hearing)] : [])].join('、')}
        {elder.hospital && <div className="quiet">{elder.hospital}</div>}
      </td>
    </tr>
  );
}

function People({ of }: { of: SheetElder['keys'] }) {
  return of.map((one, index) => (
    <div key={index}>
      {one.name} <span className="num">{one.number}</span>
      {one.note && ` (${one.note})`}
    </div>
  ));
}
