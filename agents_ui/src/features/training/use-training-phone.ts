import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, unwrap } from '../../api/client';
import { exposePhone } from '../../app/expose';
import { makeAudio } from '../../app/phone-desk';
import type { AudioDesk } from '../../phone/audio';
import { JsSipLine } from '../../phone/jssip-line';
import { Phone } from '../../phone/phone';
import { Ringer } from '../../phone/ringer';

export interface TrainingSet {
  phone: Phone;
  ringer: Ringer;
  audio: AudioDesk;
}

function makeSet(): TrainingSet {
  const audio = makeAudio();
  audio.keepAwake();
  const phone = new Phone({
    makeLine: (account, handlers) => new JsSipLine(account, handlers),
    sound: audio,
    resume: null,
  });
  return { phone, audio, ringer: new Ringer(audio.context) };
}

export type TrainingLine = ReturnType<typeof useTrainingPhone>;

/** The telephone with this number: registered for it, so that calls to it ring here. */
export function useTrainingPhone(number: string) {
  const [set] = useState(makeSet);
  const account = useQuery({
    queryKey: ['training', 'phone', number],
    queryFn: () => unwrap(api.POST('/api/training/phone', { body: { number } })),
    enabled: number !== '',
    staleTime: Infinity,
  });
  const issued = account.data;

  useEffect(() => {
    if (issued === undefined) return undefined;
    void set.phone.start(issued);
    return () => set.phone.stop();
  }, [issued, set]);

  useEffect(() => {
    exposePhone(set.phone);
    const ring = (): void => set.ringer.ring(set.phone.get().call?.stage === 'ringing' ? 'service' : null);
    return set.phone.subscribe(ring);
  }, [set]);

  const retry = (): void => {
    if (issued === undefined) void account.refetch();
    else void set.phone.start(issued);
  };
  return { set, account, retry };
}
