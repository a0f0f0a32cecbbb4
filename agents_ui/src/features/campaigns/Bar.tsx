import type { Progress } from './queries';
import { FIGURES } from './words';
import './campaigns.css';

/** The list as one strip; its figures stand beside it in words, so nothing hangs on a colour. */
export function Bar({ progress }: { progress: Progress }) {
  return (
    <div className="campaign-bar" aria-hidden>
      {FIGURES.filter((key) => progress[key] > 0).map((key) => (
        <span key={key} className={`campaign-part campaign-part-${key}`} style={{ flexGrow: progress[key] }} />
      ))}
    </div>
  );
}
