"""Deeds as other domains write them down: which of them nobody has looked at yet, and what each is worth. Nothing there knows of points.

Only what is younger than `LOOKS_BACK` is found: a centre that begins with points today begins with those days, not with its whole past.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, Text, and_, cast, exists, func, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.accounts.actor import system
from callcenter.dispatch.bills.models import Bill, BillPart
from callcenter.dispatch.bills.states import BillState
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.messaging.models import Message
from callcenter.outreach.care.models import DailySign
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.rules import text_key
from callcenter.outreach.states import SATISFACTION, AttemptState, PlanState, Purpose, Result
from callcenter.points.earning.actions import Deed, Worth, earn, local_day, numbers_at, persons_of, still_free, take_back
from callcenter.points.earning.models import Earning, Referral
from callcenter.points.earning.rules import completes_week, left_of, points_for, year_of
from callcenter.points.earning.states import EarningState, Nothing, Rule
from callcenter.points.earning.terms import term_of
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.members.actions import member_of
from callcenter.points.members.models import PointsMember
from callcenter.settings import get_settings

EARNINGS = system("points")
LOOKS_BACK = timedelta(days=35)
ANSWERED = (Result.RATED, Result.FINE, Result.HELP)  # by key or text; SPOKEN counts where a person spoke with her
TO_FAMILY = "follow_up_reply_family"  # the text message that asks somebody else
FINE_CALLS = (Purpose.CARE, Purpose.DAILY)


# --- settled bills -----------------------------------------------------------------------------------------------------------


async def list_bills(session: AsyncSession, limit: int) -> list[uuid.UUID]:
    since = local_day(clock.now() - LOOKS_BACK).replace(day=1)
    unseen = ~exists().where(Earning.source == func.concat("bill:", cast(Bill.id, Text)))
    found = select(Bill.id).where(Bill.month >= since, unseen).order_by(Bill.made_at, Bill.id)
    return [*(await session.scalars(found.limit(limit)))]


async def look_at_bill(session: AsyncSession, bill_id: uuid.UUID) -> Earning:
    """What she pays of it herself; of nothing that others pay."""
    bill = await session.get_one(Bill, bill_id, populate_existing=True)
    member = await member_of(session, bill.elder_id)
    fen = await self_paid(session, bill.id)
    term, numbers = await term_of(session, bill.store_id, bill.made_at), await numbers_at(session, bill.made_at)
    rate = numbers.rate_bp if term is None or term.rate_bp is None else term.rate_bp
    amount = points_for(fen, rate)
    reason: Nothing | None = None
    if bill.state is BillState.REVERSED:
        reason = Nothing.TAKEN_BACK
    elif term is None or not term.allied:
        reason = Nothing.NOT_ALLIED
    elif fen == 0:
        reason = Nothing.NOT_HERSELF
    elif amount == 0:
        reason = Nothing.TOO_LITTLE if rate else Nothing.SET_TO_NONE
    deed = Deed(Rule.CONSUMPTION, f"bill:{bill.id}", bill.made_at, base=fen, issuer=Whose(Holder.STORE, bill.store_id), bill_id=bill.id)
    counted = {"rate_bp": rate, "agreed": term is not None and term.rate_bp is not None, "pending_days": numbers.pending_days}
    worth = Worth(0 if reason else amount, reason, counted)
    return await earn(session, EARNINGS, member, deed, worth, pending_days=numbers.pending_days, months=numbers.months)


async def self_paid(session: AsyncSession, bill_id: uuid.UUID) -> int:
    """When it was made: reversals left aside."""
    found = select(func.coalesce(func.sum(BillPart.fen), 0)).where(
        BillPart.bill_id == bill_id, BillPart.kind == PayerKind.SELF_PAY, BillPart.reverses_id.is_(None)
    )
    return int(await session.scalar(found) or 0)


async def list_taken_back(session: AsyncSession, limit: int) -> list[uuid.UUID]:
    """Earnings of bills that were reversed afterwards."""
    found = (
        select(Earning.id)
        .join(Bill, Bill.id == Earning.bill_id)
        .where(Bill.state == BillState.REVERSED, Earning.state != EarningState.REVERSED)
    )
    return [*(await session.scalars(found.order_by(Bill.reversed_at).limit(limit)))]


async def take_back_bill(session: AsyncSession, earning_id: uuid.UUID) -> Earning:
    return await take_back(session, EARNINGS, earning_id, why="bill_reversed")


# --- "I am fine" -------------------------------------------------------------------------------------------------------------


async def list_days(session: AsyncSession, limit: int) -> list[tuple[uuid.UUID, date]]:
    """Who has told on which day, the oldest first."""
    days = _fine_days(since=clock.now() - LOOKS_BACK).subquery()
    source = func.concat("daily:", cast(days.c.elder_id, Text), ":", func.to_char(days.c.day, "YYYY-MM-DD"))
    found = select(days.c.elder_id, days.c.day).where(~exists().where(Earning.source == source)).order_by(days.c.day, days.c.elder_id)
    return [(row.elder_id, row.day) for row in await session.execute(found.limit(limit))]


async def look_at_day(session: AsyncSession, elder_id: uuid.UUID, day: date) -> list[Earning]:
    """The day, and when it is the seventh running, that beside it. Both within what the week still gives."""
    member = await member_of(session, elder_id)
    persons = await persons_of(session, member)
    days = _fine_days(persons=persons).subquery()
    at = (await session.scalars(select(func.min(days.c.at)).where(days.c.day == day))).one()
    numbers = await numbers_at(session, at)
    free = await still_free(session, member, (Rule.DAILY, Rule.WEEK_BONUS), day, numbers.week_cap)
    earned = select(Earning.id).where(Earning.member_id.in_(persons), Earning.rule == Rule.DAILY, Earning.day == day)
    counted: dict[str, Any] = {"daily": numbers.daily, "week_cap": numbers.week_cap, "free": free}
    has_earned = await session.scalar(earned.limit(1)) is not None
    worth = Worth(0, Nothing.SAME_DAY, counted) if has_earned else _within(numbers.daily, free, counted)
    deed = Deed(Rule.DAILY, f"daily:{elder_id}:{day:%Y-%m-%d}", at, day=day)
    made = [await earn(session, EARNINGS, member, deed, worth, months=numbers.months)]
    before = aliased(days)
    begins = select(func.max(days.c.day)).where(days.c.day <= day, ~exists(select(before.c.day).where(before.c.day == days.c.day - 1)))
    first = (await session.scalars(begins)).one()
    if worth.reason is not Nothing.SAME_DAY and first is not None and completes_week(first, day):
        counted = {"week_bonus": numbers.week_bonus, "week_cap": numbers.week_cap, "free": free - worth.amount, "first": first.isoformat()}
        bonus = Deed(Rule.WEEK_BONUS, f"week:{elder_id}:{day:%Y-%m-%d}", at, day=day)
        worth = _within(numbers.week_bonus, left_of(free, worth.amount), counted)
        made.append(await earn(session, EARNINGS, member, bonus, worth, months=numbers.months))
    return made


def _fine_days(*, since: datetime | None = None, persons: list[uuid.UUID] | None = None) -> Select[tuple[uuid.UUID, date, datetime]]:
    """(elder_id, day, at): by her green key, and by care calls that she answered herself."""
    signs = select(DailySign.elder_id, DailySign.day, DailySign.at)
    here = cast(func.timezone(get_settings().timezone, CallPlan.done_at), Date)
    calls = select(CallPlan.elder_id, here.label("day"), func.min(CallPlan.done_at).label("at")).where(
        CallPlan.purpose.in_(FINE_CALLS), CallPlan.state == PlanState.DONE, _answered(), ~_by_contact()
    )
    if since is not None:
        signs, calls = signs.where(DailySign.day >= local_day(since)), calls.where(CallPlan.done_at >= since)
    if persons is not None:
        signs, calls = signs.where(DailySign.elder_id.in_(persons)), calls.where(CallPlan.elder_id.in_(persons))
    both = union(signs, calls.group_by(CallPlan.elder_id, here)).subquery()
    return select(both.c.elder_id, both.c.day, func.min(both.c.at).label("at")).group_by(both.c.elder_id, both.c.day)


# --- follow-ups --------------------------------------------------------------------------------------------------------------


async def list_plans(session: AsyncSession, limit: int) -> list[uuid.UUID]:
    unseen = ~exists().where(Earning.source == func.concat("follow_up:", cast(CallPlan.id, Text)))
    found = select(CallPlan.id).where(
        CallPlan.done_at >= clock.now() - LOOKS_BACK, CallPlan.purpose.in_(SATISFACTION), CallPlan.state == PlanState.DONE, _answered(), unseen
    )  # fmt: skip
    return [*(await session.scalars(found.order_by(CallPlan.done_at, CallPlan.id).limit(limit)))]


async def look_at_plan(session: AsyncSession, plan_id: uuid.UUID) -> Earning:
    """Whatever the rating. What somebody else answered for her is looked at, and earns nothing."""
    plan = await session.get_one(CallPlan, plan_id, populate_existing=True)
    assert plan.done_at is not None
    member = await member_of(session, plan.elder_id)
    numbers = await numbers_at(session, plan.done_at)
    free = await still_free(session, member, (Rule.FOLLOW_UP,), local_day(plan.done_at), numbers.follow_up_cap)
    counted = {"follow_up": numbers.follow_up, "month_cap": numbers.follow_up_cap, "free": free}
    others = await _was_somebody_else(session, plan)
    worth = Worth(0, Nothing.NOT_HERSELF, counted) if others else _within(numbers.follow_up, free, counted)
    deed = Deed(Rule.FOLLOW_UP, f"follow_up:{plan.id}", plan.done_at)
    return await earn(session, EARNINGS, member, deed, worth, months=numbers.months)


def _answered() -> ColumnElement[bool]:
    return or_(CallPlan.result.in_(ANSWERED), and_(CallPlan.result == Result.SPOKEN, CallPlan.done_by_id.is_not(None)))


def _by_contact() -> ColumnElement[bool]:
    return exists().where(CallAttempt.plan_id == CallPlan.id, CallAttempt.contact_id.is_not(None), CallAttempt.state == AttemptState.SPOKEN)


async def _was_somebody_else(session: AsyncSession, plan: CallPlan) -> bool:
    spoken = select(CallAttempt.contact_id).where(CallAttempt.plan_id == plan.id, CallAttempt.state == AttemptState.SPOKEN)
    if row := (await session.execute(spoken.order_by(CallAttempt.number.desc()).limit(1))).one_or_none():
        return row.contact_id is not None
    if plan.done_by_id is not None:
        return False
    return await session.scalar(select(Message.template).where(Message.dedupe_key == text_key(plan.id))) == TO_FAMILY


# --- invitations -------------------------------------------------------------------------------------------------------------


async def list_referrals(session: AsyncSession, limit: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(invited, her first paid bill): paid since she was invited, and nothing stands for her yet."""
    invited, later = aliased(Elder), aliased(Elder)
    kept = func.coalesce(invited.merged_into, invited.id)
    paid = exists().where(BillPart.bill_id == Bill.id, BillPart.kind == PayerKind.SELF_PAY)
    stands = exists().where(Earning.invited_id == Referral.invited_id, Earning.state != EarningState.REVERSED)
    first = (
        select(Referral.invited_id, Bill.id.label("bill_id"), Bill.made_at)
        .join(invited, invited.id == Referral.invited_id)
        .join(later, or_(later.id == kept, later.merged_into == kept))
        .join(Bill, Bill.elder_id == later.id)
        .where(Bill.state != BillState.REVERSED, paid, ~stands)
        .order_by(Referral.invited_id, Bill.made_at, Bill.id)
        .ext(distinct_on(Referral.invited_id))
        .subquery()
    )
    rows = await session.execute(select(first.c.invited_id, first.c.bill_id).order_by(first.c.made_at).limit(limit))
    return [(row.invited_id, row.bill_id) for row in rows]


async def look_at_referral(session: AsyncSession, invited_id: uuid.UUID, bill_id: uuid.UUID) -> Earning:
    """For who invited her. It waits as long as the bill's own points, and goes back with that bill."""
    referral = await session.get_one(Referral, invited_id)
    bill = await session.get_one(Bill, bill_id, populate_existing=True)
    member = await member_of(session, referral.inviter_id)
    numbers = await numbers_at(session, bill.made_at)
    done = await _referrals_in_year(session, member, local_day(bill.made_at))
    counted = {"referral": numbers.referral, "a_year": numbers.referrals, "done": done}
    if numbers.referral == 0:
        worth = Worth(0, Nothing.SET_TO_NONE, counted)
    elif done >= numbers.referrals:
        worth = Worth(0, Nothing.CAP, counted)
    elif bill.state is BillState.REVERSED:
        worth = Worth(0, Nothing.TAKEN_BACK, counted)
    else:
        worth = Worth(numbers.referral, None, counted)
    deed = Deed(Rule.REFERRAL, f"referral:{invited_id}:{bill.id}", bill.made_at, bill_id=bill.id, invited_id=invited_id)
    return await earn(session, EARNINGS, member, deed, worth, pending_days=numbers.pending_days, months=numbers.months)


async def _referrals_in_year(session: AsyncSession, member: PointsMember, day: date) -> int:
    first, last = year_of(day)
    counts = select(func.count()).where(
        Earning.member_id.in_(await persons_of(session, member)), Earning.rule == Rule.REFERRAL, Earning.amount > 0,
        Earning.state != EarningState.REVERSED, Earning.day.between(first, last),
    )  # fmt: skip
    return await session.scalar(counts) or 0


def _within(wanted: int, free: int, counted: dict[str, Any]) -> Worth:
    amount = min(wanted, free)
    return Worth(amount, Nothing.SET_TO_NONE if not wanted else Nothing.CAP if amount < wanted else None, counted)
