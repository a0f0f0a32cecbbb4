"""The books in the hands of a test: people by name, short words for what is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.listen import plain_url
from callcenter.points.ledger.accounts import CENTRE, EXPIRED, Whose, account_of, lock_held, lot_of
from callcenter.points.ledger.holds import confirm, reserve, void
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerHold
from callcenter.points.ledger.posting import Posted, post, posted_before, reverse
from callcenter.points.ledger.rules import Held, fingerprint, move, take_first
from callcenter.points.ledger.sealing import seal
from callcenter.points.ledger.verifying import Verified, verify

TEST = system("test")
NAMES = uuid.UUID("0197f3c0-0000-7000-8000-000000000000")
FAR = date(2199, 12, 31)


@dataclass
class Books:
    database: Database
    app_url: str
    owner_url: str
    people: dict[str, Whose] = field(default_factory=dict)

    def who(self, name: str, holder: Holder = Holder.ELDER) -> Whose:
        return self.people.setdefault(name, Whose(holder, uuid.uuid5(NAMES, name)))

    def empty(self) -> None:
        with psycopg.connect(plain_url(self.owner_url)) as owner:
            owner.execute(
                "TRUNCATE ledger_accounts, ledger_lots, ledger_holdings, ledger_entries, ledger_postings, ledger_holds, ledger_blocks, ledger_sealed CASCADE"
            )

    async def pocket(self, name: str, pocket: Pocket = Pocket.AVAILABLE, ledger: Ledger = Ledger.PT) -> uuid.UUID:
        async with self.database.transaction() as session:
            return await account_of(session, ledger, self.who(name), pocket)

    async def earn(
        self, name: str, amount: int, *, key: str = "", issuer: Whose = CENTRE, expires: date = FAR, session: AsyncSession | None = None
    ) -> Posted:
        """From an issuer into what she may spend."""
        if session is None:
            async with self.database.transaction() as own:
                return await self.earn(name, amount, key=key, issuer=issuer, expires=expires, session=own)
        lot = await lot_of(session, issuer, expires)
        source = await account_of(session, Ledger.PT, issuer, Pocket.ISSUED)
        target = await account_of(session, Ledger.PT, self.who(name), Pocket.AVAILABLE)
        legs = move(source, target, [Held(lot, amount)])
        return await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key=key or f"earn:{uuid.uuid4()}", legs=legs)

    async def spend(self, name: str, amount: int, at: str, *, key: str = "", on: date | None = None) -> Posted:
        """In one step, at a store; what expires first goes first."""
        key, store = key or f"spend:{uuid.uuid4()}", self.who(at, Holder.STORE)
        async with self.database.transaction() as session:
            of_what = fingerprint("spend", name, amount, at)
            if known := await posted_before(session, key, of_what):
                return known
            source = await account_of(session, Ledger.PT, self.who(name), Pocket.AVAILABLE)
            target = await account_of(session, Ledger.PT, store, Pocket.REDEEMED)
            legs = move(source, target, take_first(await lock_held(session, Ledger.PT, source, target, not_before=on), amount))
            return await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.SPEND, key=key, legs=legs, of_what=of_what)

    async def give(self, giver: str, taker: str, amount: int, *, key: str = "") -> Posted:
        async with self.database.transaction() as session:
            source = await account_of(session, Ledger.PT, self.who(giver), Pocket.AVAILABLE)
            target = await account_of(session, Ledger.PT, self.who(taker), Pocket.AVAILABLE)
            legs = move(source, target, take_first(await lock_held(session, Ledger.PT, source, target), amount))
            return await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.GIVE, key=key or f"give:{uuid.uuid4()}", legs=legs)

    async def expire(self, name: str, day: date) -> None:
        async with self.database.transaction() as session:
            source = await account_of(session, Ledger.PT, self.who(name), Pocket.AVAILABLE)
            target = await account_of(session, Ledger.PT, EXPIRED, Pocket.MAIN)
            kept = {one.lot_id for one in await lock_held(session, Ledger.PT, source, target, not_before=day)}
            if gone := [one for one in await lock_held(session, Ledger.PT, source, target) if one.lot_id not in kept]:
                key = f"expire:{uuid.uuid4()}"
                await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EXPIRE, key=key, legs=move(source, target, gone))

    async def reverse(self, entry_id: uuid.UUID, *, key: str = "") -> Posted:
        async with self.database.transaction() as session:
            return await reverse(session, TEST, entry_id, key=key or f"reverse:{uuid.uuid4()}")

    async def reserve(self, name: str, amount: int, at: str, *, key: str, until: datetime | None = None) -> LedgerHold:
        store = self.who(at, Holder.STORE)
        async with self.database.transaction() as session:
            target = await account_of(session, Ledger.PT, store, Pocket.REDEEMED)
            return await reserve(
                session, TEST, key=key, ledger=Ledger.PT, whose=self.who(name), amount=amount, target_id=target,
                until=until or clock.now() + timedelta(hours=1),
            )  # fmt: skip

    async def confirm(self, key: str) -> LedgerHold:
        async with self.database.transaction() as session:
            return await confirm(session, TEST, key)

    async def void(self, key: str) -> LedgerHold | None:
        async with self.database.transaction() as session:
            return await void(session, TEST, key)

    async def balances(self, name: str) -> dict[str, int]:
        rows = await self.rows("SELECT pocket, balance FROM ledger_accounts WHERE holder_id = :id AND balance <> 0", id=self.who(name).id)
        return {row.pocket: row.balance for row in rows}

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.transaction() as session:
            return list(await session.execute(text(statement), values))

    async def seal(self) -> int:
        return await seal(self.database)

    async def verify(self, head: str = "") -> Verified:
        return await verify(self.app_url, head=head)
