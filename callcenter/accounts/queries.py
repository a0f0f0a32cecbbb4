"""Reads of the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import AuditRow, User

PAGE = 50


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """All that are given must fit. `verb`: a whole one (elder:read) or a subject (elder). `object_ids`: any of them; none of them fits nothing."""

    actor_ids: Collection[uuid.UUID] | None = None
    by_system: bool = False
    verb: str = ""
    object_ids: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_audit(session: AsyncSession, wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE) -> Sequence[AuditRow]:
    """The newest first; `before`: the id of the last row of the page before."""
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if wanted.by_system:
        statement = statement.where(AuditRow.actor_kind == "system")
    elif wanted.actor_ids is not None:
        statement = statement.where(AuditRow.actor_id.in_(wanted.actor_ids))
    if ":" in wanted.verb:
        statement = statement.where(AuditRow.verb == wanted.verb)
    elif wanted.verb:
        statement = statement.where(AuditRow.verb >= f"{wanted.verb}:", AuditRow.verb < f"{wanted.verb};")  # ; comes after :
    if wanted.object_ids is not None:
        statement = statement.where(AuditRow.object_id.in_(wanted.object_ids))
    if wanted.since is not None:
        statement = statement.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditRow.at < wanted.until)
    if before is not None:
        statement = statement.where(AuditRow.id < before)
    return (await session.scalars(statement)).all()


async def find_user_ids(session: AsyncSession, text: str) -> list[uuid.UUID]:
    """By user name, or by any part of the name. Also those who are disabled: what they did stays."""
    typed = text.strip()
    return list(
        await session.scalars(
            select(User.id).where(or_(User.username == typed.lower(), User.name.contains(typed, autoescape=True))).limit(50)
        )
    )


async def get_users(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    return {user.id: user for user in await session.scalars(select(User).where(User.id.in_(ids)))} if ids else {}
