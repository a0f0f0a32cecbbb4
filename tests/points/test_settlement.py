"""What stores owe each other for points: the example of the scheme to the cent, months, fees, money; nothing lost whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.accounts.actor import system
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict
from callcenter.kit.listen import plain_url
from callcenter.points.ledger.accounts import CENTRE, Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.posting import Posted
from callcenter.points.ledger.sealing import seal
from callcenter.points.settlement.actions import close_month, record_payment
from callcenter.points.settlement.models import PointsSettlement
from callcenter.points.settlement.reading import Month, months_of, read_month
from callcenter.points.settlement.rules import fee_of, fee_points, net, owed_for
from callcenter.points.settlement.states import SettlementState
from tests.points.books import Books

TEST = system("test")
START = datetime(2031, 1, 10, 4, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = date(2031, 1, 1), date(2031, 2, 1), date(2031, 3, 1)


def now(moment: datetime) -> None:
    clock.shift(moment - clock.now())


@pytest_asyncio.fixture
async def months(books: Books) -> AsyncIterator[Books]:
    """The books in January 2031, nothing settled."""
    empty(books)
    now(START)
    yield books
    clock.reset()
    empty(books)


def empty(books: Books) -> None:
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute("TRUNCATE points_settlements, points_settlement_lines, points_settlement_payments")
        owner.execute("DELETE FROM centre_settings WHERE key = 'points_settlement_fee'")
    books.empty()


def set_fee(books: Books, percent: float, at: datetime) -> None:
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute(
            "INSERT INTO centre_settings (key, value, valid_from, at, by_name, reason) VALUES ('points_settlement_fee', %s, %s, now(), 't', '')",
            (str(percent), at),
        )


def store(books: Books, name: str) -> Whose:
    return books.who(name, Holder.STORE)


async def close(books: Books, month: date) -> PointsSettlement:
    async with books.database.transaction() as session:
        return await close_month(session, TEST, month)


async def read(books: Books, month: date) -> Month:
    async with books.database.transaction() as session:
        return await read_month(session, month)


async def pay(books: Books, month: PointsSettlement, whose: Whose, fen: int) -> PointsSettlement:
    async with books.database.transaction() as session:
        return await record_payment(
            session, TEST, month.id, whose, fen=fen, paid_on=clock.today("Asia/Shanghai"), reference="20310203-0001"
        )  # fmt: skip


async def refused(code: str, doing: Awaitable[object]) -> None:
    with pytest.raises(AppError) as caught:
        await doing
    assert caught.value.code == code


def nets(month: Month) -> dict[Whose, int]:
    return {one.whose: one.net_fen for one in month.positions}


async def sound(books: Books) -> None:
    await seal(books.database, everything=True)  # months pass within a test
    assert (await books.verify()).findings == ()


@pytest.mark.parametrize(("percent", "fee"), [(0, 0), (5, 1_000), (2.5, 500)])
async def test_the_example_of_the_scheme(months: Books, percent: float, fee: int) -> None:
    """Store A issued 50,000 points; 20,000 of them are redeemed at store B: A owes 200.00, B receives 200.00 less the fee."""
    a, b = store(months, "A"), store(months, "B")
    set_fee(months, percent, START)
    await months.earn("wang", 50_000, issuer=a)
    await months.spend("wang", 20_000, "B")
    before = await read(months, JANUARY)
    now(datetime(2031, 2, 1, 0, tzinfo=UTC))
    settlement = await close(months, JANUARY)
    month = await read(months, JANUARY)
    assert before.lines == month.lines and before.state is SettlementState.OPEN
    ((line,), fees) = month.lines, {CENTRE: fee} if fee else {}
    assert (line.issuer, line.redeemer, line.points, line.fen, line.fee_fen) == (a, b, 20_000, 20_000, fee)
    assert nets(month) == {a: -20_000, b: 20_000 - fee, **fees} and sum(nets(month).values()) == 0
    assert await months.balances("A") == {"issued": -30_000, "owed": -20_000}
    assert await months.balances("B") == {"owed": 20_000 - fee}
    await sound(months)

    await refused("paid_differs", pay(months, settlement, a, -19_999))
    await refused("nothing_due", pay(months, settlement, store(months, "C"), -1))
    assert (await pay(months, settlement, a, -20_000)).state is SettlementState.CLOSED
    await refused("settlement_paid", pay(months, settlement, a, -20_000))
    if fee:
        await pay(months, settlement, CENTRE, fee)
    assert (await pay(months, settlement, b, 20_000 - fee)).state is SettlementState.PAID
    assert await months.rows("SELECT * FROM ledger_accounts WHERE ledger = 'CNY' AND balance <> 0") == []
    await sound(months)


async def test_a_month_is_closed_once_after_it_is_over(months: Books) -> None:
    await refused("nothing_to_settle", close(months, date(2030, 12, 1)))
    await months.earn("wang", 100, issuer=store(months, "A"))
    await months.spend("wang", 10, "B")
    await refused("month_not_over", close(months, JANUARY))
    now(datetime(2031, 1, 31, 15, 59, 59, tzinfo=UTC))  # 23:59:59 in Shanghai
    await refused("month_not_over", close(months, JANUARY))
    now(datetime(2031, 3, 1, 3, tzinfo=UTC))
    await refused("earlier_month_open", close(months, FEBRUARY))
    await refused("nothing_to_settle", close(months, date(2030, 12, 1)))
    done = await asyncio.gather(*(close(months, JANUARY) for _ in range(4)), return_exceptions=True)
    assert sorted(one.code if isinstance(one, Conflict) else "closed" for one in done) == ["closed", *["settlement_closed"] * 3]
    assert (await read(months, FEBRUARY)).lines == []
    await close(months, FEBRUARY)  # nothing in it, and that is written down
    await refused("month_not_over", close(months, MARCH))
    await refused("bad_month", close(months, date(2031, 1, 2)))
    async with months.database.transaction() as session:
        assert await months_of(session, store(months, "A")) == [JANUARY] and await months_of(session, CENTRE) == []
    await sound(months)


async def test_own_points_are_no_debt(months: Books) -> None:
    set_fee(months, 5, START)
    await months.earn("wang", 1_000, issuer=store(months, "A"))
    await months.spend("wang", 400, "A")
    now(datetime(2031, 2, 3, tzinfo=UTC))
    await close(months, JANUARY)
    month = await read(months, JANUARY)
    assert [(one.points, one.fen, one.fee_fen) for one in month.lines] == [(400, 0, 0)] and nets(month) == {store(months, "A"): 0}
    assert await months.balances("A") == {"issued": -600}
    await sound(months)


async def test_what_came_back_counts_when_it_came(months: Books) -> None:
    """Spent in January, given back in February: both months say what happened in them, and the fee comes back with it."""
    a, b = store(months, "A"), store(months, "B")
    set_fee(months, 5, START)
    await months.earn("wang", 1_000, issuer=a)
    spent = await months.spend("wang", 333, "B")
    now(datetime(2031, 2, 3, tzinfo=UTC))
    await months.reverse(spent.id)
    assert nets(await read(months, JANUARY)) == {a: -333, b: 317, CENTRE: 16}
    await close(months, JANUARY)
    assert await months.balances("B") == {"redeemed": -333, "owed": 317}
    now(datetime(2031, 3, 3, tzinfo=UTC))
    await close(months, FEBRUARY)
    assert nets(await read(months, FEBRUARY)) == {a: 333, b: -317, CENTRE: -16}
    assert await months.balances("A") == {"issued": -1_000} and await months.balances("B") == {}
    await sound(months)


async def test_the_last_day_of_february_and_a_late_closing(months: Books) -> None:
    """January is closed in March: February is what happened in February."""
    a = store(months, "A")
    await months.earn("wang", 1_000, issuer=a)
    await months.spend("wang", 100, "B")
    now(datetime(2031, 2, 28, 15, 59, tzinfo=UTC))
    await months.spend("wang", 20, "B")
    now(datetime(2031, 2, 28, 16, 0, tzinfo=UTC))  # the first of March there
    await months.spend("wang", 3, "B")
    await close(months, JANUARY)
    await close(months, FEBRUARY)
    assert [nets(await read(months, month))[a] for month in (JANUARY, FEBRUARY, MARCH)] == [-100, -20, -3]
    assert await months.balances("B") == {"redeemed": 3, "owed": 120}
    await sound(months)


async def test_the_fee_is_that_of_the_last_moment(months: Books) -> None:
    await months.earn("wang", 1_000, issuer=store(months, "A"))
    await months.spend("wang", 1_000, "B")
    set_fee(months, 1, START)
    set_fee(months, 3, datetime(2031, 1, 31, 15, 59, 59, tzinfo=UTC))
    set_fee(months, 5, datetime(2031, 1, 31, 16, 0, 0, tzinfo=UTC))
    now(datetime(2031, 2, 3, tzinfo=UTC))
    assert (await close(months, JANUARY)).fee_bp == 300


async def test_round_and_round(months: Books) -> None:
    """A owes B, B owes C, C owes A: gross 300, net nothing."""
    for issuer, redeemer in ("AB", "BC", "CA"):
        await months.earn("wang", 100, issuer=store(months, issuer))
        await months.spend("wang", 100, redeemer)
    now(datetime(2031, 2, 3, tzinfo=UTC))
    await close(months, JANUARY)
    month = await read(months, JANUARY)
    assert sum(line.fen for line in month.lines) == 300 and set(nets(month).values()) == {0}
    assert await months.rows("SELECT * FROM ledger_accounts WHERE balance <> 0") == []
    await sound(months)


async def test_spending_goes_on_while_a_month_is_closed(months: Books) -> None:
    await months.earn("wang", 10_000, issuer=store(months, "A"))
    for shop in ("A", "B", "C"):
        await months.spend("wang", 100, shop)
    now(datetime(2031, 2, 3, tzinfo=UTC))
    await asyncio.gather(
        *(months.spend("wang", 7, shop) for shop in ("A", "B", "C") * 5), close(months, JANUARY),
        *(months.earn("li", 5, issuer=store(months, shop)) for shop in ("A", "B", "C")),
    )  # fmt: skip
    assert sum(line.points for line in (await read(months, JANUARY)).lines) == 300
    assert sum(line.points for line in (await read(months, FEBRUARY)).lines) == 105
    await sound(months)


@pytest.mark.parametrize(
    ("fen", "percent", "fee"),
    [(19, 5, 0), (20, 5, 1), (39, 5, 1), (-39, 5, -1), (-19, 5, 0), (999, 0.29, 2), (0, 5, 0), (10**12, 5, 5 * 10**10)],
)
def test_fees_are_rounded_for_the_store(fen: int, percent: float, fee: int) -> None:
    assert fee_of(fen, fee_points(percent)) == fee


MANY = st.dictionaries(
    st.tuples(*[st.sampled_from([Whose(Holder.STORE, None), CENTRE, Whose(Holder.PARTNER, None)])] * 2), st.integers(-(10**9), 10**9)
)


@given(matrix=MANY, fee_bp=st.integers(0, 500))
def test_netting_loses_nothing(matrix: dict[tuple[Whose, Whose], int], fee_bp: int) -> None:
    lines = owed_for(matrix, fee_bp)
    positions = net(lines)
    assert sum(one.net_fen for one in positions) == 0
    for one in positions:
        gross = sum(line.fen - line.fee_fen for line in lines if line.redeemer == one.whose)
        gross -= sum(line.fen for line in lines if line.issuer == one.whose)
        assert one.net_fen == gross + (sum(line.fee_fen for line in lines) if one.whose == CENTRE else 0)


PEOPLE, SHOPS = ("wang", "li"), ("A", "B", "C")
STEPS = st.one_of(
    st.tuples(st.just("earn"), st.sampled_from(PEOPLE), st.integers(1, 500), st.sampled_from([*SHOPS, ""])),
    st.tuples(st.just("spend"), st.sampled_from(PEOPLE), st.integers(1, 200), st.sampled_from(SHOPS)),
    st.tuples(st.just("reverse"), st.integers(0, 20)),
    st.tuples(st.just("days"), st.integers(1, 40)),
    st.tuples(st.just("close")),
    st.tuples(st.just("pay")),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=8, max_size=40), percent=st.sampled_from([0, 0.5, 5]))
async def test_whatever_happens(months: Books, steps: list[tuple[object, ...]], percent: float) -> None:
    empty(months)
    now(START)
    set_fee(months, percent, START)
    spent: list[Posted] = []
    closed: list[PointsSettlement] = []
    month = JANUARY
    for what, *args in steps:
        try:
            match what, args:
                case "earn", [str(name), int(amount), str(shop)]:
                    await months.earn(name, amount, issuer=store(months, shop) if shop else CENTRE)
                case "spend", [str(name), int(amount), str(shop)]:
                    spent.append(await months.spend(name, amount, shop))
                case "reverse", [int(n)] if spent:
                    await months.reverse(spent[n % len(spent)].id)
                case "days", [int(n)]:
                    clock.shift(timedelta(days=n))
                case "close", _:
                    closed.append(await close(months, month))
                    month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
                case "pay", _ if closed:
                    for one in (await read(months, closed[-1].month)).positions:
                        if one.net_fen:
                            await pay(months, closed[-1], one.whose, one.net_fen)
        except Conflict as error:
            if error.code == "nothing_to_settle":
                month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    await sound(months)
    # every point that was redeemed and did not come back stands in a closed month or in a redeemer's pocket
    ((redeemed,),) = await months.rows(
        """SELECT coalesce(sum(amount), 0) FROM ledger_postings posting JOIN ledger_accounts account ON account.id = posting.account_id
           JOIN ledger_entries entry ON entry.id = posting.entry_id WHERE pocket = 'redeemed' AND entry.kind <> 'settle'"""
    )
    ((settled,),) = await months.rows("SELECT coalesce(sum(points), 0) FROM points_settlement_lines")
    ((left,),) = await months.rows("SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE pocket = 'redeemed'")
    assert redeemed == settled + left
    # what is owed in the books is what the months say, less what was paid
    owed = {(row.holder, row.holder_id): row.balance for row in await months.rows("SELECT * FROM ledger_accounts WHERE pocket = 'owed'")}
    for settlement in closed:
        one_month = await read(months, settlement.month)
        assert sum(nets(one_month).values()) == 0
        for whose, fen in nets(one_month).items():
            owed[whose.holder, whose.id] = owed.get((whose.holder, whose.id), 0) - (0 if whose in one_month.payments else fen)
    assert set(owed.values()) <= {0}
