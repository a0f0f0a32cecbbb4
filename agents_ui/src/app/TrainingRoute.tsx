import { useQuery } from '@tanstack/react-query';
import { Spin } from 'antd';
import { lazy, useEffect } from 'react';
import { api, unwrap } from '../api/client';
import { SignInPage } from '../features/signin/SignInPage';
import { useStore } from '../kit/store';
import type { SessionStore } from './session';

const TrainingPage = lazy(async () => ({ default: (await import('../features/training/TrainingPage')).TrainingPage }));

/** Open where all people are invented; in training mode they may be real ones, so it asks who is there. */
export function TrainingRoute({ session }: { session: SessionStore }) {
  const server = useQuery({
    queryKey: ['server'],
    queryFn: () => unwrap(api.GET('/api/server')),
    staleTime: Infinity,
  });
  if (server.isPending) return <Waiting />;
  return server.data?.mode === 'training' ? <SignedIn session={session} /> : <TrainingPage />;
}

function SignedIn({ session }: { session: SessionStore }) {
  const state = useStore(session, (value) => value);
  useEffect(() => {
    if (session.get().status !== 'signed-in') void session.restore();
  }, [session]);
  if (state.status === 'loading') return <Waiting />;
  if (state.status === 'signed-out')
    return <SignInPage session={session} server={state.server} expired={state.expired} />;
  return <TrainingPage />;
}

function Waiting() {
  return (
    <div className="page-middle" aria-busy="true">
      <Spin size="large" />
    </div>
  );
}
