"""A store's own facts: who and where, when, what for how much, in which area, on which days not, for which elder not."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.catalog.models import ClaimMode, VolunteerPart
from callcenter.catalog.queries import resolve_items
from callcenter.dispatch.stores.actions.common import differing, e164, lock_store, write_change
from callcenter.dispatch.stores.errors import PriceOutside, StoreNotFound
from callcenter.dispatch.stores.models import (
    Organisation,
    Store,
    StoreBlackout,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreRefusal,
    StoreState,
)
from callcenter.dispatch.stores.rules import check_hours, is_price_inside
from callcenter.dispatch.stores.schemas import ChangedArea, ChangedHours, ChangedItems, ChangedStore, NewBlackout, OfferedItem, StoreForm
from callcenter.kit import clock, crypto, pinyin
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.regions.geometry import BadGeometry, checked
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import check_scope, in_scope

NUMBER_COLUMN = "stores.number"
MOST_BLACKOUTS = 100
_CODES_LOCK = 0x570E  # two that are made at once get two codes


async def create_store(session: AsyncSession, actor: Actor, form: StoreForm) -> Store:
    """It has applied; nothing is offered to it before it is admitted."""
    await check_scope(session, actor, [form.community_id])
    now = clock.now()
    store = Store(id=new_id(), code=await _next_code(session), state=StoreState.APPLIED, state_since=now, created_at=now)
    for name, value in (await _values(session, form)).items():
        setattr(store, name, value)
    session.add(store)
    await session.flush()
    await write_change(session, actor, store, "created")
    return store


async def edit_store(session: AsyncSession, actor: Actor, store_id: uuid.UUID, form: ChangedStore) -> Store:
    """The number may be given as it was shown, masked or not: a masked one is left as it is. Unchanged: nothing is written."""
    store = await lock_store(session, actor, store_id, version=form.version)
    if form.community_id != store.community_id:
        await check_scope(session, actor, [form.community_id])
    if form.kind is not store.kind:
        await _refuse_kind(session, store, form.kind)
    values = await _values(session, form, before=store)
    hidden = {name: values.pop(name) for name in ("pinyin", "initials", "number_index")}
    if changed := differing(store, values):
        for name, value in hidden.items():
            setattr(store, name, value)
        await write_change(session, actor, store, "edited", fields=changed)
    return store


async def _values(session: AsyncSession, form: StoreForm, *, before: Store | None = None) -> dict[str, Any]:
    region = await session.get(Region, form.community_id)
    if region is None or region.level is not RegionLevel.COMMUNITY or region.retired_at is not None:
        raise Invalid("a store stands in a community that is in use", code="no_community", details={"field": "community_id"})
    if form.organisation_id is not None and (before is None or before.organisation_id != form.organisation_id):
        organisation = await session.get(Organisation, form.organisation_id)
        if organisation is None or not organisation.active:
            raise Invalid("no such organisation", code="organisation_not_found", details={"field": "organisation_id"})
    number = before.number if before is not None and "*" in form.number else e164(form.number)
    reading = pinyin.of_text(form.name)
    return form.model_dump(exclude={"version", "hours", "number"}) | {
        "pinyin": reading,
        "initials": pinyin.initials(reading),
        "number": number,
        "number_index": crypto.index(number, NUMBER_COLUMN),
        "hours": check_hours(form.hours),
    }


async def _refuse_kind(session: AsyncSession, store: Store, kind: StoreKind) -> None:
    """Volunteers take what the catalogue lets them take; a store that offers more does not become a group of them."""
    if kind is StoreKind.VOLUNTEERS:
        offered = (await session.scalars(select(StoreItem.item_code).where(StoreItem.store_id == store.id, StoreItem.active))).all()
        parts = {item.code: item.volunteer for item in await resolve_items(session, store.community_id)}
        if more := [code for code in offered if parts.get(code) is VolunteerPart.NO]:
            raise Conflict("it offers what volunteers may not do", code="volunteers_may_not", details={"items": more})


async def _next_code(session: AsyncSession) -> str:
    await session.execute(select(func.pg_advisory_xact_lock(_CODES_LOCK)))
    last = await session.scalar(text("SELECT max(substring(code FROM 2)::int) FROM stores WHERE code ~ '^S[0-9]{1,8}$'"))
    return f"S{(last or 0) + 1:04}"


# --- items -------------------------------------------------------------------------------------------------------------------------


async def set_items(session: AsyncSession, actor: Actor, store_id: uuid.UUID, wanted: ChangedItems) -> Store:
    """All that it offers from now on. What it is offered already, or has accepted, keeps its price."""
    store = await lock_store(session, actor, store_id, version=wanted.version)
    before = {item.item_code: item for item in await session.scalars(select(StoreItem).where(StoreItem.store_id == store_id))}
    await check_items(session, store, wanted.items, reason=wanted.reason, before=before)
    after = {item.code: item for item in wanted.items}
    changed: dict[str, Any] = {}
    for code in before.keys() | after.keys():
        old = _shown(before[code].price_fen, before[code].active) if code in before else None
        new = _shown(after[code].price_fen, after[code].active) if code in after else None
        if old != new:
            changed[code] = [old, new]
    if not changed:
        return store
    for code, row in before.items():
        if code not in after:
            await session.delete(row)
    for item in wanted.items:
        if item.code in before:
            before[item.code].price_fen, before[item.code].active = item.price_fen, item.active
        else:
            session.add(StoreItem(store_id=store_id, item_code=item.code, price_fen=item.price_fen, active=item.active))
    await write_change(session, actor, store, "items", reason=wanted.reason, fields=changed)
    return store


async def check_items(
    session: AsyncSession, store: Store, wanted: list[OfferedItem], *, reason: str, before: dict[str, StoreItem] | None = None
) -> None:
    """Invalid: `item_unknown`, `item_twice`, `centre_item`; Conflict `volunteers_may_not`; PriceOutside without a reason, but for a price that stood."""
    items = {item.code: item for item in await resolve_items(session, store.community_id)}
    if len({item.code for item in wanted}) != len(wanted):
        raise Invalid("an item stands twice", code="item_twice", details={"field": "items"})
    for one in wanted:
        item = items.get(one.code)
        if item is None:
            raise Invalid(f"{one.code} is not in the catalogue", code="item_unknown", details={"field": "items", "item": one.code})
        if item.claim_mode is ClaimMode.CENTRE:
            raise Invalid(f"{one.code} is done by the centre itself", code="centre_item", details={"field": "items", "item": one.code})
        if store.kind is StoreKind.VOLUNTEERS and item.volunteer is VolunteerPart.NO:
            raise Conflict(f"volunteers may not do {one.code}", code="volunteers_may_not", details={"items": [one.code]})
        stood = before is not None and one.code in before and before[one.code].price_fen == one.price_fen
        if not stood and not reason and not is_price_inside(one.price_fen, item.price_min, item.price_max):
            details = {"field": "items", "item": one.code, "least_fen": item.price_min, "most_fen": item.price_max}
            raise PriceOutside("outside of the catalogue's range; say why", details=details)


def _shown(price_fen: int, active: bool) -> str:
    return f"¥{price_fen / 100:.2f}" + ("" if active else " (off)")


# --- where and when --------------------------------------------------------------------------------------------------------------


async def set_area(session: AsyncSession, actor: Actor, store_id: uuid.UUID, wanted: ChangedArea) -> Store:
    store = await lock_store(session, actor, store_id, version=wanted.version)
    if (wanted.polygon is not None) == bool(wanted.communities):
        raise Invalid("communities, or a polygon", code="no_area", details={"field": "communities"})
    polygon = None
    if wanted.polygon is not None:
        try:
            polygon = checked(wanted.polygon)
        except BadGeometry as error:
            raise Invalid(str(error), code="bad_geometry", details={"field": "polygon", "reason": error.reason}) from error
    await put_area(session, actor, store, communities=set(wanted.communities), polygon=polygon)
    return store


async def put_area(
    session: AsyncSession, actor: Actor, store: Store, *, communities: set[uuid.UUID], polygon: dict[str, Any] | None
) -> None:
    """Communities that are in use; what a supervisor adds is hers, what stood outside of her regions may stay."""
    before = set(await session.scalars(select(StoreCommunity.community_id).where(StoreCommunity.store_id == store.id)))
    in_use = select(Region.id).where(Region.id.in_(communities), Region.level == RegionLevel.COMMUNITY, Region.retired_at.is_(None))
    if communities - before - set(await session.scalars(in_use)):
        raise Invalid("one of them is no community in use", code="no_community", details={"field": "communities"})
    added = communities - before
    await check_scope(session, actor, added - await in_scope(session, actor, added))
    if before == communities and store.area == polygon:
        return
    fields: dict[str, Any] = {"communities": [len(before), len(communities)]}
    if store.area != polygon:
        fields["polygon"] = [store.area is not None, polygon is not None]
    store.area = polygon
    await session.execute(
        delete(StoreCommunity).where(StoreCommunity.store_id == store.id, StoreCommunity.community_id.not_in(communities))
    )
    if added:
        await session.execute(insert(StoreCommunity), [{"store_id": store.id, "community_id": one} for one in sorted(added)])
    await write_change(session, actor, store, "area", fields=fields)


async def set_hours(session: AsyncSession, actor: Actor, store_id: uuid.UUID, wanted: ChangedHours) -> Store:
    """Unchanged: nothing is written."""
    store = await lock_store(session, actor, store_id, version=wanted.version)
    values = {"hours": check_hours(wanted.hours), "has_smartphone": wanted.has_smartphone}
    if changed := differing(store, values):
        await write_change(session, actor, store, "edited", fields=changed)
    return store


async def add_blackout(session: AsyncSession, actor: Actor, store_id: uuid.UUID, new: NewBlackout) -> Store:
    store = await lock_store(session, actor, store_id, version=new.version)
    if new.last < new.first:
        raise Invalid("the last day lies before the first", code="dates_order", details={"field": "last"})
    if (new.last - new.first).days > 366:
        raise Invalid("at most a year", code="too_long", details={"field": "last"})
    there = await session.scalar(select(func.count()).select_from(StoreBlackout).where(StoreBlackout.store_id == store_id))
    if (there or 0) >= MOST_BLACKOUTS:
        raise Conflict("too many; remove those that have passed", code="too_many_blackouts")
    session.add(StoreBlackout(store_id=store_id, first=new.first, last=new.last, reason=new.reason))
    days = f"{new.first.isoformat()}–{new.last.isoformat()}"
    await write_change(session, actor, store, "blackout", reason=new.reason, fields={"days": [None, days]})
    return store


async def remove_blackout(session: AsyncSession, actor: Actor, store_id: uuid.UUID, blackout_id: uuid.UUID, *, version: int) -> Store:
    store = await lock_store(session, actor, store_id, version=version)
    blackout = await session.get(StoreBlackout, blackout_id)
    if blackout is None or blackout.store_id != store_id:
        raise NotFound("no such days", code="blackout_not_found")
    days = f"{blackout.first.isoformat()}–{blackout.last.isoformat()}"
    await session.delete(blackout)
    await write_change(session, actor, store, "blackout", fields={"days": [days, None]})
    return store


# --- an elder who wants it no more ---------------------------------------------------------------------------------------------------


async def refuse_store(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, store_id: uuid.UUID, *, reason: str) -> None:
    """She wants it no more. Harmless twice: the first reason stands. The store is not told."""
    if await session.scalar(select(Store.id).where(Store.id == store_id)) is None:
        raise StoreNotFound("no such store")
    row = {
        "elder_id": elder_id, "store_id": store_id, "reason": reason, "at": clock.now(), "by_id": actor.id if actor.kind == "user" else None,
    }  # fmt: skip
    put = await session.execute(pg_insert(StoreRefusal).values(row).on_conflict_do_nothing().returning(StoreRefusal.store_id))
    if put.first() is not None:
        await audit(session, actor, "elder:store-refused", elder_id, details={"store_id": str(store_id)})


async def take_again(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, store_id: uuid.UUID) -> None:
    """Harmless twice."""
    gone = delete(StoreRefusal).where(StoreRefusal.elder_id == elder_id, StoreRefusal.store_id == store_id).returning(StoreRefusal.store_id)
    if (await session.execute(gone)).first() is not None:
        await audit(session, actor, "elder:store-taken-again", elder_id, details={"store_id": str(store_id)})
