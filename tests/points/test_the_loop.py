"""The scheme from end to end: a job earns, the next bill spends, stores settle, money changes hands, the books prove it. And the demo's two months."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.accounts.actor import system
from callcenter.dispatch.bills.actions import list_parts, settle
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.entitlements.models import Entitlement, PayerKind
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.points.earning.models import Earning
from callcenter.points.earning.states import EarningState
from callcenter.points.earning.terms import agree
from callcenter.points.jobs import sweep_points
from callcenter.points.ledger.accounts import CENTRE, Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.sealing import seal
from callcenter.points.scheme import Scheme
from callcenter.points.settlement.actions import close_month, record_payment
from callcenter.points.settlement.models import PointsSettlement
from callcenter.points.settlement.reading import Month, list_settlements, read_month
from callcenter.points.settlement.rules import month_of
from callcenter.points.settlement.states import SettlementState
from callcenter.seed.goods import seed_goods
from callcenter.seed.points import CLEANING, LI, MEALS, NURSING, WANG, seed_points
from callcenter.seed.stores import demo_stores, seed_stores
from tests.house import start_afresh
from tests.points.books import Books
from tests.stores import make_store, verified

TEST = system("test")
MARCH = date(2027, 3, 1)
MONDAY_NOON = datetime(2027, 3, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def real_time_afterwards() -> Iterator[None]:
    yield
    clock.reset()


@pytest_asyncio.fixture
async def owner(books: Books, house_owner_url: str) -> AsyncIterator[Database]:
    database = Database(house_owner_url, pool_size=2)
    async with database.transaction() as session:
        await start_afresh(session)
    yield database
    await database.close()


async def pay_all(database: Database, settlement: PointsSettlement) -> Month:
    async with database.transaction() as session:
        for one in (await read_month(session, settlement.month)).positions:
            if one.net_fen:
                today = clock.today("Asia/Shanghai")
                await record_payment(session, TEST, settlement.id, one.whose, fen=one.net_fen, paid_on=today, reference="0001")
        return await read_month(session, settlement.month)


async def proved(books: Books) -> None:
    await seal(books.database, everything=True)
    assert (await books.verify()).findings == ()


async def test_from_a_job_to_the_settlement(books: Books, owner: Database) -> None:
    clock.shift(MONDAY_NOON - clock.now())
    async with owner.transaction() as session:
        for row in await session.scalars(select(Entitlement)):
            row.withdrawn_at = clock.now()
        elder_id = (await session.scalars(select(Elder.id).order_by(Elder.id).limit(1))).one()
        cleaning, meals = await make_store(session, "甲", items={"JZ01": 5_000}), await make_store(session, "乙", items={"JZ01": 1_000})
        await agree(session, TEST, cleaning[0].id, allied=True)
        order = await verified(session, TEST, elder_id, price=5_000, amount=5_000, store=cleaning)
        assert await settle(session, TEST, order.id, Scheme()) is not None
    await sweep_points(books.database)
    async with owner.transaction() as session:
        (earned,) = await session.scalars(select(Earning).where(Earning.member_id == elder_id))
        assert (earned.amount, earned.state) == (50, EarningState.PENDING)

    clock.shift(timedelta(days=7, minutes=1))
    await sweep_points(books.database)
    async with owner.transaction() as session:
        order = await verified(session, TEST, elder_id, price=1_000, amount=1_000, store=meals)
        bill = await settle(session, TEST, order.id, Scheme())
        assert bill is not None
        assert {part.kind: part.fen for part in await list_parts(session, [bill.id])} == {PayerKind.POINTS: 50, PayerKind.SELF_PAY: 950}

    clock.shift(timedelta(days=31))
    async with owner.transaction() as session:
        settlement = await close_month(session, TEST, MARCH)
    month = await pay_all(owner, settlement)
    fee = month.lines[0].fee_fen
    a, b = Whose(Holder.STORE, cleaning[0].id), Whose(Holder.STORE, meals[0].id)
    nets = {one.whose: one.net_fen for one in month.positions}
    assert nets == {a: -50, b: 50 - fee, **({CENTRE: fee} if fee else {})} and month.state is SettlementState.PAID
    await proved(books)


async def test_the_demo_has_two_months(books: Books, owner: Database) -> None:
    """One is settled and paid, one waits; each of its parties has something in it, and the elder has points left to spend."""
    before = clock.now()
    async with owner.transaction() as session:
        await seed_goods(session)
        await seed_stores(session)
        assert await seed_points(session) and not await seed_points(session)
        stores = {store.name: Whose(Holder.STORE, store.id) for store in await demo_stores(session)}
        assert clock.now() - before < timedelta(days=1), "the clock stands where it stood"
        last = month_of(month_of(clock.today("Asia/Shanghai")) - timedelta(days=1))
        settled = await list_settlements(session)
        assert [one.state for one in settled] == [SettlementState.PAID] and settled[0].month == month_of(last - timedelta(days=1))
        waits = await read_month(session, last)
        nets = {one.whose: one.net_fen for one in waits.positions}
        assert waits.state is SettlementState.OPEN and nets[stores[CLEANING]] > 0
        assert nets[stores[MEALS]] < 0 and nets[stores[NURSING]] < 0 and any(one.whose.holder is Holder.PARTNER for one in waits.positions)
        assert {one.redeemer for one in waits.lines} > {stores[CLEANING], stores[MEALS]}
        bills = (await session.scalars(select(Bill).where(Bill.month == last))).all()
        assert any(part.kind is PayerKind.POINTS for part in await list_parts(session, [bill.id for bill in bills]))
        hers = dict((await session.execute(select(Elder.card_number, Elder.id).where(Elder.card_number.in_((WANG[0], LI[0]))))).all())
    left = await books.rows(
        "SELECT balance FROM ledger_accounts WHERE holder_id = :id AND pocket = 'available' AND ledger = 'PT'", id=hers[WANG[0]]
    )
    assert left[0].balance >= 300
    await sweep_points(books.database)  # the worker finds nothing left to do
    pending = await books.rows("SELECT 1 FROM points_earnings WHERE state = 'pending'")
    assert pending == []
    await proved(books)
    async with owner.transaction() as session:
        settlement = await close_month(session, TEST, last)
    assert (await pay_all(owner, settlement)).state is SettlementState.PAID
    await proved(books)
