import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { HandoverView } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { draftOf, toSave, type Draft } from './draft';

const PAUSE_MS = 700;

/** A draft lives on the server: what is typed is there a moment later, whatever becomes of this browser. */
export function useDraft(view: HandoverView) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(view));
  const [dirty, setDirty] = useState(false);
  const version = useRef(view.version);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(draft);
  const { mutateAsync, isPending, error, isError } = useMutation({
    mutationFn: (body: Draft) =>
      unwrap(
        api.PUT('/api/handovers/{handover_id}', {
          params: { path: { handover_id: view.id } },
          body: toSave(body, version.current),
        }),
      ),
    // One after the other: each has to know the version that the one before it made.
    scope: { id: `handover-${view.id}` },
    onSuccess: (saved, sent) => {
      version.current = saved.version;
      if (latest.current === sent) setDirty(false);
      queries.setQueryData(['handover', view.id], saved);
    },
  });
  const save = useCallback(async (): Promise<number> => {
    clearTimeout(timer.current);
    await mutateAsync(latest.current);
    return version.current;
  }, [mutateAsync]);
  const change = useCallback(
    (next: Draft) => {
      latest.current = next;
      setDraft(next);
      setDirty(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void save().catch(() => undefined), PAUSE_MS);
    },
    [save],
  );
  const pending = useRef(false);
  useEffect(() => {
    pending.current = dirty;
  }, [dirty]);
  useEffect(
    () => () => {
      // Turned to another page within the pause: what was typed goes along.
      if (pending.current) void save().catch(() => undefined);
    },
    [save],
  );
  return { draft, change, save, saving: isPending, dirty, error: isError ? error : null };
}
