"""What a profile's own business asks of calls: is somebody on the line, whose calls were they, who pressed since."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call, Line
from callcenter.calls.states import LIVE, CallKind


@dataclass(frozen=True, slots=True)
class Press:
    call_id: uuid.UUID
    number: str  # normalised; "" = withheld
    line: str
    elder_ids: frozenset[uuid.UUID]  # who it may have been; none: a number of nobody
    at: datetime


async def is_on_the_line(session: AsyncSession, elder_ids: Collection[uuid.UUID]) -> bool:
    """Whether a live call is, or may be, one of theirs."""
    found = await session.execute(select(Call.elder_id, Call.shared_elder_ids).where(Call.state.in_(LIVE)))
    wanted = set(elder_ids)
    return any(elder_id in wanted or wanted & {uuid.UUID(i) for i in shared} for elder_id, shared in found)


async def move_calls(
    session: AsyncSession, *, from_id: uuid.UUID, to_id: uuid.UUID, only: Collection[uuid.UUID] | None = None
) -> list[uuid.UUID]:
    """Calls that are over become another profile's. Returns their ids."""
    statement = update(Call).where(Call.elder_id == from_id, Call.state.not_in(LIVE))
    if only is not None:
        statement = statement.where(Call.id.in_(only))
    rows = await session.execute(statement.values(elder_id=to_id).returning(Call.id).execution_options(synchronize_session=False))
    return [row.id for row in rows]


async def list_presses(session: AsyncSession, *, since: datetime, until: datetime, numbers: Collection[str], line: str) -> list[Press]:
    """Calls from these numbers, and those of nobody's number on this line, in the order in which they came."""
    nobodys = Call.elder_id.is_(None) & (func.jsonb_array_length(Call.shared_elder_ids) == 0) & (Call.called == line)
    rows = await session.scalars(
        select(Call)
        .where(
            Call.received_at >= since,
            Call.received_at < until,
            Call.kind.in_((CallKind.SOS, CallKind.SERVICE)),
            or_(Call.caller_key.in_(numbers), nobodys),
        )
        .order_by(Call.received_at)
    )
    return [
        Press(
            call.id,
            call.caller_key or "",
            call.called,
            frozenset({call.elder_id} if call.elder_id else (uuid.UUID(i) for i in call.shared_elder_ids)),
            call.received_at,
        )
        for call in rows
    ]


async def list_lines(session: AsyncSession) -> Sequence[Line]:
    return (await session.scalars(select(Line).where(Line.active).order_by(Line.number))).all()
