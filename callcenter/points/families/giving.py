"""Gifts inside a family, donations to the fund, and what is left at a death. Each moves lots as they are: nothing gets younger by being given."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.points.families.groups import are_family
from callcenter.points.ledger.accounts import FUND, account_of, held_in, lock_accounts
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.models import LedgerEntry, LedgerPosting
from callcenter.points.ledger.posting import Posted, post, posted_before
from callcenter.points.ledger.rules import check_units, fingerprint, move, take_first
from callcenter.points.members.actions import check_may_spend, get_member, pocket_for_points
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import FrozenWhy, MemberState
from callcenter.settings import get_settings

CLAIM = timedelta(days=180)


async def give(session: AsyncSession, actor: Actor, gift_id: uuid.UUID, giver_id: uuid.UUID, taker_id: uuid.UUID, amount: int) -> Posted:
    """Harmless twice. Conflict `not_family`, `gift_month`, `gift_year`, `not_enough`, `points_frozen`, `redemption_stopped`."""
    check_units(amount)
    if giver_id == taker_id:
        raise Conflict("she has them already", code="not_family")
    key, of_what = f"give:{gift_id}", fingerprint("give", giver_id, taker_id, amount)
    locked = {one: await get_member(session, one) for one in sorted((giver_id, taker_id))}
    if known := await posted_before(session, key, of_what):
        return known
    giver, taker = locked[giver_id], locked[taker_id]
    await _check_open(session, giver)
    if taker.state is MemberState.CLOSED:
        raise Conflict("the account is closed", code="points_closed")
    if not await are_family(session, giver_id, taker_id):
        raise Conflict("gifts stay in a verified family", code="not_family")
    centre = await get_values(session, get_settings())
    today = clock.today(get_settings().timezone)
    source = await account_of(session, Ledger.PT, giver.whose, Pocket.AVAILABLE)
    for word, first in (("gift_month", today.replace(day=1)), ("gift_year", today.replace(month=1, day=1))):
        most, given = int(centre.number(f"points_{word}")), await given_since(session, source, first)
        if given + amount > most:
            raise Conflict("more than is given away at most", code=word, details={"most": most, "left": max(0, most - given)})
    target = await account_of(session, Ledger.PT, taker.whose, pocket_for_points(taker))
    return await _move(session, actor, EntryKind.GIVE, key, of_what, source, target, amount, {"from": str(giver_id), "to": str(taker_id)})


async def given_since(session: AsyncSession, available_id: uuid.UUID, first: date) -> int:
    """By her, not to her."""
    mine = (
        select(func.coalesce(func.sum(-LedgerPosting.amount), 0))
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(LedgerPosting.account_id == available_id, LedgerPosting.booked_on >= first)
        .where(LedgerPosting.amount < 0, LedgerEntry.kind == EntryKind.GIVE)
    )
    return int(await session.scalar(mine) or 0)


async def donate(session: AsyncSession, actor: Actor, gift_id: uuid.UUID, giver_id: uuid.UUID, amount: int) -> Posted:
    """To the public fund. Harmless twice."""
    check_units(amount)
    key, of_what = f"donate:{gift_id}", fingerprint("donate", giver_id, amount)
    giver = await get_member(session, giver_id)
    if known := await posted_before(session, key, of_what):
        return known
    await _check_open(session, giver)
    source = await account_of(session, Ledger.PT, giver.whose, Pocket.AVAILABLE)
    target = await account_of(session, Ledger.PT, FUND, Pocket.MAIN)
    return await _move(session, actor, EntryKind.DONATE, key, of_what, source, target, amount, {"from": str(giver_id)})


async def check_claim(session: AsyncSession, dead_id: uuid.UUID, heir_id: uuid.UUID) -> int:
    """What an heir would get in points. Conflict `not_dead`, `claim_late`, `points_closed`. Locks both."""
    locked = {one: await get_member(session, one) for one in sorted({dead_id, heir_id})}
    dead, heir = locked[dead_id], locked[heir_id]
    if dead_id == heir_id or dead.state is not MemberState.FROZEN or dead.frozen_why is not FrozenWhy.DEATH:
        raise Conflict("only of somebody who has died", code="not_dead")
    if dead.frozen_at is not None and clock.now() > dead.frozen_at + CLAIM:
        raise Conflict("the time to claim is over; what there was belongs to the fund", code="claim_late")
    if heir.state is MemberState.CLOSED or heir.frozen_why is FrozenWhy.DEATH:
        raise Conflict("the heir's account is closed", code="points_closed")
    account = await account_of(session, Ledger.PT, dead.whose, Pocket.FROZEN)
    return sum(one.amount for one in await held_in(session, account, Ledger.PT))


async def inherit(session: AsyncSession, actor: Actor, claim_id: uuid.UUID, dead_id: uuid.UUID, heir_id: uuid.UUID) -> None:
    """All points and coins that lie frozen. Precondition: two persons have said so (approvals)."""
    await check_claim(session, dead_id, heir_id)
    dead, heir = await get_member(session, dead_id), await get_member(session, heir_id)
    for ledger in (Ledger.PT, Ledger.TC):
        target = await account_of(session, ledger, heir.whose, pocket_for_points(heir))
        await _move_rest(session, actor, dead, ledger, EntryKind.INHERIT, f"inherit:{claim_id}:{ledger}", target)
    await audit(session, actor, "points:inherited", dead_id, details={"heir": str(heir_id)})


async def leave_to_fund(session: AsyncSession, actor: Actor, dead_id: uuid.UUID) -> bool:
    """What nobody has claimed within the time. False: nothing was left, or its time is not over."""
    dead = await get_member(session, dead_id)
    if dead.frozen_why is not FrozenWhy.DEATH or dead.frozen_at is None or clock.now() <= dead.frozen_at + CLAIM:
        return False
    moved = False
    dead.version += 1
    for ledger in (Ledger.PT, Ledger.TC):
        target = await account_of(session, ledger, FUND, Pocket.MAIN)
        moved |= await _move_rest(session, actor, dead, ledger, EntryKind.DONATE, f"unclaimed:{dead_id}:{dead.version}:{ledger}", target)
    return moved


async def _check_open(session: AsyncSession, giver: PointsMember) -> None:
    """Whoever may not spend does not give; nothing leaves anybody's hands while the books do not balance."""
    check_may_spend(giver)
    if not (await get_values(session, get_settings())).switch("points_redemption"):
        raise Conflict("redemption is stopped", code="redemption_stopped")


async def _move_rest(
    session: AsyncSession, actor: Actor, dead: PointsMember, ledger: Ledger, kind: EntryKind, key: str, target: uuid.UUID
) -> bool:  # fmt: skip
    source = await account_of(session, ledger, dead.whose, Pocket.FROZEN)
    await lock_accounts(session, [source, target])
    parts = await held_in(session, source, ledger)
    if parts:
        await post(session, actor, ledger=ledger, kind=kind, key=key, legs=move(source, target, parts), details={"from": str(dead.id)})
    return bool(parts)


async def _move(
    session: AsyncSession, actor: Actor, kind: EntryKind, key: str, of_what: bytes, source: uuid.UUID, target: uuid.UUID, amount: int,
    details: dict[str, str],
) -> Posted:  # fmt: skip
    await lock_accounts(session, [source, target])
    parts = take_first(await held_in(session, source, Ledger.PT, not_before=clock.today(get_settings().timezone)), amount)
    done = await post(
        session, actor, ledger=Ledger.PT, kind=kind, key=key, legs=move(source, target, parts), of_what=of_what, details=dict(details)
    )
    if done.is_new:
        await audit(session, actor, f"points:{kind}", details["from"], details={"amount": amount})
    return done
