import { Alert, Button, Input, Modal, Popconfirm, Select, Skeleton, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { useAddTill, useEndTill, useTills, type MadeTill, type Term, type Till } from './queries';

/** Stores' own systems that tell sales by themselves (docs/points.md, "Told by a till"). */
export function Tills({ stores }: { stores: Term[] }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<MadeTill | null>(null);
  const found = useTills();
  return (
    <section className="part" data-testid="points-tills">
      <h3 className="part-title">{t('pointsPage.alliances.tills')}</h3>
      <p className="part-intro">{t('pointsPage.alliances.tillsAbout')}</p>
      {found.isPending && <Skeleton active />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <p className="quiet">{t('pointsPage.alliances.noTills')}</p>}
      <ul className="lines">
        {(found.data ?? []).map((one) => (
          <Line key={one.id} one={one} />
        ))}
      </ul>
      <Add stores={stores} onMade={setMade} />
      {made !== null && <Secret made={made} onClose={() => setMade(null)} />}
    </section>
  );
}

function Line({ one }: { one: Till }) {
  const { t } = useTranslation();
  const end = useEndTill();
  return (
    <li className="line line-free">
      <strong>{one.store}</strong> {one.name} <code>{one.id}</code>
      <div className="quiet">
        {t('pointsPage.alliances.made', { by: one.made_by, day: dayOf(one.made_at) })}
        {one.revoked_at !== null && ` · ${t('pointsPage.alliances.ended', { day: dayOf(one.revoked_at) })}`}
      </div>
      {one.revoked_at === null && (
        <Popconfirm
          title={t('pointsPage.alliances.endSure')}
          okText={t('pointsPage.alliances.end')}
          cancelText={t('common.cancel')}
          onConfirm={() => end.mutate(one.id)}
        >
          <Button
            size="small"
            danger
            loading={end.isPending}
            aria-label={t('pointsPage.alliances.endOf', { name: `${one.store} ${one.name}` })}
          >
            {t('pointsPage.alliances.end')}
          </Button>
        </Popconfirm>
      )}
      {end.isError && <Alert type="error" showIcon title={errorText(end.error)} />}
    </li>
  );
}

function Add({ stores, onMade }: { stores: Term[]; onMade: (made: MadeTill) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState<string | null>(null);
  const [name, setName] = useState('');
  const add = useAddTill();
  const keep = (): void => {
    if (code === null) return;
    add.mutate(
      { store_code: code, name: name.trim() },
      {
        onSuccess: (made) => {
          setName('');
          onMade(made);
        },
      },
    );
  };
  return (
    <>
      <div className="part-row">
        <Select<string>
          className="points-name"
          showSearch
          optionFilterProp="label"
          placeholder={t('pointsPage.alliances.find')}
          aria-label={t('pointsPage.alliances.code')}
          value={code}
          onChange={setCode}
          options={stores
            .filter((one) => one.allied)
            .map((one) => ({ value: one.code, label: `${one.name} ${one.code}` }))}
        />
        <Input
          className="points-pin"
          maxLength={40}
          value={name}
          placeholder={t('pointsPage.alliances.tillName')}
          aria-label={t('pointsPage.alliances.tillName')}
          onChange={(event) => setName(event.target.value)}
        />
        <Button disabled={code === null || name.trim() === ''} loading={add.isPending} onClick={keep}>
          {t('pointsPage.alliances.add')}
        </Button>
      </div>
      {add.isError && <Alert type="error" showIcon title={errorText(add.error)} />}
    </>
  );
}

/** Shown once; the server knows it no more in a way that could be shown. */
function Secret({ made, onClose }: { made: MadeTill; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      closable={false}
      mask={{ closable: false }}
      title={t('pointsPage.alliances.secret')}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('pointsPage.alliances.seen')}
        </Button>
      }
    >
      {made.secret === '' ? (
        <Alert type="warning" showIcon title={t('pointsPage.alliances.noSecret')} />
      ) : (
        <>
          <Alert type="info" showIcon title={t('pointsPage.alliances.once')} />
          <p>
            {t('pointsPage.alliances.idIs')} <Typography.Text copyable>{made.id}</Typography.Text>
          </p>
          <p>
            {t('pointsPage.alliances.secretIs')} <Typography.Text copyable>{made.secret}</Typography.Text>
          </p>
        </>
      )}
    </Modal>
  );
}
