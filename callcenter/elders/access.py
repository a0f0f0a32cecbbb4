"""Who may see the whole of an elder and why. Grants are written by calls, cases and the glass in their own transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.elders.models import AccessGrant, GrantReason
from callcenter.elders.queries import current_ids, list_open_reasons, list_within
from callcenter.kit import clock
from callcenter.kit.errors import Invalid

REGION = "region"
# Of several reasons the nearest to the elder's own wish is told: she has called; last of all comes a supervisor's standing right.
_ORDER = (
    GrantReason.LIVE_CALL,
    GrantReason.OWNED_CASE,
    GrantReason.WATCHED_CASE,
    GrantReason.COMPLAINT,
    GrantReason.PLANNED_CALL,
    GrantReason.CREATED,
    GrantReason.GLASS,
)


async def may_see_all(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> bool:
    """The rule of docs/decisions.md §7: an open grant (live call, owned case, broken glass), or a supervisor of the elder's region."""
    return elder_id in await whole_for(session, actor, [elder_id])


async def whole_for(session: AsyncSession, actor: Actor, elder_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of these elders that the actor may see whole, each with why: live_call, owned_case, watched_case, complaint, planned_call, created, glass or
    region (for the audit).

    An id of a profile that was merged stands for the one that was kept, because that is what is shown for it: where the old one lived opens nothing.
    """
    if actor.id is None or not elder_ids:
        return {}
    kept = await current_ids(session, elder_ids)
    reasons = await list_open_reasons(session, actor.id, set(kept.values()))
    found = {elder_id: next(reason.value for reason in _ORDER if reason in of_her) for elder_id, of_her in reasons.items()}
    if actor.role is Role.SUPERVISOR and actor.region_ids and (rest := set(kept.values()) - set(found)):
        found |= dict.fromkeys(await list_within(session, rest, actor.region_ids), REGION)
    return {asked: found[current] for asked, current in kept.items() if current in found}


async def grant_access(
    session: AsyncSession,
    *,
    user_id: uuid.UUID,
    elder_id: uuid.UUID,
    reason: GrantReason,
    call_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    plan_id: uuid.UUID | None = None,
    note: str = "",
    until: datetime | None = None,
) -> AccessGrant:
    """Harmless twice: an open grant for the same call, case or plan is returned as it is. A broken glass needs its reason and an end."""
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
                AccessGrant.plan_id.is_not_distinct_from(plan_id),
                AccessGrant.until.is_(None) if until is None else AccessGrant.until >= until,
            )
            .limit(1)
        )
        if known:
            return known
    grant = AccessGrant(
        user_id=user_id, elder_id=elder_id, reason=reason, call_id=call_id, case_id=case_id, plan_id=plan_id, note=note.strip(), granted_at=at,
        until=until,
    )  # fmt: skip
    session.add(grant)
    await session.flush()
    return grant


async def end_access(
    session: AsyncSession,
    *,
    call_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    plan_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    elder_id: uuid.UUID | None = None,
    reason: GrantReason | None = None,
    at: datetime | None = None,
) -> int:
    """End the open grants of a call, a case or a planned call (of one user, of one elder, of one reason). `at`: a later end. Returns how many."""
    if call_id is None and case_id is None and plan_id is None:
        raise ValueError("a call, a case or a planned call must be named")
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
        (AccessGrant.plan_id, plan_id),
        (AccessGrant.user_id, user_id),
        (AccessGrant.elder_id, elder_id),
        (AccessGrant.reason, reason),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return len((await session.scalars(statement)).all())
