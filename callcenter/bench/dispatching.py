"""Stores in their thousands: an order matched, and orders placed, offered and taken, end to end on one PostgreSQL."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing import get_context
from statistics import median
from typing import Any

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.bench.centre import Say
from callcenter.bench.figure import Figure, quantile
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.catalog.actions import load_catalog
from callcenter.catalog.licences import LICENCES, HeldBy
from callcenter.catalog.models import ClaimMode, ServiceItem
from callcenter.catalog.queries import list_items
from callcenter.dispatch.orders.actions.offering import accept_offer, place_and_offer, wanted_of
from callcenter.dispatch.orders.actions.placing import place_order
from callcenter.dispatch.orders.candidates import list_candidates
from callcenter.dispatch.orders.matching import match
from callcenter.dispatch.orders.models import Offer, Order
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    ProviderPerson,
    Store,
    StoreCommunity,
    StoreItem,
    StoreMember,
    StoreState,
)
from callcenter.elders.models import Elder, Presence
from callcenter.kit import clock, crypto
from callcenter.kit.db import Base, Database
from callcenter.kit.ids import new_id
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.seed.places import communities
from callcenter.seed.writing import copy_rows, fill
from callcenter.settings import Settings

log = structlog.get_logger()
STORES, ELDERS, MATCHES = 10_000, 2_000, 600
RATE, SECONDS, WRITERS, PROCESSES = 20, 20, 8, 2
BENCH = system("bench")


@asynccontextmanager
async def ten_thousand_stores(settings: Settings) -> AsyncIterator[Database]:
    """Each with one worker, 4 to 12 items with their papers, 3 to 9 communities. At noon of the elders: at night nobody is asked."""
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    try:
        with temporary_postgres() as url:
            await asyncio.to_thread(migrate, url, "bench's narrow role")
            database = Database(url, pool_size=WRITERS)
            async with database.transaction() as session:
                await fill(session, ELDERS, today=clock.today(settings.timezone), now=clock.now())
                await _stores(session)
            async with database.transaction() as session:
                await session.execute(text("ANALYZE"))
            yield database
            await database.close()
    finally:
        clock.reset()


async def _stores(session: AsyncSession) -> None:
    await load_catalog(session)
    rng, at, places = random.Random(7), clock.now(), communities()
    items = [item for item in await list_items(session) if item.claim_mode is not ClaimMode.CENTRE]
    always = [[[0, 1440]]] * 7
    stores, people, members, papers, offered, areas = [], [], [], [], [], []
    for serial in range(STORES):
        place = rng.choice(places)
        store_id, person_id, number = new_id(), new_id(), f"+86137{serial:08}"
        stores.append(
            {
                "id": store_id, "code": f"B{serial:05}", "name": f"店{serial}", "pinyin": "dian", "initials": "d", "community_id": place.id,
                "latitude": place.latitude + rng.uniform(-0.01, 0.01), "longitude": place.longitude + rng.uniform(-0.01, 0.01), "number": number,
                "number_index": crypto.index(number, "stores.number"), "state": StoreState.ADMITTED, "state_since": at, "hours": always,
                "daily_capacity": 1000, "at_once": 200, "rating": rng.randint(300, 500), "rating_count": rng.randint(0, 200), "created_at": at,
            }
        )  # fmt: skip
        person_index = crypto.index(number, "provider_people.number")
        people.append({"id": person_id, "name": f"张{serial}", "number": number, "number_index": person_index, "created_at": at})
        members.append({"store_id": store_id, "person_id": person_id, "role": MemberRole.KEEPER, "joined_at": at})
        chosen = rng.sample(items, rng.randint(4, 12))
        offered += [{"store_id": store_id, "item_code": i.code, "price_fen": int(i.price_min_cny * 100)} for i in chosen]
        for kind in sorted({code for item in chosen for group in item.requirements for code in group}):
            of_store = LICENCES[kind].held_by is HeldBy.STORE
            holder = {"store_id": store_id if of_store else None, "person_id": None if of_store else person_id}
            papers.append({"id": new_id(), "kind": kind, "number": "", "created_at": at, **holder})
        areas += [{"store_id": store_id, "community_id": c.id} for c in {place, *rng.sample(places, rng.randint(2, 8))}]
    for model, rows in (
        (Store, stores),
        (ProviderPerson, people),
        (StoreMember, members),
        (Licence, papers),
        (StoreItem, offered),
        (StoreCommunity, areas),
    ):
        await copy_rows(session, model, [_whole(model, row) for row in rows])


def _whole(model: type[Base], row: dict[str, Any]) -> dict[str, Any]:
    """With the model's own defaults, which COPY does not fill in."""
    defaults = {column.name: column.default for column in model.__table__.columns if column.default is not None and column.name not in row}
    return {name: default.arg(None) if default.is_callable else default.arg for name, default in defaults.items()} | row


async def _case_of(session: AsyncSession, elder_id: uuid.UUID) -> uuid.UUID:
    opened = await open_case(
        session, elder_id=elder_id, caller_key=None, is_sos=False, severity=Severity.N1, linked=LinkedTo(None), at=clock.now(), data={}
    )
    return opened.id


async def match_order(settings: Settings, say: Say) -> list[Figure]:
    say(f"{STORES:,} stores are made, then {MATCHES} orders matched")
    async with ten_thousand_stores(settings) as database, database.transaction() as session:
        rng = random.Random(1)
        elders = (await session.scalars(select(Elder.id).where(Elder.presence == Presence.HOME).order_by(Elder.id).limit(MATCHES))).all()
        items = [i.code for i in await list_items(session) if i.claim_mode is not ClaimMode.CENTRE]
        took, pure, looked = [], [], []
        for elder_id in elders:
            asked = AskedOrder(lines=[AskedLine(item=rng.choice(items))])
            order = await place_order(session, BENCH, await _case_of(session, elder_id), asked)
            began = time.perf_counter()
            wanted = await wanted_of(session, order)
            candidates = await list_candidates(session, wanted)
            read = time.perf_counter()
            match(wanted, candidates)
            ended = time.perf_counter()
            took.append((ended - began) * 1000)
            pure.append((ended - read) * 1000)
            looked.append(len(candidates))
    return [
        Figure(
            "match_order",
            f"an order matched over {STORES:,} stores, reading included, p99",
            round(quantile(took, 0.99), 1), "ms", 50, "", None, None,
            f"median {median(took):.1f} ms, of it {median(pure):.2f} ms in the pure function; "
            f"{median(looked):.0f} stores (at most {max(looked)}) offer the item and go there",
        )
    ]  # fmt: skip


async def orders_a_second(settings: Settings, say: Say) -> list[Figure]:
    """Placed with its offers in one transaction, accepted in another; nothing is left out but the HTTP around it. By two processes, as the api and the
    stores' app are two."""
    say(f"{RATE} orders a second for {SECONDS} s, each placed, matched, offered and accepted, by {PROCESSES} processes")
    async with ten_thousand_stores(settings) as database:
        async with database.transaction() as session:
            at_home = select(Elder.id).where(Elder.presence == Presence.HOME).order_by(Elder.id).limit(RATE * SECONDS)
            elders = list(await session.scalars(at_home))
            items = [i.code for i in await _open_items(session)]
        url, loop, began = database.url, asyncio.get_running_loop(), time.perf_counter()
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            shares = [elders[n::PROCESSES] for n in range(PROCESSES)]
            done = await asyncio.gather(
                *(loop.run_in_executor(pool, _place_and_accept, url, share, items, RATE / PROCESSES) for share in shares)
            )
        took = [ms for ran, _, _ in done for ms in ran]
        failed = sum(count for _, count, _ in done)
        rate = len(took) / max(seconds for _, _, seconds in done)
        say(f"done in {time.perf_counter() - began:.0f} s")
        async with database.transaction() as session:
            accepted = len((await session.scalars(select(Order.id).where(Order.state == OrderState.ACCEPTED))).all())
    return [
        Figure(
            "orders_a_second",
            f"orders placed, matched over {STORES:,} stores, offered and accepted, a second",
            round(rate, 1), "orders/s", RATE * 0.97, "", None, None,
            f"asked for {RATE} a second for {SECONDS} s; {failed} failed, {accepted} accepted in the database; from asking to accepted median "
            f"{median(took) if took else 0:.0f} ms, p99 {quantile(took, 0.99):.0f} ms",
            more_is_better=True,
        )
    ]  # fmt: skip


def _place_and_accept(url: str, elders: list[uuid.UUID], items: list[str], rate: float) -> tuple[list[float], int, float]:
    """In a process of its own: how long each took (ms), how many failed, how long all of it took (s) from its first order on."""
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=2))  # the noon after: what the first process made is in force
    return asyncio.run(_at_a_rate(url, elders, items, rate))


async def _at_a_rate(url: str, elders: list[uuid.UUID], items: list[str], rate: float) -> tuple[list[float], int, float]:
    database, took, failed, errors = Database(url, pool_size=WRITERS), [], 0, Counter[str]()
    rng = random.Random(2)

    async def one(elder_id: uuid.UUID, item: str) -> None:
        nonlocal failed
        began = time.perf_counter()
        try:
            async with database.transaction() as session:
                asked = AskedOrder(lines=[AskedLine(item=item)])
                order = await place_and_offer(session, BENCH, await _case_of(session, elder_id), asked)
                first = await session.scalar(select(Offer.id).where(Offer.order_id == order.id, Offer.state == OfferState.OPEN).limit(1))
            async with database.transaction() as session:
                assert first is not None
                await accept_offer(session, Actor("person", None, "", None), first, how="app")
            took.append((time.perf_counter() - began) * 1000)
        except Exception as error:
            failed += 1
            errors[type(error).__name__] += 1

    began, tasks = time.perf_counter(), []
    for turn, elder_id in enumerate(elders):
        await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(elder_id, rng.choice(items))))
    await asyncio.gather(*tasks)
    spent = time.perf_counter() - began
    await database.close()
    if errors:
        log.warning("orders_failed", **errors)
    return took, failed, spent


async def _open_items(session: AsyncSession) -> list[ServiceItem]:
    return [item for item in await list_items(session) if item.claim_mode is ClaimMode.OPEN]
