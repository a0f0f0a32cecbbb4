import { CheckCircleFilled, DeleteOutlined, EditOutlined, UserAddOutlined, WarningFilled } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm, Tooltip } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Profile } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText, word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { sendPhoto } from './files';
import { addressOf } from './labels';
import { presenceText } from './presence';
import { PresenceDialog } from './PresenceDialog';

export function ProfileHead({ profile, mayWrite }: { profile: Profile; mayWrite: boolean }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <section className="profile-head">
        <Photo profile={profile} mayWrite={mayWrite} />
        <div className="profile-who">
          <div className="profile-name">
            <h2 data-testid="elder-name">{profile.name}</h2>
            <span>
              {word('sex', profile.sex)}
              {profile.age !== null && <span className="num"> {t('elder.age', { count: profile.age })}</span>} ·{' '}
              {word('living', profile.living)}
              {profile.birth_date && (
                <span className="quiet num"> · {t('eldersPage.head.born', { date: profile.birth_date })}</span>
              )}
            </span>
          </div>
          <div className="profile-flags">
            {profile.danger.map((flag) => (
              <span key={`${flag.code}:${flag.text}`} className={flag.serious ? 'flag flag-serious' : 'flag'}>
                {flag.serious && <WarningFilled />} {flag.text}
              </span>
            ))}
          </div>
          <div>{addressOf(profile)}</div>
          <div className="quiet">
            {profile.verified_on === null ? (
              <span>{t('eldersPage.head.notVerified')}</span>
            ) : (
              <span className="check-ok" data-testid="elder-verified">
                <CheckCircleFilled /> {t('eldersPage.head.verified', { date: profile.verified_on })}
              </span>
            )}
            {' · '}
            {profile.updated_by === ''
              ? t('eldersPage.head.updatedAlone', { time: moment(Date.parse(profile.updated_at), now) })
              : t('eldersPage.head.updated', {
                  time: moment(Date.parse(profile.updated_at), now),
                  name: profile.updated_by,
                })}
          </div>
        </div>
        <div className="profile-side">
          <span
            className={profile.presence === 'home' ? 'flag-home' : 'flag flag-serious'}
            data-testid="elder-presence"
          >
            {presenceText(profile, now)}
          </span>
          {mayWrite && profile.presence !== 'deceased' && (
            <Button icon={<EditOutlined />} onClick={() => setAsking(true)} data-testid="presence-change">
              {t('eldersPage.presence.change')}
            </Button>
          )}
        </div>
      </section>
      <Death profile={profile} />
      {asking && <PresenceDialog profile={profile} onClose={() => setAsking(false)} />}
    </>
  );
}

function Death({ profile }: { profile: Profile }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const queries = useQueryClient();
  const decide = useMutation({
    mutationFn: (verb: 'confirm' | 'undo') =>
      unwrap(
        verb === 'confirm'
          ? api.POST('/api/elders/{elder_id}/death/confirm', { params: { path: { elder_id: profile.id } } })
          : api.POST('/api/elders/{elder_id}/death/undo', { params: { path: { elder_id: profile.id } } }),
      ),
    onSuccess: (fresh) => queries.setQueryData(['profile', profile.id], fresh),
  });
  if (profile.presence !== 'deceased') return null;
  const report = profile.death;
  const text = [
    t('eldersPage.presence.deceasedCall'),
    report !== null && report.confirmed_at !== null
      ? t('eldersPage.presence.confirmedBy', { name: report.confirmed_by })
      : '',
    report?.note ?? '',
  ];
  return (
    <Alert
      style={{ marginTop: 8 }}
      type="warning"
      showIcon
      data-testid="death"
      title={
        report !== null && report.confirmed_at === null
          ? t('eldersPage.presence.reported', {
              name: report.reported_by,
              time: moment(Date.parse(report.reported_at), now),
            })
          : presenceText(profile, now)
      }
      description={
        <>
          {text.filter(Boolean).join(' · ')}
          {decide.isError && <div role="alert">{errorText(decide.error)}</div>}
        </>
      }
      action={
        may(me, 'deaths:confirm') && (
          <div className="part-row">
            {report !== null && report.confirmed_at === null && (
              <Popconfirm title={t('eldersPage.presence.confirmSure')} onConfirm={() => decide.mutate('confirm')}>
                <Button data-testid="death-confirm">{t('eldersPage.presence.confirm')}</Button>
              </Popconfirm>
            )}
            <Popconfirm title={t('eldersPage.presence.undoSure')} onConfirm={() => decide.mutate('undo')}>
              <Button data-testid="death-undo">{t('eldersPage.presence.undo')}</Button>
            </Popconfirm>
          </div>
        )
      }
    />
  );
}

const MAX_PICTURE = 5 * 1024 * 1024;

function Photo({ profile, mayWrite }: { profile: Profile; mayWrite: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [tooLarge, setTooLarge] = useState(false);
  const put = (fresh: Profile): void => void queries.setQueryData(['profile', profile.id], fresh);
  const send = useMutation({ mutationFn: (file: File) => sendPhoto(profile.id, file), onSuccess: put });
  const remove = useMutation({
    mutationFn: () =>
      unwrap(api.DELETE('/api/elders/{elder_id}/photo', { params: { path: { elder_id: profile.id } } })),
    onSuccess: put,
  });
  // asked for only where a picture may be added
  const consents = useQuery({
    queryKey: ['consents', profile.id],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/consents', { params: { path: { elder_id: profile.id } } })),
    enabled: mayWrite,
  });
  const unasked = consents.data?.states.some((one) => one.item === 'photo' && !one.given) ?? false;
  const failure = tooLarge ? t('error.picture_too_large') : send.isError ? errorText(send.error) : '';
  return (
    <div>
      <div className="photo">
        {profile.has_photo ? (
          <img
            src={`/api/elders/${profile.id}/photo?v=${profile.version}`}
            alt={t('eldersPage.photo.alt', { name: profile.name })}
          />
        ) : (
          <div className="photo-none">{t('eldersPage.photo.none')}</div>
        )}
        {mayWrite && (
          <span className="photo-key">
            <Tooltip
              title={[t('eldersPage.photo.help'), unasked ? t('eldersPage.photo.noConsent') : '']
                .filter(Boolean)
                .join(' ')}
            >
              <Button
                size="small"
                icon={<UserAddOutlined />}
                loading={send.isPending}
                aria-label={t(profile.has_photo ? 'eldersPage.photo.replace' : 'eldersPage.photo.add')}
                data-testid="photo-add"
                onClick={() => picker.current?.click()}
              />
            </Tooltip>{' '}
            {profile.has_photo && (
              <Popconfirm title={t('eldersPage.photo.removeSure')} onConfirm={() => remove.mutate()}>
                <Button size="small" icon={<DeleteOutlined />} aria-label={t('eldersPage.photo.remove')} />
              </Popconfirm>
            )}
          </span>
        )}
      </div>
      <input
        ref={picker}
        type="file"
        accept="image/jpeg,image/png"
        hidden
        aria-label={t('eldersPage.photo.add')}
        data-testid="photo-file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file === undefined) return;
          setTooLarge(file.size > MAX_PICTURE);
          if (file.size <= MAX_PICTURE) send.mutate(file);
        }}
      />
      {failure !== '' && (
        <div className="note-error" role="alert" style={{ maxWidth: 120 }}>
          {failure}
        </div>
      )}
    </div>
  );
}
