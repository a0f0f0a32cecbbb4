"""What looks like fraud, found day by day, decided by a supervisor."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Invalid, NotFound
from callcenter.points.checks.frauds import find_overlapping, find_round_trips, find_self_referrals, open_review
from callcenter.points.checks.models import REVIEW, PointsReview, ReviewState, Rule
from callcenter.points.ledger.kinds import PERSONS, EntryKind, Holder, Ledger
from callcenter.points.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from callcenter.points.members.models import PointsMember
from callcenter.settings import get_settings


async def find_same_store(session: AsyncSession) -> int:
    """Today's and yesterday's: more often than usual at one store, by what was earned there or by what was spent there. How many new reviews."""
    settings = get_settings()
    mine, theirs = aliased(LedgerPosting), aliased(LedgerPosting)
    person, store = aliased(LedgerAccount), aliased(LedgerAccount)
    opened = 0
    for day in (clock.today(settings.timezone) - timedelta(days=1), clock.today(settings.timezone)):
        end = min(clock.now(), datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.timezone)))
        most = int((await get_values(session, settings, at=end)).number("points_same_store_day"))
        times = func.count(LedgerEntry.id.distinct())
        rows = await session.execute(
            select(person.holder_id, store.holder_id.label("store_id"), func.max(LedgerEntry.kind).label("kind"), times.label("times"))
            .select_from(LedgerEntry)
            .join(mine, mine.entry_id == LedgerEntry.id)
            .join(person, person.id == mine.account_id)
            .join(theirs, theirs.entry_id == LedgerEntry.id)
            .join(store, store.id == theirs.account_id)
            .join(PointsMember, PointsMember.id == person.holder_id)
            .where(LedgerEntry.ledger == Ledger.PT, LedgerEntry.booked_on == day)
            .where(LedgerEntry.kind.in_((EntryKind.EARN, EntryKind.CONFIRM, EntryKind.SPEND)))
            .where(person.holder.in_(PERSONS), store.holder == Holder.STORE)
            .group_by(person.holder_id, store.holder_id, LedgerEntry.kind)
            .having(times > most)
        )
        for row in rows.all():
            details = {"store_id": str(row.store_id), "times": int(row.times), "usual": most}
            opened += await open_review(session, Rule.SAME_STORE, row.holder_id, day, details)
    return opened


FINDERS: tuple[Callable[[AsyncSession], Awaitable[int]], ...] = (find_same_store, find_overlapping, find_round_trips, find_self_referrals)


async def decide(session: AsyncSession, actor: Actor, review_id: uuid.UUID, *, state: ReviewState, reason: str) -> PointsReview:
    """By a supervisor, with a reason. 409 when it was decided before."""
    if len(reason.strip()) < 2:
        raise Invalid("say why: others will ask", code="reason_needed")
    found = select(PointsReview).where(PointsReview.id == review_id).with_for_update().execution_options(populate_existing=True)
    review = (await session.scalars(found)).one_or_none()
    if review is None:
        raise NotFound("there is no such review")
    REVIEW.check(review.state, state)
    review.state, review.decided_at, review.decided_by, review.reason = state, clock.now(), actor.name, reason.strip()
    review.version += 1
    await session.flush()
    await audit(
        session, actor, "points:reviewed", review.member_id, details={"review": str(review.id), "rule": review.rule, "state": state}
    )
    return review


async def list_reviews(session: AsyncSession, state: ReviewState) -> Sequence[PointsReview]:
    """The newest first."""
    of_state = select(PointsReview).where(PointsReview.state == state)
    return (await session.scalars(of_state.order_by(PointsReview.opened_at.desc()).limit(200))).all()
