"""Offers run out exactly once: two workers at one moment, one that dies in the middle, one that comes late. On committed rows, over several connections."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import time, timedelta

import pytest_asyncio
from sqlalchemy import func, select

from callcenter.accounts.actor import system
from callcenter.cases.models import CaseEntry
from callcenter.dispatch.jobs import sweep_orders
from callcenter.dispatch.orders.actions.offering import accept_offer, expire_offer
from callcenter.dispatch.orders.actions.plans import make_plan
from callcenter.dispatch.orders.models import Offer, Order, OrderEvent, OrderPlan
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder, AskedPlan
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.elders.models import Elder, ElderNumber, Presence
from callcenter.kit import clock
from callcenter.kit.errors import AppError
from tests.house import House
from tests.stores import keeper, make_case, make_store, order_for

DESK = system("test")


@pytest_asyncio.fixture
async def noon() -> AsyncIterator[None]:
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    yield
    clock.reset()


async def elder_of(house: House) -> uuid.UUID:
    async with house.database.transaction() as session:
        return (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == "+867103456789"))).one()


async def an_order(house: House, item: str, *, stores: int) -> Order:
    elder = await elder_of(house)
    async with house.database.transaction() as session:
        for serial in range(stores):
            await make_store(session, f"店{serial}", items={item: 9000})
        return await order_for(session, DESK, elder, item)


async def kinds(house: House, order: Order) -> list[str]:
    async with house.database.transaction() as session:
        return list(await session.scalars(select(OrderEvent.kind).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)))


async def state(house: House, order: Order) -> OrderState:
    async with house.database.transaction() as session:
        return (await session.get_one(Order, order.id)).state


async def test_workers_at_the_same_moment_expire_an_offer_once(house: House, noon: None) -> None:
    order = await an_order(house, "WX05", stores=3)
    clock.shift(timedelta(minutes=4))  # a third of ten minutes
    await asyncio.gather(*(sweep_orders(house.database) for _ in range(4)))
    assert await kinds(house, order) == ["placed", "offered", "offer_expired", "offered"]
    assert await state(house, order) is OrderState.OFFERED


async def test_a_worker_that_dies_in_the_middle_has_done_nothing_and_the_next_does_it_once(house: House, noon: None) -> None:
    order = await an_order(house, "WX05", stores=2)
    clock.shift(timedelta(minutes=4))
    async with house.database.transaction() as session:
        offer_id = (await session.scalars(select(Offer.id).where(Offer.order_id == order.id))).one()

    async def dies() -> None:
        async with house.database.transaction() as session:
            assert await expire_offer(session, DESK, offer_id)
            raise ConnectionError("kill -9")

    await asyncio.gather(dies(), return_exceptions=True)
    assert await kinds(house, order) == ["placed", "offered"]
    await sweep_orders(house.database)
    await sweep_orders(house.database)
    assert await kinds(house, order) == ["placed", "offered", "offer_expired", "offered"]


async def test_a_worker_that_was_away_for_hours_puts_it_on_the_agents_list(house: House, noon: None) -> None:
    order = await an_order(house, "WX05", stores=2)
    clock.shift(timedelta(hours=3))
    await sweep_orders(house.database)
    assert await state(house, order) is OrderState.EXPIRED
    async with house.database.transaction() as session:
        told = list(await session.scalars(select(CaseEntry.kind).where(CaseEntry.case_id == order.case_id).order_by(CaseEntry.at)))
        assert (await session.get_one(Order, order.id)).attention == "expired"
    assert told.count("order_expired") == 1


async def test_an_answer_and_the_deadline_at_the_same_moment(house: House, noon: None) -> None:
    """Whoever gets the lock first: taken and kept, or run out and told so; never both."""
    for _ in range(5):
        order = await an_order(house, "WX05", stores=1)
        async with house.database.transaction() as session:
            offer = (await session.scalars(select(Offer).where(Offer.order_id == order.id))).one()
        clock.shift(offer.deadline_at - clock.now() - timedelta(milliseconds=15))

        async def answers(offer: Offer = offer) -> str:
            try:
                async with house.database.transaction() as session:
                    await accept_offer(session, DESK, offer.id, how="app")
            except AppError as error:
                return error.code
            return "accepted"

        answer, _ = await asyncio.gather(answers(), sweep_until_due(house, offer))
        async with house.database.transaction() as session:
            kept = await session.get_one(Offer, offer.id)
            is_store = (await session.get_one(Order, order.id)).store_id
        if answer == "accepted":
            assert (kept.state, is_store) == (OfferState.ACCEPTED, offer.store_id)
        else:
            assert (answer, kept.state, is_store) == ("offer_gone", OfferState.EXPIRED, None)


async def sweep_until_due(house: House, offer: Offer) -> None:
    while clock.now() <= offer.deadline_at:
        await asyncio.sleep(0.003)
    await sweep_orders(house.database)


async def test_fifty_stores_answer_one_order_and_one_has_it(house: House, noon: None) -> None:
    """Fifty answers from fifty people to the five offers there are, ten of each: one takes it, and takes it once."""
    elder = await elder_of(house)
    async with house.database.transaction() as session:
        people = {store.id: person for store, person in [await make_store(session, f"店{i}", items={"JZ01": 4000}) for i in range(5)]}
        order = await order_for(session, DESK, elder, "JZ01")
        offers = list(await session.scalars(select(Offer).where(Offer.order_id == order.id)))
    assert len(offers) == 5

    async def answers(offer: Offer) -> str:
        try:
            async with house.database.transaction() as session:
                await accept_offer(session, keeper(people[offer.store_id]), offer.id, how="app")
        except AppError as error:
            return str(error.details["why"])
        return str(offer.store_id)

    answered = await asyncio.gather(*(answers(offer) for offer in offers * 10))
    won = {answer for answer in answered if answer != "taken"}
    async with house.database.transaction() as session:
        found = await session.get_one(Order, order.id)
        accepted = await session.scalar(
            select(func.count()).select_from(OrderEvent).where(OrderEvent.order_id == order.id, OrderEvent.kind == "accepted")
        )
    assert won == {str(found.store_id)}
    assert answered.count("taken") == 40
    assert accepted == 1


async def test_every_monday_at_nine_is_placed_ahead_once_and_not_while_she_is_away(house: House, noon: None) -> None:
    elder = await elder_of(house)
    today = (clock.now() + timedelta(hours=8)).date()
    async with house.database.transaction() as session:
        (await session.get_one(Elder, elder)).presence = Presence.HOME  # whatever another test left
        await make_store(session, "张姐家政", items={"JZ01": 4000})
        asked = AskedPlan(order=AskedOrder(lines=[AskedLine(item="JZ01")]), weekdays=[(today.weekday() + 1) % 7], at=time(9), first=today)
        plan = await make_plan(session, DESK, await make_case(session, elder), asked)
    await asyncio.gather(*(sweep_orders(house.database) for _ in range(3)))
    async with house.database.transaction() as session:
        (order,) = (await session.scalars(select(Order).where(Order.plan_id == plan.id))).all()
        assert (order.due_on, order.state) == (today + timedelta(days=1), OrderState.OFFERED)
        assert order.case_id != plan.case_id
        (await session.get_one(Elder, elder)).presence = Presence.IN_HOSPITAL
    clock.shift(timedelta(days=6))
    await sweep_orders(house.database)
    async with house.database.transaction() as session:
        assert len((await session.scalars(select(Order.id).where(Order.plan_id == plan.id))).all()) == 1
        assert (await session.get_one(OrderPlan, plan.id)).next_on == today + timedelta(days=15)
        (await session.get_one(Elder, elder)).presence = Presence.HOME
    clock.shift(timedelta(days=7))
    await sweep_orders(house.database)
    async with house.database.transaction() as session:
        assert len((await session.scalars(select(Order.id).where(Order.plan_id == plan.id))).all()) == 2
