import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { CaseDetail, CaseHolder } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { movesOf } from './ownership';

/** Said at most this often; the server lets go after 60 s without it. */
const AGAIN_MS = 15_000;

/**
 * Holds the case that is open in front of somebody as long as she does something, and tells who else holds it. Only what she could change is
 * held: her own case, one without an owner, one whose elder she may see.
 */
export function useHold(detail: CaseDetail): CaseHolder | null {
  const { me } = useConsole();
  const queries = useQueryClient();
  const now = useNow();
  const said = useRef(0);
  const open = detail.state === 'new' || detail.state === 'owned' || detail.state === 'waiting';
  const workable =
    open &&
    may(me, 'cases:write') &&
    (detail.owner_id === me.id || (detail.owner_id === null && movesOf(me, detail).take));
  const caseId = detail.id;

  // Not held is no harm: whoever changes it meanwhile is asked again by the server.
  const { mutate: hold, data: told } = useMutation({
    mutationFn: async (id: string) => {
      said.current = Date.now();
      const { holder } = await unwrap(api.POST('/api/cases/{case_id}/hold', { params: { path: { case_id: id } } }));
      return { caseId: id, holder: holder ?? null };
    },
  });

  useEffect(() => {
    if (!workable) return;
    const busy = (): void => {
      if (Date.now() - said.current >= AGAIN_MS) hold(caseId);
    };
    hold(caseId);
    window.addEventListener('pointerdown', busy);
    window.addEventListener('keydown', busy);
    return () => {
      window.removeEventListener('pointerdown', busy);
      window.removeEventListener('keydown', busy);
      said.current = 0;
      api.DELETE('/api/cases/{case_id}/hold', { params: { path: { case_id: caseId } } }).catch(() => undefined);
    };
  }, [workable, hold, caseId]);

  const holder = (told?.caseId === caseId ? told.holder : detail.holder) ?? null;
  const other = holder !== null && holder.user_id !== me.id ? holder : null;
  const over = typeof other?.until === 'string' && Date.parse(other.until) <= now;
  useEffect(() => {
    if (!over) return;
    if (workable) hold(caseId);
    else void queries.invalidateQueries({ queryKey: ['case', caseId] });
  }, [over, workable, hold, queries, caseId]);
  return over ? null : other;
}
