"""Deeds are looked at once each, whatever dies in between; what was refunded goes back; caps hold."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.centre.models import SettingChange
from callcenter.dispatch.bills.actions import settle, take_back_bills
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.bills.points import NoScheme
from callcenter.dispatch.entitlements.models import Entitlement
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.outreach.care.models import DailySign
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.states import AttemptState, PlanState, Purpose, Result, Way, Why
from callcenter.points.earning import sweeping
from callcenter.points.earning.actions import earn_for_volunteering, take_back_volunteering
from callcenter.points.earning.expiring import sweep_expiry
from callcenter.points.earning.models import Earning, Referral
from callcenter.points.earning.purchases import refund_purchase, report_purchase
from callcenter.points.earning.referrals import refer
from callcenter.points.earning.states import EarningState, Nothing, Rule
from callcenter.points.earning.terms import agree
from callcenter.points.jobs import sweep_points
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.sealing import seal
from callcenter.points.members.actions import freeze, member_of
from callcenter.points.members.states import FrozenWhy, MemberState
from tests.house import start_afresh
from tests.points.books import Books
from tests.stores import make_store, verified

TEST = system("test")
MONDAY_NOON = datetime(2027, 3, 1, 4, tzinfo=UTC)  # a Monday, in China
MONDAY = date(2027, 3, 1)


@dataclass
class Earners:
    books: Books
    one: uuid.UUID
    two: uuid.UUID

    @property
    def database(self) -> Database:
        return self.books.database

    async def sweep(self) -> None:
        await sweep_points(self.database)

    async def earnings(self, elder_id: uuid.UUID | None = None) -> list[Earning]:
        async with self.database.transaction() as session:
            found = select(Earning).order_by(Earning.day, Earning.source)
            return [*(await session.scalars(found.where(Earning.member_id == elder_id) if elder_id else found))]

    async def points(self, elder_id: uuid.UUID) -> dict[str, int]:
        rows = await self.books.rows("SELECT pocket, balance FROM ledger_accounts WHERE holder_id = :id AND balance <> 0", id=elder_id)
        return {row.pocket: row.balance for row in rows}

    async def sign(self, elder_id: uuid.UUID, *days: date) -> None:
        async with self.database.transaction() as session:
            for day in days:
                session.add(DailySign(elder_id=elder_id, day=day, at=datetime(day.year, day.month, day.day, 1, tzinfo=UTC)))

    async def plan(self, elder_id: uuid.UUID, purpose: Purpose = Purpose.JOB, result: Result = Result.RATED, **fields: Any) -> uuid.UUID:
        async with self.database.transaction() as session:
            elder = await session.get_one(Elder, elder_id)
            at = fields.pop("done_at", clock.now())
            plan = CallPlan(
                id=new_id(), dedupe_key=f"test:{uuid.uuid4()}", purpose=purpose, way=Way.KEYS, why=Why.STANDARD, state=PlanState.DONE,
                elder_id=elder_id, community_id=elder.community_id, planned_at=at, due_at=at, give_up_at=at, result=result,
                rating=1 if result is Result.RATED else None, done_at=at, **fields,
            )  # fmt: skip
            session.add(plan)
            return plan.id

    async def bill(self, elder_id: uuid.UUID, fen: int = 4_000, *, allied: bool = True, rate_bp: int | None = None) -> Bill:
        async with self.database.transaction() as session:
            store = await make_store(session, "张姐家政", items={"JZ01": fen})
            if allied:
                await agree(session, TEST, store[0].id, allied=True, rate_bp=rate_bp)
            order = await verified(session, TEST, elder_id, price=fen, amount=fen, store=store)
            bill = await settle(session, TEST, order.id, NoScheme())
            assert bill is not None
            return bill

    async def undo(self, bill: Bill) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(Order).where(Order.id == bill.order_id).values(state=OrderState.CANCELLED))
            await take_back_bills(session, TEST, bill.order_id, NoScheme())

    async def spend(self, elder_id: uuid.UUID, amount: int, at: str = "超市") -> None:
        self.books.people[str(elder_id)] = await self._whose(elder_id)
        await self.books.spend(str(elder_id), amount, at)

    async def _whose(self, elder_id: uuid.UUID) -> Any:
        async with self.database.transaction() as session:
            return (await member_of(session, elder_id)).whose

    async def set(self, key: str, value: object, at: datetime | None = None) -> None:
        async with self.database.transaction() as session:
            session.add(SettingChange(key=key, value=value, valid_from=at or clock.now(), at=clock.now(), by_name="test", reason=""))


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[None]:
    clock.shift(MONDAY_NOON - clock.now())
    yield
    clock.reset()


@pytest_asyncio.fixture
async def earners(books: Books, house_owner_url: str) -> AsyncIterator[Earners]:
    owner = Database(house_owner_url, pool_size=2)
    async with owner.transaction() as session:
        await start_afresh(session)
        for row in await session.scalars(select(Entitlement)):
            row.withdrawn_at = clock.now()
        found = (await session.scalars(select(Elder.id).where(Elder.merged_into.is_(None)).order_by(Elder.id).limit(2))).all()
    yield Earners(books, found[0], found[1])
    await seal(books.database, everything=True)
    assert (await books.verify()).findings == ()
    async with owner.transaction() as session:
        await session.execute(update(Elder).values(merged_into=None))
    await owner.close()


# --- settled jobs ------------------------------------------------------------------------------------------------------------


async def test_a_settled_job_earns_waits_seven_days_and_is_hers(earners: Earners) -> None:
    bill = await earners.bill(earners.one, 4_900)
    await earners.sweep()
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.rule, earning.amount, earning.base, earning.state) == (Rule.CONSUMPTION, 49, 4_900, EarningState.PENDING)
    assert (earning.issuer, earning.issuer_id, earning.source) == (Holder.STORE, bill.store_id, f"bill:{bill.id}")
    assert await earners.points(earners.one) == {"pending": 49}
    clock.shift(timedelta(days=6, hours=23))
    await earners.sweep()
    assert await earners.points(earners.one) == {"pending": 49}
    clock.shift(timedelta(hours=2))
    await earners.sweep()
    await earners.sweep()
    assert await earners.points(earners.one) == {"available": 49}


@pytest.mark.parametrize(
    ("allied", "rate", "amount", "reason"), [(True, 300, 120, ""), (True, 50, 20, ""), (False, None, 0, Nothing.NOT_ALLIED)]
)
async def test_only_allied_stores_give_points_at_their_own_rate(
    earners: Earners, allied: bool, rate: int | None, amount: int, reason: str
) -> None:
    await earners.bill(earners.one, 4_000, allied=allied, rate_bp=rate)
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.amount, earning.reason) == (amount, reason)


async def test_what_counted_on_that_day_counts(earners: Earners) -> None:
    await earners.bill(earners.one, 4_000)
    clock.shift(timedelta(hours=1))
    await earners.set("points_rate", 3)
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.amount, earning.counted["rate_bp"]) == (40, 100)


async def test_taken_back_before_it_is_hers(earners: Earners) -> None:
    bill = await earners.bill(earners.one)
    await earners.sweep()
    await earners.undo(bill)
    await earners.sweep()
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.state, earning.reversed_amount, earning.shortfall) == (EarningState.REVERSED, 40, 0)
    assert await earners.points(earners.one) == {}


async def test_taken_back_before_anybody_looked(earners: Earners) -> None:
    bill = await earners.bill(earners.one)
    await earners.undo(bill)
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.amount, earning.reason) == (0, Nothing.TAKEN_BACK)


async def test_taken_back_after_it_was_hers(earners: Earners) -> None:
    bill = await earners.bill(earners.one)
    await earners.sweep()
    clock.shift(timedelta(days=8))
    await earners.sweep()
    await earners.undo(bill)
    await earners.sweep()
    assert await earners.points(earners.one) == {}


async def test_what_was_spent_is_taken_from_other_lots_and_the_rest_is_missing(earners: Earners) -> None:
    """40 of the store, 10 of the centre; 35 spent: 15 left, all of it goes back, and 25 are missing."""
    bill = await earners.bill(earners.one)
    await earners.sweep()
    clock.shift(timedelta(days=8))
    await earners.sweep()
    async with earners.database.transaction() as session:
        await earn_for_volunteering(session, TEST, await member_of(session, earners.one), 2, "proof-1", clock.now().date())
    assert await earners.points(earners.one) == {"available": 50}
    await earners.spend(earners.one, 35)
    await earners.undo(bill)
    await earners.sweep()
    found = next(one for one in await earners.earnings() if one.rule is Rule.CONSUMPTION)
    assert (found.state, found.reversed_amount, found.shortfall) == (EarningState.REVERSED, 40, 25)
    assert await earners.points(earners.one) == {}
    store = await earners.points(bill.store_id)
    assert store["redeemed"] == 10, "points of the centre, for hers that it gave out for nothing"


async def test_what_is_frozen_goes_back_too(earners: Earners) -> None:
    bill = await earners.bill(earners.one)
    async with earners.database.transaction() as session:
        await freeze(session, TEST, (await member_of(session, earners.one)).id, FrozenWhy.LOST)
    await earners.sweep()
    clock.shift(timedelta(days=8))
    await earners.sweep()
    assert await earners.points(earners.one) == {"frozen": 40}
    await earners.undo(bill)
    await earners.sweep()
    assert await earners.points(earners.one) == {}


async def test_whoever_is_closed_earns_nothing(earners: Earners) -> None:
    async with earners.database.transaction() as session:
        (await member_of(session, earners.one)).state = MemberState.CLOSED
    await earners.sign(earners.one, MONDAY)
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.amount, earning.reason) == (0, Nothing.CLOSED)


# --- "I am fine" -------------------------------------------------------------------------------------------------------------


async def test_a_point_a_day_and_three_for_seven_running(earners: Earners) -> None:
    clock.shift(timedelta(days=13))
    await earners.sign(earners.one, *(MONDAY + timedelta(days=n) for n in range(14)))
    await earners.sweep()
    await earners.sweep()
    made = await earners.earnings()
    assert sum(one.amount for one in made if one.rule is Rule.DAILY) == 14
    assert [(one.day, one.amount) for one in made if one.rule is Rule.WEEK_BONUS] == [
        (MONDAY + timedelta(days=6), 3),
        (MONDAY + timedelta(days=13), 3),
    ]
    assert await earners.points(earners.one) == {"available": 20}


async def test_a_gap_begins_anew(earners: Earners) -> None:
    clock.shift(timedelta(days=9))
    await earners.sign(earners.one, *(MONDAY + timedelta(days=n) for n in range(10) if n != 4))
    await earners.sweep()
    assert not [one for one in await earners.earnings() if one.rule is Rule.WEEK_BONUS]


async def test_a_bonus_within_what_the_week_gives(earners: Earners) -> None:
    """Twelve a week would be: five from Tuesday to Saturday; a lowered cap cuts the bonus, not the days."""
    await earners.set("points_daily_week_cap", 8, MONDAY_NOON - timedelta(days=1))
    clock.shift(timedelta(days=6))
    await earners.sign(earners.one, *(MONDAY + timedelta(days=n) for n in range(7)))
    await earners.sweep()
    made = await earners.earnings()
    bonus = next(one for one in made if one.rule is Rule.WEEK_BONUS)
    assert (bonus.amount, bonus.reason, sum(one.amount for one in made)) == (1, Nothing.CAP, 8)


async def test_a_care_call_that_she_answers_is_her_sign_and_counts_once_with_it(earners: Earners) -> None:
    await earners.plan(earners.one, Purpose.DAILY, Result.FINE)
    await earners.sign(earners.one, MONDAY)
    await earners.plan(earners.two, Purpose.CARE, Result.FINE)
    await earners.plan(earners.two, Purpose.MEDICINE, Result.FINE)
    await earners.plan(earners.two, Purpose.CARE, Result.NOT_REACHED)
    await earners.sweep()
    assert await earners.points(earners.one) == {"available": 1}
    assert await earners.points(earners.two) == {"available": 1}


async def test_what_her_contact_says_is_not_her_sign(earners: Earners) -> None:
    plan_id = await earners.plan(earners.one, Purpose.DAILY, Result.FINE)
    await _answered_by_contact(earners, plan_id)
    await earners.sweep()
    assert await earners.earnings() == []


async def test_two_profiles_of_one_person_have_one_day(earners: Earners) -> None:
    await earners.sign(earners.one, MONDAY)
    await earners.sweep()
    await earners.sign(earners.two, MONDAY)
    async with earners.database.transaction() as session:
        await session.execute(update(Elder).where(Elder.id == earners.one).values(merged_into=earners.two))
    await earners.sweep()
    assert [(one.member_id, one.amount, one.reason) for one in await earners.earnings()] == [
        *sorted([(earners.one, 1, ""), (earners.two, 0, Nothing.SAME_DAY)], key=lambda row: str(row[0]))
    ]


# --- follow-ups --------------------------------------------------------------------------------------------------------------


async def test_an_answered_follow_up_whatever_the_rating_and_ten_a_month(earners: Earners) -> None:
    for _ in range(6):
        await earners.plan(earners.one)
    await earners.plan(earners.one, done_at=MONDAY_NOON - timedelta(days=1))  # February
    await earners.plan(earners.two, result=Result.HELP)
    await earners.plan(earners.two, result=Result.NOT_REACHED)
    await earners.plan(earners.two, result=Result.SPOKEN)  # no person stands behind it
    await earners.sweep()
    assert await earners.points(earners.one) == {"available": 12}
    assert [one.reason for one in await earners.earnings(earners.one)].count(Nothing.CAP) == 1
    assert await earners.points(earners.two) == {"available": 2}


async def test_what_somebody_else_answered_earns_nothing(earners: Earners) -> None:
    plan_id = await earners.plan(earners.one)
    await _answered_by_contact(earners, plan_id)
    await earners.sweep()
    (earning,) = await earners.earnings()
    assert (earning.amount, earning.reason) == (0, Nothing.NOT_HERSELF)


async def _answered_by_contact(earners: Earners, plan_id: uuid.UUID) -> None:
    async with earners.database.transaction() as session:
        session.add(
            CallAttempt(
                id=new_id(), plan_id=plan_id, number=1, elder_id=earners.one, contact_id=uuid.uuid4(), state=AttemptState.SPOKEN, asked_at=clock.now()
            )
        )  # fmt: skip


# --- volunteering ------------------------------------------------------------------------------------------------------------


async def test_hours_of_volunteering_once_each(earners: Earners) -> None:
    async with earners.database.transaction() as session:
        member = await member_of(session, earners.one)
        for _ in range(2):
            await earn_for_volunteering(session, TEST, member, 3, "proof-1", MONDAY)
    assert await earners.points(earners.one) == {"available": 15}
    async with earners.database.transaction() as session:
        await take_back_volunteering(session, TEST, "proof-1", why="the proof was false")
        assert await take_back_volunteering(session, TEST, "another", why="nothing was earned") is None
    assert await earners.points(earners.one) == {}


async def test_the_same_proof_for_other_hours_or_for_somebody_else_is_refused(earners: Earners) -> None:
    async with earners.database.transaction() as session:
        await earn_for_volunteering(session, TEST, await member_of(session, earners.one), 3, "proof-1", MONDAY)
    for elder_id, half_hours in ((earners.one, 4), (earners.two, 3)):
        with pytest.raises(Conflict) as refused:
            async with earners.database.transaction() as session:
                await earn_for_volunteering(session, TEST, await member_of(session, elder_id), half_hours, "proof-1", MONDAY)
        assert refused.value.code == "key_conflict"
    assert await earners.points(earners.one) == {"available": 15}


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, 10**18])
async def test_time_is_whole_half_hours(earners: Earners, wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        async with earners.database.transaction() as session:
            await earn_for_volunteering(session, TEST, await member_of(session, earners.one), wrong, "proof-1", MONDAY)
    assert refused.value.code == "bad_units"


# --- killed in the middle ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dies_at", range(1, 7))
async def test_a_sweep_that_is_killed_anywhere_ends_at_the_same_points(
    earners: Earners, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await earners.sign(earners.one, MONDAY - timedelta(days=1), MONDAY)
    for _ in range(3):
        await earners.plan(earners.one)
    await earners.bill(earners.one)
    seen = 0
    original = AsyncSession.flush

    async def flush(self: AsyncSession, objects: Any = None) -> None:
        nonlocal seen
        seen += any(isinstance(one, Earning) for one in self.new)
        if seen == dies_at:
            raise KeyboardInterrupt
        await original(self, objects)

    monkeypatch.setattr(AsyncSession, "flush", flush)
    with pytest.raises(KeyboardInterrupt):
        await sweeping.look_at_deeds(earners.database)
    monkeypatch.setattr(AsyncSession, "flush", original)
    for _ in range(2):
        await sweeping.look_at_deeds(earners.database)
    assert await earners.points(earners.one) == {"available": 8, "pending": 40}
    assert len(await earners.earnings()) == 6


# --- what expires ------------------------------------------------------------------------------------------------------------


async def _works(earners: Earners, elder_id: uuid.UUID, half_hours: int = 20) -> None:
    async with earners.database.transaction() as session:
        await earn_for_volunteering(session, TEST, await member_of(session, elder_id), half_hours, f"proof-{uuid.uuid4()}", MONDAY)


async def test_points_are_lost_at_the_end_of_the_twenty_fourth_month_after_three_messages(earners: Earners) -> None:
    await _works(earners, earners.one)
    last = date(2029, 3, 31)
    told = []
    for days in (61, 60, 59, 30, 29, 7, 0):
        clock.shift(datetime(2029, 3, 31, 4, tzinfo=UTC) - timedelta(days=days) - clock.now())
        await sweep_expiry(earners.database)
        told.append(len(await earners.books.rows("SELECT * FROM points_expiry_notices")))
        assert await earners.points(earners.one) == {"available": 100}
    assert told == [0, 1, 1, 2, 2, 3, 3]
    messages = await earners.books.rows("SELECT template, due_at, dedupe_key FROM messages ORDER BY created_at")
    assert [row.template for row in messages] == ["points_expire"] * 3
    assert {row.dedupe_key for row in messages} == {f"points_expire:{earners.one}:{last}:{step}" for step in (60, 30, 7)}
    clock.shift(timedelta(hours=13))  # past their midnight
    await sweep_expiry(earners.database)
    await sweep_expiry(earners.database)
    assert await earners.points(earners.one) == {}
    (lost,) = await earners.books.rows("SELECT balance FROM ledger_accounts WHERE holder = 'expired'")
    assert lost.balance == 100


async def test_at_night_the_message_waits_for_the_morning(earners: Earners) -> None:
    await _works(earners, earners.one)
    await earners.set("outreach_from", 8)
    await earners.set("outreach_until", 20)
    clock.shift(datetime(2029, 2, 20, 16, tzinfo=UTC) - clock.now())  # midnight in China
    await sweep_expiry(earners.database)
    (message,) = await earners.books.rows("SELECT due_at FROM messages")
    assert message.due_at == datetime(2029, 2, 21, 0, tzinfo=UTC)


async def test_whoever_could_not_spend_has_grace(earners: Earners) -> None:
    await _works(earners, earners.one)
    clock.shift(datetime(2029, 4, 5, tzinfo=UTC) - clock.now())
    async with earners.database.transaction() as session:
        (await member_of(session, earners.one)).grace_until = date(2029, 4, 30)
    await sweep_expiry(earners.database)
    assert await earners.points(earners.one) == {"available": 100}
    clock.shift(timedelta(days=26))
    await sweep_expiry(earners.database)
    assert await earners.points(earners.one) == {}


# --- invitations -------------------------------------------------------------------------------------------------------------


async def _refer(earners: Earners, invited: uuid.UUID, inviter: uuid.UUID) -> Referral:
    async with earners.database.transaction() as session:
        return await refer(session, TEST, invited_id=invited, inviter_id=inviter)


async def test_whoever_invited_her_has_a_hundred_after_her_first_paid_order(earners: Earners) -> None:
    await _refer(earners, earners.two, earners.one)
    await earners.sweep()
    assert await earners.earnings(earners.one) == []
    bill = await earners.bill(earners.two)
    await earners.bill(earners.two)
    await earners.sweep()
    await earners.sweep()
    assert await earners.points(earners.one) == {"pending": 100}
    await earners.undo(bill)
    await earners.sweep()
    await earners.sweep()  # the other one is the first that stands
    assert [one.state for one in await earners.earnings(earners.one)].count(EarningState.REVERSED) == 1
    assert await earners.points(earners.one) == {"pending": 100}
    clock.shift(timedelta(days=8))
    await earners.sweep()
    assert await earners.points(earners.one) == {"available": 100}


async def test_twelve_a_year(earners: Earners) -> None:
    await earners.set("points_referrals_year", 0, MONDAY_NOON - timedelta(days=1))
    await _refer(earners, earners.two, earners.one)
    await earners.bill(earners.two)
    await earners.sweep()
    (earning,) = await earners.earnings(earners.one)
    assert (earning.amount, earning.reason) == (0, Nothing.CAP)


async def test_invitations_that_are_none(earners: Earners) -> None:
    with pytest.raises(Invalid) as invalid:
        await _refer(earners, earners.one, earners.one)
    assert invalid.value.code == "self_referral"
    await _refer(earners, earners.two, earners.one)
    await _refer(earners, earners.two, earners.one)  # the same again
    with pytest.raises(Conflict) as refused:
        await _refer(earners, earners.one, earners.two)
    assert refused.value.code == "referral_cycle"


async def test_not_after_she_has_paid(earners: Earners) -> None:
    await earners.bill(earners.two)
    with pytest.raises(Conflict) as refused:
        await _refer(earners, earners.two, earners.one)
    assert refused.value.code == "referral_too_late"


# --- purchases ---------------------------------------------------------------------------------------------------------------


async def _shop(earners: Earners, *, allied: bool = True) -> tuple[uuid.UUID, str]:
    async with earners.database.transaction() as session:
        store, _ = await make_store(session, "惠民超市", items={"JZ01": 1})
        if allied:
            await agree(session, TEST, store.id, allied=True, rate_bp=200)
        elder = await session.get_one(Elder, earners.one)
        assert elder.card_number is not None
        return store.id, elder.card_number


async def _buy(earners: Earners, shop: tuple[uuid.UUID, str], receipt: str = "R-1", amount: int = 10_000, excluded: int = 2_500) -> Earning:
    async with earners.database.transaction() as session:
        bought = await report_purchase(
            session, TEST, shop[0], receipt=receipt, card_number=shop[1], amount_fen=amount, excluded_fen=excluded
        )
        return bought[1]


async def _refund(earners: Earners, shop: tuple[uuid.UUID, str], number: str, fen: int) -> Earning:
    async with earners.database.transaction() as session:
        return await refund_purchase(session, TEST, shop[0], receipt="R-1", number=number, fen=fen)


async def test_a_purchase_once_for_each_receipt_without_what_is_excluded(earners: Earners) -> None:
    shop = await _shop(earners)
    for _ in range(2):
        assert (await _buy(earners, shop)).amount == 150
    assert await earners.points(earners.one) == {"pending": 150}
    for amount, excluded in ((10_001, 2_500), (10_000, 0)):
        with pytest.raises(Conflict) as refused:
            await _buy(earners, shop, amount=amount, excluded=excluded)
        assert refused.value.code == "key_conflict"


async def test_refunds_in_proportion_end_at_zero(earners: Earners) -> None:
    shop = await _shop(earners)
    await _buy(earners, shop)
    for number, fen, left in (("F-1", 2_501, 99), ("F-1", 2_501, 99), ("F-2", 33, 99), ("F-3", 4_966, 0)):
        earning = await _refund(earners, shop, number, fen)
        assert (await earners.points(earners.one)).get("pending", 0) == left
    assert earning.state is EarningState.REVERSED
    with pytest.raises(Conflict) as refused:
        await _refund(earners, shop, "F-4", 1)
    assert refused.value.code == "too_much_refunded"


async def test_a_purchase_that_is_none(earners: Earners) -> None:
    shop = await _shop(earners)
    for amount, excluded in ((0, 0), (-1, 0), (1.5, 0), (True, 0), (100, 101), (5_000_001, 0), (100, -1)):
        with pytest.raises(Invalid):
            await _buy(earners, shop, amount=amount, excluded=excluded)  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refused:
        await _buy(earners, await _shop(earners, allied=False))
    assert refused.value.code == "not_allied"
    with pytest.raises(NotFound) as unknown:
        await _buy(earners, (shop[0], "0000000000"))
    assert unknown.value.code == "card_not_found"
    assert await earners.earnings() == []
