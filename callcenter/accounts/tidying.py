"""The audit's end: who read what, so many years ago."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from callcenter.accounts.models import AuditRow
from callcenter.kit.db import Database

AT_ONCE = 5_000  # rows in one transaction


async def forget_audit(retention: Database, *, before: datetime) -> int:
    """`retention`: the one role that may delete from it. Returns how many rows went."""
    forgotten = 0
    while True:
        async with retention.transaction() as session:
            old = select(AuditRow.id).where(AuditRow.at < before).order_by(AuditRow.at).limit(AT_ONCE)
            gone = (await session.scalars(delete(AuditRow).where(AuditRow.id.in_(old)).returning(AuditRow.id))).all()
        forgotten += len(gone)
        if len(gone) < AT_ONCE:
            return forgotten
