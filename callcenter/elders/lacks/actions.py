"""Judging: with each save of hers, and a sweep for whatever else may have changed it (a day went by, a file came in)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import LargeBinary, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.lacks.models import ElderLacks
from callcenter.elders.lacks.rules import Contact, Facts, judge
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Presence
from callcenter.elders.schemas import Health
from callcenter.kit import clock, crypto
from callcenter.kit.db import Database
from callcenter.regions.geometry import metres_outside
from callcenter.regions.models import RegionBoundary
from callcenter.settings import get_settings

BATCH = 1000
BATCHES = 20  # at most in one look, so that a million do not keep the worker from its other jobs
_LOCK = 0x1ACC5
_COLUMNS = (
    Elder.id, Elder.version, Elder.community_id, Elder.grid_id, Elder.street_address, Elder.building, Elder.unit, Elder.door, Elder.floor,
    Elder.has_lift, Elder.entrance_hint, Elder.latitude, Elder.longitude, Elder.living, Elder.hearing, Elder.preferred_hospital,
    type_coerce(Elder.health, LargeBinary).label("sealed"),
)  # fmt: skip


async def judge_elders(session: AsyncSession, elder_ids: Collection[uuid.UUID]) -> int:
    """Written over what was judged of an older version, never over a newer one. Precondition: what was changed is flushed."""
    elders = (await session.execute(select(*_COLUMNS).where(Elder.id.in_(elder_ids)))).all()
    if not elders:
        return 0
    ids = [elder.id for elder in elders]
    numbers: dict[uuid.UUID, list[str]] = {}
    for elder_id, e164 in await session.execute(select(ElderNumber.elder_id, ElderNumber.e164).where(ElderNumber.elder_id.in_(ids))):
        numbers.setdefault(elder_id, []).append(e164)
    contacts: dict[uuid.UUID, list[Contact]] = {}
    columns = (ElderContact.elder_id, ElderContact.number, ElderContact.has_key, ElderContact.valid_from, ElderContact.valid_to)
    for elder_id, number, has_key, first, last in await session.execute(select(*columns).where(ElderContact.elder_id.in_(ids))):
        contacts.setdefault(elder_id, []).append(Contact(number, has_key, first, last))
    wanted = {elder.community_id for elder in elders if elder.latitude is not None}
    drawn = await session.execute(select(RegionBoundary.region_id, RegionBoundary.geometry).where(RegionBoundary.region_id.in_(wanted)))
    boundaries = {row.region_id: row.geometry for row in drawn}
    today = clock.today(get_settings().timezone)
    # a thousand are decrypted and measured at a time: not in the way of whoever waits for an answer
    rows = await asyncio.to_thread(_judged, elders, numbers, contacts, boundaries, today)
    statement = insert(ElderLacks).values(rows)
    fresh = {name: statement.excluded[name] for name in ("version", "judged_on", "grade", "weight", "lacks")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ElderLacks.elder_id], set_=fresh, where=ElderLacks.version <= statement.excluded.version
        )
    )
    return len(rows)


async def judge_stale(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Some of those whose judgement is missing, of an older version or of another day. Returns how many; fewer than `limit`: all are done."""
    today = clock.today(get_settings().timezone)
    stale = (
        select(Elder.id)
        .outerjoin(ElderLacks, ElderLacks.elder_id == Elder.id)
        .where(
            Elder.merged_into.is_(None),
            Elder.presence != Presence.DECEASED,
            or_(ElderLacks.elder_id.is_(None), ElderLacks.version != Elder.version, ElderLacks.judged_on != today),
        )
        .order_by(Elder.id)
        .limit(limit)
    )
    return await judge_elders(session, (await session.scalars(stale)).all())


async def sweep_lacks(database: Database) -> int:
    """A transaction for each thousand, so that nobody's save waits for all of them; what is left is the next look's. One at a time."""
    total = 0
    for _ in range(BATCHES):
        async with database.transaction() as session:
            if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
                break
            judged = await judge_stale(session)
        total += judged
        if judged < BATCH:
            break
    return total


def _judged(
    elders: Sequence[Any],
    numbers: dict[uuid.UUID, list[str]],
    contacts: dict[uuid.UUID, list[Contact]],
    boundaries: dict[uuid.UUID, dict[str, Any]],
    today: date,
) -> list[dict[str, Any]]:
    settings = get_settings()
    rows = []
    for elder in elders:
        boundary = boundaries.get(elder.community_id)
        outside = None
        if boundary is not None and elder.latitude is not None and elder.longitude is not None:
            outside = metres_outside(boundary, elder.longitude, elder.latitude)
        facts = Facts(
            street_address=elder.street_address,
            building=elder.building,
            unit=elder.unit,
            door=elder.door,
            floor=elder.floor,
            has_lift=elder.has_lift,
            entrance_hint=elder.entrance_hint,
            has_position=elder.latitude is not None and elder.longitude is not None,
            metres_outside=outside,
            living=elder.living,
            hearing=elder.hearing,
            health=Health.model_validate_json(crypto.decrypt(elder.sealed, "elders.health")) if elder.sealed else None,
            preferred_hospital=elder.preferred_hospital,
            has_grid=elder.grid_id is not None,
            numbers=numbers.get(elder.id, []),
            contacts=contacts.get(elder.id, []),
        )
        found = judge(facts, today=today, settings=settings)
        rows.append(
            {
                "elder_id": elder.id,
                "version": elder.version,
                "judged_on": today,
                "grade": found.grade,
                "weight": found.weight,
                "lacks": list(found.lacks),
            }
        )
    return rows
