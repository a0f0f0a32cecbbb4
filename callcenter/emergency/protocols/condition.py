"""What the answers given so far say of her state, for those who are on their way: conscious, breathing. Each answer says so in its file (`tells`), so
that a centre's own protocol is heard too.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.emergency.models import Emergency
from callcenter.emergency.protocols.queries import list_runs, list_steps
from callcenter.emergency.protocols.schema import Step
from callcenter.emergency.protocols.states import StepState


def condition(answered: Iterable[tuple[Step, str]]) -> dict[str, str]:
    """Steps with their answers, in the order they were given: the last word on each counts."""
    found: dict[str, str] = {}
    for step, answer in answered:
        chosen = step.answer(answer)
        if chosen is not None:
            found |= {str(name): str(value) for name, value in chosen.tells.items()}
    return found


async def condition_of(session: AsyncSession, case_id: uuid.UUID) -> Mapping[str, str]:
    """Of a case's emergency; {} while nothing is known. What was taken back, or left the way with it, says nothing."""
    emergency_id = await session.scalar(select(Emergency.id).where(Emergency.case_id == case_id))
    if emergency_id is None:
        return {}
    protocols = {run.row.id: run.protocol for run in await list_runs(session, emergency_id)}
    rows = [row for row in await list_steps(session, emergency_id) if row.state is StepState.DONE and not row.carried]
    return condition((step, row.answer) for row in rows if (step := protocols[row.run_id].step(row.step)) is not None)
