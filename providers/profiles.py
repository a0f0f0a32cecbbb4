"""A store as its keeper sees it. Numbers of papers stay with the centre."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.queries import list_items
from callcenter.dispatch.stores.models import Licence, ProviderPerson, Store, StoreBlackout, StoreItem, StoreMember
from callcenter.dispatch.stores.schemas import BlackoutView
from callcenter.kit import clock
from callcenter.kit.phone import mask
from callcenter.settings import get_settings
from providers.schemas import OwnItem, OwnPaper, OwnPerson, OwnStore


async def read_own_store(session: AsyncSession, store_id: uuid.UUID) -> OwnStore:
    store = (await session.execute(select(Store).where(Store.id == store_id).execution_options(populate_existing=True))).scalar_one()
    names = {item.code: item.name_zh for item in await list_items(session)}
    items = (await session.scalars(select(StoreItem).where(StoreItem.store_id == store_id).order_by(StoreItem.item_code))).all()
    members = (
        await session.execute(
            select(ProviderPerson, StoreMember.role)
            .join(StoreMember, StoreMember.person_id == ProviderPerson.id)
            .where(StoreMember.store_id == store_id, StoreMember.active, ProviderPerson.active)
            .order_by(StoreMember.role, ProviderPerson.name)
        )
    ).all()
    people = {person.id: person.name for person, _ in members}
    papers = await session.execute(
        select(Licence.kind, Licence.person_id, Licence.valid_to)
        .where((Licence.store_id == store_id) | Licence.person_id.in_(people), Licence.revoked_at.is_(None))
        .order_by(Licence.valid_to.nulls_last(), Licence.kind)
    )
    today = clock.today(get_settings().timezone)
    blackouts = await session.scalars(
        select(StoreBlackout).where(StoreBlackout.store_id == store_id, StoreBlackout.last >= today).order_by(StoreBlackout.first)
    )
    return OwnStore(
        id=store.id,
        version=store.version,
        code=store.code,
        name=store.name,
        address=store.address,
        state=store.state,
        state_reason=store.state_reason,
        hours=store.hours,
        has_smartphone=store.has_smartphone,
        daily_capacity=store.daily_capacity,
        at_once=store.at_once,
        rating=store.rating,
        rating_count=store.rating_count,
        items=[
            OwnItem(code=item.item_code, name=names.get(item.item_code, item.item_code), price_fen=item.price_fen, active=item.active)
            for item in items
        ],
        papers=[
            OwnPaper(
                kind=kind, holder=people.get(person_id, "") if person_id else "", valid_to=until, lapsed=until is not None and until < today
            )
            for kind, person_id, until in papers
        ],
        people=[OwnPerson(name=person.name, number=mask(person.number), role=role) for person, role in members],
        blackouts=[BlackoutView.model_validate(one, from_attributes=True) for one in blackouts],
    )
