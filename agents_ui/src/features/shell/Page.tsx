import type { ReactNode } from 'react';
import './shell.css';

interface Props {
  title: ReactNode;
  /** Beside the title: keys, filters. */
  extra?: ReactNode;
  children: ReactNode;
}

/** What every page beside the desk looks like: a head that stays, and a body that scrolls. */
export function Page({ title, extra, children }: Props) {
  return (
    <main className="page">
      <div className="page-head">
        <h1>{title}</h1>
        <div className="page-extra">{extra}</div>
      </div>
      <div className="page-body">{children}</div>
    </main>
  );
}
