"""All reads of what was earned."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.points.earning.actions import numbers_at
from callcenter.points.earning.models import Earning, Referral
from callcenter.points.earning.preview import Looked, preview
from callcenter.points.earning.referrals import referral_of
from callcenter.points.earning.rules import month_of, week_of, year_of
from callcenter.points.earning.schemas import (
    CostView,
    EarningsOfElder,
    EarningView,
    PointsTerms,
    ReferralView,
    RulesPreview,
    TermView,
    TillView,
)
from callcenter.points.earning.states import Rule
from callcenter.points.earning.terms import list_terms
from callcenter.points.earning.tills import list_tills
from callcenter.settings import get_settings

LAST = 100


async def read_earnings(session: AsyncSession, elder_id: uuid.UUID) -> EarningsOfElder:
    """Hers and those of profiles merged into hers. `elder_id`: the kept one."""
    persons = (await session.scalars(select(Elder.id).where(or_(Elder.id == elder_id, Elder.merged_into == elder_id)))).all()
    rows = await session.scalars(
        select(Earning).where(Earning.member_id.in_(persons)).order_by(Earning.day.desc(), Earning.id.desc()).limit(LAST)
    )
    by = await referral_of(session, elder_id)
    return EarningsOfElder(
        earnings=[EarningView.model_validate(row, from_attributes=True) for row in rows],
        invited_by=ReferralView(inviter_id=by.inviter_id, at=by.at, by=by.by_name) if by else None,
        invited=await session.scalar(select(func.count()).select_from(Referral).where(Referral.inviter_id.in_(persons))) or 0,
    )


async def read_terms(session: AsyncSession) -> PointsTerms:
    stores = [
        TermView(
            store_id=store.id, code=store.code, name=store.name, allied=term is not None and term.allied,
            rate_bp=term.rate_bp if term else None, since=term.valid_from if term else None,
        )
        for store, term in await list_terms(session)
    ]  # fmt: skip
    return PointsTerms(rate_bp=(await numbers_at(session, clock.now())).rate_bp, stores=stores)


async def read_tills(session: AsyncSession) -> list[TillView]:
    return [
        TillView(
            id=till.id, store_id=store.id, store_code=store.code, store=store.name, name=till.name, made_at=till.made_at, made_by=till.made_by,
            revoked_at=till.revoked_at,
        )
        for till, store in await list_tills(session)
    ]  # fmt: skip


async def read_shortfalls(session: AsyncSession, since: date) -> Sequence[Earning]:
    """Points that had to go back and were spent already: facts for whoever looks for fraud."""
    found = select(Earning).where(Earning.shortfall > 0, Earning.day >= since)
    return (await session.scalars(found.order_by(Earning.day, Earning.id))).all()


async def read_preview(session: AsyncSession, changed: Mapping[str, int], month: date | None = None) -> RulesPreview:
    """The month before this one, unless it is said which, with these of today's numbers changed."""
    today = clock.today(get_settings().timezone)
    first, last = month_of(month or today.replace(day=1) - timedelta(days=1))
    now = await numbers_at(session, clock.now())
    numbers = replace(now, **changed)
    since = min(week_of(first)[0], year_of(first)[0])
    rows = await session.execute(
        select(Earning, func.coalesce(Elder.merged_into, Earning.member_id).label("kept"))
        .outerjoin(Elder, Elder.id == Earning.member_id)
        .where(Earning.day.between(since, last), or_(Earning.day >= week_of(first)[0], Earning.rule == Rule.REFERRAL))
        .order_by(Earning.day, Earning.deed_at, Earning.id)
    )
    looked = [
        Looked(
            one.rule, kept, one.day, one.base, one.amount, one.reversed_amount, one.reason,
            int(one.counted["rate_bp"]) if one.counted.get("agreed") else None,
        )
        for one, kept in rows
    ]  # fmt: skip
    costs = preview(looked, numbers, first, last)
    views = [CostView(rule=rule, deeds=cost.deeds, points=cost.points, would=cost.would) for rule, cost in costs.items()]
    return RulesPreview(
        month=first, numbers=asdict(numbers), now=asdict(now), costs=views, points=sum(view.points for view in views),
        would=sum(view.would for view in views),
    )  # fmt: skip
