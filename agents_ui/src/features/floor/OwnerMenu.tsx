import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseDetail, CaseSummary } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';
import { clockTime } from '../../kit/format';
import { FreeDialog, GiveDialog } from './MoveDialogs';
import { moveError, movesOf } from './ownership';
import { useHold } from './use-hold';
import './owner.css';

/** Take over, give away, free: what this person may do with this case's owner, and nothing she may not. */
export function OwnerActions({ item, size = 'small' }: { item: CaseSummary; size?: 'small' | 'middle' }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<'give' | 'free' | null>(null);
  const moves = movesOf(me, item);
  const take = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/cases/{case_id}/take-over', {
          params: { path: { case_id: item.id } },
          body: { seen_owner_id: item.owner_id },
        }),
      ),
    onSuccess: (detail) => queries.setQueryData(['case', item.id], detail),
    onError: (error) => void message.warning(moveError(error)),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['floor-cases'] });
      void queries.invalidateQueries({ queryKey: ['case', item.id] });
    },
  });
  if (!moves.take && !moves.give && !moves.free) return null;
  return (
    <span className="owner-actions">
      {moves.take && (
        <Button size={size} loading={take.isPending} onClick={() => take.mutate()} data-testid="case-take">
          {t('floorPage.floor.take')}
        </Button>
      )}
      {moves.give && (
        <Button size={size} onClick={() => setDialog('give')} data-testid="case-give">
          {t('floorPage.floor.give')}
        </Button>
      )}
      {moves.free && (
        <Button size={size} onClick={() => setDialog('free')} data-testid="case-free">
          {t('floorPage.floor.free')}
        </Button>
      )}
      {dialog === 'give' && <GiveDialog item={item} onClose={() => setDialog(null)} />}
      {dialog === 'free' && <FreeDialog item={item} onClose={() => setDialog(null)} />}
    </span>
  );
}

/** In the case's head: how it came here, who else works on it, and the keys to move it. */
export function OwnerMenu({ detail }: { detail: CaseDetail }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const holder = useHold(detail);
  const { handed } = detail;
  return (
    <>
      {holder !== null && (
        <span className="owner-held" role="status" data-testid="case-held">
          {t('floorPage.floor.worksOnIt', { name: holder.name })}
        </span>
      )}
      {handed && detail.owner_id === me.id && (
        <span className="owner-word" data-testid="case-handed">
          {t('floorPage.floor.handedAt', { name: handed.by_name, time: clockTime(Date.parse(handed.at), false) })}
          {handed.word !== '' && <strong>“{handed.word}”</strong>}
        </span>
      )}
      <OwnerActions item={detail} />
    </>
  );
}
