"""Sweeps: rows that are due, each in a transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.db import Database

log = structlog.get_logger()


async def each(database: Database, ids: Sequence[uuid.UUID], do: Callable[[AsyncSession, uuid.UUID], Awaitable[object]]) -> None:
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, one)
        except Exception as error:  # the next sweep comes to it again
            log.warning("emergency_step_failed", step=do.__name__, error=type(error).__name__, object_id=str(one))
