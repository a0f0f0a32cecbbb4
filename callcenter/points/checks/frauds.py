"""Three patterns that look like fraud, each looked for over the last weeks, so that nights without a worker hide nothing.

A cause makes one review: the day of a review is the day of its cause, and what was before a review of the same rule and member is not counted again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.centre.queries import get_values
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.orders.models import Order
from callcenter.elders.models import Elder, ElderNumber
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.messaging.rules import takes_texts
from callcenter.points.checks.models import PointsReview, ReviewState, Rule
from callcenter.points.earning.models import Earning, Purchase, PurchaseRefund, Referral
from callcenter.points.earning.states import Rule as Earned
from callcenter.points.members.actions import get_member, member_of
from callcenter.points.volunteers.coins import member_for
from callcenter.points.volunteers.models import Volunteer, VolunteerEvent, VolunteerVisit
from callcenter.points.volunteers.rules import overlap
from callcenter.points.volunteers.states import VisitState
from callcenter.settings import get_settings

LOOKS_BACK = timedelta(days=30)
CALLED_OFF = "cancelled"  # a bill that is made again because the visit was is no refund


async def open_review(session: AsyncSession, rule: Rule, member_id: uuid.UUID, day: date, details: dict[str, Any]) -> bool:
    """Once for rule, member and day; whether it is new."""
    made = insert(PointsReview).values(
        id=new_id(), version=1, rule=rule, state=ReviewState.OPEN, member_id=member_id, day=day, details=details, opened_at=clock.now(),
        decided_by="", reason="",
    )  # fmt: skip
    return await session.scalar(made.on_conflict_do_nothing().returning(PointsReview.id)) is not None


# --- at two places at once -------------------------------------------------------------------------------------------------------


async def find_overlapping(session: AsyncSession) -> int:
    """A volunteer who would have been at two doors at once (it was refused at the second one), or who was somewhere while somebody served her at home."""
    since = clock.now() - LOOKS_BACK
    causes: dict[tuple[uuid.UUID, date], set[str]] = defaultdict(set)
    refused = await session.execute(
        select(VolunteerEvent.at, VolunteerEvent.data["volunteer_id"].astext.label("volunteer_id"), VolunteerVisit.number)
        .join(VolunteerVisit, VolunteerVisit.id == VolunteerEvent.visit_id)
        .where(VolunteerEvent.kind == "overlap", VolunteerEvent.at >= since)
    )
    for row in refused.all():
        causes[uuid.UUID(row.volunteer_id), _day(row.at)].add(row.number)
    for volunteer_id, at, number in await _served_meanwhile(session, since):
        causes[volunteer_id, _day(at)].add(number)
    opened = 0
    for (volunteer_id, day), numbers in sorted(causes.items(), key=lambda one: (one[0][1], str(one[0][0]))):
        member = await member_for(session, await session.get_one(Volunteer, volunteer_id))
        opened += await open_review(session, Rule.OVERLAPPING, member.id, day, {"visits": sorted(numbers), "times": len(numbers)})
    return opened


async def _served_meanwhile(session: AsyncSession, since: datetime) -> list[tuple[uuid.UUID, datetime, str]]:
    """Visits of volunteers who are elders of the centre, during which an order or a visit went on at their own door."""
    stood = (VisitState.CHECKED_OUT, VisitState.CONFIRMED, VisitState.DISPUTED)
    given = await session.execute(
        select(
            Volunteer.id, func.coalesce(Elder.merged_into, Elder.id).label("elder_id"), VolunteerVisit.checked_in_at,
            VolunteerVisit.checked_out_at, VolunteerVisit.number,
        )
        .join(VolunteerVisit, VolunteerVisit.volunteer_id == Volunteer.id)
        .join(Elder, Elder.id == Volunteer.elder_id)
        .where(VolunteerVisit.checked_out_at >= since, VolunteerVisit.state.in_(stood))
    )  # fmt: skip
    visits = given.all()
    at_home: dict[uuid.UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    hers = {row.elder_id for row in visits}
    for model in (VolunteerVisit, Order):
        rows = await session.execute(
            select(func.coalesce(Elder.merged_into, Elder.id), model.checked_in_at, model.checked_out_at)
            .join(Elder, Elder.id == model.elder_id)
            .where(func.coalesce(Elder.merged_into, Elder.id).in_(hers), model.checked_out_at >= since)
        )
        for elder_id, began, ended in rows:
            if began is not None and ended is not None:
                at_home[elder_id].append((began, ended))
    return [
        (row.id, row.checked_in_at, row.number)
        for row in visits
        if any(overlap(row.checked_in_at, row.checked_out_at, *other) for other in at_home[row.elder_id])
    ]


# --- bought and given back -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refund:
    store_id: uuid.UUID
    at: datetime
    earning_id: uuid.UUID
    shortfall: int


async def find_round_trips(session: AsyncSession) -> int:
    """Points that were spent before what they were given for was taken back, or one store's sales taken back more often than usual within thirty days."""
    settings = get_settings()
    opened = 0
    for elder_id, refunds in (await _refunds(session, clock.now() - LOOKS_BACK)).items():
        member = await member_of(session, elder_id)
        last = await session.scalar(
            select(func.max(PointsReview.day)).where(PointsReview.rule == Rule.ROUND_TRIP, PointsReview.member_id == member.id)
        )
        new = [one for one in refunds if last is None or _day(one.at) > last]
        if not new:
            continue
        of_store: dict[uuid.UUID, list[Refund]] = defaultdict(list)
        for one in new:
            of_store[one.store_id].append(one)
        day = max(_day(one.at) for one in new)
        end = min(clock.now(), datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.timezone)))
        usual = int((await get_values(session, settings, at=end)).number("points_refunds_month"))
        often = max(len(ones) for ones in of_store.values())
        missing = sum({one.earning_id: one.shortfall for one in new}.values())
        if missing or often > usual:
            details = {"times": len(new), "stores": sorted(map(str, of_store)), "shortfall": missing, "usual": usual}
            opened += await open_review(session, Rule.ROUND_TRIP, member.id, day, details)
    return opened


async def _refunds(session: AsyncSession, since: datetime) -> dict[uuid.UUID, list[Refund]]:
    """Of each elder (the kept profile), with what was earned for it; where nothing was, nothing can go round."""
    kept = func.coalesce(Elder.merged_into, Elder.id)
    source = func.concat("purchase:", PurchaseRefund.purchase_id)
    sales = (
        select(kept, Purchase.store_id, PurchaseRefund.at, Earning.id, Earning.shortfall)
        .join(Purchase, Purchase.id == PurchaseRefund.purchase_id)
        .join(Earning, Earning.source == source)
        .join(Elder, Elder.id == Purchase.elder_id)
        .where(PurchaseRefund.at >= since, Earning.amount > 0)
    )
    bills = (
        select(kept, Bill.store_id, Bill.reversed_at, Earning.id, Earning.shortfall)
        .join(Earning, Earning.bill_id == Bill.id)
        .join(Elder, Elder.id == Bill.elder_id)
        .where(Bill.reversed_at >= since, Bill.reversed_why == CALLED_OFF, Earning.rule == Earned.CONSUMPTION, Earning.amount > 0)
    )
    found: dict[uuid.UUID, list[Refund]] = defaultdict(list)
    for wanted in (sales, bills):
        for elder_id, store_id, at, earning_id, shortfall in await session.execute(wanted):
            assert at is not None
            found[elder_id].append(Refund(store_id, at, earning_id, shortfall))
    return dict(sorted(found.items(), key=lambda one: str(one[0])))


# --- she invited herself -----------------------------------------------------------------------------------------------------------


async def find_self_referrals(session: AsyncSession) -> int:
    """Who was invited is, as far as anybody sees, who invited: one person by now, the same name and birthday, or the same mobile telephone.

    A shared landline says nothing: couples have one.
    """
    inviter, invited = aliased(Elder), aliased(Elder)
    same = or_(
        func.coalesce(inviter.merged_into, inviter.id) == func.coalesce(invited.merged_into, invited.id),
        (inviter.name == invited.name) & (inviter.birth_date == invited.birth_date),
    )
    mine, theirs = aliased(ElderNumber), aliased(ElderNumber)
    pairs = (
        select(Referral.invited_id, Referral.inviter_id, Referral.at, same.label("same"), mine.e164)
        .join(inviter, inviter.id == Referral.inviter_id)
        .join(invited, invited.id == Referral.invited_id)
        .outerjoin(mine, mine.elder_id == inviter.id)
        .outerjoin(theirs, (theirs.elder_id == invited.id) & (theirs.e164 == mine.e164))
        .where(or_(same, theirs.id.is_not(None)))
    )
    causes: dict[tuple[uuid.UUID, date], dict[str, str]] = defaultdict(dict)
    for row in await session.execute(pairs):
        if row.same:
            causes[row.inviter_id, _day(row.at)][str(row.invited_id)] = "same_person"
        elif takes_texts(normalise(row.e164, get_settings())):
            causes[row.inviter_id, _day(row.at)].setdefault(str(row.invited_id), "same_mobile")
    opened = 0
    for (inviter_id, day), others in sorted(causes.items(), key=lambda one: (one[0][1], str(one[0][0]))):
        member = await get_member(session, inviter_id)
        details = {"invited": sorted(others), "why": sorted(set(others.values())), "times": len(others)}
        opened += await open_review(session, Rule.SELF_REFERRAL, member.id, day, details)
    return opened


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(get_settings().timezone)).date()
