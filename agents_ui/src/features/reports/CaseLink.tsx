import { useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';

/** Opens the case at the desk. */
export function CaseLink({ id, number }: { id: string; number: string }) {
  const { desk } = useConsole();
  const navigate = useNavigate();
  return (
    <button
      type="button"
      className="report-link"
      onClick={() => {
        desk.focus.openCase(id);
        void navigate('/');
      }}
    >
      {number}
    </button>
  );
}
