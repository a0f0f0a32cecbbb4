"""Access grants: who may see the whole of an elder, why, and until when. Calls, cases and the glass call this in their own transaction."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.models import AccessGrant, GrantReason
from callcenter.kit import clock
from callcenter.kit.errors import Invalid


async def grant_access(
    session: AsyncSession,
    *,
    user_id: uuid.UUID,
    elder_id: uuid.UUID,
    reason: GrantReason,
    call_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    note: str = "",
    until: datetime | None = None,
) -> AccessGrant:
    """Harmless twice: an open grant for the same call or case is returned as it is. A broken glass needs its reason and an end."""
    at = clock.now()
    if reason is GrantReason.GLASS:
        if not note.strip() or until is None:
            raise Invalid("breaking the glass needs a reason and an end", code="glass_needs_reason")
    else:
        known = await session.scalar(
            select(AccessGrant)
            .where(
                AccessGrant.user_id == user_id,
                AccessGrant.elder_id == elder_id,
                AccessGrant.reason == reason,
                AccessGrant.call_id.is_not_distinct_from(call_id),
                AccessGrant.case_id.is_not_distinct_from(case_id),
                AccessGrant.until.is_(None) if until is None else AccessGrant.until >= until,
            )
            .limit(1)
        )
        if known:
            return known
    grant = AccessGrant(
        user_id=user_id, elder_id=elder_id, reason=reason, call_id=call_id, case_id=case_id, note=note.strip(), granted_at=at, until=until
    )
    session.add(grant)
    await session.flush()
    return grant


async def end_access(
    session: AsyncSession,
    *,
    call_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    elder_id: uuid.UUID | None = None,
    reason: GrantReason | None = None,
    at: datetime | None = None,
) -> int:
    """End the open grants of a call or a case (of one user, of one elder, of one reason). `at`: a later end. Returns how many."""
    if call_id is None and case_id is None:
        raise ValueError("a call or a case must be named")
    end = at or clock.now()
    statement = (
        update(AccessGrant)
        .where((AccessGrant.until.is_(None)) | (AccessGrant.until > end))
        .values(until=end)
        .returning(AccessGrant.id)
        .execution_options(synchronize_session=False)
    )
    for column, wanted in (
        (AccessGrant.call_id, call_id),
        (AccessGrant.case_id, case_id),
        (AccessGrant.user_id, user_id),
        (AccessGrant.elder_id, elder_id),
        (AccessGrant.reason, reason),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return len((await session.scalars(statement)).all())
