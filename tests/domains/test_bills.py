"""A verified visit is billed once, whatever happens in between; payers are asked once a month; stores read what they earn."""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.models import AuditRow
from callcenter.centre.queries import get_values
from callcenter.dispatch.bills import actions, claims, jobs, queries
from callcenter.dispatch.bills.models import Bill, BillPart, Claim
from callcenter.dispatch.bills.points import NoScheme
from callcenter.dispatch.bills.schemas import ClaimView
from callcenter.dispatch.bills.states import BillState, ClaimState
from callcenter.dispatch.entitlements import actions as entitlements
from callcenter.dispatch.entitlements.models import Entitlement, EntitlementChange, EntitlementUse, PayerKind
from callcenter.dispatch.entitlements.queries import list_entitlements
from callcenter.dispatch.entitlements.schemas import ChangedEntitlement, EntitlementForm, WithdrawnEntitlement
from callcenter.dispatch.orders.actions import changing, doing
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.schemas import AskedLine, ChangedOrder
from callcenter.dispatch.orders.states import OrderState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.db import Base, Database
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.local.postgres import temporary_postgres
from callcenter.reports.statements import as_csv, claim_rows, statement_pdf, statement_rows, statements_rows, yuan
from callcenter.seed.demo import DemoFacts, WhatFor, seed_demo
from callcenter.settings import get_settings
from tests.stores import done, make_store, order_for, verified

NOW = datetime(2031, 3, 31, 4, tzinfo=UTC)  # noon in China, on the last day of a month
MARCH, APRIL = date(2031, 3, 1), date(2031, 4, 1)
NOBODY = NoScheme()
SELF, SUBSIDY, VOUCHER, POINTS = PayerKind.SELF_PAY, PayerKind.SUBSIDY, PayerKind.VOUCHER, PayerKind.POINTS


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    clock.shift(NOW - clock.now())
    yield
    clock.reset()


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    """王桂兰."""
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


@pytest_asyncio.fixture
async def poor_id(session: AsyncSession, elder_id: uuid.UUID) -> uuid.UUID:
    """The same without anything that the demo gives her."""
    for row in await session.scalars(select(Entitlement).where(Entitlement.elder_id == elder_id)):
        row.withdrawn_at = clock.now()
    await session.flush()
    return elder_id


def form(kind: PayerKind = VOUCHER, payer: str = "养老服务券", **fields: Any) -> EntitlementForm:
    terms = {"basis": "fixed"} if "fixed_fen" in fields else {"basis": "share_of_rest", "share_bp": 5_000}
    return EntitlementForm(**{"kind": kind, "payer": payer, "valid_from": date(2026, 1, 1), **terms, **fields})


async def parts(session: AsyncSession, bill: Bill | None) -> list[tuple[PayerKind, int]]:
    assert bill is not None
    return [(part.kind, part.fen) for part in await actions.list_parts(session, [bill.id])]


# --- entitlements ------------------------------------------------------------------------------------------------------------


async def test_the_demo_pays_for_its_elders(session: AsyncSession, facts: DemoFacts) -> None:
    def of(card: str) -> Any:
        return (
            select(Entitlement.payer)
            .join(Elder, Elder.id == Entitlement.elder_id)
            .where(Elder.card_number == card)
            .order_by(Entitlement.kind)
        )

    assert (await session.scalars(of("XF-DEMO-1"))).all() == ["民政补贴"]
    assert (await session.scalars(of("XF-DEMO-4"))).all() == ["养老服务券"]
    assert (await session.scalars(of("XF-DEMO-5"))).all() == ["长护险", "民政补贴"]


async def test_an_order_is_subsidised_when_something_covers_it_on_its_day(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    assert not (await order_for(session, actor, poor_id, "JZ01")).is_subsidised
    await entitlements.add_entitlement(
        session, actor, poor_id, form(categories=["housekeeping"], valid_from=date(2031, 4, 1), valid_to=date(2031, 4, 1))
    )
    assert not (await order_for(session, actor, poor_id, "JZ01")).is_subsidised, "not today"
    tomorrow = NOW + timedelta(days=1)
    assert (await order_for(session, actor, poor_id, "JZ01", wanted_from=tomorrow)).is_subsidised
    assert not (await order_for(session, actor, poor_id, "JZ01", wanted_from=tomorrow, payer="self_pay")).is_subsidised
    other = await order_for(session, actor, poor_id, "WX05", wanted_from=tomorrow)
    assert not other.is_subsidised
    await changing.change_order(session, actor, other.id, ChangedOrder(version=other.version, lines=[AskedLine(item="JZ01")]))
    assert other.is_subsidised


async def test_an_entitlement_is_changed_with_its_history_and_withdrawn(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    with pytest.raises(Invalid):
        await entitlements.add_entitlement(session, actor, poor_id, form(items=["XX99"]))
    row = await entitlements.add_entitlement(session, actor, poor_id, form(note="街道来函"))
    changed = ChangedEntitlement(**form(month_cap_fen=80_000, note="改").model_dump(), version=1)
    await entitlements.change_entitlement(session, actor, row.id, changed)
    with pytest.raises(Conflict) as told:
        await entitlements.change_entitlement(session, actor, row.id, changed)
    assert told.value.code == "entitlement_changed"
    await entitlements.withdraw_entitlement(session, actor, row.id, WithdrawnEntitlement(version=2, reason="录错了"))
    with pytest.raises(Conflict) as told:
        await entitlements.withdraw_entitlement(session, actor, row.id, WithdrawnEntitlement(version=3, reason="录错了"))
    assert told.value.code == "entitlement_withdrawn"
    view = next(one for one in await list_entitlements(session, poor_id, MARCH) if one.id == row.id)
    assert [(change.kind, change.reason) for change in view.changes] == [("withdrawn", "录错了"), ("changed", ""), ("added", "")]
    assert view.changes[1].fields == {"month_cap_fen": [None, 80_000], "note": []}, "the note's words are not kept in the history"
    assert not view.counts


# --- a bill ------------------------------------------------------------------------------------------------------------------


async def test_the_payers_in_their_order_and_the_month_counted_down(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    insurance = await entitlements.add_entitlement(session, actor, poor_id, form(PayerKind.CARE_INSURANCE, "长护险", fixed_fen=1_200))
    voucher = await entitlements.add_entitlement(session, actor, poor_id, form(month_cap_fen=1_800))
    store = await make_store(session, "张姐家政", items={"JZ01": 4_000})
    first = await actions.settle(session, actor, (await verified(session, actor, poor_id, store=store)).id, NOBODY)
    assert await parts(session, first) == [(PayerKind.CARE_INSURANCE, 1_200), (VOUCHER, 1_400), (SELF, 1_400)]
    second = await actions.settle(session, actor, (await verified(session, actor, poor_id, store=store)).id, NOBODY)
    assert await parts(session, second) == [(PayerKind.CARE_INSURANCE, 1_200), (VOUCHER, 400), (SELF, 2_400)]
    third = await actions.settle(session, actor, (await verified(session, actor, poor_id, store=store)).id, NOBODY)
    assert await parts(session, third) == [(PayerKind.CARE_INSURANCE, 1_200), (SELF, 2_800)]
    left = {view.id: (view.used_fen, view.left_fen) for view in await list_entitlements(session, poor_id, MARCH)}
    assert (left[insurance.id], left[voucher.id]) == ((3_600, None), (1_800, 0))
    clock.shift(timedelta(days=1))
    fresh = await actions.settle(session, actor, (await verified(session, actor, poor_id, store=store)).id, NOBODY)
    assert fresh is not None and fresh.month == APRIL
    assert (await parts(session, fresh))[1] == (VOUCHER, 1_400), "another month"
    with pytest.raises(Conflict) as told:
        changed = ChangedEntitlement(**form(payer="别的券").model_dump(), version=1)
        await entitlements.change_entitlement(session, actor, voucher.id, changed)
    assert told.value.code == "entitlement_used"


async def test_the_month_is_the_elders_not_greenwichs(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    """23:30 on 29 February in China is still the 29th, though the bill is made on 1 March."""
    clock.shift(datetime(2032, 2, 29, 15, 30, tzinfo=UTC) - clock.now())
    await entitlements.add_entitlement(session, actor, poor_id, form(valid_to=date(2032, 2, 29), month_cap_fen=1_000))
    store = await make_store(session, "锁匠", items={"WX05": 9_000})  # urgent: also at night
    bill = await actions.settle(session, actor, (await verified(session, actor, poor_id, "WX05", price=9_000, store=store)).id, NOBODY)
    assert bill is not None and clock.now() > datetime(2032, 2, 29, 15, 30, tzinfo=UTC)
    assert (bill.served_on, bill.month) == (date(2032, 2, 29), date(2032, 2, 1))
    assert await parts(session, bill) == [(VOUCHER, 1_000), (SELF, 8_000)]
    clock.shift(datetime(2032, 2, 29, 16, 5, tzinfo=UTC) - clock.now())
    late = await actions.settle(session, actor, (await verified(session, actor, poor_id, "WX05", price=9_000, store=store)).id, NOBODY)
    assert late is not None and late.served_on == date(2032, 3, 1)
    assert await parts(session, late) == [(SELF, 9_000)]


async def test_once_for_each_visit(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order = await verified(session, actor, elder_id)
    bill = await actions.settle(session, actor, order.id, NOBODY)
    assert order.state is OrderState.SETTLED
    assert await actions.settle(session, actor, order.id, NOBODY) is None
    await changing.dispute_order(session, actor, order.id, reason="老人说没来")
    assert await actions.settle(session, actor, order.id, NOBODY) is None
    await doing.verify_by_hand(session, actor, order.id, reason="核实来过")
    again = await actions.settle(session, actor, order.id, NOBODY)
    assert again is bill and order.state is OrderState.SETTLED
    assert await session.scalar(select(func.count()).select_from(Bill).where(Bill.order_id == order.id)) == 1
    with pytest.raises(NotFound):
        await actions.settle(session, actor, uuid.uuid4(), NOBODY)


async def test_done_again_takes_the_first_bill_back(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    voucher = await entitlements.add_entitlement(session, actor, poor_id, form(month_cap_fen=3_000))
    store = await make_store(session, "张姐家政", items={"JZ01": 4_000})
    order = await verified(session, actor, poor_id, store=store)
    first = await actions.settle(session, actor, order.id, NOBODY)
    assert first is not None
    clock.shift(timedelta(days=1))
    await changing.dispute_order(session, actor, order.id, reason="没擦窗")
    await changing.ask_rework(session, actor, order.id, reason="重做", same_store=True)
    for _ in range(2):
        await actions.take_back_bills(session, actor, order.id, NOBODY)
    assert (first.state, first.reversed_why, first.reversed_month) == (BillState.REVERSED, "rework", APRIL)
    assert await parts(session, first) == [(VOUCHER, 2_000), (SELF, 2_000), (VOUCHER, -2_000), (SELF, -2_000)]
    used = select(func.sum(EntitlementUse.fen)).where(EntitlementUse.entitlement_id == voucher.id, EntitlementUse.month == MARCH)
    assert await session.scalar(used) == 0, "given back to the month that it was taken from"
    second = await actions.settle(session, actor, (await done(session, store[1], order, 4_000)).id, NOBODY)
    assert second is not None and (second.visit, second.month, second.state) == (2, APRIL, BillState.MADE)
    march, april = [await queries.statement_of_store(session, store[0].id, month) for month in (MARCH, APRIL)]
    assert [(line.visit, line.amount_fen, line.reversal) for line in march.lines] == [(1, 4_000, False)]
    assert [(line.visit, line.amount_fen, line.reversal) for line in april.lines] == [(1, -4_000, True), (2, 4_000, False)]
    assert (april.sums.orders, april.sums.amount_fen, april.sums.by_kind) == (0, 0, {})


class Ledger:
    """Points of one elder, as the scheme will keep them."""

    def __init__(self, fen: int) -> None:
        self.fen, self.said = fen, list[str]()

    async def quote(self, session: AsyncSession, elder_id: uuid.UUID, at_most_fen: int) -> int:
        return min(self.fen, at_most_fen)

    async def reserve(self, session: AsyncSession, elder_id: uuid.UUID, store_id: uuid.UUID, fen: int, *, key: str) -> None:
        self.fen -= fen
        self.said.append(f"reserve {fen}")

    async def confirm(self, session: AsyncSession, *, key: str) -> None:
        self.said.append(f"confirm {key}")

    async def void(self, session: AsyncSession, elder_id: uuid.UUID, *, key: str) -> None:
        self.said.append(f"void {key}")


async def test_points_pay_up_to_their_share_and_are_hers_again(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    points = Ledger(10_000)
    order = await verified(session, actor, elder_id)
    bill = await actions.settle(session, actor, order.id, points)
    assert await parts(session, bill) == [(SUBSIDY, 2_000), (POINTS, 600), (SELF, 1_400)]
    await changing.dispute_order(session, actor, order.id, reason="没来")
    await changing.cancel_order(session, actor, order.id, why="elder")
    await actions.take_back_bills(session, actor, order.id, points)
    key = f"bill:{order.id}:1"
    assert points.said == ["reserve 600", f"confirm {key}", f"void {key}"]


async def test_a_price_that_stands_out_waits_for_a_person(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order = await verified(session, actor, elder_id, amount=4_801)
    for _ in range(2):
        assert await actions.settle(session, actor, order.id, NOBODY) is None
    assert (order.state, order.attention) == (OrderState.VERIFIED, "price")
    assert await session.scalar(select(func.count()).where(AuditRow.verb == "order:price-high", AuditRow.object_id == str(order.id))) == 1
    with pytest.raises(Conflict) as told:
        await actions.confirm_price(session, actor, order.id, amount_fen=4_000, reason="多做了一小时", points=NOBODY)
    assert told.value.code == "price_changed"
    with pytest.raises(Invalid):
        await actions.confirm_price(session, actor, order.id, amount_fen=4_801, reason=" ", points=NOBODY)
    bill = await actions.confirm_price(session, actor, order.id, amount_fen=4_801, reason="多做了一小时", points=NOBODY)
    assert (bill.amount_fen, order.state, order.attention) == (4_801, OrderState.SETTLED, "")
    assert await parts(session, bill) == [(SUBSIDY, 2_400), (SELF, 2_401)]
    with pytest.raises(Conflict) as told:
        await actions.confirm_price(session, actor, order.id, amount_fen=4_801, reason="再来", points=NOBODY)
    assert told.value.code == "price_not_waiting"


async def test_above_the_catalogue_it_waits_also_when_it_was_agreed(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order = await verified(session, actor, elder_id, price=90_000)
    assert await actions.settle(session, actor, order.id, NOBODY) is None
    assert order.attention == "price"


async def test_a_job_for_nothing_has_a_bill_without_parts(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    bill = await actions.settle(session, actor, (await verified(session, actor, elder_id, amount=0)).id, NOBODY)
    assert bill is not None and bill.amount_fen == 0
    assert await parts(session, bill) == []


# --- claims and statements -----------------------------------------------------------------------------------------------------


async def test_a_payer_is_asked_once(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    await entitlements.add_entitlement(session, actor, poor_id, form())
    store = await make_store(session, "张姐家政", items={"JZ01": 4_000})
    orders = [await verified(session, actor, poor_id, store=store) for _ in range(3)]
    bills = [await actions.settle(session, actor, order.id, NOBODY) for order in orders]
    disputed, redone, kept = orders
    with pytest.raises(Conflict) as told:
        await claims.close_claim(session, actor, kind=VOUCHER, payer="养老服务券", month=MARCH)
    assert told.value.code == "month_not_over"
    clock.shift(timedelta(days=1))
    await changing.dispute_order(session, actor, disputed.id, reason="没来")
    assert [(one.payer, one.lines, one.total_fen) for one in await claims.list_open(session, MARCH)] == [("养老服务券", 2, 4_000)]
    claim = await claims.close_claim(session, actor, kind=VOUCHER, payer="养老服务券", month=MARCH)
    assert (claim.lines, claim.total_fen, claim.state) == (2, 4_000, ClaimState.CLOSED)
    assert [bill.state for bill in bills if bill] == [BillState.MADE, BillState.CLAIMED, BillState.CLAIMED]
    with pytest.raises(Conflict) as told:
        await claims.close_claim(session, actor, kind=VOUCHER, payer="养老服务券", month=MARCH)
    assert told.value.code == "claim_closed"
    assert await claims.list_open(session, APRIL) == []
    # one is taken back after it was claimed, the disputed one is decided for the store: both go into the next list
    await changing.dispute_order(session, actor, redone.id, reason="没擦窗")
    await changing.cancel_order(session, actor, redone.id, why="other")
    await actions.take_back_bills(session, actor, redone.id, NOBODY)
    await doing.verify_by_hand(session, actor, disputed.id, reason="来过")
    await actions.settle(session, actor, disputed.id, NOBODY)
    assert [(one.lines, one.total_fen) for one in await claims.list_open(session, APRIL)] == [(2, 0)]
    assert claim.total_fen == 4_000, "the snapshot stays"
    # the payer refuses the kept one, once more later; what it pays is the rest
    lines = [line for line, _ in await queries.list_claim_lines(session, claim.id)]
    line_id = next(line.id for line in lines if line.order_number == kept.number)
    with pytest.raises(Conflict):
        await claims.refuse_line(session, actor, claim.id, version=1, line_id=line_id, reason="缺证明", again=True)
    await claims.send_claim(session, actor, claim.id, version=1)
    with pytest.raises(Conflict):
        await claims.send_claim(session, actor, claim.id, version=1)
    await claims.refuse_line(session, actor, claim.id, version=2, line_id=line_id, reason="缺证明", again=True)
    with pytest.raises(Conflict):
        await claims.refuse_line(session, actor, claim.id, version=3, line_id=line_id, reason="缺证明", again=True)
    with pytest.raises(Conflict) as told:
        await claims.pay_claim(session, actor, claim.id, version=3, paid_fen=4_000)
    assert told.value.details == {"due_fen": 2_000, "paid_fen": 4_000}
    await claims.pay_claim(session, actor, claim.id, version=3, paid_fen=2_000)
    assert claim.state is ClaimState.PAID
    assert [bill.state for bill in bills if bill] == [BillState.MADE, BillState.REVERSED, BillState.MADE]
    assert [(one.lines, one.total_fen) for one in await claims.list_open(session, APRIL)] == [(3, 2_000)]
    clock.shift(timedelta(days=30))
    second = await claims.close_claim(session, actor, kind=VOUCHER, payer="养老服务券", month=APRIL)
    assert (second.lines, second.total_fen) == (3, 2_000)
    view = ClaimView(head=queries.claim_head(claim), lines=lines)
    rows = list(csv.reader(io.StringIO(as_csv(claim_rows(view, "zh")).decode("utf-8-sig"))))
    assert rows[0][:4] == ["序号", "订单", "服务日期", "老人"] and rows[-1][8] == "40.00"
    assert [row[3] for row in rows[1:-1]] == ["王桂兰", "王桂兰"]
    with pytest.raises(NotFound):
        await claims.send_claim(session, actor, uuid.uuid4(), version=1)


async def test_a_refused_line_that_is_given_up_is_done_with(session: AsyncSession, actor: Actor, poor_id: uuid.UUID) -> None:
    await entitlements.add_entitlement(session, actor, poor_id, form())
    bill = await actions.settle(session, actor, (await verified(session, actor, poor_id)).id, NOBODY)
    clock.shift(timedelta(days=1))
    claim = await claims.close_claim(session, actor, kind=VOUCHER, payer="养老服务券", month=MARCH)
    ((line, _),) = await queries.list_claim_lines(session, claim.id)
    await claims.send_claim(session, actor, claim.id, version=1)
    await claims.refuse_line(session, actor, claim.id, version=2, line_id=line.id, reason="超期", again=False)
    await claims.pay_claim(session, actor, claim.id, version=3, paid_fen=0)
    assert bill is not None and bill.state is BillState.PAID
    assert await claims.list_open(session, APRIL) == []
    with pytest.raises(Conflict) as told:
        await claims.close_claim(session, actor, kind=SUBSIDY, payer="民政补贴", month=MARCH)
    assert told.value.code == "nothing_to_claim"


async def test_what_stores_earn_is_what_the_rows_say(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    stores = [await make_store(session, name, items={"JZ01": 4_000}) for name in ("张姐家政", "=危险的名字")]
    for store, amounts in zip(stores, ((4_000, 3_999, 4_001), (4_500,)), strict=True):
        for amount in amounts:
            await actions.settle(session, actor, (await verified(session, actor, elder_id, amount=amount, store=store)).id, NOBODY)
    await session.execute(
        text("INSERT INTO centre_settings (key, value, valid_from, at, by_name, reason) VALUES ('store_fee', '5', :at, :at, '', '')"),
        {"at": clock.now()},
    )
    await actions.settle(session, actor, (await verified(session, actor, elder_id, amount=3_990, store=stores[1])).id, NOBODY)
    waiting = await verified(session, actor, elder_id, store=stores[0])
    made = await queries.list_statements(session, MARCH)
    assert [(line.store, line.sums.orders, line.sums.amount_fen, line.sums.fee_fen) for line in made.stores] == [
        ("张姐家政", 3, 12_000, 0), ("=危险的名字", 2, 8_490, 199),
    ]  # fmt: skip
    rows = await session.execute(
        select(Bill.store_id, BillPart.kind, func.sum(BillPart.fen))
        .join(Bill)
        .where(BillPart.month == MARCH)
        .group_by(Bill.store_id, BillPart.kind)
    )
    by_rows = {(store_id, kind): int(fen) for store_id, kind, fen in rows}
    assert {(line.store_id, kind): fen for line in made.stores for kind, fen in line.sums.by_kind.items()} == by_rows
    for line in made.stores:
        whole = await queries.statement_of_store(session, line.store_id, MARCH)
        assert whole.sums == line.sums and whole.sums == queries.sums_of(whole.lines)
        sums = whole.sums
        assert sums.at_door_fen + sums.from_centre_fen == sums.amount_fen == sums.net_fen + sums.fee_fen
        assert sums.transfer_fen == sums.from_centre_fen - sums.fee_fen
        assert statement_pdf(whole, centre_name="樊城", made="2026-03-31 12:00", language="zh").startswith(b"%PDF")
        cells = list(csv.reader(io.StringIO(as_csv(statement_rows(whole, "zh")).decode("utf-8-sig"))))
        assert sum(round(float(row[4]) * 100) for row in cells[1:-1]) == round(float(cells[-1][4]) * 100) == sums.amount_fen
    table = as_csv(statements_rows(made, "en"))
    assert table.startswith(b"\xef\xbb\xbf") and "'=危险的名字".encode() in table
    earned = await queries.earnings_of_store(session, stores[0][0].id)
    assert (earned.month_orders, earned.month_fen, earned.today_fen, earned.waiting_fen) == (3, 12_000, 12_000, waiting.amount_fen)
    assert (await queries.list_statements(session, date(2031, 2, 1))).stores == []


def test_money_in_words() -> None:
    assert [yuan(fen) for fen in (0, 5, -5, 100, -12_345, 10**15)] == ["0.00", "0.05", "-0.05", "1.00", "-123.45", "10000000000000.00"]


async def test_who_would_pay_binds_nobody(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order = await order_for(session, actor, elder_id, "JZ01")
    centre = await get_values(session, get_settings())
    view = await queries.preview(session, order, 10_000, centre, Ledger(100_000))
    assert [(part.kind, part.fen) for part in view.parts] == [(SUBSIDY, 5_000), (POINTS, 1_500), (SELF, 3_500)]
    assert view.too_dear and view.agreed_fen is None
    assert await session.scalar(select(func.count()).select_from(EntitlementUse)) == 0


# --- two at once, on real connections --------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module")
async def committed() -> AsyncIterator[Database]:
    with temporary_postgres() as url:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with database.transaction() as session:
            await seed_demo(session, count=6)
        yield database
        await database.close()


async def of_alone(database: Database, orders: int, cap: int) -> tuple[list[uuid.UUID], uuid.UUID]:
    """So many verified orders of one elder, and her voucher."""
    actor = system("test")
    async with database.transaction() as session:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
        assert elder_id is not None
        for row in await session.scalars(select(Entitlement).where(Entitlement.elder_id == elder_id)):
            row.withdrawn_at = clock.now()
        voucher = await entitlements.add_entitlement(session, actor, elder_id, form(month_cap_fen=cap))
        store = await make_store(session, "张姐家政", items={"JZ01": 4_000})
        store[0].at_once = store[0].daily_capacity = 100
        await session.execute(text("UPDATE stores SET state = 'suspended' WHERE id <> :id"), {"id": store[0].id})
        made = []
        for _ in range(orders):
            made.append(await verified(session, actor, elder_id, store=store))
            clock.shift(NOW - clock.now())  # nobody is asked at night
    return [order.id for order in made], voucher.id


async def test_bills_at_once_do_not_pass_the_month_together(committed: Database) -> None:
    """Twenty bills that want 20 yuan each of a voucher with 150: without the lock each would see the same rest."""
    ids, voucher = await of_alone(committed, 20, 15_000)

    async def one(order_id: uuid.UUID) -> None:
        async with committed.transaction() as session:
            await actions.settle(session, system("billing"), order_id, NOBODY)

    await asyncio.gather(*(one(order_id) for order_id in ids))
    async with committed.transaction() as session:
        uses = list(
            await session.scalars(select(EntitlementUse.fen).where(EntitlementUse.entitlement_id == voucher).order_by(EntitlementUse.fen))
        )
        assert sum(uses) == 15_000
        assert uses == [1_000, *[2_000] * 7]
        states = await session.execute(select(Order.state, func.count()).where(Order.id.in_(ids)).group_by(Order.state))
        assert list(states) == [(OrderState.SETTLED, 20)]


async def test_two_workers_and_one_that_dies_make_each_bill_once(committed: Database) -> None:
    ids, voucher = await of_alone(committed, 6, 100_000)

    class Dies(NoScheme):
        """At the last moment of a bill: nothing of it stays."""

        async def quote(self, session: AsyncSession, elder_id: uuid.UUID, at_most_fen: int) -> int:
            raise ConnectionError

    await jobs.sweep_bills(committed, Dies())
    async with committed.transaction() as session:
        assert await session.scalar(select(func.count()).where(Bill.order_id.in_(ids))) == 0
    await asyncio.gather(*(jobs.sweep_bills(committed, NOBODY) for _ in range(3)))
    async with committed.transaction() as session:
        assert await session.scalar(select(func.count()).where(Bill.order_id.in_(ids))) == 6
        assert await session.scalar(select(func.sum(EntitlementUse.fen)).where(EntitlementUse.entitlement_id == voucher)) == 12_000
        await changing.dispute_order(session, system("test"), ids[0], reason="没来")
        await changing.cancel_order(session, system("test"), ids[0], why="elder")
    await asyncio.gather(*(jobs.sweep_bills(committed, NOBODY) for _ in range(3)))
    async with committed.transaction() as session:
        assert await session.scalar(select(func.sum(EntitlementUse.fen)).where(EntitlementUse.entitlement_id == voucher)) == 10_000
        assert await session.scalar(select(func.count()).where(BillPart.fen < 0)) == 2
        assert await session.scalar(select(func.count()).select_from(Claim)) == 0
        changes = select(EntitlementChange.kind).where(EntitlementChange.entitlement_id == voucher)
        assert list(await session.scalars(changes)) == ["added"]
