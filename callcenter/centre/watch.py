"""What counts, kept in a process's memory: read at its start, then on each NOTIFY and every few seconds."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from sqlalchemy import select

from callcenter.accounts.models import User
from callcenter.centre.actions import CENTRE_CHANGED
from callcenter.centre.queries import get_values
from callcenter.centre.rules import CentreValues, effective
from callcenter.kit.db import Database
from callcenter.kit.listen import wakes
from callcenter.settings import Settings

log = structlog.get_logger()
EVERY = 5.0  # a lost NOTIFY, or a planned change that begins, costs this long


class CentreWatch:
    """`values` never waits: while the database is away the last that were read count."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        self.values: CentreValues = effective(settings, {})
        self.has_users = True  # False: nobody can sign in, the centre is still to be set up
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name="centre's values")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> None:
        async with self.database.transaction() as session:
            self.values = await get_values(session, self.settings)
            self.has_users = await session.scalar(select(User.id).limit(1)) is not None

    async def _follow(self) -> None:
        async with wakes(self.database.url, CENTRE_CHANGED, every=EVERY) as heard:
            async for _ in heard:
                try:
                    await self.look()
                except Exception as error:
                    log.warning("centre_values_not_read", error=type(error).__name__)
