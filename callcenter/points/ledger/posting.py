"""The one way into the books: an entry with its postings, in one statement, at most once for each key."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.kit import clock, trace
from callcenter.kit.db import as_json, run
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.ledger.accounts import lock_accounts
from callcenter.points.ledger.kinds import EntryKind, Ledger
from callcenter.points.ledger.models import LedgerEntry, LedgerPosting
from callcenter.points.ledger.rules import Leg, NotEnough, check_legs, fingerprint
from callcenter.settings import get_settings

_POST = text("""
    WITH entry AS (
      INSERT INTO ledger_entries (id, ledger, kind, key, fingerprint, booked_on, at, actor_kind, actor_id, actor_name, reverses_id, details)
      VALUES (:id, :ledger, :kind, :key, :fingerprint, :booked_on, :at, :actor_kind, :actor_id, :actor_name, :reverses_id, CAST(:details AS jsonb))
      ON CONFLICT (key) DO NOTHING RETURNING id, ledger, booked_on)
    INSERT INTO ledger_postings (entry_id, ledger, booked_on, account_id, lot_id, amount)
    SELECT entry.id, entry.ledger, entry.booked_on, leg.account_id, leg.lot_id, leg.amount
    FROM entry, unnest(CAST(:accounts AS uuid[]), CAST(:lots AS uuid[]), CAST(:amounts AS bigint[])) WITH ORDINALITY AS leg (account_id, lot_id, amount, place)
    ORDER BY leg.place
    """)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Posted:
    id: uuid.UUID
    is_new: bool  # False: the same had been posted before, nothing moved now


async def posted_before(session: AsyncSession, key: str, of_what: bytes) -> Posted | None:
    """Conflict `key_conflict`: the key was used for something else."""
    known = (await session.execute(select(LedgerEntry.id, LedgerEntry.fingerprint).where(LedgerEntry.key == key))).one_or_none()
    if known is None:
        return None
    if known.fingerprint != of_what:
        raise Conflict("this key was used for something else", code="key_conflict")
    return Posted(known.id, is_new=False)


async def post(
    session: AsyncSession,
    actor: Actor,
    *,
    ledger: Ledger,
    kind: EntryKind,
    key: str,
    legs: Sequence[Leg],
    of_what: bytes | None = None,
    reverses_id: uuid.UUID | None = None,
    details: dict[str, Any] | None = None,
    on: date | None = None,
) -> Posted:
    """Moves what the legs say, once for the key. `of_what`: the request's fingerprint; without one the legs are the request.

    Conflict: `not_enough` (an account would fall below zero), `account_closed`, `key_conflict`. Invalid: `unbalanced`, `bad_units`.
    After a Conflict the caller's transaction is over: nothing of it stands.
    """
    made = check_legs(legs)
    asked = of_what or fingerprint(ledger, kind, *((leg.account_id, leg.amount, leg.lot_id) for leg in made))
    entry_id = new_id()
    values = {
        "id": entry_id, "ledger": ledger, "kind": kind, "key": key, "fingerprint": asked, "booked_on": on or clock.today(get_settings().timezone),
        "at": clock.now(), "actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name, "reverses_id": reverses_id,
        "details": as_json(details or {}), "accounts": [leg.account_id for leg in made], "lots": [leg.lot_id for leg in made],
        "amounts": [leg.amount for leg in made],
    }  # fmt: skip
    await session.flush()
    try:
        moved = await run(session, _POST, values)
    except IntegrityError as error:
        raise _refused(error) from error
    if moved.rowcount:
        trace.noted(session, "ledger", entry=entry_id, ledger=ledger, what=kind)
        return Posted(entry_id, is_new=True)
    known = await posted_before(session, key, asked)
    assert known is not None
    return known


async def reverse(session: AsyncSession, actor: Actor, entry_id: uuid.UUID, *, key: str, details: dict[str, Any] | None = None) -> Posted:
    """Every posting of that entry backwards. Conflict `not_enough` where it was spent meanwhile, `reversed` when another key has done it."""
    of_what = fingerprint("reverse", entry_id)
    if known := await posted_before(session, key, of_what):
        return known
    entry = await session.get(LedgerEntry, entry_id)
    if entry is None:
        raise NotFound("there is no such entry")
    legs = [Leg(row.account_id, -row.amount, row.lot_id) for row in await postings_of(session, entry_id)]
    await lock_accounts(session, {leg.account_id for leg in legs})
    if await session.scalar(select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry_id, LedgerEntry.key != key)):
        raise Conflict("it was reversed before", code="reversed")
    return await post(
        session,
        actor,
        ledger=entry.ledger,
        kind=EntryKind.REVERSE,
        key=key,
        legs=legs,
        of_what=of_what,
        reverses_id=entry_id,
        details=details,
    )


async def postings_of(session: AsyncSession, entry_id: uuid.UUID) -> Sequence[LedgerPosting]:
    return (await session.scalars(select(LedgerPosting).where(LedgerPosting.entry_id == entry_id).order_by(LedgerPosting.id))).all()


def _refused(error: IntegrityError) -> Exception:
    match getattr(getattr(error.orig, "diag", None), "constraint_name", ""):
        case "ck_ledger_accounts_balance" | "ck_ledger_holdings_amount":
            return NotEnough("there are not so many")
        case "ledger_account_open":
            return Conflict("the account is closed", code="account_closed")
        case _:
            return error
