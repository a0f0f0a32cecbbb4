"""Two months of points before the demo, so that a settlement, a store's position and a statement show something.

The month before last is settled and paid; last month waits for whoever shows the demo. All of it is done by the domain's own services, each deed
at its own time: the books know no other way in.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.stores.models import ProviderPerson, Store, StoreMember
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.points.earning.actions import find_earning, release
from callcenter.points.earning.models import Earning, Purchase, PurchaseReport
from callcenter.points.earning.purchases import source_of
from callcenter.points.earning.reports import book, tell_purchase
from callcenter.points.earning.schemas import NewPurchase
from callcenter.points.earning.sources import EARNINGS, look_at_bill
from callcenter.points.earning.states import EarningState
from callcenter.points.ledger.models import LedgerEntry
from callcenter.points.scheme import Scheme
from callcenter.points.settlement.actions import close_month, record_payment
from callcenter.points.settlement.reading import read_month
from callcenter.points.settlement.rules import month_of
from callcenter.points.spending.goods import confirm_order, order_goods
from callcenter.points.spending.models import PointsGood
from callcenter.points.spending.states import GoodKind
from callcenter.seed.past import count_since, do_job
from callcenter.settings import get_settings

CLEANING, MEALS, NURSING = "张姐家政", "施营社区助餐点", "康宁护理站"
WANG, LI = ("XF-DEMO-1", "+867103456789"), ("XF-DEMO-2", "+867103452468")
Do = Callable[["Days"], Awaitable[None]]


@dataclass(slots=True)
class Days:
    """What is still to be done, by when: a deed may bring others with it."""

    session: AsyncSession
    agent: Actor
    supervisor: Actor
    stores: dict[str, tuple[uuid.UUID, Actor]]  # with its keeper
    elders: dict[str, uuid.UUID]
    todo: list[tuple[datetime, int, Do]] = field(default_factory=list)
    numbers: count[int] = field(default_factory=count)

    def at(self, moment: datetime, do: Do) -> None:
        heappush(self.todo, (moment, next(self.numbers), do))

    async def live(self) -> None:
        """Everything at its time, one after the other; then the clock stands where it stood."""
        while self.todo:
            moment, _, do = heappop(self.todo)
            ahead = moment - clock.now()
            clock.shift(ahead)
            try:
                await do(self)
            finally:
                clock.shift(-ahead)

    def earned(self, earning: Earning) -> None:
        if earning.state is EarningState.PENDING and earning.release_at is not None:
            self.at(earning.release_at, _release(earning.id))


async def seed_points(session: AsyncSession) -> bool:
    """After `seed_past`. Nothing when anything is in the books."""
    if await session.scalar(select(LedgerEntry.id).limit(1)):
        return False
    users = {user.username: Actor("user", user.id, user.name, user.role) for user in await session.scalars(select(User))}
    days = Days(session, users["agent1"], users["supervisor1"], await _stores(session), await _elders(session))
    if len(days.stores) < 3 or len(days.elders) < 2:
        return False
    last = month_of(month_of(clock.today(get_settings().timezone)) - timedelta(days=1))
    before = month_of(last - timedelta(days=1))
    await count_since(session, _moment(before, 1))
    for bill in await session.scalars(select(Bill)):  # of seed_past
        days.at(bill.made_at + timedelta(minutes=1), _look_at(bill.id))
    for moment, do in (
        (_moment(before, 2), _sale(NURSING, WANG, "KN-0702", 216_000)),
        (_moment(before, 3), _sale(MEALS, LI, "ZC-1103", 52_000)),
        (_moment(before, 11), _job(CLEANING, LI, "JZ01")),
        (_moment(before, 12), _phone_credit(WANG)),
        (_moment(last, 2), _settle(before)),
        (_moment(last, 2, 15), _sale(CLEANING, WANG, "ZJ-0215", 48_600)),
        (_moment(last, 2, 16), _sale(MEALS, LI, "ZC-1140", 128_800)),
        (_moment(last, 2, 17), _sale(NURSING, WANG, "KN-0731", 256_000)),
        (_moment(last, 4), _job(CLEANING, WANG, "JZ01")),
        (_moment(last, 12), _job(MEALS, WANG, "PS01")),
        (_moment(last, 12, 14), _job(CLEANING, LI, "JZ01")),
        (_moment(last, 13), _phone_credit(WANG)),
    ):
        days.at(moment, do)
    await days.live()
    return True


async def _stores(session: AsyncSession) -> dict[str, tuple[uuid.UUID, Actor]]:
    found = await session.execute(
        select(Store.name, Store.id, ProviderPerson.id.label("person_id"), ProviderPerson.name.label("keeper"))
        .join(StoreMember, StoreMember.store_id == Store.id)
        .join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
        .where(Store.name.in_((CLEANING, MEALS, NURSING)))
        .order_by(StoreMember.role.desc(), StoreMember.person_id.desc())  # the keeper last, who stays
    )
    return {row.name: (row.id, Actor("person", row.person_id, row.keeper, None)) for row in found}


async def _elders(session: AsyncSession) -> dict[str, uuid.UUID]:
    found = await session.execute(select(Elder.card_number, Elder.id).where(Elder.card_number.in_((WANG[0], LI[0]))))
    return {row.card_number: row.id for row in found}


def _moment(month: date, day: int, hour: int = 10) -> datetime:
    return datetime.combine(month.replace(day=day), time(hour), ZoneInfo(get_settings().timezone))


# --- what happened ---------------------------------------------------------------------------------------------------------------


def _sale(store: str, whose: tuple[str, str], receipt: str, fen: int) -> Do:
    """Told at the counter, booked by the worker a moment later."""

    async def do(days: Days) -> None:
        store_id, keeper = days.stores[store]
        told = NewPurchase(card_number=whose[0], receipt=receipt, amount_fen=fen, excluded_fen=0)
        report_id = await tell_purchase(days.session, keeper, store_id, told)
        await book(days.session, report_id)
        report = await days.session.get_one(PurchaseReport, report_id)
        purchase = await days.session.get_one(Purchase, report.purchase_id)
        earning = await find_earning(days.session, source_of(purchase))
        assert earning is not None
        days.earned(earning)

    return do


def _job(store: str, whose: tuple[str, str], item: str) -> Do:
    """Done, proved and billed; what her points may pay they pay."""

    async def do(days: Days) -> None:
        card, number = whose
        bill = await do_job(
            days.session, days.agent, days.elders[card], days.stores[store][0], number=number, item=item, points=Scheme()
        )  # fmt: skip
        days.earned(await look_at_bill(days.session, bill.id))

    return do


def _look_at(bill_id: uuid.UUID) -> Do:
    async def do(days: Days) -> None:
        days.earned(await look_at_bill(days.session, bill_id))

    return do


def _release(earning_id: uuid.UUID) -> Do:
    async def do(days: Days) -> None:
        await release(days.session, EARNINGS, earning_id)

    return do


def _phone_credit(whose: tuple[str, str]) -> Do:
    async def do(days: Days) -> None:
        good_id = (await days.session.scalars(select(PointsGood.id).where(PointsGood.kind == GoodKind.PHONE_CREDIT))).one()
        order = await order_goods(days.session, days.agent, days.elders[whose[0]], good_id, 1)
        await confirm_order(days.session, days.agent, order.id)

    return do


def _settle(month: date) -> Do:
    """Closed by a supervisor, and all the money has changed hands."""

    async def do(days: Days) -> None:
        settlement = await close_month(days.session, days.supervisor, month)
        for one in (await read_month(days.session, month)).positions:
            if one.net_fen:
                today = clock.today(get_settings().timezone)
                reference = f"{today:%Y%m%d}-{next(days.numbers):04}"
                await record_payment(
                    days.session, days.supervisor, settlement.id, one.whose, fen=one.net_fen, paid_on=today, reference=reference
                )  # fmt: skip

    return do
