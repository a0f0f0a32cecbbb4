import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Empty, Input, Modal, Popconfirm, Radio, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, unwrap } from '../../api/client';
import type { Candidate, ElderHit, MergeView, Profile } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { moment, dayOf } from '../../kit/format';
import { addressOf, fieldLabel } from './labels';
import { useProfile } from './queries';

const SHORTEST_REASON = 4;

/** Pairs that may be one person; merging, and taking it back. */
export function Duplicates() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [pair, setPair] = useState<Candidate | null>(null);
  const found = useQuery({ queryKey: ['duplicates'], queryFn: () => unwrap(api.GET('/api/elder-duplicates')) });
  const two = useMutation({
    mutationFn: (one: Candidate) =>
      unwrap(
        api.POST('/api/elder-duplicates/not-the-same', {
          body: { first_id: one.first.id, second_id: one.second.id },
        }),
      ),
    onSuccess: (fresh) => queries.setQueryData(['duplicates'], fresh),
  });
  return (
    <>
      <section className="part">
        <p className="part-intro">{t('eldersPage.dup.intro')}</p>
        {found.isPending && <Skeleton active />}
        {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
        {two.isError && <Alert type="error" showIcon title={errorText(two.error)} />}
        {found.data?.length === 0 && <Empty description={t('eldersPage.dup.empty')} />}
        {found.data?.map((one) => (
          <div key={`${one.first.id}:${one.second.id}`} className="pair" data-testid="duplicate">
            <Somebody hit={one.first} />
            <Somebody hit={one.second} />
            <div className="stack">
              <Button type="primary" onClick={() => setPair(one)} data-testid="compare">
                {t('eldersPage.dup.compare')}
              </Button>
              <Popconfirm title={t('eldersPage.dup.notSameSure')} onConfirm={() => two.mutate(one)}>
                <Button>{t('eldersPage.dup.notSame')}</Button>
              </Popconfirm>
            </div>
            <div className="pair-why">
              {one.why.map((why) => (
                <Tag key={why}>{t(`eldersPage.dup.why.${why}`)}</Tag>
              ))}
            </div>
          </div>
        ))}
      </section>
      <Merges />
      {pair && <MergeDialog pair={pair} onClose={() => setPair(null)} />}
    </>
  );
}

function Somebody({ hit }: { hit: ElderHit }) {
  const { t } = useTranslation();
  return (
    <div>
      <Link to={`/elders/${hit.id}`}>
        <strong>{hit.name}</strong>
      </Link>{' '}
      {word('sex', hit.sex)}
      {hit.age !== null && <span className="num"> {t('elder.age', { count: hit.age })}</span>}
      <div>
        {hit.place} {hit.address}
      </div>
      <div className="num quiet">{[...hit.numbers, hit.card_number].filter(Boolean).join(' / ')}</div>
    </div>
  );
}

function MergeDialog({ pair, onClose }: { pair: Candidate; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const first = useProfile(pair.first.id);
  const second = useProfile(pair.second.id);
  const [keptId, setKeptId] = useState(pair.first.id);
  const [reason, setReason] = useState('');
  const profiles = [first.data, second.data].filter((one) => one !== undefined);
  const kept = profiles.find((one) => one.id === keptId);
  const other = profiles.find((one) => one.id !== keptId);
  const merge = useMutation({
    mutationFn: (asked: { kept: Profile; other: Profile }) =>
      unwrap(
        api.POST('/api/elder-merges', {
          body: {
            kept_id: asked.kept.id,
            merged_id: asked.other.id,
            kept_version: asked.kept.version,
            merged_version: asked.other.version,
            reason: reason.trim(),
          },
        }),
      ),
    onSuccess: (profile) => {
      for (const key of ['duplicates', 'merges', 'directory', 'profile', 'changes']) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
      onClose();
      void navigate(`/elders/${profile.id}`);
    },
    onError: () => void Promise.all([first.refetch(), second.refetch()]),
  });
  const failure = first.error ?? second.error ?? merge.error;
  return (
    <Modal
      open
      width={860}
      style={{ top: 24 }}
      title={t('eldersPage.dup.title')}
      okText={t('eldersPage.dup.merge')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => kept && other && merge.mutate({ kept, other })}
      okButtonProps={{
        loading: merge.isPending,
        disabled: kept === undefined || other === undefined || reason.trim().length < SHORTEST_REASON,
        'data-testid': 'merge-do',
      }}
    >
      {profiles.length < 2 && !failure && <Skeleton active />}
      {profiles.length === 2 && first.data && second.data && (
        <Comparison first={first.data} second={second.data} keptId={keptId} onKeep={setKeptId} />
      )}
      <p className="part-intro">{t('eldersPage.dup.keepHelp')}</p>
      <Input.TextArea
        rows={2}
        maxLength={500}
        value={reason}
        placeholder={t('eldersPage.dup.reasonPlaceholder')}
        aria-label={t('eldersPage.dup.reason')}
        data-testid="merge-reason"
        onChange={(event) => setReason(event.target.value)}
      />
      {failure && <Alert style={{ marginTop: 8 }} type="error" showIcon title={errorText(failure)} />}
    </Modal>
  );
}

interface ComparisonProps {
  first: Profile;
  second: Profile;
  keptId: string;
  onKeep: (id: string) => void;
}

function Comparison({ first, second, keptId, onKeep }: ComparisonProps) {
  const { t } = useTranslation();
  const list = (words: readonly string[] | undefined): string => (words ?? []).join('、');
  const rows: [string, (one: Profile) => string][] = [
    ['name', (one) => one.name],
    ['birth_date', (one) => one.birth_date ?? ''],
    ['id_number', (one) => one.id_number],
    ['card_number', (one) => one.card_number ?? ''],
    ['street_address', addressOf],
    ['numbers', (one) => one.numbers.map((number) => number.text).join(' / ')],
    [
      'contacts',
      (one) => one.contacts.map((contact) => `${contact.relation} ${contact.name} ${contact.text}`).join(' / '),
    ],
    ['living', (one) => word('living', one.living)],
    ['categories', (one) => list(one.categories)],
    ['health.chronic_illness', (one) => list(one.health?.chronic_illness)],
    ['health.allergies', (one) => list(one.health?.allergies)],
    ['presence', (one) => word('presence', one.presence)],
  ];
  return (
    <table className="compare">
      <thead>
        <tr>
          <th>
            <span className="visually-hidden">{t('eldersPage.dup.keep')}</span>
          </th>
          {[first, second].map((one) => (
            <td key={one.id}>
              <Radio name="kept" checked={keptId === one.id} onChange={() => onKeep(one.id)}>
                {t('eldersPage.dup.keep')}
              </Radio>
            </td>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([field, value]) => (
          <tr key={field} className={value(first) === value(second) ? '' : 'compare-differs'}>
            <th scope="row">{fieldLabel(field)}</th>
            <td>{value(first) || '–'}</td>
            <td>{value(second) || '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Merges() {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const queries = useQueryClient();
  const found = useQuery({ queryKey: ['merges'], queryFn: () => unwrap(api.GET('/api/elder-merges')) });
  const undo = useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST('/api/elder-merges/{merge_id}/undo', { params: { path: { merge_id: id } } })),
    onSuccess: (fresh) => {
      queries.setQueryData(['merges'], fresh);
      for (const key of ['duplicates', 'directory', 'profile', 'changes']) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  return (
    <section className="part">
      <h3 className="part-title">{t('eldersPage.dup.done')}</h3>
      {undo.isError && <Alert type="error" showIcon title={errorText(undo.error)} />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <p className="quiet">{t('eldersPage.dup.doneEmpty')}</p>}
      <ol className="lines">
        {found.data?.map((merge) => (
          <li key={merge.id} className="part-row line-flat" data-testid="merge">
            <Done merge={merge} now={now} />
            <span className="elders-space" />
            {merge.undone_at === null && Date.parse(merge.undo_until) > now && (
              <Popconfirm title={t('eldersPage.dup.undoSure')} onConfirm={() => undo.mutate(merge.id)}>
                <Button data-testid="merge-undo">{t('eldersPage.dup.undo')}</Button>
              </Popconfirm>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Done({ merge, now }: { merge: MergeView; now: number }) {
  const { t } = useTranslation();
  const day = dayOf(merge.undo_until);
  return (
    <div>
      <Link to={`/elders/${merge.kept.id}`}>
        <strong>{t('eldersPage.dup.doneLine', { merged: merge.merged.name, kept: merge.kept.name })}</strong>
      </Link>
      <div className="quiet">
        {t('eldersPage.dup.doneBy', { time: moment(Date.parse(merge.at), now), name: merge.by, reason: merge.reason })}
        {merge.cases > 0 && ` · ${t('eldersPage.dup.cases', { count: merge.cases })}`}
        {merge.left_numbers.length > 0 && ` · ${t('eldersPage.dup.left', { numbers: merge.left_numbers.join(' / ') })}`}
        {' · '}
        {merge.undone_at === null
          ? t('eldersPage.dup.undoUntil', { date: day })
          : t('eldersPage.dup.undone', { name: merge.undone_by })}
      </div>
    </div>
  );
}
