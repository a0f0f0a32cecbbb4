"""Her points pay a part of what is left for her, by the sweep that makes the bills; taken back with the bill, never when they are frozen."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest_asyncio
from sqlalchemy import select, text

from callcenter.accounts.actor import system
from callcenter.centre.actions import change_setting
from callcenter.dispatch.bills.actions import take_back_bills
from callcenter.dispatch.bills.jobs import sweep_bills
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.models import Phase
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.points.earning.terms import agree
from callcenter.points.jobs import sweep_points
from callcenter.points.ledger.accounts import CENTRE, Whose, account_of, balance_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, expiry, move
from callcenter.points.ledger.verifying import verify
from callcenter.points.members.actions import freeze, get_member, member_of, unfreeze
from callcenter.points.members.states import FrozenWhy
from callcenter.points.scheme import Scheme
from callcenter.points.settlement.actions import close_month
from callcenter.points.settlement.reading import next_to_close
from callcenter.settings import get_settings
from tests.house import House
from tests.stores import keeper, make_store, offers_of, order_for

TEST = system("test")
NOON = datetime(2031, 3, 31, 4, tzinfo=UTC)
PRICE = 4_000  # the subsidy pays half: 20.00 are left for her, of which points pay 6.00 at most


@dataclass
class Scene:
    house: House
    elder_id: uuid.UUID
    store_id: uuid.UUID
    person: ProviderPerson
    n: int = 0

    async def give(self, points: int) -> None:
        self.n += 1
        async with self.house.database.transaction() as session:
            member = await member_of(session, self.elder_id)
            lot = await lot_of(session, CENTRE, expiry(NOON.date(), 24))
            source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
            target = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
            legs = move(source, target, [Held(lot, points)])
            await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key=f"earn:test:{self.n}", legs=legs)

    async def has(self, pocket: Pocket = Pocket.AVAILABLE) -> int:
        async with self.house.database.transaction() as session:
            return await balance_of(session, Ledger.PT, Whose(Holder.ELDER, self.elder_id), pocket)

    async def store_has(self) -> int:
        async with self.house.database.transaction() as session:
            return await balance_of(session, Ledger.PT, Whose(Holder.STORE, self.store_id), Pocket.REDEEMED)

    async def job(self) -> uuid.UUID:
        """Done and proved."""
        async with self.house.owner.transaction() as session:
            order = await order_for(session, TEST, self.elder_id, "JZ01")
            offers = await offers_of(session, order)
            who = keeper(self.person)
            await offering.accept_offer(session, who, offers[self.store_id].id, how="app")
            for phase in Phase:
                await doing.prove_by_code(session, who, order.id, phase=phase, code=order.service_code)
                await doing.prove_by_agent(session, TEST, order.id, phase=phase, note="她确认")
            order.minutes = 0
            await doing.check_out(session, who, order.id, amount_fen=PRICE)
            return order.id

    async def billed(self, order_id: uuid.UUID) -> dict[str, int]:
        """What each kind of payer pays, after the worker's look."""
        await sweep_bills(self.house.database, Scheme())
        rows = await self.house.rows(
            "SELECT p.kind, sum(p.fen)::int AS fen FROM bill_parts p JOIN bills b ON b.id = p.bill_id WHERE b.order_id = :id GROUP BY 1",
            id=order_id,
        )
        return {row.kind: row.fen for row in rows if row.fen}


@pytest_asyncio.fixture
async def scene(house: House) -> AsyncIterator[Scene]:
    async with house.owner.transaction() as session:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
        assert elder_id is not None
        await session.execute(text("UPDATE stores SET state = 'suspended' WHERE state = 'admitted'"))
        store, person = await make_store(session, "积分测试店", items={"JZ01": PRICE})
    clock.shift(NOON - clock.now())
    yield Scene(house, elder_id, store.id, person)
    clock.reset()


async def test_they_pay_up_to_their_share(scene: Scene) -> None:
    await scene.give(500)
    assert await scene.billed(await scene.job()) == {"subsidy": 2_000, "points": 500, "self_pay": 1_500}
    assert (await scene.has(), await scene.store_has()) == (0, 500)
    await scene.give(10_000)
    assert await scene.billed(await scene.job()) == {"subsidy": 2_000, "points": 600, "self_pay": 1_400}
    assert (await scene.has(), await scene.store_has()) == (9_400, 1_100)
    assert (await verify(scene.house.settings.app_database_url)).findings == ()


async def test_a_bill_that_is_taken_back_gives_them_back(scene: Scene) -> None:
    await scene.give(500)
    order_id = await scene.job()
    await scene.billed(order_id)
    async with scene.house.owner.transaction() as session:
        await session.execute(text("UPDATE orders SET state = 'cancelled' WHERE id = :id"), {"id": order_id})
    for _ in range(2):  # harmless twice
        async with scene.house.database.transaction() as session:
            await take_back_bills(session, TEST, order_id, Scheme())
    assert (await scene.has(), await scene.store_has()) == (500, 0)
    async with scene.house.database.transaction() as session:
        member = await get_member(session, scene.elder_id)
        assert member.grace_until is not None and member.grace_until > clock.today(get_settings().timezone)
    assert (await verify(scene.house.settings.app_database_url)).findings == ()


async def test_frozen_they_pay_nothing_and_come_back(scene: Scene) -> None:
    await scene.give(500)
    async with scene.house.database.transaction() as session:
        await freeze(session, TEST, scene.elder_id, FrozenWhy.LOST)
    async with scene.house.database.transaction() as session:
        await freeze(session, TEST, scene.elder_id, FrozenWhy.LOST)  # harmless twice
    assert (await scene.has(), await scene.has(Pocket.FROZEN)) == (0, 500)
    assert await scene.billed(await scene.job()) == {"subsidy": 2_000, "self_pay": 2_000}
    async with scene.house.database.transaction() as session:
        await unfreeze(session, TEST, scene.elder_id)
    assert (await scene.has(), await scene.has(Pocket.FROZEN)) == (500, 0)
    assert (await scene.billed(await scene.job()))["points"] == 500


async def test_what_comes_back_while_she_is_frozen_is_frozen(scene: Scene) -> None:
    await scene.give(500)
    order_id = await scene.job()
    await scene.billed(order_id)
    async with scene.house.database.transaction() as session:
        await freeze(session, TEST, scene.elder_id, FrozenWhy.FRAUD)
    async with scene.house.owner.transaction() as session:
        await session.execute(text("UPDATE orders SET state = 'cancelled' WHERE id = :id"), {"id": order_id})
    await sweep_bills(scene.house.database, Scheme())
    await sweep_points(scene.house.database)
    assert (await scene.has(), await scene.has(Pocket.FROZEN)) == (0, 500)


async def test_redemption_that_is_stopped(scene: Scene) -> None:
    await scene.give(500)
    async with scene.house.database.transaction() as session:
        await change_setting(session, TEST, get_settings(), key="points_redemption", value=False, valid_from=None, reason="对账不平")
    assert await scene.billed(await scene.job()) == {"subsidy": 2_000, "self_pay": 2_000}
    assert await scene.has() == 500


async def test_lots_that_are_over_pay_nothing(scene: Scene) -> None:
    await scene.give(500)
    clock.shift(datetime(2033, 4, 1, 4, tzinfo=UTC) - clock.now())
    async with scene.house.database.transaction() as session:
        assert await Scheme().quote(session, scene.elder_id, 10_000) == 0


async def test_from_one_job_to_the_next_and_the_months_settlement(scene: Scene) -> None:
    """One job earns, the next bill spends, the two stores settle, and the books prove it."""
    async with scene.house.database.transaction() as session:
        await agree(session, TEST, scene.store_id, allied=True, rate_bp=300)
    first = await scene.job()
    assert await scene.billed(first) == {"subsidy": 2_000, "self_pay": 2_000}
    await sweep_points(scene.house.database)
    assert (await scene.has(), await scene.has(Pocket.PENDING)) == (0, 60)  # 3 % of what she paid herself
    clock.shift(timedelta(days=7, minutes=1))
    await sweep_points(scene.house.database)
    assert (await scene.has(), await scene.has(Pocket.PENDING)) == (60, 0)

    earned_at, earner = scene.store_id, scene.person
    async with scene.house.owner.transaction() as session:
        await session.execute(text("UPDATE stores SET state = 'suspended' WHERE id = :id"), {"id": earned_at})
        other, scene.person = await make_store(session, "另一家", items={"JZ01": PRICE})
    scene.store_id = other.id
    second = await scene.job()
    assert await scene.billed(second) == {"subsidy": 2_000, "points": 60, "self_pay": 1_940}
    assert earner is not scene.person

    clock.shift(datetime(2031, 5, 1, 4, tzinfo=UTC) - clock.now())
    async with scene.house.database.transaction() as session:
        while (month := await next_to_close(session)) is not None and month < date(2031, 5, 1):
            await close_month(session, TEST, month)
    owed = await scene.house.rows(
        "SELECT holder_id, balance FROM ledger_accounts WHERE ledger = 'CNY' AND balance <> 0 AND holder = 'store'"
    )
    assert {row.holder_id: row.balance for row in owed} == {earned_at: -60, other.id: 60}
    await sweep_points(scene.house.database)
    proof = await verify(scene.house.settings.app_database_url)
    assert proof.findings == () and proof.blocks >= 1
