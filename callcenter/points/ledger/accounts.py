"""Accounts and lots: opened when first used, locked in one sequence, closed when empty."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.db import Asked, read_together
from callcenter.kit.errors import Conflict
from callcenter.kit.ids import new_id
from callcenter.points.ledger.kinds import POCKETS, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerLot
from callcenter.points.ledger.rules import Held


@dataclass(frozen=True, slots=True)
class Whose:
    """A holder: `Whose(Holder.ELDER, elder.id)`, `Whose(Holder.CENTRE)`."""

    holder: Holder
    id: uuid.UUID | None = None


_LOCK = "SELECT id FROM ledger_accounts WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"
_LOTS: LiteralString = """
    SELECT held.lot_id, held.amount FROM ledger_holdings held JOIN ledger_lots lot ON lot.id = held.lot_id
    WHERE held.account_id = %(source)s AND held.amount > 0 AND lot.expires_on >= %(since)s ORDER BY lot.expires_on, lot.id
    """
_BALANCE: LiteralString = "SELECT NULL::uuid AS lot_id, balance AS amount FROM ledger_accounts WHERE id = %(source)s AND balance > 0"
CENTRE, FUND, EXPIRED, WORLD = Whose(Holder.CENTRE), Whose(Holder.FUND), Whose(Holder.EXPIRED), Whose(Holder.WORLD)


async def account_of(session: AsyncSession, ledger: Ledger, whose: Whose, pocket: Pocket) -> uuid.UUID:
    """Its id; opened if it was not there."""
    if pocket not in POCKETS[ledger].get(whose.holder, ()):
        raise ValueError(f"a {whose.holder} has no {pocket} in {ledger}")
    wanted = select(LedgerAccount.id).where(
        LedgerAccount.ledger == ledger, LedgerAccount.holder == whose.holder, LedgerAccount.pocket == pocket,
        LedgerAccount.holder_id.is_(None) if whose.id is None else LedgerAccount.holder_id == whose.id,
    )  # fmt: skip
    known = await session.scalar(wanted)
    if known is not None:
        return known
    made = insert(LedgerAccount).values(
        id=new_id(), ledger=ledger, holder=whose.holder, holder_id=whose.id, pocket=pocket, balance=0, postings=0, opened_at=clock.now()
    )
    await session.execute(made.on_conflict_do_nothing())
    return (await session.scalars(wanted)).one()


async def lot_of(session: AsyncSession, issuer: Whose, expires_on: date) -> uuid.UUID:
    wanted = select(LedgerLot.id).where(
        LedgerLot.issuer == issuer.holder, LedgerLot.expires_on == expires_on,
        LedgerLot.issuer_id.is_(None) if issuer.id is None else LedgerLot.issuer_id == issuer.id,
    )  # fmt: skip
    known = await session.scalar(wanted)
    if known is not None:
        return known
    made = insert(LedgerLot).values(id=new_id(), issuer=issuer.holder, issuer_id=issuer.id, expires_on=expires_on, made_at=clock.now())
    await session.execute(made.on_conflict_do_nothing())
    return (await session.scalars(wanted)).one()


async def lock_accounts(session: AsyncSession, account_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Their balances, which nobody changes until this transaction is over. Everybody locks by id, so nobody waits in a ring."""
    rows = select(LedgerAccount.id, LedgerAccount.balance).where(LedgerAccount.id.in_(account_ids)).order_by(LedgerAccount.id)
    return {row.id: row.balance for row in await session.execute(rows.with_for_update(key_share=True))}


async def lock_held(
    session: AsyncSession, ledger: Ledger, source_id: uuid.UUID, *others: uuid.UUID, not_before: date | None = None
) -> list[Held]:
    """All of them locked, and what lies in the first, what expires first coming first: in one journey to the server, because accounts
    that everybody wants are held meanwhile. `not_before`: without lots that expired before that day."""
    await session.flush()
    values = {"ids": sorted([source_id, *others]), "source": source_id, "since": not_before or date.min}
    _, rows = await read_together(session, Asked(_LOCK, values), Asked(_LOTS if ledger is Ledger.PT else _BALANCE, values))
    return [Held(row.lot_id, row.amount) for row in rows]


async def held_in(session: AsyncSession, account_id: uuid.UUID, ledger: Ledger, *, not_before: date | None = None) -> list[Held]:
    """The same of an account that is locked already."""
    await session.flush()
    values = {"source": account_id, "since": not_before or date.min}
    (rows,) = await read_together(session, Asked(_LOTS if ledger is Ledger.PT else _BALANCE, values))
    return [Held(row.lot_id, row.amount) for row in rows]


async def accounts_of(session: AsyncSession, whose: Whose) -> Sequence[LedgerAccount]:
    mine = select(LedgerAccount).where(LedgerAccount.holder == whose.holder).order_by(LedgerAccount.ledger, LedgerAccount.pocket)
    mine = mine.where(LedgerAccount.holder_id.is_(None) if whose.id is None else LedgerAccount.holder_id == whose.id)
    return (await session.scalars(mine.execution_options(populate_existing=True))).all()


async def balance_of(session: AsyncSession, ledger: Ledger, whose: Whose, pocket: Pocket) -> int:
    """0 where there is no account yet."""
    found = select(LedgerAccount.balance).where(
        LedgerAccount.ledger == ledger, LedgerAccount.holder == whose.holder, LedgerAccount.pocket == pocket,
        LedgerAccount.holder_id.is_(None) if whose.id is None else LedgerAccount.holder_id == whose.id,
    )  # fmt: skip
    return await session.scalar(found) or 0


async def close_accounts(session: AsyncSession, actor: Actor, whose: Whose) -> None:
    """Nothing is ever posted there again. Conflict `account_not_empty`. Harmless twice."""
    rows = await accounts_of(session, whose)
    balances = await lock_accounts(session, [row.id for row in rows])
    if left := sum(abs(balance) for balance in balances.values()):
        raise Conflict("something is still in it", code="account_not_empty", details={"left": left})
    await session.execute(
        update(LedgerAccount).where(LedgerAccount.id.in_(balances), LedgerAccount.closed_at.is_(None)).values(closed_at=clock.now())
    )
    await audit(session, actor, "points:account_closed", whose.id or whose.holder)
