import { useEffect, useState, type ReactNode } from 'react';

/** For what runs on this machine's clock: the time without a server. Turns once a second. */
export function OwnClock({ children }: { children: (now: number) => ReactNode }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return children(now);
}
