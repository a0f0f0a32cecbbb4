"""What was written on cases that closed long ago. The case itself, its calls and orders stay: figures are computed from them, and they hold no words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select

from callcenter.cases.models import Case, CaseEntry
from callcenter.cases.states import CaseState
from callcenter.kit.db import Database

AT_ONCE = 100  # cases in one transaction


async def forget_closed_cases(database: Database, retention: Database, *, before: datetime) -> int:
    """Their timelines go. `retention`: by the role that may delete what is append-only, and reads no case. Returns of how many cases."""
    over = (
        select(Case.id)
        .where(Case.state.in_((CaseState.RESOLVED, CaseState.CLOSED)), Case.resolved_at < before)
        .where(Case.last_press_at < before, exists().where(CaseEntry.case_id == Case.id))
        .limit(AT_ONCE)
    )
    forgotten = 0
    while True:
        async with database.transaction() as session:
            ids = list(await session.scalars(over))
        if not ids:
            return forgotten
        async with retention.transaction() as session:
            await session.execute(delete(CaseEntry).where(CaseEntry.case_id.in_(ids)))
        forgotten += len(ids)
