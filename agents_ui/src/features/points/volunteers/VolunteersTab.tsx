import { Alert, Button, Empty, Input, Segmented, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { AskDialog } from './AskDialog';
import { PersonDialog } from './PersonDialog';
import { PersonDrawer } from './PersonDrawer';
import { VisitLine } from './VisitLine';
import { useItems, useVisits, useVolunteers, type Which } from './queries';

/** /points/volunteers: visits that are under way or over, and who gives time. */
export function VolunteersTab() {
  return (
    <div data-testid="volunteers">
      <Visits />
      <People />
    </div>
  );
}

function Visits() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [which, setWhich] = useState<Which>('open');
  const [asking, setAsking] = useState(false);
  const found = useVisits(which);
  return (
    <section className="part">
      <div className="part-row">
        <h3 className="part-title">{t('pointsPage.volunteers.visits')}</h3>
        <Segmented<Which>
          value={which}
          onChange={setWhich}
          options={(['open', 'over'] as const).map((value) => ({
            value,
            label: t(`pointsPage.volunteering.${value}`),
          }))}
        />
        {may(me, 'points:work') && (
          <Button type="primary" onClick={() => setAsking(true)}>
            {t('pointsPage.volunteering.ask')}
          </Button>
        )}
      </div>
      {found.isPending && <Skeleton active />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <Empty description={t('pointsPage.volunteers.noVisits')} />}
      {(found.data ?? []).map((visit) => (
        <VisitLine key={visit.id} visit={visit} />
      ))}
      {asking && <AskDialog onClose={() => setAsking(false)} />}
    </section>
  );
}

function People() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [asked, setAsked] = useState('');
  const [registering, setRegistering] = useState(false);
  const [openId, setOpenId] = useState<string | null>(null);
  const found = useVolunteers(asked);
  const names = new Map((useItems().data ?? []).map((item) => [item.code, item.name_zh]));
  return (
    <section className="part">
      <div className="part-row">
        <h3 className="part-title">{t('pointsPage.volunteers.people')}</h3>
        {may(me, 'points:work') && (
          <Button onClick={() => setRegistering(true)}>{t('pointsPage.volunteering.register')}</Button>
        )}
      </div>
      <Input.Search
        className="points-name"
        allowClear
        placeholder={t('pointsPage.volunteers.find')}
        onSearch={setAsked}
      />
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <p className="quiet">{t('pointsPage.volunteering.nobody')}</p>}
      {(found.data ?? []).map((one) => (
        <div className="part-row" key={one.id} data-testid="volunteer">
          <Button type="link" size="small" onClick={() => setOpenId(one.id)}>
            {one.name}
          </Button>
          <span className="num">{one.number_text}</span>
          <span>{one.place}</span>
          <Tag>{t(`pointsPage.volunteers.person.${one.state}`)}</Tag>
          <span className="quiet">{one.skills.map((code) => names.get(code) ?? code).join('、')}</span>
        </div>
      ))}
      {registering && (
        <PersonDialog
          known={null}
          onClose={(made) => {
            setRegistering(false);
            if (made !== null) setOpenId(made.id);
          }}
        />
      )}
      {openId !== null && <PersonDrawer key={openId} id={openId} onClose={() => setOpenId(null)} />}
    </section>
  );
}
