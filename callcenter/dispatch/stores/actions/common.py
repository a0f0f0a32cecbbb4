"""What every write of a store shares: the lock, its history, numbers."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.stores.errors import StoreChanged, StoreNotFound
from callcenter.dispatch.stores.models import Store, StoreChange
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.kit.outbox import publish
from callcenter.kit.phone import NumberKind, normalise
from callcenter.regions.queries import check_scope
from callcenter.settings import get_settings


async def lock_store(session: AsyncSession, actor: Actor, store_id: uuid.UUID, *, version: int | None = None) -> Store:
    """Of the actor's regions, and as one has seen it; else StoreNotFound, Forbidden `not_your_region`, StoreChanged."""
    locked = select(Store).where(Store.id == store_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    store = await session.scalar(locked)
    if store is None:
        raise StoreNotFound("no such store")
    await check_scope(session, actor, [store.community_id])
    if version is not None and store.version != version:
        raise StoreChanged("somebody has changed this store meanwhile; look at it again", details={"version": store.version})
    return store


async def write_change(
    session: AsyncSession, actor: Actor, store: Store, kind: str, *, reason: str = "", fields: dict[str, Any] | None = None
) -> None:
    """History, audit, version, news. `fields` is {field: [before, after]} and holds no number of a person."""
    store.version += 1
    await session.flush()
    await session.execute(
        insert(StoreChange).values(
            store_id=store.id,
            at=clock.now(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            kind=kind,
            reason=reason,
            fields=fields or {},
        )
    )
    await audit(session, actor, f"store:{kind}", store.id, details={"fields": sorted(fields or {})})
    await publish(session, "store", store.id, {"state": store.state}, version=store.version)


def e164(number: str, field: str = "number") -> str:
    parsed = normalise(number, get_settings())
    if parsed is None or parsed.kind is not NumberKind.E164:
        raise Invalid("not a telephone number", code="number_invalid", details={"field": field})
    return parsed.value


def differing(row: object, values: dict[str, Any]) -> dict[str, Any]:
    """{field: [before, after]} of what is different, in a form that JSON takes; the row is set to it. Numbers are told without what they are."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            changed[name] = [None, None] if name == "number" else [_plain(before), _plain(value)]
            setattr(row, name, value)
    return changed


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value
