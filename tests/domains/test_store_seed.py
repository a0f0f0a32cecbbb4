"""600 stores: fast, harmless twice, the same every time, and of everything that can be ordered enough within reach."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.models import ClaimMode, ServiceItem
from callcenter.catalog.queries import list_items
from callcenter.dispatch.orders.candidates import list_candidates
from callcenter.dispatch.orders.matching import Gate, Wanted, match
from callcenter.dispatch.orders.models import OrderLine
from callcenter.dispatch.orders.wanted import wanted_items
from callcenter.dispatch.stores.models import (
    Licence,
    ProviderPerson,
    Store,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.elders.models import Elder, ElderNumber
from callcenter.kit import clock
from callcenter.regions.geometry import checked
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.seed.stores import NAMED, Maker, demo_stores, seed_stores
from callcenter.settings import get_settings

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


async def orderable(session: AsyncSession) -> Sequence[ServiceItem]:
    return [item for item in await list_items(session) if item.claim_mode is not ClaimMode.CENTRE]


async def wanted(session: AsyncSession, elder: Elder, item: ServiceItem) -> Wanted:
    """On the next Wednesday at noon."""
    today = clock.today(get_settings().timezone)
    noon = datetime.combine(date.fromordinal(today.toordinal() + (2 - today.weekday()) % 7), datetime.min.time()).replace(
        hour=12, tzinfo=ZoneInfo(get_settings().timezone)
    )
    line = OrderLine(item_id=item.id, item_code=item.code, low_risk=False)
    assert elder.latitude is not None
    assert elder.longitude is not None
    return Wanted(
        items=await wanted_items(session, [line]), community_id=elder.community_id, position=(elder.latitude, elder.longitude),
        sla_class=item.sla_class, at=noon, minutes=item.minutes_min, is_soon=True, dialect=elder.dialect,
    )  # fmt: skip


async def test_six_hundred_over_all_communities(session: AsyncSession, facts: DemoFacts) -> None:
    assert await seed_stores(session) == 600
    assert await seed_stores(session) == 0
    stores = (await session.scalars(select(Store))).all()
    assert len({store.community_id for store in stores}) == 72
    assert len({store.name for store in stores}) == 600
    assert len({store.number for store in stores}) == 600
    states = Counter(store.state for store in stores)
    assert set(states) == set(StoreState)
    assert states[StoreState.ADMITTED] > 540
    assert all(store.state_reason for store in stores if store.state in (StoreState.SUSPENDED, StoreState.LEFT))
    assert 35 < sum(not store.has_smartphone for store in stores) < 90
    areas = [store.area for store in stores if store.area is not None]
    assert len(areas) > 15
    for area in areas:
        checked(area)
    going = set(await session.scalars(select(StoreCommunity.store_id)))
    assert {store.id for store in stores if store.area is None} == going


async def test_papers_people_prices_and_numbers(session: AsyncSession, facts: DemoFacts) -> None:
    await seed_stores(session)
    today = clock.today(get_settings().timezone)
    papers = (await session.scalars(select(Licence))).all()
    assert all(paper.valid_from is not None and paper.valid_from < today for paper in papers)
    ends = [paper.valid_to for paper in papers if paper.valid_to is not None]
    assert sum(end < today for end in ends) > 20
    assert sum(0 <= (end - today).days <= 60 for end in ends) > 60
    items = {item.code: item for item in await list_items(session)}
    for offered in await session.scalars(select(StoreItem)):
        item = items[offered.item_code]
        assert item.price_min_cny * 100 <= offered.price_fen <= item.price_max_cny * 100
    assert not set(await session.scalars(select(ProviderPerson.number))) & set(await session.scalars(select(ElderNumber.e164)))
    per_store = Counter(await session.scalars(select(StoreMember.store_id)))
    assert set(per_store.values()) <= set(range(1, 8))
    assert len(per_store) == 600
    assert max(Counter(await session.scalars(select(StoreMember.person_id))).values()) == 2
    volunteers = select(Store.id).where(Store.kind == StoreKind.VOLUNTEERS)
    theirs = set(await session.scalars(select(StoreItem.item_code).where(StoreItem.store_id.in_(volunteers)).distinct()))
    assert {items[code].volunteer.value for code in theirs} == {"yes"}


async def test_three_in_reach_of_each_demo_elder_for_everything(session: AsyncSession, facts: DemoFacts) -> None:
    await seed_stores(session)
    few, gates = [], Counter[Gate]()
    for demo in facts.elders:
        if demo.id is None:
            continue
        elder = await session.get_one(Elder, demo.id)
        for item in await orderable(session):
            asked = await wanted(session, elder, item)
            matched = match(asked, await list_candidates(session, asked))
            gates.update(out.gate for refused in matched.out for out in refused.out)
            if len(matched.ranked) < 3:
                few.append((elder.name, item.code, len(matched.ranked)))
    assert few == []
    assert gates[Gate.LICENCE] > 0


async def test_the_named_ones_come_first_for_her_who_lives_alone(session: AsyncSession, facts: DemoFacts) -> None:
    await seed_stores(session)
    shown = {store.what_for: store for store in await demo_stores(session)}
    assert [shown[named.what_for].name for named in NAMED] == [named.name for named in NAMED]
    assert (shown["cleaning"].code, shown["cleaning"].number, shown["repair"].has_smartphone) == ("S0001", "13801000001", False)
    her = next(demo.id for demo in facts.elders if demo.what_for is WhatFor.ALONE)
    elder = await session.get_one(Elder, her)
    items = {item.code: item for item in await orderable(session)}
    first: dict[str, uuid.UUID] = {}
    for code in ("JZ01", "WX01", "JJ04", "PS01", "PH06", "WJ01"):
        asked = await wanted(session, elder, items[code])
        first[code] = match(asked, await list_candidates(session, asked)).ranked[0].store_id
    assert list(first.values()) == [shown[named.what_for].id for named in NAMED]


async def test_the_same_every_time_and_quick(session: AsyncSession, facts: DemoFacts) -> None:
    items = await list_items(session)
    began = time.process_time()
    assert await seed_stores(session) == 600
    assert time.process_time() - began < 3
    first, second = (Maker(items, today=NOW.date(), now=NOW).make().rows for _ in range(2))
    assert first == second
    assert await session.scalar(select(func.count(StoreMember.person_id))) or 0 > 1_500
