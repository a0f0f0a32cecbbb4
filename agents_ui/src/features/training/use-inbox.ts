import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api, unwrap } from '../../api/client';
import type { TrainingMessage } from '../../api/types';

const EVERY_MS = 2_000;

const digits = (number: string): string => number.replace(/\D/g, '');

export const isTo = (message: TrainingMessage, numbers: string[]): boolean =>
  numbers.some((number) => digits(number) === digits(message.number));

export interface Inbox {
  /** Newest on top; null: not known yet. */
  shown: TrainingMessage[] | null;
  /** How many went to others. */
  elsewhere: number;
  /** Those that came last while the page was open. */
  fresh: ReadonlySet<string>;
  failed: boolean;
}

/** Text messages to these numbers, or to everybody's (null), as they come; `onNews` when one of them is new. */
export function useInbox(numbers: string[] | null, onNews: () => void): Inbox {
  const messages = useQuery({
    queryKey: ['training', 'messages'],
    queryFn: () => unwrap(api.GET('/api/training/messages')),
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: true, // who plays three parts has the others in front
  });
  const all = messages.data ?? null;
  const shown = all === null || numbers === null ? all : all.filter((one) => isTo(one, numbers));
  const known = useRef<ReadonlySet<string> | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());

  const heard = useRef({ shown, onNews });
  useEffect(() => {
    heard.current = { shown, onNews };
  });
  useEffect(() => {
    if (all === null) return;
    const before = known.current;
    known.current = new Set(all.map((one) => one.id));
    if (before === null) return;
    const came = all.filter((one) => !before.has(one.id)).map((one) => one.id);
    if (came.length === 0) return;
    setFresh(new Set(came));
    if (heard.current.shown?.some((one) => came.includes(one.id))) heard.current.onNews();
  }, [all]);

  return { shown, elsewhere: (all?.length ?? 0) - (shown?.length ?? 0), fresh, failed: messages.isError };
}
