"""That a backup was made or restored stands in the audit of the database: who asks how old the last one is, asks there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.accounts.models import AuditRow
from callcenter.backups.members import Examined
from callcenter.kit.db import Database

OPERATOR = system("command line")
MADE = "backup:made"


async def note_made(url: str, examined: Examined) -> None:
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as session:
            await audit(session, OPERATOR, "backup:made", examined.key_id, details={"bytes": examined.size})
    finally:
        await database.close()


async def note_restored(url: str, examined: Examined) -> None:
    database = Database(url, pool_size=1)
    details = {"made_at": examined.manifest.made_at.isoformat(), "version": examined.manifest.version}
    try:
        async with database.transaction() as session:
            await audit(session, OPERATOR, "backup:restored", examined.key_id, details=details)
    finally:
        await database.close()


async def last_made(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.max(AuditRow.at)).where(AuditRow.verb == MADE))
