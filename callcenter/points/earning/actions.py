"""Giving points for a deed, letting her have them, taking them back. Everybody locks the member, then the earning, then accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.centre.queries import get_values
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.orders.models import Order
from callcenter.elders.models import Elder
from callcenter.kit import clock, trace
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.earning.models import Earning
from callcenter.points.earning.rules import PERIODS, Numbers, left_of, numbers_of, points_for_hours
from callcenter.points.earning.states import EARNING, EarningState, Nothing, Rule
from callcenter.points.ledger.accounts import CENTRE, Whose, account_of, held_in, lock_accounts, lot_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerLot
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, Leg, check_units, expiry, fingerprint, move
from callcenter.points.members.actions import get_member, member_of, pocket_for_points
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import MemberState
from callcenter.settings import get_settings


@dataclass(frozen=True, slots=True)
class Deed:
    """`source` names it for ever. `base`: what its worth is reckoned from."""

    rule: Rule
    source: str
    at: datetime
    base: int = 1
    issuer: Whose = CENTRE
    day: date | None = None  # that of `at`, where the people served live
    bill_id: uuid.UUID | None = None
    invited_id: uuid.UUID | None = None

    @property
    def asked(self) -> bytes:
        return fingerprint(self.rule, self.base, self.issuer.holder, self.issuer.id, self.day)


@dataclass(frozen=True, slots=True)
class Worth:
    amount: int
    reason: Nothing | None = None
    counted: dict[str, Any] = field(default_factory=dict)


async def numbers_at(session: AsyncSession, at: datetime) -> Numbers:
    """What counted then."""
    return numbers_of(await get_values(session, get_settings(), at=at))


async def earn(
    session: AsyncSession, actor: Actor, member: PointsMember, deed: Deed, worth: Worth, *, pending_days: int = 0, months: int | None = None
) -> Earning:
    """Once for the deed's source; again with another deed Conflict `key_conflict`. Precondition: the member is locked.

    Caps are the caller's, by `still_free`.
    """
    if known := await find_earning(session, deed.source):
        if known.fingerprint != deed.asked or not await _is_same_person(session, known.member_id, member.id):
            raise Conflict("this key was used for something else", code="key_conflict")
        return known
    if member.state is MemberState.CLOSED:
        worth = Worth(0, Nothing.CLOSED, worth.counted)
    on, now = deed.day or local_day(deed.at), clock.now()
    until = deed.at + timedelta(days=pending_days)
    state = EarningState.PENDING if worth.amount and until > now else EarningState.AVAILABLE
    earning = Earning(
        id=new_id(), rule=deed.rule, source=deed.source, fingerprint=deed.asked, member_id=member.id, issuer=deed.issuer.holder,
        issuer_id=deed.issuer.id, bill_id=deed.bill_id, invited_id=deed.invited_id, deed_at=deed.at, day=on, base=deed.base, amount=worth.amount,
        reason=worth.reason or "", counted=worth.counted, state=state, release_at=until if state is EarningState.PENDING else None,
        reversed_amount=0, shortfall=0, looked_at=now,
    )  # fmt: skip
    if worth.amount:
        await _bind_case(session, deed.bill_id)
        check_units(worth.amount)
        lasts = months if months is not None else (await numbers_at(session, deed.at)).months
        earning.lot_id = await lot_of(session, deed.issuer, expiry(on, lasts))
        source = await account_of(session, Ledger.PT, deed.issuer, Pocket.ISSUED)
        pocket = Pocket.PENDING if state is EarningState.PENDING else pocket_for_points(member)
        target = await account_of(session, Ledger.PT, member.whose, pocket)
        posted = await post(
            session, actor, ledger=Ledger.PT, kind=EntryKind.EARN, key=f"earn:{deed.source}",
            legs=move(source, target, [Held(earning.lot_id, worth.amount)]), of_what=deed.asked,
            details={"rule": deed.rule, "earning_id": str(earning.id)},
        )  # fmt: skip
        earning.entry_id = posted.id
    session.add(earning)
    await session.flush()
    return earning


async def earn_for_volunteering(session: AsyncSession, actor: Actor, member: PointsMember, half_hours: int, key: str, on: date) -> Earning:
    """For hours that are proved and confirmed. `key`: the proof's, once. Precondition: the member is locked. Invalid `bad_units`."""
    check_units(half_hours)
    at = datetime.combine(on, time(), ZoneInfo(get_settings().timezone))  # what counted when that day began
    numbers = await numbers_at(session, at)
    amount = points_for_hours(half_hours, numbers.volunteering)
    counted = {"an_hour": numbers.volunteering}
    nothing = None if amount else Nothing.TOO_LITTLE if numbers.volunteering else Nothing.SET_TO_NONE
    deed = Deed(Rule.VOLUNTEERING, f"volunteering:{key}", at, base=half_hours, day=on)
    return await earn(session, actor, member, deed, Worth(amount, nothing, counted), months=numbers.months)


async def take_back_volunteering(session: AsyncSession, actor: Actor, key: str, *, why: str) -> Earning | None:
    """The proof did not hold. Harmless twice, and where nothing was earned."""
    known = await find_earning(session, f"volunteering:{key}")
    return await take_back(session, actor, known.id, why=why) if known else None


async def release(session: AsyncSession, actor: Actor, earning_id: uuid.UUID) -> Earning:
    """She may have it from now on. Harmless twice."""
    member, earning = await lock_earning(session, earning_id)
    if earning.state is not EarningState.PENDING or earning.release_at is None or earning.release_at > clock.now():
        return earning
    EARNING.check(earning.state, EarningState.AVAILABLE)
    source = await account_of(session, Ledger.PT, await _earned_as(session, earning), Pocket.PENDING)
    target = await account_of(session, Ledger.PT, member.whose, pocket_for_points(member))
    parts = [Held(earning.lot_id, earning.amount - earning.reversed_amount)]
    await post(
        session, actor, ledger=Ledger.PT, kind=EntryKind.RELEASE, key=f"release:{earning.source}", legs=move(source, target, parts),
        of_what=fingerprint("release", earning.id), details={"rule": earning.rule, "earning_id": str(earning.id)},
    )  # fmt: skip
    earning.state, earning.released_at = EarningState.AVAILABLE, clock.now()
    earning.version += 1
    await session.flush()
    return earning


async def take_back(session: AsyncSession, actor: Actor, earning_id: uuid.UUID, *, why: str, kept: int = 0) -> Earning:
    """All but `kept` of it. From what is pending; of what she may spend already the same lot first, then others of hers. What is spent is missing
    (`shortfall`): nobody falls below zero. Harmless twice.

    Another issuer's points go to this one as if they had been spent there: it gave hers out for nothing, and gets these instead.
    """
    member, earning = await lock_earning(session, earning_id)
    due = earning.amount - earning.reversed_amount - kept
    if due <= 0:
        if earning.amount == 0 and earning.state is not EarningState.REVERSED:
            EARNING.check(earning.state, EarningState.REVERSED)
            earning.state, earning.version = EarningState.REVERSED, earning.version + 1
            await session.flush()
        return earning
    legs = await _legs_back(session, member, earning, due)
    taken = sum(leg.amount for leg in legs if leg.amount > 0)
    if legs:
        await post(
            session, actor, ledger=Ledger.PT, kind=EntryKind.REVERSE, key=f"back:{earning.source}:{earning.version}", legs=legs,
            of_what=fingerprint("back", earning.id, kept), reverses_id=earning.entry_id,
            details={"rule": earning.rule, "earning_id": str(earning.id), "why": why},
        )  # fmt: skip
    earning.reversed_amount += due
    earning.shortfall += due - taken
    earning.version += 1
    if earning.reversed_amount == earning.amount:
        EARNING.check(earning.state, EarningState.REVERSED)
        earning.state = EarningState.REVERSED
    await session.flush()
    return earning


async def _legs_back(session: AsyncSession, member: PointsMember, earning: Earning, due: int) -> list[Leg]:
    back = await account_of(session, Ledger.PT, earning.whose, Pocket.ISSUED)
    instead = await account_of(session, Ledger.PT, earning.whose, Pocket.REDEEMED)
    if earning.state is EarningState.PENDING:
        return move(
            await account_of(session, Ledger.PT, await _earned_as(session, earning), Pocket.PENDING), back, [Held(earning.lot_id, due)]
        )
    persons = dict.fromkeys([await _earned_as(session, earning), member.whose])
    pockets = [await account_of(session, Ledger.PT, whose, pocket) for whose in persons for pocket in (Pocket.AVAILABLE, Pocket.FROZEN)]
    await lock_accounts(session, [back, instead, *pockets])
    there = [(pocket, one) for pocket in pockets for one in await held_in(session, pocket, Ledger.PT)]
    own = set(await session.scalars(
        select(LedgerLot.id).where(
            LedgerLot.id.in_([one.lot_id for _, one in there]), LedgerLot.issuer == earning.issuer,
            LedgerLot.issuer_id.is_(None) if earning.issuer_id is None else LedgerLot.issuer_id == earning.issuer_id,
        )
    ))  # fmt: skip
    there.sort(key=lambda pair: (pair[1].lot_id != earning.lot_id, pair[1].lot_id not in own))  # else what expires first
    legs: list[Leg] = []
    for pocket, one in there:
        if (now := min(one.amount, due)) > 0:
            legs += move(pocket, back if one.lot_id in own else instead, [Held(one.lot_id, now)])
            due -= now
    return legs


async def find_earning(session: AsyncSession, source: str) -> Earning | None:
    return (await session.scalars(select(Earning).where(Earning.source == source))).one_or_none()


async def lock_earning(session: AsyncSession, earning_id: uuid.UUID) -> tuple[PointsMember, Earning]:
    """With its member, who is locked first; of a merged profile the kept one's, after its own."""
    found_row = select(Earning.member_id, Elder.merged_into).outerjoin(Elder, Elder.id == Earning.member_id).where(Earning.id == earning_id)
    row = (await session.execute(found_row)).one_or_none()
    if row is None:
        raise NotFound("nothing was earned under this id")
    if row.merged_into is not None:
        await member_of(session, row.merged_into)  # she joins, if she had not
    members = {one: await get_member(session, one) for one in sorted({row.member_id, row.merged_into or row.member_id})}
    member = members[row.merged_into or row.member_id]
    found = select(Earning).where(Earning.id == earning_id).with_for_update().execution_options(populate_existing=True)
    earning = (await session.scalars(found)).one()
    await _bind_case(session, earning.bill_id)
    return member, earning


async def _bind_case(session: AsyncSession, bill_id: uuid.UUID | None) -> None:
    """What was earned by a bill is logged with the case that led to it."""
    if bill_id is not None:
        trace.bind(await session.scalar(select(Order.case_id).join(Bill, Bill.order_id == Order.id).where(Bill.id == bill_id)))


async def persons_of(session: AsyncSession, member: PointsMember) -> list[uuid.UUID]:
    """Under which ids she has earned: her own and those of profiles that were merged into hers."""
    if member.holder is not Holder.ELDER:
        return [member.id]
    return [*(await session.scalars(select(Elder.id).where(or_(Elder.id == member.id, Elder.merged_into == member.id))))]


async def still_free(session: AsyncSession, member: PointsMember, rules: tuple[Rule, ...], day: date, cap: int) -> int:
    """Of the cap in the period of `day`: what these rules have not given yet. Precondition: the member is locked."""
    first, last = PERIODS[rules[0]](day)
    used = await session.scalar(
        select(func.coalesce(func.sum(Earning.amount), 0)).where(
            Earning.member_id.in_(await persons_of(session, member)), Earning.rule.in_(rules), Earning.day.between(first, last)
        )
    )
    return left_of(cap, int(used or 0))


async def _earned_as(session: AsyncSession, earning: Earning) -> Whose:
    """In whose pockets it was put: those of the profile that she had then."""
    return (await session.get_one(PointsMember, earning.member_id)).whose


def local_day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(get_settings().timezone)).date()


async def _is_same_person(session: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> bool:
    if one == other:
        return True
    return bool(await session.scalar(select(Elder.id).where(Elder.id == one, Elder.merged_into == other)))
