from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.elders.lacks.kinds import WEIGHTS, Grade, Lack
from callcenter.elders.lacks.models import ElderLacks
from callcenter.elders.lacks.schemas import GradeCount, LackCount, LackFilter, LackingElder, LackingElders, LacksOverview, PlaceCount
from callcenter.elders.models import Elder, Living, Presence
from callcenter.elders.queries import get_elder_summaries
from callcenter.regions.models import Region
from callcenter.regions.queries import within

_ALIVE = and_(Elder.merged_into.is_(None), Elder.presence != Presence.DECEASED)
_NOT_FINDABLE = ElderLacks.grade == Grade.NOT_FINDABLE
_URGENT = and_(_NOT_FINDABLE, or_(Elder.risk >= 3, Elder.living == Living.ALONE))
_WORST_FIRST = (
    case({Grade.NOT_FINDABLE.value: 0, Grade.GAPS.value: 1}, value=ElderLacks.grade, else_=2),
    Elder.risk.desc(),
    (Elder.living == Living.ALONE).desc(),
    ElderLacks.weight.desc(),
    Elder.pinyin,
    Elder.id,
)


async def get_overview(session: AsyncSession, region_id: uuid.UUID | None) -> LacksOverview:
    conditions = _conditions(LackFilter(region_id=region_id))
    counts = (
        func.count(),
        *(func.count().filter(ElderLacks.grade == grade) for grade in (Grade.READY, Grade.GAPS, Grade.NOT_FINDABLE)),
        func.count().filter(_URGENT),
    )
    rows = await session.execute(
        select(Elder.community_id, *counts)
        .outerjoin(ElderLacks, ElderLacks.elder_id == Elder.id)
        .where(*conditions)
        .group_by(Elder.community_id)
    )
    by_place = {community_id: [int(n) for n in numbers] for community_id, *numbers in rows}
    names = await _names(session, by_place)
    places = [PlaceCount(community_id=i, place=names.get(i, ""), **_named(numbers)) for i, numbers in by_place.items()]
    places.sort(key=lambda one: (-one.urgent, -one.not_findable, -one.gaps, one.place))
    whole = GradeCount(**_named([sum(column) for column in zip(*by_place.values(), strict=True)] if by_place else [0] * 5))
    word = func.jsonb_array_elements_text(ElderLacks.lacks).table_valued("value").lateral()
    of_each = await session.execute(
        select(word.c.value, func.count())
        .select_from(Elder)
        .join(ElderLacks, ElderLacks.elder_id == Elder.id)
        .join(word, word.c.value.is_not(None))
        .where(*conditions)
        .group_by(word.c.value)
    )
    found = {row[0]: row[1] for row in of_each}
    return LacksOverview(
        all=whole,
        places=places,
        lacks=[LackCount(lack=lack, weight=WEIGHTS[lack], count=found.get(lack.value, 0)) for lack in Lack],
        waiting=whole.total - whole.ready - whole.gaps - whole.not_findable,
    )


async def list_lacking(
    session: AsyncSession, wanted: LackFilter, *, offset: int = 0, limit: int = 50
) -> tuple[list[tuple[uuid.UUID, ElderLacks]], int]:
    """The worst first: who can't be found, of these whom it would hit hardest; with how many there are. Who is ready is listed only when asked for."""
    conditions = _conditions(wanted)
    if wanted.grade is None and wanted.lack is None:
        conditions.append(ElderLacks.grade != Grade.READY)
    joined = select(ElderLacks).join(Elder, Elder.id == ElderLacks.elder_id).where(*conditions)
    total = await session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    rows = await session.scalars(joined.order_by(*_WORST_FIRST).offset(offset).limit(limit))
    return [(row.elder_id, row) for row in rows], total


async def view_lacking(
    session: AsyncSession, rows: Sequence[tuple[uuid.UUID, ElderLacks]], *, full_ids: Collection[uuid.UUID]
) -> list[LackingElder]:
    people = await get_elder_summaries(session, [elder_id for elder_id, _ in rows], full_ids=full_ids)
    return [
        LackingElder(**people[elder_id].model_dump(), grade=row.grade, weight=row.weight, lacks=[Lack(lack) for lack in row.lacks])
        for elder_id, row in rows
        if elder_id in people
    ]


async def get_page(
    session: AsyncSession, rows: Sequence[tuple[uuid.UUID, ElderLacks]], *, total: int, offset: int, full_ids: Collection[uuid.UUID]
) -> LackingElders:
    return LackingElders(items=await view_lacking(session, rows, full_ids=full_ids), total=total, offset=offset)


def _conditions(wanted: LackFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_ALIVE]
    if wanted.region_id is not None:
        scope = within([wanted.region_id])
        conditions.append(Elder.community_id.in_(scope) | Elder.grid_id.in_(scope))
    if wanted.lack is not None:
        conditions.append(ElderLacks.lacks.contains([wanted.lack.value]))
    if wanted.grade is not None:
        conditions.append(ElderLacks.grade == wanted.grade)
    if wanted.risk is not None:
        conditions.append(Elder.risk == wanted.risk)
    return conditions


def _named(numbers: Sequence[int]) -> dict[str, Any]:
    return dict(zip(("total", "ready", "gaps", "not_findable", "urgent"), numbers, strict=True))


async def _names(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    street = aliased(Region)
    rows = await session.execute(
        select(Region.id, Region.short_name, street.short_name).outerjoin(street, street.id == Region.parent_id).where(Region.id.in_(ids))
    )
    return {i: "·".join(name for name in (above, name) if name) for i, name, above in rows}
