"""Stores for tests: admitted, open day and night, everywhere, licensed for what they offer, unless it is said otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.actions.offering import place_and_offer
from callcenter.dispatch.orders.models import Offer, Order, Phase
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    ProviderPerson,
    Store,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.kit import clock, crypto
from callcenter.kit.ids import new_id
from callcenter.kit.pinyin import of_text
from callcenter.regions.models import Region, RegionLevel

ALWAYS = [[[0, 1440]]] * 7
_serial = iter(range(1, 1_000_000))


def keeper(person: ProviderPerson) -> Actor:
    return Actor("person", person.id, person.name, None)


async def make_person(
    session: AsyncSession, name: str, number: str = "", *, licences: Iterable[str] = (), until: date | None = None
) -> ProviderPerson:
    number = number or f"+86139{next(_serial):08}"
    person = ProviderPerson(
        id=new_id(),
        name=name,
        number=number,
        number_index=crypto.index(number, "provider_people.number"),
        created_at=clock.now(),
        dialects=[],
    )
    session.add(person)
    await session.flush()
    for kind in licences:
        session.add(Licence(kind=kind, person_id=person.id, number="", valid_to=until, created_at=clock.now()))
    await session.flush()
    return person


async def make_store(
    session: AsyncSession,
    name: str,
    *,
    items: dict[str, int],
    at: tuple[float, float] | None = (32.0304, 112.0953),
    communities: Iterable[uuid.UUID] | None = None,
    licences: Iterable[str] | None = None,
    until: date | None = None,
    kind: StoreKind = StoreKind.STORE,
    **fields: Any,
) -> tuple[Store, ProviderPerson]:
    """With one keeper who does the jobs. `licences` None: all that its items ask for, hers and the store's. `communities` None: all."""
    number = f"+86138{next(_serial):08}"
    everywhere = (await session.scalars(select(Region.id).where(Region.level == RegionLevel.COMMUNITY).order_by(Region.code))).all()
    store = Store(
        id=new_id(), code=f"T{next(_serial):05}", kind=kind, name=name, pinyin=of_text(name), initials="", community_id=everywhere[0],
        latitude=at[0] if at else None, longitude=at[1] if at else None, number=number, number_index=crypto.index(number, "stores.number"),
        state=fields.pop("state", StoreState.ADMITTED), state_since=clock.now(), hours=fields.pop("hours", ALWAYS), created_at=clock.now(), **fields,
    )  # fmt: skip
    session.add(store)
    await session.flush()
    for code, price in items.items():
        session.add(StoreItem(store_id=store.id, item_code=code, price_fen=price))
    for community in everywhere if communities is None else communities:
        session.add(StoreCommunity(store_id=store.id, community_id=community))
    if licences is None:
        asked = await session.scalars(select(ServiceItem.requirements).where(ServiceItem.code.in_(items)))
        licences = {word for groups in asked for group in groups for word in group}
    licences = sorted(licences)
    for word in licences:
        session.add(Licence(kind=word, store_id=store.id, number="", valid_to=until, created_at=clock.now()))
    person = await make_person(session, f"{name}店主", licences=licences, until=until)
    session.add(StoreMember(store_id=store.id, person_id=person.id, role=MemberRole.KEEPER, joined_at=clock.now()))
    await session.flush()
    return store, person


async def make_case(session: AsyncSession, elder_id: uuid.UUID) -> uuid.UUID:
    opened = await open_case(
        session, elder_id=elder_id, caller_key=None, is_sos=False, severity=Severity.N1, linked=LinkedTo(None), at=clock.now(), data={}
    )
    return opened.id


async def order_for(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *items: str, **fields: Any) -> Order:
    asked = AskedOrder(lines=[AskedLine(item=item) for item in items], **fields)
    return await place_and_offer(session, actor, await make_case(session, elder_id), asked)


async def offers_of(session: AsyncSession, order: Order, state: OfferState | None = OfferState.OPEN) -> dict[uuid.UUID, Offer]:
    found = await session.scalars(
        select(Offer).where(Offer.order_id == order.id).order_by(Offer.offered_at).execution_options(populate_existing=True)
    )
    return {offer.store_id: offer for offer in found if state is None or offer.state is state}


async def verified(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *items: str, price: int = 4_000, amount: int | None = None, store: Any = None
) -> Order:
    """An order that somebody took, did and proved."""
    items = items or ("JZ01",)
    made, person = store or await make_store(session, "张姐家政", items=dict.fromkeys(items, price))
    order = await order_for(session, actor, elder_id, *items)
    offers = await offers_of(session, order)
    await offering.accept_offer(session, keeper(person), offers[made.id].id, how="app")
    return await done(session, person, order, amount if amount is not None else price * len(items))


async def done(session: AsyncSession, person: Any, order: Order, amount: int) -> Order:
    for phase in Phase:
        await doing.prove_by_code(session, keeper(person), order.id, phase=phase, code=order.service_code)
        await doing.prove_by_agent(session, system("test"), order.id, phase=phase, note="老人确认")
        if phase is Phase.CHECK_IN:
            clock.shift(timedelta(minutes=order.minutes))
    await doing.check_out(session, keeper(person), order.id, amount_fen=amount)
    assert order.state is OrderState.VERIFIED, order.attention
    return order
