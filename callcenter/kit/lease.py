"""A lease: one holder at a time, proved in the database.

`epoch` rises with every change of hands, and every transaction of the holder checks it (`check_epoch`), so a holder that was frozen and thaws late
writes nothing. The time is the application's clock; holders of one lease run on machines whose clocks agree within `ttl`.

Whoever is killed need not be waited for: a holder that is tied (`tie`) keeps an advisory lock on a connection of its own, which PostgreSQL lets go the
moment the process is gone. The next one sees that and takes the lease at once; a frozen holder's connection lives on, and it is waited out as before.
A tie that is cut while its holder lives (the network) only hands the lease over: the epoch guards every write.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import BigInteger, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit import clock
from callcenter.kit.db import Asked, Base, Database, run
from callcenter.kit.listen import plain_url

# A server that has started since knows nothing of the tie: its holder may be alive and come back.
_CUT = text(
    "SELECT pg_postmaster_start_time() < :tied_at AND pg_try_advisory_xact_lock_shared(hashtext(:name), CAST(:epoch % 2147483647 AS integer))"
)
_TIE = "SELECT pg_try_advisory_lock(hashtext(%(name)s), CAST(%(epoch)s %% 2147483647 AS integer))"
_TIED = "UPDATE leases SET tied_at = clock_timestamp() WHERE name = %(name)s AND holder = %(holder)s AND epoch = %(epoch)s"
_EPOCH = text("SELECT epoch FROM leases WHERE name = :name FOR SHARE")


class LeaseLost(Exception):
    """Somebody else holds it now: write nothing more, leave."""


class LeaseRow(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime]
    tied_at: Mapped[datetime | None]  # by the database's clock; of this epoch's holder


class Lease:
    def __init__(self, database: Database, name: str, *, ttl: float) -> None:
        self.database, self.name, self.ttl = database, name, timedelta(seconds=ttl)
        self.holder = str(uuid.uuid4())
        self.epoch = 0
        self._tie: psycopg.AsyncConnection[Any] | None = None
        self._tied_epoch = 0

    async def try_acquire(self) -> bool:
        """Take the lease if it is free, run out or its tied holder is gone. Then `epoch` is ours."""
        now = clock.now()
        async with self.database.transaction() as session:
            await session.execute(
                insert(LeaseRow).values(name=self.name, holder="", epoch=0, until=now - self.ttl).on_conflict_do_nothing()
            )
            row = (await session.execute(select(LeaseRow).where(LeaseRow.name == self.name).with_for_update())).scalar_one()
            if row.holder != self.holder:
                # the clock was put back since: a holder who lives says so within the ttl, a dead one is waited out
                if row.until > now + 2 * self.ttl:
                    row.until = now + self.ttl
                if row.until > now and not await self._is_cut(session, row):
                    return False
                row.epoch, row.tied_at = row.epoch + 1, None
            row.holder, row.until = self.holder, now + self.ttl
            epoch = row.epoch
        self.epoch = epoch
        return True

    async def _is_cut(self, session: AsyncSession, row: LeaseRow) -> bool:
        values = {"name": self.name, "epoch": row.epoch, "tied_at": row.tied_at}
        return row.tied_at is not None and bool(await session.scalar(_CUT, values))

    async def tie(self) -> None:
        """The holder's: from now on its death frees the lease at once. Again whenever the connection may be gone; psycopg.Error while it can't be tied."""
        if self._tie is not None and self._tied_epoch == self.epoch:
            try:
                await self._tie.execute("SELECT 1")
                return
            except psycopg.Error:
                pass
        await self.untie()
        tie = await psycopg.AsyncConnection.connect(plain_url(self.database.url), autocommit=True, connect_timeout=3)
        self._tie, self._tied_epoch = tie, self.epoch
        mine = {"name": self.name, "holder": self.holder, "epoch": self.epoch}
        found = await (await tie.execute(_TIE, mine)).fetchone()
        if found and found[0]:
            await tie.execute(_TIED, mine)
        else:  # the server holds a broken connection of ours for alive: tied by it until it finds out, and by a new one then
            await self.untie()

    async def untie(self) -> None:
        if self._tie is not None:
            tie, self._tie = self._tie, None
            await tie.close()

    async def renew(self) -> None:
        """LeaseLost when it is another's. A lease that ran out but that nobody took is renewed."""
        now = clock.now()
        async with self.database.transaction() as session:
            mine = (LeaseRow.name == self.name) & (LeaseRow.holder == self.holder) & (LeaseRow.epoch == self.epoch)
            renewed = await session.execute(update(LeaseRow).where(mine).values(until=now + self.ttl).returning(LeaseRow.epoch))
            if renewed.first() is None:
                raise LeaseLost(self.name)

    async def give_up(self) -> None:
        """Leave in order, so that the spare need not wait."""
        async with self.database.transaction() as session:
            await session.execute(
                update(LeaseRow)
                .where(LeaseRow.name == self.name, LeaseRow.holder == self.holder, LeaseRow.epoch == self.epoch)
                .values(until=clock.now() - self.ttl)
            )

    async def check_epoch(self, session: AsyncSession) -> None:
        """In every transaction of the holder. The shared lock keeps the epoch until the commit."""
        found = await (await run(session, _EPOCH, {"name": self.name})).fetchone()
        self.check(found[0] if found else None)

    def asked_epoch(self) -> Asked:
        """`check_epoch` for `read_together`; its answer goes to `check`."""
        return Asked("SELECT epoch FROM leases WHERE name = %(name)s FOR SHARE", {"name": self.name})

    def check(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            raise LeaseLost(self.name)
