import { Alert, Button, Drawer, Input, InputNumber, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { DateField } from '../../elders/DateField';
import { units } from '../units';
import { PersonDialog } from './PersonDialog';
import { move, train, useDeed, useVolunteer, type Move, type Volunteer } from './queries';

/** As callcenter/points/volunteers/states.py says; training is no move: the first one makes an applicant trained. */
const MOVES: Record<Volunteer['state'], readonly Move['to'][]> = {
  applied: ['left'],
  trained: ['active', 'left'],
  active: ['suspended', 'left'],
  suspended: ['active', 'left'],
  left: ['applied'],
};

/** One volunteer: her number, her hours and coins, what she has learned, whether she is asked. */
export function PersonDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const found = useVolunteer(id);
  return (
    <Drawer open onClose={onClose} title={found.data?.name ?? t('pointsPage.volunteers.people')} size={520}>
      {found.isPending && <Skeleton active />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data !== undefined && <Person one={found.data} />}
    </Drawer>
  );
}

function Person({ one }: { one: Volunteer }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const works = may(me, 'points:work');
  return (
    <div data-testid="volunteer-whole">
      <div className="part-row">
        <Tag>{t(`pointsPage.volunteers.person.${one.state}`)}</Tag>
        <span className="num">{one.number_text}</span>
        <span>{t('pointsPage.volunteering.age', { age: one.age })}</span>
        <span>{one.place}</span>
        {works && (
          <Button size="small" onClick={() => setEditing(true)}>
            {t('pointsPage.goods.change')}
          </Button>
        )}
      </div>
      <p>
        {t('pointsPage.volunteering.hours', { counted: units(one.counted, 'TC'), coins: units(one.coins, 'TC') })}
        {one.is_elder && ` · ${t('pointsPage.volunteering.isElder')}`}
      </p>
      {one.state_reason !== '' && <p className="quiet">{one.state_reason}</p>}
      {one.note !== '' && <p className="quiet">{one.note}</p>}
      <Trainings one={one} works={works} />
      {may(me, 'points:write') && <Moves one={one} />}
      {editing && <PersonDialog known={one} onClose={() => setEditing(false)} />}
    </div>
  );
}

function Trainings({ one, works }: { one: Volunteer; works: boolean }) {
  const { t } = useTranslation();
  const [day, setDay] = useState('');
  const [topic, setTopic] = useState('');
  const [hours, setHours] = useState(2);
  const deed = useDeed(() =>
    train(one.id, { held_on: day, topic: topic.trim(), half_hours: Math.round(hours * 2), trainer: '' }),
  );
  return (
    <section className="part">
      <h4 className="points-partner">{t('pointsPage.volunteering.trainings')}</h4>
      {one.trainings.length === 0 && <p className="quiet">{t('pointsPage.volunteering.noTraining')}</p>}
      <ul className="lines">
        {one.trainings.map((row) => (
          <li key={row.id} className="line line-free">
            <span className="num">{row.held_on}</span> {row.topic}{' '}
            <span className="quiet">{t('pointsPage.account.hours', { hours: units(row.half_hours, 'TC') })}</span>
          </li>
        ))}
      </ul>
      {works && one.state !== 'left' && (
        <div className="part-row">
          <DateField value={day} onChange={setDay} />
          <Input
            maxLength={500}
            value={topic}
            placeholder={t('pointsPage.volunteering.topic')}
            aria-label={t('pointsPage.volunteering.topic')}
            onChange={(event) => setTopic(event.target.value)}
          />
          <InputNumber
            min={0.5}
            max={24}
            step={0.5}
            value={hours}
            aria-label={t('pointsPage.volunteering.trainingHours')}
            onChange={(said) => setHours(said ?? 0.5)}
          />
          <Button
            disabled={day === '' || topic.trim() === ''}
            loading={deed.isPending}
            onClick={() => deed.mutate(undefined, { onSuccess: () => setTopic('') })}
          >
            {t('pointsPage.volunteering.addTraining')}
          </Button>
        </div>
      )}
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
    </section>
  );
}

function Moves({ one }: { one: Volunteer }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const deed = useDeed((to: Move['to']) => move(one.id, { version: one.version, to, reason: reason.trim() }));
  return (
    <section className="part">
      <h4 className="points-partner">{t('pointsPage.volunteering.decision')}</h4>
      <div className="part-row">
        <Input
          maxLength={500}
          value={reason}
          placeholder={t('pointsPage.goods.reason')}
          aria-label={t('pointsPage.goods.reason')}
          onChange={(event) => setReason(event.target.value)}
        />
        {MOVES[one.state].map((to) => (
          <Button
            key={to}
            type={to === 'active' ? 'primary' : 'default'}
            danger={to === 'left'}
            disabled={reason.trim() === ''}
            loading={deed.isPending}
            onClick={() => deed.mutate(to, { onSuccess: () => setReason('') })}
          >
            {t(`pointsPage.volunteering.move.${to}`)}
          </Button>
        ))}
      </div>
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
    </section>
  );
}
