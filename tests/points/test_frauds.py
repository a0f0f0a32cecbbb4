"""Each pattern of fraud planted, beside its innocent neighbour; a cause makes one review, however often it is looked for."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest_asyncio
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.elders.models import Elder, ElderNumber, NumberSource
from callcenter.kit import clock
from callcenter.kit.crypto import index
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.points.checks.frauds import find_overlapping, find_round_trips, find_self_referrals
from callcenter.points.checks.models import PointsReview, ReviewState, Rule
from callcenter.points.checks.reviews import decide
from callcenter.points.earning.actions import find_earning, release
from callcenter.points.earning.models import Purchase
from callcenter.points.earning.purchases import refund_purchase, report_purchase
from callcenter.points.earning.referrals import refer
from callcenter.points.earning.terms import agree
from callcenter.points.members.actions import member_of
from callcenter.points.volunteers.models import Volunteer, VolunteerEvent, VolunteerVisit
from callcenter.points.volunteers.states import Pays, VisitState, VolunteerState, Way
from tests.house import start_afresh
from tests.points.books import Books
from tests.stores import make_case, make_store, order_for

TEST = system("test")
NOON = datetime(2027, 3, 10, 4, tzinfo=UTC)
DAY = date(2027, 3, 10)
NUMBERS = count(1)


@dataclass
class Town:
    books: Books
    owner: Database
    elders: list[uuid.UUID]

    async def found(self, find: Callable[[AsyncSession], Awaitable[int]]) -> int:
        async with self.books.database.transaction() as session:
            return await find(session)

    async def reviews(self) -> list[PointsReview]:
        async with self.owner.transaction() as session:
            return [*await session.scalars(select(PointsReview).order_by(PointsReview.id))]

    async def volunteer(self, elder_id: uuid.UUID | None = None) -> uuid.UUID:
        async with self.owner.transaction() as session:
            elder = await session.get_one(Elder, self.elders[0])
            number = f"+86139{next(NUMBERS):08}"
            one = Volunteer(
                id=new_id(), version=1, state=VolunteerState.ACTIVE, elder_id=elder_id, name="赵志愿", number=number,
                number_index=index(number, "volunteers.number"), birth_date=date(1950, 1, 1), community_id=elder.community_id, skills=[], languages=[],
                availability=[], applied_at=clock.now(), state_at=clock.now(),
            )  # fmt: skip
            session.add(one)
            return one.id

    async def visit(self, volunteer_id: uuid.UUID, elder: int, began: datetime, hours: float) -> uuid.UUID:
        async with self.owner.transaction() as session:
            her = await session.get_one(Elder, self.elders[elder])
            item_id = (await session.scalars(select(ServiceItem.id).where(ServiceItem.code == "JZ01").limit(1))).one()
            visit = VolunteerVisit(
                id=new_id(), version=1, number=f"Z-{next(NUMBERS):05}", case_id=await make_case(session, her.id), elder_id=her.id,
                community_id=her.community_id, state=VisitState.CHECKED_OUT, way=Way.TAKEN, item_id=item_id, item_code="JZ01",
                title="日常保洁", low_risk=True, wanted_from=began, half_hours=2, notes="", pays=Pays.FREE, asked_at=began, declined=[], reason="",
                service_code="123456", donated=0, paid=0, code_tries=0, attention="", volunteer_id=volunteer_id, accepted_at=began,
                checked_in_at=began, checked_out_at=began + timedelta(hours=hours),
            )  # fmt: skip
            session.add(visit)
            return visit.id

    async def sale(self, store_id: uuid.UUID, elder: int, fen: int = 10_000) -> str:
        async with self.owner.transaction() as session:
            card = (await session.scalars(select(Elder.card_number).where(Elder.id == self.elders[elder]))).one()
            receipt = f"R-{next(NUMBERS)}"
            await report_purchase(session, TEST, store_id, receipt=receipt, card_number=card or "", amount_fen=fen)
            return receipt

    async def refund(self, store_id: uuid.UUID, receipt: str, fen: int = 10_000) -> None:
        async with self.owner.transaction() as session:
            await refund_purchase(session, TEST, store_id, receipt=receipt, number="1", fen=fen)


@pytest_asyncio.fixture
async def town(books: Books, house_owner_url: str) -> AsyncIterator[Town]:
    owner = Database(house_owner_url, pool_size=2)
    clock.shift(NOON - clock.now())
    async with owner.transaction() as session:
        await start_afresh(session)
        elders = (await session.scalars(select(Elder.id).where(Elder.merged_into.is_(None)).order_by(Elder.id).limit(4))).all()
        for place, elder_id in enumerate(elders):
            elder = await session.get_one(Elder, elder_id)
            elder.name, elder.birth_date, elder.card_number, elder.merged_into = (
                f"老人{place}",
                date(1950, 1, 1 + place),
                f"FRAUD-{place}",
                None,
            )
            await session.execute(delete(ElderNumber).where(ElderNumber.elder_id == elder_id))
            await member_of(session, elder_id)
    yield Town(books, owner, list(elders))
    clock.reset()
    await owner.close()


async def shop(town: Town) -> uuid.UUID:
    async with town.owner.transaction() as session:
        store, _ = await make_store(session, "甲", items={"JZ01": 4_000})
        await agree(session, TEST, store.id, allied=True)
        return store.id


# --- at two places at once -------------------------------------------------------------------------------------------------------


async def test_a_second_door_is_reviewed_once(town: Town) -> None:
    """Refused twice on one day: one review. Another volunteer's visits one after the other: none."""
    hers, innocent = await town.volunteer(), await town.volunteer()
    visit = await town.visit(hers, 0, NOON, 1)
    await town.visit(innocent, 1, NOON, 1)
    await town.visit(innocent, 2, NOON + timedelta(hours=1), 1)
    async with town.owner.transaction() as session:
        for minutes in (5, 6):
            session.add(
                VolunteerEvent(
                    id=new_id(), visit_id=visit, at=NOON + timedelta(minutes=minutes), kind="overlap", state=VisitState.ACCEPTED, actor_id=None,
                    actor_name="test", data={"volunteer_id": str(hers), "other_visit_id": str(visit)},
                )
            )  # fmt: skip
    clock.shift(timedelta(hours=3))
    assert [await town.found(find_overlapping) for _ in range(2)] == [1, 0]
    (review,) = await town.reviews()
    assert (review.rule, review.member_id, review.day) == (Rule.OVERLAPPING, hers, DAY) and review.details["times"] == 1


async def test_served_at_home_while_out_as_a_volunteer(town: Town) -> None:
    """Her own cleaning went on while she was at somebody's door; her neighbour's began when she was home again."""
    fraud, innocent = await town.volunteer(town.elders[0]), await town.volunteer(town.elders[1])
    await town.visit(fraud, 2, NOON, 2)
    await town.visit(innocent, 3, NOON, 1)
    store_id = await shop(town)
    async with town.owner.transaction() as session:
        for place, began in ((0, NOON + timedelta(hours=1)), (1, NOON + timedelta(hours=1))):
            order: Order = await order_for(session, TEST, town.elders[place], "JZ01")
            order.state, order.checked_in_at, order.checked_out_at = OrderState.DONE, began, began + timedelta(hours=1)
            order.store_id = store_id
    clock.shift(timedelta(hours=3))
    assert [await town.found(find_overlapping) for _ in range(2)] == [1, 0]
    assert [review.member_id for review in await town.reviews()] == [town.elders[0]]


# --- bought and given back -------------------------------------------------------------------------------------------------------


async def test_round_and_round_at_one_store(town: Town) -> None:
    """Three refunds at a store within the month are looked at; two, or three at three stores, are how people shop. Decided, only new ones count."""
    stores = [await shop(town) for _ in range(3)]
    for _ in range(3):
        await town.refund(stores[0], await town.sale(stores[0], 0))
    for _ in range(2):
        await town.refund(stores[0], await town.sale(stores[0], 1))
    for store_id in stores:
        await town.refund(store_id, await town.sale(store_id, 2))
    assert [await town.found(find_round_trips) for _ in range(2)] == [1, 0]
    (review,) = await town.reviews()
    assert (review.rule, review.member_id, review.details["times"]) == (Rule.ROUND_TRIP, town.elders[0], 3)
    async with town.owner.transaction() as session:
        await decide(session, TEST, review.id, state=ReviewState.CLEARED, reason="尺码不对")
    clock.shift(timedelta(days=2))
    await town.refund(stores[0], await town.sale(stores[0], 0))
    assert await town.found(find_round_trips) == 0  # the three before were looked at
    clock.shift(timedelta(days=1))
    for _ in range(2):
        await town.refund(stores[0], await town.sale(stores[0], 0))
    assert await town.found(find_round_trips) == 1


async def test_spent_before_it_was_given_back(town: Town) -> None:
    """One refund is enough when its points are gone; her neighbour still has them."""
    store_id = await shop(town)
    receipts = [await town.sale(store_id, place) for place in (0, 1)]
    clock.shift(timedelta(days=8))
    async with town.owner.transaction() as session:
        found = await session.scalars(select(Purchase.id).where(Purchase.store_id == store_id))
        for purchase_id in found.all():
            earning = await find_earning(session, f"purchase:{purchase_id}")
            assert earning is not None
            await release(session, TEST, earning.id)
        town.books.people["her"] = (await member_of(session, town.elders[0])).whose
    await town.books.spend("her", 60, "超市")
    for receipt in receipts:
        await town.refund(store_id, receipt)
    assert [await town.found(find_round_trips) for _ in range(2)] == [1, 0]
    (review,) = await town.reviews()
    assert review.member_id == town.elders[0] and review.details["shortfall"] == 60


# --- she invited herself -----------------------------------------------------------------------------------------------------------


async def test_who_invited_herself(town: Town) -> None:
    """A second profile with her name and birthday, or with her mobile; a couple with one landline is innocent."""
    async with town.owner.transaction() as session:
        for place, number in ((0, "+8613912340001"), (1, "+8613912340001"), (2, "+867103400001"), (3, "+867103400001")):
            session.add(
                ElderNumber(
                    id=new_id(), elder_id=town.elders[place], e164=number, position=1, label="", source=NumberSource.SEED, learned_at=clock.now()
                )
            )  # fmt: skip
        await refer(session, TEST, inviter_id=town.elders[0], invited_id=town.elders[1])
        await refer(session, TEST, inviter_id=town.elders[2], invited_id=town.elders[3])
    assert [await town.found(find_self_referrals) for _ in range(2)] == [1, 0]
    (review,) = await town.reviews()
    assert (review.rule, review.member_id, review.details["why"]) == (Rule.SELF_REFERRAL, town.elders[0], ["same_mobile"])
    async with town.owner.transaction() as session:
        one, other = await session.get_one(Elder, town.elders[2]), await session.get_one(Elder, town.elders[3])
        other.name, other.birth_date = one.name, one.birth_date
    assert [await town.found(find_self_referrals) for _ in range(2)] == [1, 0]
    assert (await town.reviews())[-1].details["why"] == ["same_person"]
