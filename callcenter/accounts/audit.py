"""The audit trail: written in the transaction of what it tells."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import AuditRow
from callcenter.kit import clock


async def audit(
    session: AsyncSession, actor: Actor, verb: str, object_id: object, *, purpose: str = "", details: dict[str, Any] | None = None
) -> None:
    """`verb` is `subject:verb`, e.g. `elder:read`. `details` never holds numbers, names, addresses or health data."""
    await session.execute(
        insert(AuditRow)
        .inline()  # asks nothing back: who may write here need not read
        .values(
            at=clock.now(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            verb=verb,
            object_id=str(object_id),
            purpose=purpose,
            details=details or {},
        )
    )
