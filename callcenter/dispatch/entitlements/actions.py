"""All writes of entitlements. A change counts for bills that are made after it; what was billed stays as it was."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.catalog.queries import list_items
from callcenter.dispatch.entitlements.models import Entitlement, EntitlementChange, EntitlementUse
from callcenter.dispatch.entitlements.queries import EntitlementNotFound
from callcenter.dispatch.entitlements.schemas import ChangedEntitlement, EntitlementForm, WithdrawnEntitlement
from callcenter.elders.queries import current_id
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id


async def add_entitlement(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, form: EntitlementForm) -> Entitlement:
    await _items_must_exist(session, form.items)
    at = clock.now()
    row = Entitlement(
        id=new_id(), elder_id=await current_id(session, elder_id), **form.model_dump(), withdrawn_at=None, created_at=at, updated_at=at
    )
    session.add(row)
    await session.flush()
    await _write(session, actor, row, "added", fields={})
    return row


async def change_entitlement(session: AsyncSession, actor: Actor, entitlement_id: uuid.UUID, changed: ChangedEntitlement) -> Entitlement:
    row = await _lock(session, entitlement_id, changed.version)
    await _items_must_exist(session, set(changed.items) - set(row.items))
    wanted = changed.model_dump(exclude={"version"})
    before = {field: getattr(row, field) for field in wanted}
    fields = {field: [before[field], value] for field, value in wanted.items() if before[field] != value}
    if not fields:
        return row
    if fields.keys() & {"kind", "payer"} and await session.scalar(
        select(EntitlementUse.id).where(EntitlementUse.entitlement_id == row.id).limit(1)
    ):
        raise Conflict("bills have used it; withdraw it and add another one", code="entitlement_used")
    for field, value in wanted.items():
        setattr(row, field, value)
    _touch(row)
    await session.flush()
    await _write(session, actor, row, "changed", fields=fields)
    return row


async def withdraw_entitlement(
    session: AsyncSession, actor: Actor, entitlement_id: uuid.UUID, withdrawn: WithdrawnEntitlement
) -> Entitlement:
    """Bills use it no more. What it has paid stays."""
    row = await _lock(session, entitlement_id, withdrawn.version)
    row.withdrawn_at = clock.now()
    _touch(row)
    await session.flush()
    await _write(session, actor, row, "withdrawn", reason=withdrawn.reason, fields={})
    return row


async def use_entitlements(session: AsyncSession, bill_id: uuid.UUID, month: date, used: dict[uuid.UUID, int]) -> None:
    """Fen of each. Precondition: they are locked (`queries.list_counting`)."""
    await _count(session, bill_id, month, used, gives_back=False)


async def give_back(session: AsyncSession, bill_id: uuid.UUID) -> None:
    """All that this bill has used, to the months that it was of. Precondition: the bill is locked. Refused twice by the unique key."""
    for use in (await session.scalars(select(EntitlementUse).where(EntitlementUse.bill_id == bill_id))).all():
        await _count(session, bill_id, use.month, {use.entitlement_id: -use.fen}, gives_back=True)


async def _count(session: AsyncSession, bill_id: uuid.UUID, month: date, used: dict[uuid.UUID, int], *, gives_back: bool) -> None:
    at = clock.now()
    rows = [
        {"entitlement_id": i, "bill_id": bill_id, "month": month, "fen": fen, "gives_back": gives_back, "at": at}
        for i, fen in sorted(used.items())
        if fen
    ]
    if rows:
        await session.execute(insert(EntitlementUse), rows)


async def _lock(session: AsyncSession, entitlement_id: uuid.UUID, version: int) -> Entitlement:
    statement = select(Entitlement).where(Entitlement.id == entitlement_id).with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise EntitlementNotFound("no such entitlement")
    if row.withdrawn_at is not None:
        raise Conflict("it was withdrawn", code="entitlement_withdrawn")
    if row.version != version:
        raise Conflict("somebody has changed it meanwhile; look again", code="entitlement_changed", details={"version": row.version})
    return row


def _touch(row: Entitlement) -> None:
    row.version += 1
    row.updated_at = clock.now()


async def _items_must_exist(session: AsyncSession, codes: Iterable[str]) -> None:
    wanted = set(codes)
    if wanted and (unknown := wanted - {item.code for item in await list_items(session)}):
        raise Invalid("not in the catalogue", code="item_not_found", details={"unknown": sorted(unknown)})


async def _write(session: AsyncSession, actor: Actor, row: Entitlement, kind: str, *, fields: dict[str, Any], reason: str = "") -> None:
    """The history, and the audit with the names of the fields alone."""
    shown = {field: values if field != "note" else [] for field, values in fields.items()}
    await session.execute(
        insert(EntitlementChange).values(
            entitlement_id=row.id, at=clock.now(), actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name, kind=kind,
            reason=reason, fields=shown,
        )
    )  # fmt: skip
    await audit(session, actor, f"entitlement:{kind}", row.id, details={"elder_id": str(row.elder_id), "fields": sorted(fields)})
