"""The history of a profile: a line for each save, that nobody changes."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from callcenter.accounts.actor import Actor
from callcenter.elders.models import Elder
from callcenter.elders.record_schemas import ChangedField, ElderChangeView
from callcenter.elders.records import ElderChange
from callcenter.elders.rules import mask_id_number
from callcenter.kit import clock


async def write_change(session: AsyncSession, actor: Actor, elder: Elder, kind: str, values: dict[str, list[Any]]) -> None:
    """`values`: {field: [before, after]} (`making.differences`). Precondition: the elder is locked, her version is raised."""
    session.add(
        ElderChange(
            elder_id=elder.id,
            at=clock.now(),
            actor_id=actor.id,
            actor_name=actor.name if actor.kind == "user" else "",
            kind=kind,
            version=elder.version,
            fields=list(values),
            values=values or None,
        )
    )
    await session.flush()


async def last_change(session: AsyncSession, elder_id: uuid.UUID) -> ElderChange | None:
    return await session.scalar(_newest(elder_id).options(defer(ElderChange.values)).limit(1))


async def list_changes(session: AsyncSession, elder_id: uuid.UUID, *, full: bool, limit: int = 200) -> list[ElderChangeView]:
    """Newest first, with those of profiles that were merged into hers. Without `full` the values are not even fetched."""
    merged = select(Elder.id).where(Elder.merged_into == elder_id)
    statement = (
        select(ElderChange)
        .where(or_(ElderChange.elder_id == elder_id, ElderChange.elder_id.in_(merged)))
        .order_by(ElderChange.at.desc(), ElderChange.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    rows = await session.scalars(statement if full else statement.options(defer(ElderChange.values)))
    return [
        ElderChangeView(
            id=row.id,
            at=row.at,
            by=row.actor_name,
            kind=row.kind,
            version=row.version,
            fields=row.fields,
            values=[ChangedField(field=f, before=_shown(f, v[0]), after=_shown(f, v[1])) for f, v in (row.values or {}).items()]
            if full
            else None,
            of_merged=row.elder_id != elder_id,
        )
        for row in rows
    ]


def _newest(elder_id: uuid.UUID) -> Select[ElderChange]:
    return select(ElderChange).where(ElderChange.elder_id == elder_id).order_by(ElderChange.at.desc(), ElderChange.id.desc())


def _shown(field: str, value: Any) -> Any:
    """An ID number is shown whole to nobody."""
    return mask_id_number(value) if field == "id_number" and isinstance(value, str) else value
