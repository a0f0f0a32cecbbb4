"""Goods with stock and caps; a spending at a counter from the card to the yes; a PIN and its lock. In a seeded database, with real connections."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text, update

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import CallKind, CallState, LegKind, LegState, PartyRole
from callcenter.cases.states import Severity
from callcenter.elders.actions import numbers_of
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Recorded
from callcenter.messaging.models import Message
from callcenter.points.families import approvals
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import ApprovalState
from callcenter.points.ledger.accounts import CENTRE, account_of, balance_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.ledger.verifying import verify
from callcenter.points.members.actions import freeze, member_of
from callcenter.points.members.states import FrozenWhy
from callcenter.points.spending import counter, goods, pins
from callcenter.points.spending.agreed import AGREED, REFUSED
from callcenter.points.spending.goods import Good
from callcenter.points.spending.models import PointsCounterRequest, PointsGood
from callcenter.points.spending.states import CounterState, GoodKind, GoodsOrderState, How
from tests.house import House
from tests.stores import make_store

KEEPER = Actor("person", uuid.UUID(int=7), "张店长", None)
AGENT = Actor("user", uuid.UUID(int=8), "agent", None)
SUPERVISOR = Actor("user", uuid.UUID(int=9), "秦岭", Role.SUPERVISOR)


@dataclass
class Shop:
    """王桂兰 with 10,000 points, a partner, a store."""

    house: House
    elder_id: uuid.UUID
    partner_id: uuid.UUID
    store_id: uuid.UUID

    @property
    def database(self) -> Database:
        return self.house.owner

    async def good(self, points: int = 1_000, stock: int = 5, kind: GoodKind = GoodKind.GOODS, limit: int | None = None) -> PointsGood:
        async with self.database.transaction() as session:
            return await goods.add_good(session, AGENT, self.partner_id, kind, Good("大米5公斤", points, stock, limit, True))

    async def order(self, good: PointsGood, quantity: int = 1) -> uuid.UUID:
        async with self.database.transaction() as session:
            return (await goods.order_goods(session, AGENT, self.elder_id, good.id, quantity)).id

    async def ask(self, points: int = 2_000, card: str = "xf-demo-1") -> uuid.UUID:
        async with self.database.transaction() as session:
            return (await counter.ask(session, KEEPER, self.store_id, card, points)).id

    async def sweep(self) -> None:
        await counter.sweep_counter(self.database)

    async def request(self, request_id: uuid.UUID) -> PointsCounterRequest:
        async with self.database.transaction() as session:
            return await counter.get_request(session, request_id)

    async def gives_up(self, request_id: uuid.UUID) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(PointsCounterRequest).where(PointsCounterRequest.id == request_id).values(given_up=True))

    async def give(self, request_id: uuid.UUID, code: str) -> PointsCounterRequest:
        async with self.database.transaction() as session:
            await session.execute(
                text("UPDATE points_counter_requests SET code_given = :code WHERE id = :id"),
                {"code": counter.code_hash(request_id, code), "id": request_id},
            )
        await self.sweep()
        return await self.request(request_id)

    async def code_of(self, request_id: uuid.UUID) -> str:
        async with self.database.transaction() as session:
            known = (await counter.get_request(session, request_id)).code_hash
        return next(code for n in range(10**6) if counter.code_hash(request_id, code := f"{n:06}") == known)

    async def has(self, pocket: Pocket = Pocket.AVAILABLE) -> int:
        async with self.database.transaction() as session:
            return await balance_of(session, Ledger.PT, (await member_of(session, self.elder_id)).whose, pocket)

    async def stock(self, good: PointsGood) -> int:
        async with self.database.transaction() as session:
            return (await session.scalars(select(PointsGood.stock).where(PointsGood.id == good.id))).one()

    async def sound(self) -> None:
        clock.reset()  # nobody seals here
        async with self.database.transaction() as session:
            url = session.get_bind().url.render_as_string(hide_password=False)  # type: ignore[union-attr]
        assert (await verify(url)).findings == ()


@pytest_asyncio.fixture
async def shop(house: House) -> AsyncIterator[Shop]:
    async with house.owner.transaction() as session:
        elder_id = (await session.scalars(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))).one()
        store, _ = await make_store(session, "积分测试店", items={"JZ01": 4_000})
        partner = await goods.add_partner(session, AGENT, "兑换点")
        member = await member_of(session, elder_id)
        lot = await lot_of(session, CENTRE, date(2099, 1, 31))
        source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
        target = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
        await post(session, AGENT, ledger=Ledger.PT, kind=EntryKind.EARN, key="earn:test", legs=move(source, target, [Held(lot, 10_000)]))
    yield Shop(house, elder_id, partner.id, store.id)
    clock.reset()


async def refused(code: str, doing: Awaitable[object]) -> None:
    with pytest.raises(AppError) as caught:
        await doing
    assert caught.value.code == code


async def test_an_order_of_goods(shop: Shop) -> None:
    good = await shop.good()
    first, second = await shop.order(good, 2), await shop.order(good)
    assert (await shop.has(), await shop.has(Pocket.RESERVED), await shop.stock(good)) == (7_000, 3_000, 2)
    async with shop.database.transaction() as session:
        assert (await goods.confirm_order(session, AGENT, first)).state is GoodsOrderState.CONFIRMED
        await goods.void_order(session, AGENT, second, "她不要了")
    assert (await shop.has(), await shop.has(Pocket.RESERVED), await shop.stock(good)) == (8_000, 0, 3)
    for doing in (goods.confirm_order, goods.confirm_order):
        with pytest.raises(AppError) as caught:
            async with shop.database.transaction() as session:
                await doing(session, AGENT, second)
        assert caught.value.code == "illegal_move"
    await refused("out_of_stock", shop.order(good, 4))
    await refused("bad_units", shop.order(good, 0))
    clock.shift(timedelta(days=15))
    await shop.order(good)
    clock.shift(timedelta(days=15))
    async with shop.database.transaction() as session:
        assert await goods.void_unfetched(session, AGENT) == 1
    assert (await shop.has(), await shop.stock(good)) == (8_000, 3)
    await shop.sound()


async def test_a_dear_order_waits_for_a_second_person(shop: Shop) -> None:
    """Nothing is held before; the asker herself does not agree; what is refused by the stock undoes the yes."""
    dear = await shop.good(points=5_001, stock=1)
    async with shop.database.transaction() as session:
        waits = await goods.order_goods(session, AGENT, shop.elder_id, dear.id, 1)
        assert isinstance(waits, PointsApproval)
    assert (await shop.has(), await shop.stock(dear)) == (10_000, 1)
    async with shop.database.transaction() as session:
        await refused("same_person", approvals.approve(session, AGENT, waits.id, AGREED))
    async with shop.database.transaction() as session:
        await approvals.approve(session, SUPERVISOR, waits.id, AGREED)
        (order,) = await goods.list_orders(session, shop.elder_id)
        assert (order.points, order.made_by, order.state) == (5_001, AGENT.name, GoodsOrderState.RESERVED)
        assert await goods.list_waiting_orders(session, shop.elder_id) == []
    assert (await shop.has(), await shop.has(Pocket.RESERVED), await shop.stock(dear)) == (4_999, 5_001, 0)
    await refused("out_of_stock", shop.order(dear))
    await shop.sound()


async def test_a_dear_request_at_a_counter_waits_for_a_second_person(shop: Shop) -> None:
    """Held for an hour, without a code and deaf to any, until somebody agrees; a no gives it back."""
    asked = await shop.ask(5_001)
    await shop.sweep()
    request = await shop.request(asked)
    assert (request.state, request.why, request.code_hash, await shop.has()) == (CounterState.ASKED, counter.SECOND, "", 4_999)
    assert (await shop.give(asked, "000000")).state is CounterState.ASKED
    async with shop.database.transaction() as session:
        await refused("second_person", counter.confirm_by_pin(session, AGENT, asked, "1357"))
    clock.shift(timedelta(minutes=50))
    async with shop.database.transaction() as session:
        await approvals.approve(session, SUPERVISOR, asked, AGREED)
    assert (await shop.give(asked, await shop.code_of(asked))).state is CounterState.CONFIRMED
    async with shop.database.transaction() as session:
        told = (await session.scalars(select(Message).where(Message.template == "points_spent"))).one()
    assert told.params and (told.params["points"], told.params["left"], await shop.has()) == ("5001", "4999", 4_999)
    await shop.sound()


async def test_what_is_given_up_at_a_counter_waits_for_no_second_person(shop: Shop) -> None:
    """Nobody is asked about it any more; who was deciding just then is waited for by nobody, and told."""
    given_up = await shop.ask(5_001)
    await shop.sweep()
    await shop.gives_up(given_up)
    await shop.sweep()
    request = await shop.request(given_up)
    assert (request.state, request.why, await shop.has()) == (CounterState.REFUSED, "given_up", 10_000)
    async with shop.database.transaction() as session:
        assert await approvals.list_waiting(session) == []
        assert (await approvals.get_approval(session, given_up)).state is ApprovalState.REFUSED
        await refused("illegal_move", approvals.approve(session, SUPERVISOR, given_up, AGREED))
    decided = await shop.ask(5_001)
    await shop.sweep()
    await shop.gives_up(decided)
    async with shop.database.transaction() as session:
        await approvals.get_approval(session, decided)  # a supervisor's decision has begun
        await asyncio.wait_for(shop.sweep(), 10)
        await refused("hold_over", approvals.approve(session, SUPERVISOR, decided, AGREED))
    assert ((await shop.request(decided)).why, await shop.has()) == ("given_up", 10_000)
    await shop.sound()


async def test_a_second_person_says_no_at_a_counter(shop: Shop) -> None:
    asked = await shop.ask(5_001)
    await shop.sweep()
    async with shop.database.transaction() as session:
        await approvals.refuse(session, SUPERVISOR, asked, REFUSED)
    request = await shop.request(asked)
    assert (request.state, request.why, await shop.has()) == (CounterState.REFUSED, "second_refused", 10_000)
    given_up = await shop.ask(5_001)
    await shop.sweep()
    clock.shift(timedelta(hours=1, seconds=1))
    await shop.sweep()
    assert ((await shop.request(given_up)).state, await shop.has()) == (CounterState.EXPIRED, 10_000)
    async with shop.database.transaction() as session:
        await refused("approval_expired", approvals.approve(session, SUPERVISOR, given_up, AGREED))
    await shop.sound()


async def test_a_partner_is_renamed_and_switched_off(shop: Shop) -> None:
    good = await shop.good()
    async with shop.database.transaction() as session:
        (partner,) = await goods.list_partners(session)
        await goods.change_partner(session, AGENT, partner.id, name="惠民超市", active=False, version=1)
        await refused("partner_changed", goods.change_partner(session, AGENT, partner.id, name="x", active=True, version=1))
    await refused("good_inactive", shop.order(good))


async def test_the_last_piece_is_sold_once(shop: Shop) -> None:
    good = await shop.good(points=100, stock=3)
    done = await asyncio.gather(*(shop.order(good) for _ in range(12)), return_exceptions=True)
    codes = [one.code for one in done if isinstance(one, AppError)]
    assert len(codes) == 9 and set(codes) == {"out_of_stock"}
    assert (await shop.stock(good), await shop.has()) == (0, 9_700)
    await shop.sound()


async def test_phone_credit_has_a_month(shop: Shop) -> None:
    thirty, ten = await shop.good(3_000, 9, GoodKind.PHONE_CREDIT), await shop.good(1_000, 9, GoodKind.PHONE_CREDIT)
    await refused("phone_credit", shop.good(2_000, 9, GoodKind.PHONE_CREDIT))
    done = await asyncio.gather(*(shop.order(thirty) for _ in range(3)), return_exceptions=True)
    assert sorted(str(getattr(one, "code", "done")) for one in done) == ["done", "phone_cap", "phone_cap"]
    await shop.order(ten, 2)
    await refused("phone_cap", shop.order(ten))
    limited = await shop.good(100, 9, limit=1)
    await shop.order(limited)
    await refused("month_limit", shop.order(limited))


async def test_a_code_at_the_counter(shop: Shop) -> None:
    asked = await shop.ask()
    await shop.sweep()
    request = await shop.request(asked)
    assert (request.state, request.tries_left, await shop.has(), await shop.has(Pocket.RESERVED)) == (CounterState.ASKED, 5, 8_000, 2_000)
    other = await shop.ask(10)
    await shop.sweep()
    assert ((await shop.request(other)).state, (await shop.request(other)).why) == (CounterState.REFUSED, "another_open")
    code = await shop.code_of(asked)
    assert re.fullmatch("[0-9]{6}", code)
    wrong = "000000" if code != "000000" else "111111"
    assert (await shop.give(asked, wrong)).tries_left == 4
    done = await shop.give(asked, code)
    assert (done.state, done.how, await shop.has(), await shop.has(Pocket.RESERVED)) == (CounterState.CONFIRMED, How.CODE, 8_000, 0)
    await shop.sound()


async def test_a_code_is_guessed_five_times(shop: Shop) -> None:
    asked = await shop.ask()
    await shop.sweep()
    code = await shop.code_of(asked)
    for n in range(5):
        left = await shop.give(asked, f"{(int(code) + n + 1) % 10**6:06}")
    assert (left.state, left.why, await shop.has()) == (CounterState.REFUSED, "code_locked", 10_000)
    assert (await shop.give(asked, code)).state is CounterState.REFUSED


async def test_ten_minutes_and_refusals(shop: Shop) -> None:
    asked, unknown, dear = await shop.ask(), await shop.ask(card="nobody"), await shop.ask(5_001)
    await asyncio.gather(*(shop.sweep() for _ in range(3)))
    assert [(await shop.request(one)).why for one in (asked, unknown, dear)] == ["", "unknown_card", "another_open"]
    clock.shift(timedelta(minutes=10, seconds=1))
    async with shop.database.transaction() as session:
        await refused("hold_expired", counter.confirm_by_pin(session, AGENT, asked, "1357"))
    await shop.sweep()
    assert ((await shop.request(asked)).state, await shop.has()) == (CounterState.EXPIRED, 10_000)
    much = await shop.ask(5_000)
    await shop.sweep()
    async with shop.database.transaction() as session:
        await counter.refuse(session, AGENT, much)
    assert ((await shop.request(much)).why, await shop.has()) == ("elder_refused", 10_000)
    async with shop.database.transaction() as session:
        await freeze(session, AGENT, shop.elder_id, FrozenWhy.LOST)
    frozen = await shop.ask()
    await shop.sweep()
    assert (await shop.request(frozen)).why == "points_frozen"
    await shop.sound()


async def test_her_pin(shop: Shop) -> None:
    asked = await shop.ask()
    await shop.sweep()

    async def by_pin(pin: str) -> PointsCounterRequest:
        async with shop.database.transaction() as session:
            try:
                return await counter.confirm_by_pin(session, AGENT, asked, pin)
            except Recorded as error:  # as at the edge of a request: what was counted stands
                wrong = error
        raise wrong

    async def new_pin(pin: str) -> None:
        async with shop.database.transaction() as session:
            await pins.set_pin(session, AGENT, shop.elder_id, pin)

    await refused("pin_unset", by_pin("2580"))
    for weak in ("1111", "12", "abcd", "1234567"):
        await refused("pin_weak", new_pin(weak))
    await new_pin("2580")
    for _ in range(5):
        await refused("pin_wrong", by_pin("2581"))
    await refused("pin_locked", by_pin("2580"))
    await refused("pin_locked", new_pin("1357"))
    async with shop.database.transaction() as session:
        await pins.unlock_pin(session, AGENT, shop.elder_id)
    await refused("pin_unset", by_pin("2580"))
    await new_pin("1357")
    done = await by_pin("1357")
    assert (done.state, done.how, await shop.has()) == (CounterState.CONFIRMED, How.PIN, 8_000)
    await refused("illegal_move", by_pin("1357"))


async def call_back(shop: Shop, agent: Actor, number: str, *, answered: bool = True, ago: timedelta = timedelta(minutes=1)) -> uuid.UUID:
    """A call that this agent has made to this number."""
    at = clock.now() - ago
    async with shop.house.owner.transaction() as session:
        call = Call(
            kind=CallKind.OUTBOUND, state=CallState.ENDED, pbx="pbx1", caller_raw="12349", caller_key=None, called=number, severity=Severity.N1,
            agent_id=agent.id, received_at=at, ended_at=at + timedelta(seconds=40),
        )  # fmt: skip
        session.add(call)
        await session.flush()
        session.add(
            CallLeg(
                call_id=call.id,
                channel_id=f"leg-{call.id}",
                kind=LegKind.PARTY,
                role=PartyRole.ELDER,
                number=number,
                state=LegState.ENDED,
                started_at=at,
                deadline_at=at + timedelta(seconds=45),
                answered_at=at + timedelta(seconds=5) if answered else None,
            )
        )
    return call.id


async def test_a_known_voice_needs_a_call(shop: Shop) -> None:
    """One of this agent's, to her own number, answered, a moment ago; it is kept with what she spent."""
    async with shop.database.transaction() as session:
        users = {user.username: Actor("user", user.id, user.name, user.role) for user in await session.scalars(select(User))}
        (number, *_) = [one.e164 for one in await numbers_of(session, shop.elder_id)]
    agent, colleague = users["agent1"], users["agent2"]
    asked = await shop.ask()
    await shop.sweep()

    async def confirm() -> PointsCounterRequest:
        async with shop.database.transaction() as session:
            return await counter.confirm_by_voice(session, agent, asked)

    await refused("not_called_back", confirm())
    await call_back(shop, colleague, number)
    await call_back(shop, agent, "+8613800009999")
    await call_back(shop, agent, number, answered=False)
    await call_back(shop, agent, number, ago=timedelta(minutes=11))
    await refused("not_called_back", confirm())
    assert (await shop.request(asked)).state is CounterState.ASKED
    earlier, last = await call_back(shop, agent, number, ago=timedelta(minutes=3)), await call_back(shop, agent, number)
    done = await confirm()
    assert (done.state, done.how, done.call_id, await shop.has()) == (CounterState.CONFIRMED, How.VOICE, last, 8_000) and earlier != last
    await refused("illegal_move", confirm())
