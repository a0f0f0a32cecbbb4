import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type Complaint = Schemas['ComplaintView'];
export type ComplaintState = Schemas['ComplaintState'];
export type Notice = Schemas['ComplaintNotice'];
export type Source = Schemas['Source'];
export type Written = Schemas['WriteComplaint'];
export type Look = 'all' | 'mine' | 'overdue';

/** The socket tells nothing of complaints: they are looked at again. */
const AGAIN_MS = 4_000;
const OVER_AGAIN_MS = 60_000;
const MOST = 200;
export const OVER_PAGE = 20;

interface Wanted {
  look: Look;
  source: Source | null;
}

const asked = ({ look, source }: Wanted) => ({ mine: look === 'mine', ...(source !== null && { source }) });

export function useOpenComplaints(wanted: Wanted) {
  return useQuery({
    queryKey: ['complaints', 'open', wanted],
    queryFn: () =>
      unwrap(
        api.GET('/api/complaints', {
          params: { query: { ...asked(wanted), which: 'open', overdue: wanted.look === 'overdue', limit: MOST } },
        }),
      ),
    placeholderData: (before) => before,
    refetchInterval: AGAIN_MS,
  });
}

/** The newest first, a page at a time; nothing that is over is overdue. */
export function useOverComplaints(wanted: Wanted) {
  return useInfiniteQuery({
    queryKey: ['complaints', 'over', wanted],
    queryFn: ({ pageParam: before }) =>
      unwrap(
        api.GET('/api/complaints', {
          params: {
            query: { ...asked(wanted), which: 'over', limit: OVER_PAGE, ...(before !== null && { before }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.length < OVER_PAGE ? undefined : last.at(-1)?.opened_at),
    enabled: wanted.look !== 'overdue',
    refetchInterval: OVER_AGAIN_MS,
  });
}

export function useComplaintCount() {
  return useQuery({
    queryKey: ['complaints', 'count'],
    queryFn: () => unwrap(api.GET('/api/complaints/count')),
    refetchInterval: AGAIN_MS,
  });
}

/** Missed deadlines that have come up to the reader. */
export function useComplaintNotices(asks: boolean) {
  return useQuery({
    queryKey: ['complaint-notices'],
    queryFn: () => unwrap(api.GET('/api/complaints/notices')),
    enabled: asks,
    refetchInterval: AGAIN_MS,
  });
}

/** Each look at a whole one is written down: again only when the list says that it changed. */
export function useComplaint(complaintId: string, version: number) {
  return useQuery({
    queryKey: ['complaint', complaintId, version],
    queryFn: () =>
      unwrap(api.GET('/api/complaints/{complaint_id}', { params: { path: { complaint_id: complaintId } } })),
    placeholderData: (before) => (before?.id === complaintId ? before : undefined),
    staleTime: Infinity,
  });
}

export function useCaseComplaints(caseId: string, asks: boolean) {
  return useQuery({
    queryKey: ['complaints', 'case', caseId],
    queryFn: () => unwrap(api.GET('/api/complaints', { params: { query: { which: 'all', case_id: caseId } } })),
    enabled: asks,
    refetchInterval: AGAIN_MS,
  });
}

export function useStoreChoice(q: string, asks: boolean) {
  return useQuery({
    queryKey: ['stores', 'choice', q],
    queryFn: () => unwrap(api.GET('/api/stores', { params: { query: { q } } })),
    placeholderData: (before) => before,
    enabled: asks,
  });
}

export type Act =
  | { act: 'take' }
  | { act: 'assign'; to: string }
  | { act: 'concerned'; store_id: string | null; agent_id: string | null }
  | { act: 'solve'; solution: string }
  | { act: 'answer'; mended: boolean; note: string }
  | { act: 'withdraw'; note: string }
  | { act: 'close'; note: string };

function ask(complaintId: string, body: Act): Promise<Complaint> {
  const params = { path: { complaint_id: complaintId } };
  switch (body.act) {
    case 'take':
      return unwrap(api.POST('/api/complaints/{complaint_id}/acknowledge', { params }));
    case 'assign':
      return unwrap(api.POST('/api/complaints/{complaint_id}/assign', { params, body: { to: body.to } }));
    case 'concerned':
      return unwrap(
        api.POST('/api/complaints/{complaint_id}/concerned', {
          params,
          body: { store_id: body.store_id, agent_id: body.agent_id },
        }),
      );
    case 'solve':
      return unwrap(api.POST('/api/complaints/{complaint_id}/solve', { params, body: { solution: body.solution } }));
    case 'answer':
      return unwrap(
        api.POST('/api/complaints/{complaint_id}/answer', { params, body: { mended: body.mended, note: body.note } }),
      );
    case 'withdraw':
      return unwrap(api.POST('/api/complaints/{complaint_id}/withdraw', { params, body: { note: body.note } }));
    case 'close':
      return unwrap(api.POST('/api/complaints/{complaint_id}/close', { params, body: { note: body.note } }));
  }
}

function useRefreshed(): (done: Complaint) => void {
  const queries = useQueryClient();
  return (done) => {
    queries.setQueriesData({ queryKey: ['complaint', done.id] }, done);
    queries.setQueryData(['complaint', done.id, done.version], done);
    for (const key of ['complaints', 'complaint-notices', 'follow-ups', 'case-follow-ups'])
      void queries.invalidateQueries({ queryKey: [key] });
    void queries.invalidateQueries({ queryKey: ['case', done.case_id] });
  };
}

/** What is done to one. What was refused is looked at again: a colleague was faster. */
export function useAct(complaintId: string, onDone?: (done: Complaint) => void) {
  const queries = useQueryClient();
  const refreshed = useRefreshed();
  return useMutation({
    mutationFn: (body: Act) => ask(complaintId, body),
    onSuccess: (done) => {
      refreshed(done);
      onDone?.(done);
    },
    onError: () => void queries.invalidateQueries({ queryKey: ['complaints'] }),
  });
}

export function useWrite(onDone: (done: Complaint) => void) {
  const refreshed = useRefreshed();
  return useMutation({
    mutationFn: (body: Written) => unwrap(api.POST('/api/complaints', { body })),
    onSuccess: (done) => {
      refreshed(done);
      onDone(done);
    },
  });
}
