"""Voice's engine in this process, on a real Asterisk and a real database; telephones are the trunk's far side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import text

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.engine import Engine
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.settings import Settings
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.softphone import Softphone
from tests.house import start_afresh
from tests.telephony.pbx import PATIENCE, Pbx, outside_phone, until_async


class Voice:
    """The engine in this process. `kill` lets it vanish in the middle of everything."""

    def __init__(self, settings: Settings, dialogs: Dialogs) -> None:
        self.settings, self.dialogs, self.database = settings, dialogs, Database.of(settings, pool_size=10)
        self.engine: Engine | None = None
        self.task: asyncio.Task[bool] | None = None

    async def start(self) -> None:
        lease = Lease(self.database, f"voice:{self.settings.pbx_name}", ttl=2.0)
        while not await lease.try_acquire():
            await asyncio.sleep(0.05)
        self.engine = Engine(self.settings, self.database, AsteriskTelephony(self.settings), lease, self.dialogs)
        self.task = asyncio.create_task(self.engine.run())
        await asyncio.wait_for(self.engine.connected.wait(), PATIENCE)

    async def kill(self) -> None:
        assert self.engine and self.task
        self.task.cancel()
        for task in [*self.engine.core._tasks, self.engine.core.journal._task]:
            if task:
                task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        with suppress(Exception):
            await self.engine.core.telephony.close()
        self.engine = None

    async def stop(self) -> None:
        if self.engine and self.task:
            self.engine.stop()
            await asyncio.wait_for(self.task, PATIENCE)
        await self.database.close()


class World:
    def __init__(self, pbx: Pbx, voice: Voice, owner: Database) -> None:
        self.pbx, self.voice, self.owner = pbx, voice, owner

    async def rows(self, statement: str) -> list[Any]:
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement))).all())

    async def sees(self, statement: str) -> None:
        await until_async(lambda: self.rows(statement))

    async def heard(self) -> list[str]:
        return [row.what for row in await self.rows("SELECT what FROM dialog_test ORDER BY id")]

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[Softphone]:
        """The trunk's far side: whatever number the PBX dials rings here."""
        async with outside_phone(self.pbx) as phone:
            yield phone


@asynccontextmanager
async def open_world(pbx: Pbx, dialogs: Dialogs, owner_url: str, app_url: str, **durations: float) -> AsyncIterator[World]:
    owner = Database(owner_url, pool_size=2)
    async with owner.transaction() as session:
        await start_afresh(session)
    timings = pbx.settings.timings.model_copy(update={"guard": 20, "dialog_first_key": 2.0, "dialog_next_key": 1.0, **durations})
    voice = Voice(pbx.settings.model_copy(update={"app_database_url": app_url, "timings": timings, "agent_phones": "sip"}), dialogs)
    await voice.start()
    try:
        yield World(pbx, voice, owner)
    finally:
        await voice.stop()
        await owner.close()
