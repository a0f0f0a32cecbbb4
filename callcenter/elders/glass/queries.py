from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.elders.glass.models import GlassReview
from callcenter.elders.glass.schemas import GlassCount, GlassItem
from callcenter.elders.models import AccessGrant, Elder
from callcenter.elders.queries import get_elder_summaries
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.regions.queries import within

Which = Literal["open", "untold", "all"]
PAGE = 50

_Breaker, _Reviewer, _Teller = aliased(User), aliased(User), aliased(User)


async def list_glass(
    session: AsyncSession,
    actor: Actor,
    *,
    which: Which = "open",
    emergency: bool = False,
    before: datetime | None = None,
    limit: int = PAGE,
) -> list[GlassItem]:
    """Of the actor's regions: open ones by when they are due, all others the newest first. `emergency`: only what was broken for one."""
    statement = _of(actor)
    if emergency:
        statement = statement.where(GlassReview.case_id.is_not(None))
    if which == "open":
        statement = statement.where(GlassReview.verdict.is_(None)).order_by(GlassReview.due_at, AccessGrant.id)
    else:
        statement = statement.order_by(AccessGrant.granted_at.desc(), AccessGrant.id.desc())
        if which == "untold":
            statement = statement.where(GlassReview.told_at.is_(None))
    if before is not None:
        statement = statement.where(AccessGrant.granted_at < before)
    return await _items(session, actor, (await session.execute(statement.limit(limit))).all())


async def get_glass(session: AsyncSession, actor: Actor, grant_id: uuid.UUID) -> GlassItem:
    rows = (await session.execute(_of(actor).where(GlassReview.grant_id == grant_id))).all()
    if not rows:
        raise NotFound("no such broken glass in your regions", code="glass_not_found")
    return (await _items(session, actor, rows))[0]


async def list_glass_of_elder(
    session: AsyncSession, elder_ids: Collection[uuid.UUID], *, since: datetime
) -> Sequence[tuple[AccessGrant, GlassReview]]:
    """For her own log. The newest first."""
    rows = await session.execute(
        select(AccessGrant, GlassReview)
        .join(GlassReview, GlassReview.grant_id == AccessGrant.id)
        .where(AccessGrant.elder_id.in_(elder_ids), AccessGrant.granted_at >= since)
        .order_by(AccessGrant.granted_at.desc())
    )
    return [(grant, review) for grant, review in rows]


async def count_glass(session: AsyncSession, actor: Actor) -> GlassCount:
    counted = (
        await session.execute(
            _in_scope(
                select(
                    func.count().filter(GlassReview.verdict.is_(None)),
                    func.count().filter(GlassReview.verdict.is_(None), GlassReview.due_at < clock.now()),
                    func.count().filter(GlassReview.told_at.is_(None)),
                ).select_from(GlassReview),
                actor,
            )
        )
    ).one()
    return GlassCount(open=counted[0], overdue=counted[1], untold=counted[2])


def _in_scope(statement: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    scope = within(actor.region_ids)
    return (
        statement.join(AccessGrant, AccessGrant.id == GlassReview.grant_id)
        .join(Elder, Elder.id == AccessGrant.elder_id)
        .where(Elder.community_id.in_(scope) | Elder.grid_id.in_(scope))
    )


def _of(actor: Actor) -> Select[*tuple[Any, ...]]:
    columns = select(GlassReview, AccessGrant, _Breaker.name, _Breaker.role, _Reviewer.name, _Teller.name).select_from(GlassReview)
    return (
        _in_scope(columns, actor)
        .join(_Breaker, _Breaker.id == AccessGrant.user_id)
        .outerjoin(_Reviewer, _Reviewer.id == GlassReview.reviewer_id)
        .outerjoin(_Teller, _Teller.id == GlassReview.told_by)
    )


async def _items(session: AsyncSession, actor: Actor, rows: Sequence[Any]) -> list[GlassItem]:
    ids = {grant.elder_id for _, grant, *_ in rows}
    elders = await get_elder_summaries(session, ids, full_ids=ids)
    now = clock.now()
    return [
        GlassItem(
            id=grant.id,
            by_id=grant.user_id,
            by_name=by_name,
            by_role=by_role,
            elder_id=grant.elder_id,
            elder_name=elders[grant.elder_id].name,
            place=elders[grant.elder_id].place,
            reason=grant.note,
            at=grant.granted_at,
            until=grant.until,
            case_id=review.case_id,
            due_at=review.due_at,
            overdue=review.verdict is None and review.due_at < now,
            own=grant.user_id == actor.id,
            verdict=review.verdict,
            note=review.note,
            reviewer_name=reviewer or "",
            reviewed_at=review.reviewed_at,
            told_whom=review.told_whom,
            told_by_name=teller or "",
            told_at=review.told_at,
        )
        for review, grant, by_name, by_role, reviewer, teller in rows
    ]
