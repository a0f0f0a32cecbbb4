"""What has passed its day is lost, and she is told sixty, thirty and seven days before. Whoever could not spend has thirty days of grace."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.queries import get_values
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Invalid
from callcenter.messaging.actions import checked_address, queue_message
from callcenter.messaging.port import About, Channel
from callcenter.outreach.queries import get_hours
from callcenter.outreach.texts.rules import greeting
from callcenter.points.earning.models import ExpiryNotice
from callcenter.points.earning.rules import TOLD, step_due
from callcenter.points.earning.sources import EARNINGS
from callcenter.points.ledger.accounts import EXPIRED, account_of, held_in, lock_accounts
from callcenter.points.ledger.kinds import PERSONS, EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerHolding, LedgerLot
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import move
from callcenter.points.members.actions import get_member
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import MemberState
from callcenter.settings import get_settings

log = structlog.get_logger()
MOST = 200  # of one kind in one sweep
TEMPLATE, ABOUT = "points_expire", "points_member"


async def sweep_expiry(database: Database) -> None:
    """Harmless twice; each account and each notice is a transaction of its own."""
    async with database.transaction() as session:
        expired = await _list_expired(session)
        to_tell = await _list_to_tell(session)
    for account_id in expired:
        try:
            async with database.transaction() as session:
                await expire(session, account_id)
        except Exception as error:  # the next sweep comes to it again
            log.warning("points_expiry_failed", error=type(error).__name__, account_id=str(account_id))
    for member_id, expires_on in to_tell:
        try:
            async with database.transaction() as session:
                await tell(session, member_id, expires_on)
        except Exception as error:
            log.warning("points_notice_failed", error=type(error).__name__, member_id=str(member_id))


async def expire(session: AsyncSession, account_id: uuid.UUID) -> int:
    """What lies there beyond its day. How much."""
    account = await session.get_one(LedgerAccount, account_id)
    today = clock.today(get_settings().timezone)
    if account.holder is not Holder.FAMILY:
        assert account.holder_id is not None
        member = await get_member(session, account.holder_id)
        if member.grace_until is not None and member.grace_until >= today:
            return 0
    target = await account_of(session, Ledger.PT, EXPIRED, Pocket.MAIN)
    await lock_accounts(session, [account_id, target])
    kept = {one.lot_id for one in await held_in(session, account_id, Ledger.PT, not_before=today)}
    gone = [one for one in await held_in(session, account_id, Ledger.PT) if one.lot_id not in kept]
    if gone:
        await session.refresh(account)
        key = f"expire:{account_id}:{account.postings}"  # as it stood: what came back later expires again
        await post(session, EARNINGS, ledger=Ledger.PT, kind=EntryKind.EXPIRE, key=key, legs=move(account_id, target, gone))
    return sum(one.amount for one in gone)


async def tell(session: AsyncSession, member_id: uuid.UUID, expires_on: date) -> ExpiryNotice | None:
    """Once for each day and step, by day, to her own number. Whom no message reaches is noted as not told: the agent reads it out when she calls."""
    member = await get_member(session, member_id)
    step = step_due((expires_on - clock.today(get_settings().timezone)).days)
    if step is None or member.state is not MemberState.ACTIVE or await session.get(ExpiryNotice, (member_id, expires_on, step)) is not None:
        return None
    amount = await _expiring_on(session, member, expires_on)
    if amount == 0:
        return None
    elder = await session.get(Elder, member_id)
    number = await _mobile_of(session, elder) if elder is not None else None
    if elder is not None and number is not None:
        now = clock.now()
        await queue_message(
            session, dedupe_key=f"points_expire:{member_id}:{expires_on}:{step}", channel=Channel.SMS, to=number, template=TEMPLATE,
            params={"hello": greeting(elder.sex), "points": str(amount), "day": f"{expires_on.month}月{expires_on.day}日",
                    "phone": (await get_values(session, get_settings())).text("hotline")},
            about=About(ABOUT, str(member_id)), due_at=(await get_hours(session)).next(now), deadline=now + timedelta(days=min(5, step)),
        )  # fmt: skip
    notice = ExpiryNotice(member_id=member_id, expires_on=expires_on, step=step, amount=amount, told=number is not None, at=clock.now())
    session.add(notice)
    await session.flush()
    return notice


async def _mobile_of(session: AsyncSession, elder: Elder) -> str | None:
    if elder.presence is Presence.DECEASED or elder.merged_into is not None:
        return None
    for number in await list_numbers(session, elder.id):
        try:
            return checked_address(Channel.SMS, number.e164)
        except Invalid:
            continue
    return None


async def _list_expired(session: AsyncSession) -> list[uuid.UUID]:
    today = clock.today(get_settings().timezone)
    found = (
        select(LedgerHolding.account_id)
        .join(LedgerLot, LedgerLot.id == LedgerHolding.lot_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerHolding.account_id)
        .outerjoin(PointsMember, PointsMember.id == LedgerAccount.holder_id)
        .where(
            LedgerHolding.amount > 0, LedgerLot.expires_on < today, LedgerAccount.pocket == Pocket.AVAILABLE, LedgerAccount.holder.in_(PERSONS),
            or_(PointsMember.grace_until.is_(None), PointsMember.grace_until < today),
        )
    )  # fmt: skip
    return [*(await session.scalars(found.distinct().limit(MOST)))]


async def _list_to_tell(session: AsyncSession) -> list[tuple[uuid.UUID, date]]:
    """Members with points that expire within sixty days, of which the step that has come was not told."""
    today = clock.today(get_settings().timezone)
    found: list[tuple[uuid.UUID, date]] = []
    for step, nearer in zip(TOLD, (*TOLD[1:], -1), strict=True):
        told = select(ExpiryNotice.step).where(
            ExpiryNotice.member_id == PointsMember.id, ExpiryNotice.expires_on == LedgerLot.expires_on, ExpiryNotice.step == step
        )
        due = (
            select(PointsMember.id, LedgerLot.expires_on)
            .join(LedgerAccount, LedgerAccount.holder_id == PointsMember.id)
            .join(LedgerHolding, LedgerHolding.account_id == LedgerAccount.id)
            .join(LedgerLot, LedgerLot.id == LedgerHolding.lot_id)
            .where(
                LedgerAccount.ledger == Ledger.PT, LedgerAccount.pocket == Pocket.AVAILABLE, LedgerHolding.amount > 0,
                PointsMember.state == MemberState.ACTIVE, LedgerLot.expires_on.between(today + timedelta(days=nearer + 1), today + timedelta(days=step)),
                ~told.exists(),
            )
        )  # fmt: skip
        found += [(row.id, row.expires_on) for row in await session.execute(due.distinct().limit(MOST))]
    return found


async def _expiring_on(session: AsyncSession, member: PointsMember, expires_on: date) -> int:
    account = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
    of_day = (
        select(func.coalesce(func.sum(LedgerHolding.amount), 0))
        .join(LedgerLot, LedgerLot.id == LedgerHolding.lot_id)
        .where(LedgerHolding.account_id == account, LedgerLot.expires_on == expires_on)
    )
    return int(await session.scalar(of_day) or 0)
