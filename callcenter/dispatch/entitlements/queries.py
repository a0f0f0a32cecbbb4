"""All reads of entitlements. Those of profiles that were merged into hers are hers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.entitlements.models import OTHERS, Entitlement, EntitlementChange, EntitlementUse
from callcenter.dispatch.entitlements.rules import covers_any, is_valid
from callcenter.dispatch.entitlements.schemas import EntitlementChangeView, EntitlementView
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.settings import get_settings


class EntitlementNotFound(NotFound):
    code = "entitlement_not_found"


def _hers(elder_id: uuid.UUID) -> Select[Entitlement]:
    """Of this person, whichever of her profiles is asked for: orders stay with the one that they were placed for."""
    kept = select(func.coalesce(Elder.merged_into, Elder.id)).where(Elder.id == elder_id).scalar_subquery()
    ids = select(Elder.id).where(or_(Elder.id == kept, Elder.merged_into == kept))
    return select(Entitlement).where(Entitlement.elder_id.in_(ids)).order_by(Entitlement.id)


async def list_counting(session: AsyncSession, elder_id: uuid.UUID, on: date, *, lock: bool = False) -> Sequence[Entitlement]:
    """Those that count on that day, by id. `lock`: held until the transaction ends, in that order, so that two bills never meet head-on."""
    statement = _hers(elder_id).where(
        Entitlement.withdrawn_at.is_(None), Entitlement.valid_from <= on, or_(Entitlement.valid_to.is_(None), Entitlement.valid_to >= on)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(statement)).all()


async def covers(session: AsyncSession, elder_id: uuid.UUID, wanted: Collection[tuple[str, str]], on: date) -> bool:
    """Whether somebody else may pay for one of these items, (code, category), on that day. What is left of the month is not asked: it may
    be given back, and two proofs too many are better than one too few."""
    return covers_any(await list_counting(session, elder_id, on), wanted, on)


async def used_in(session: AsyncSession, ids: Collection[uuid.UUID], month: date) -> dict[uuid.UUID, int]:
    """Fen, of each that was used at all."""
    rows = await session.execute(
        select(EntitlementUse.entitlement_id, func.sum(EntitlementUse.fen))
        .where(EntitlementUse.entitlement_id.in_(ids), EntitlementUse.month == month)
        .group_by(EntitlementUse.entitlement_id)
    )
    return {entitlement_id: int(fen) for entitlement_id, fen in rows}


async def get_entitlement(session: AsyncSession, entitlement_id: uuid.UUID) -> Entitlement:
    found = await session.get(Entitlement, entitlement_id)
    if found is None:
        raise EntitlementNotFound("no such entitlement")
    return found


async def list_entitlements(session: AsyncSession, elder_id: uuid.UUID, month: date) -> list[EntitlementView]:
    """All of hers, also what is over; with what a month has used and left, and their history."""
    rows = (await session.scalars(_hers(elder_id).execution_options(populate_existing=True))).all()
    ids = [row.id for row in rows]
    used, today = await used_in(session, ids, month), clock.today(get_settings().timezone)
    changes: dict[uuid.UUID, list[EntitlementChangeView]] = {i: [] for i in ids}
    found = select(EntitlementChange).where(EntitlementChange.entitlement_id.in_(ids)).order_by(EntitlementChange.id.desc()).limit(500)
    for change in await session.scalars(found):
        changes[change.entitlement_id].append(
            EntitlementChangeView(at=change.at, by=change.actor_name, kind=change.kind, reason=change.reason, fields=change.fields)
        )
    views = [view_of(row, used.get(row.id, 0), changes[row.id], today) for row in rows]
    return sorted(views, key=lambda view: (not view.counts, OTHERS.index(view.kind), view.valid_from, view.id))


def view_of(row: Entitlement, used: int, changes: list[EntitlementChangeView], today: date) -> EntitlementView:
    return EntitlementView(
        **{field: getattr(row, field) for field in EntitlementView.model_fields if hasattr(row, field)},
        counts=row.withdrawn_at is None and is_valid(row, today),
        used_fen=used,
        left_fen=None if row.month_cap_fen is None else max(0, row.month_cap_fen - used),
        changes=changes,
    )
