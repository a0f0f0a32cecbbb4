"""Spending in two steps: reserve, then confirm or void. What was reserved when a process died is given back when its deadline passes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.ledger.accounts import Whose, account_of, lock_accounts, lock_held
from callcenter.points.ledger.kinds import HOLD, EntryKind, HoldState, Ledger, Pocket
from callcenter.points.ledger.models import LedgerEntry, LedgerHold
from callcenter.points.ledger.posting import post, postings_of, reverse
from callcenter.points.ledger.rules import Held, check_units, fingerprint, move, take_first
from callcenter.settings import get_settings

AT_ONCE = 100


async def reserve(
    session: AsyncSession,
    actor: Actor,
    *,
    key: str,
    ledger: Ledger,
    whose: Whose,
    amount: int,
    target_id: uuid.UUID,
    until: datetime,
    details: dict[str, Any] | None = None,
) -> LedgerHold:
    """So many of the holder's available units, for that account. Conflict `not_enough`, `key_conflict`; the same key again is harmless."""
    check_units(amount)
    if until <= clock.now():
        raise Invalid("a hold ends in the future", code="hold_over")
    of_what = fingerprint("reserve", ledger, whose.holder, whose.id, amount, target_id)
    source = await account_of(session, ledger, whose, Pocket.AVAILABLE)
    kept = await account_of(session, ledger, whose, Pocket.RESERVED)
    made = insert(LedgerHold).values(
        id=new_id(), version=1, key=key, fingerprint=of_what, ledger=ledger, state=HoldState.HELD, source_id=source, reserved_id=kept,
        target_id=target_id, amount=amount, made_at=clock.now(), expires_at=until,
    )  # fmt: skip
    await session.execute(made.on_conflict_do_nothing(index_elements=["key"]))
    hold = await _lock(session, key)
    if hold.fingerprint != of_what:
        raise Conflict("this key was used for something else", code="key_conflict")
    if hold.version > 1 or hold.state is not HoldState.HELD:
        return hold  # the same again
    parts = take_first(await lock_held(session, ledger, source, kept, not_before=clock.today(get_settings().timezone)), amount)
    legs = move(source, kept, parts)
    await post(
        session, actor, ledger=ledger, kind=EntryKind.RESERVE, key=f"{key}:reserve", legs=legs, of_what=of_what,
        details={**(details or {}), "hold_id": str(hold.id)},
    )  # fmt: skip
    hold.version += 1
    await session.flush()
    return hold


async def confirm(session: AsyncSession, actor: Actor, key: str, *, details: dict[str, Any] | None = None) -> LedgerHold:
    """Spent. Harmless twice. Conflict `hold_expired` when its deadline has passed, `hold_over` when it was given back."""
    hold = await _lock(session, key)
    if hold.state is HoldState.CONFIRMED:
        return hold
    if hold.state is HoldState.EXPIRED or (hold.state is HoldState.HELD and hold.expires_at <= clock.now()):
        raise Conflict("the time for it is over; begin again", code="hold_expired")
    if hold.state is HoldState.VOID:
        raise Conflict("it was given back", code="hold_over")
    await lock_accounts(session, [hold.reserved_id, hold.target_id])
    legs = move(hold.reserved_id, hold.target_id, await _parts(session, hold))
    await post(
        session, actor, ledger=hold.ledger, kind=EntryKind.CONFIRM, key=f"{key}:confirm", legs=legs, of_what=hold.fingerprint,
        details={**(details or {}), "hold_id": str(hold.id)},
    )  # fmt: skip
    _over(hold, HoldState.CONFIRMED)
    return hold


async def void(session: AsyncSession, actor: Actor, key: str, *, state: HoldState = HoldState.VOID) -> LedgerHold | None:
    """Given back, also when it was spent. None: there was nothing. Harmless twice."""
    hold = await _find(session, key)
    if hold is None or hold.state in (HoldState.VOID, HoldState.EXPIRED):
        return hold
    HOLD.check(hold.state, state)
    if hold.state is HoldState.CONFIRMED:
        spent = select(LedgerEntry.id).where(LedgerEntry.key == f"{key}:confirm")
        await reverse(session, actor, (await session.scalars(spent)).one(), key=f"{key}:unspend")
    await lock_accounts(session, [hold.reserved_id, hold.source_id])
    legs = move(hold.reserved_id, hold.source_id, await _parts(session, hold))
    await post(
        session, actor, ledger=hold.ledger, kind=EntryKind.VOID, key=f"{key}:void", legs=legs, of_what=hold.fingerprint,
        details={"hold_id": str(hold.id)},
    )  # fmt: skip
    _over(hold, state)
    return hold


async def void_due(session: AsyncSession, actor: Actor) -> int:
    """Those whose deadline has passed. Several workers may do it at the same time."""
    due = (
        select(LedgerHold.key)
        .where(LedgerHold.state == HoldState.HELD, LedgerHold.expires_at <= clock.now())
        .order_by(LedgerHold.expires_at)
    )
    keys = (await session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True))).all()
    for key in keys:
        await void(session, actor, key, state=HoldState.EXPIRED)
    return len(keys)


def _over(hold: LedgerHold, state: HoldState) -> None:
    HOLD.check(hold.state, state)
    hold.state, hold.over_at, hold.version = state, clock.now(), hold.version + 1


async def _parts(session: AsyncSession, hold: LedgerHold) -> list[Held]:
    """The lots that were reserved."""
    reserved = (await session.scalars(select(LedgerEntry.id).where(LedgerEntry.key == f"{hold.key}:reserve"))).one()
    return [Held(row.lot_id, row.amount) for row in await postings_of(session, reserved) if row.account_id == hold.reserved_id]


async def _find(session: AsyncSession, key: str) -> LedgerHold | None:
    """Locked."""
    found = select(LedgerHold).where(LedgerHold.key == key).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(found)).one_or_none()


async def _lock(session: AsyncSession, key: str) -> LedgerHold:
    if (hold := await _find(session, key)) is None:
        raise NotFound("nothing is held under this key")
    return hold
