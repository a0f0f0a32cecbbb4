"""Many findings, each a transaction of its own: killed anywhere, the next sweep does the rest; one that cannot be done stops none of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.db import Database

log = structlog.get_logger()
Deed = tuple[Any, ...]


async def each(
    database: Database,
    find: Callable[[AsyncSession, int], Awaitable[Sequence[Deed]]],
    do: Callable[..., Awaitable[object]],
    most: int,
) -> int:
    """How many were found."""
    async with database.transaction() as session:
        deeds = await find(session, most)
    for deed in deeds:
        try:
            async with database.transaction() as session:
                await do(session, *deed)
        except Exception as error:  # the next sweep comes to it again
            log.warning("points_step_failed", step=do.__name__, error=type(error).__name__, deed=[str(part) for part in deed])
    return len(deeds)
