"""A lease: one holder at a time, proved in the database.

`epoch` rises with every change of hands, and every transaction of the holder checks it (`check_epoch`), so a holder that was frozen and thaws late
writes nothing. The time is the application's clock; holders of one lease run on machines whose clocks agree within `ttl`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit import clock
from callcenter.kit.db import Asked, Base, Database, run

_EPOCH = text("SELECT epoch FROM leases WHERE name = :name FOR SHARE")


class LeaseLost(Exception):
    """Somebody else holds it now: write nothing more, leave."""


class LeaseRow(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime]


class Lease:
    def __init__(self, database: Database, name: str, *, ttl: float) -> None:
        self.database, self.name, self.ttl = database, name, timedelta(seconds=ttl)
        self.holder = str(uuid.uuid4())
        self.epoch = 0

    async def try_acquire(self) -> bool:
        """Take the lease if it is free or run out. Then `epoch` is ours."""
        now = clock.now()
        async with self.database.transaction() as session:
            await session.execute(
                insert(LeaseRow).values(name=self.name, holder="", epoch=0, until=now - self.ttl).on_conflict_do_nothing()
            )
            row = (await session.execute(select(LeaseRow).where(LeaseRow.name == self.name).with_for_update())).scalar_one()
            if row.holder != self.holder and row.until > now:
                return False
            if row.holder != self.holder:
                row.epoch += 1
            row.holder, row.until = self.holder, now + self.ttl
            epoch = row.epoch
        self.epoch = epoch
        return True

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
        found = (await run(session, _EPOCH, {"name": self.name})).scalar_one_or_none()
        self.check(found)

    def asked_epoch(self) -> Asked:
        """`check_epoch` for `read_together`; its answer goes to `check`."""
        return Asked("SELECT epoch FROM leases WHERE name = %(name)s FOR SHARE", {"name": self.name})

    def check(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            raise LeaseLost(self.name)
