"""An opened case is locked to whoever works on it; an idle lock frees itself: 60 s without a call, 20 s while its alarm rings.

Others go on reading it and adding notes. Whoever talks on the case's call holds it as long as she talks, without a row here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.cases.actions import lock_case
from callcenter.cases.models import CaseLock
from callcenter.kit import clock
from callcenter.kit.errors import Conflict

IDLE = timedelta(seconds=60)
IDLE_RINGING = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Held:
    user_id: uuid.UUID
    name: str
    until: datetime | None  # None: as long as she talks


async def get_held(session: AsyncSession, case_id: uuid.UUID, *, talking: uuid.UUID | None = None) -> Held | None:
    """`talking`: who is on the line with this case's elder."""
    if talking is not None:
        return Held(talking, await session.scalar(select(User.name).where(User.id == talking)) or "", None)
    row = (
        await session.execute(
            select(CaseLock.user_id, User.name, CaseLock.until)
            .join(User, User.id == CaseLock.user_id)
            .where(CaseLock.case_id == case_id, CaseLock.until > clock.now())
        )
    ).one_or_none()
    return Held(row.user_id, row.name, row.until) if row else None


async def hold_case(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, talking: uuid.UUID | None = None, ringing: bool = False
) -> Held | None:
    """Hers from now on, or still; if somebody else holds it, who that is. Called again and again while she does something."""
    assert actor.id is not None, "a person holds a case, not a part of the system"
    await lock_case(session, case_id)
    held, now = await get_held(session, case_id, talking=talking), clock.now()
    if held is not None and (held.user_id != actor.id or held.until is None):
        return held
    until = now + (IDLE_RINGING if ringing else IDLE)
    row = await session.get(CaseLock, case_id, populate_existing=True)
    if row is None:
        session.add(CaseLock(case_id=case_id, user_id=actor.id, since=now, until=until))
    else:
        if row.user_id != actor.id or row.until <= now:
            row.since = now
        row.user_id, row.until = actor.id, until
    await session.flush()
    return await get_held(session, case_id)


async def let_go(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> None:
    """She turned to something else. Somebody else's lock stays."""
    await session.execute(delete(CaseLock).where(CaseLock.case_id == case_id, CaseLock.user_id == actor.id))


async def must_not_be_held_by_other(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, talking: uuid.UUID | None = None) -> None:
    """Precondition of changes other than notes."""
    held = await get_held(session, case_id, talking=talking)
    if held is not None and held.user_id != actor.id:
        details = {"holder_id": str(held.user_id), "holder_name": held.name, "until": held.until.isoformat() if held.until else None}
        raise Conflict(
            f"{held.name} works on it right now; notes are possible, the rest when it is free", code="case_locked", details=details
        )
