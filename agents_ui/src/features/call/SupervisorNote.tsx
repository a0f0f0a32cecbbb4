import { useTranslation } from 'react-i18next';
import type { CallView } from '../../api/types';
import { MODES } from '../floor/listening';

/** The agent is told who listens to her, and who else hears that supervisor. */
export function SupervisorNote({ call }: { call: CallView }) {
  const { t } = useTranslation();
  const there = call.parties.filter((party) => party.role === 'supervisor' && party.state === 'talking');
  return there.map((party) => {
    const mode = MODES.find((one) => one === party.mode) ?? 'listen';
    return (
      <p key={party.leg_id} className="call-supervisor" role="status" data-testid="supervisor-note" data-mode={mode}>
        {t(`call.supervisor.${mode}`, { name: party.agent_name })}
      </p>
    );
  });
}
