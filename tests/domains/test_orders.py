"""An order's way: placed, offered, taken by exactly one, done, proved; and every way it may go wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.cases.models import Case, CaseEntry, CaseTask
from callcenter.cases.states import CaseState
from callcenter.centre.actions import change_setting
from callcenter.dispatch import jobs
from callcenter.dispatch.orders.actions import changing, doing, offering
from callcenter.dispatch.orders.actions.common import lock_order
from callcenter.dispatch.orders.errors import CodeLocked, CodeWrong, GateClosed, NotYourJob, OfferGone, TooFar
from callcenter.dispatch.orders.models import Order, OrderEvent, OrderProof, Phase, ProofKind
from callcenter.dispatch.orders.schemas import Position
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.elders.models import Elder, Presence
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, IllegalMove, Invalid
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.settings import get_settings
from tests.stores import keeper, make_case, make_store, offers_of, order_for


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Nobody is asked at night; these stories happen at noon in China."""
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    yield
    clock.reset()


def state_of(order: Order) -> OrderState:
    """Read anew: a type checker thinks that what was asserted of a state stays so."""
    return order.state


async def entries(session: AsyncSession, case_id: uuid.UUID) -> list[str]:
    return list(await session.scalars(select(CaseEntry.kind).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id)))


async def test_from_the_order_to_the_checked_out_job(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    store, person = await make_store(session, "张姐家政", items={"JZ01": 4000})
    order = await order_for(session, actor, elder_id, "JZ01")
    assert (order.state, order.attention) == (OrderState.OFFERED, "")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    assert (order.state, order.store_id, order.worker_id) == (OrderState.ACCEPTED, store.id, person.id)
    await doing.set_out(session, keeper(person), order.id)
    await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=order.service_code)
    assert state_of(order) is OrderState.IN_SERVICE
    clock.shift(timedelta(minutes=55))
    # her subsidy pays: two proofs at each end
    position = Position(latitude=32.0305, longitude=112.0953, accuracy_m=20)
    for phase in Phase:
        await doing.prove_by_position(session, keeper(person), order.id, phase=phase, position=position, photo=b"jpeg")
    await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_OUT, code=order.service_code)
    await doing.check_out(session, keeper(person), order.id, amount_fen=4000)
    assert (order.state, order.attention, order.amount_fen) == (OrderState.VERIFIED, "", 4000)
    case, order = await lock_order(session, order.id)
    assert case.open_orders == 1
    case.state, case.outcome = CaseState.WAITING, "helped"
    await doing.settle_order(session, actor, case, order)
    assert (case.open_orders, case.state) == (0, CaseState.RESOLVED)
    assert await entries(session, case.id) == [
        "press", "order_placed", "order_accepted", "order_en_route", "order_checked_in", "order_checked_out", "order_verified", "order_settled",
    ]  # fmt: skip


async def test_open_items_are_offered_to_five_at_once_and_the_first_takes_it(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    people = [await make_store(session, f"店{i}", items={"JZ01": 4000}) for i in range(7)]
    order = await order_for(session, actor, elder_id, "JZ01")
    offers = await offers_of(session, order)
    assert len(offers) == 5
    person_of = {store.id: person for store, person in people}
    (first, winner), *rest = list(offers.items())
    await offering.accept_offer(session, keeper(person_of[first]), winner.id, how="app")
    assert (await offering.accept_offer(session, keeper(person_of[first]), winner.id, how="app")).store_id == first  # sent twice
    for store_id, offer in rest:
        with pytest.raises(OfferGone) as told:
            await offering.accept_offer(session, keeper(person_of[store_id]), offer.id, how="app")
        assert told.value.details == {"why": "taken"}
    assert {o.state for o in (await offers_of(session, order, None)).values()} == {OfferState.ACCEPTED, OfferState.WITHDRAWN}


async def test_when_nobody_answers_more_are_asked_beside_them(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    for i in range(17):
        await make_store(session, f"店{i}", items={"JZ01": 4000})
    order = await order_for(session, actor, elder_id, "JZ01")
    counts = []
    for _ in range(4):
        counts.append(len(await offers_of(session, order)))
        if order.seek_at is None:
            break
        clock.shift(order.seek_at - clock.now() + timedelta(seconds=1))
        await jobs.look_for_store(session, order.id)
        await jobs.look_for_store(session, order.id)
    assert counts == [5, 10, 15]
    assert order.accept_by is not None and {o.deadline_at for o in (await offers_of(session, order)).values()} == {order.accept_by}


async def test_assigned_items_go_to_the_best_in_turn_and_after_three_refusals_to_an_agent(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    people = {store.id: person for store, person in [await make_store(session, f"助浴{i}", items={"ZL01": 9000}) for i in range(5)]}
    order = await order_for(session, actor, elder_id, "ZL01")
    for refusals in range(1, 4):
        (store_id,) = asked = await offers_of(session, order)
        await offering.decline_offer(session, keeper(people[store_id]), asked[store_id].id, reason="busy", how="app")
        assert order.refusals == refusals
    assert (order.state, order.attention) == (OrderState.REJECTED, "refused")
    assert not await offers_of(session, order)
    await offering.ask_again(session, actor, order.id, version=order.version)
    assert state_of(order) is OrderState.OFFERED
    assert len(await offers_of(session, order)) == 1


async def test_offers_run_out_once_and_the_next_is_asked(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    for i in range(2):
        await make_store(session, f"锁匠{i}", items={"WX05": 9000})
    order = await order_for(session, actor, elder_id, "WX05")
    (offer,) = (await offers_of(session, order)).values()
    assert not await offering.expire_offer(session, actor, offer.id)
    clock.shift(offer.deadline_at - clock.now() + timedelta(seconds=1))
    assert await offering.expire_offer(session, actor, offer.id)
    assert not await offering.expire_offer(session, actor, offer.id)
    (second,) = (await offers_of(session, order)).values()
    assert second.store_id != offer.store_id
    clock.shift(timedelta(minutes=20))
    assert await offering.expire_offer(session, actor, second.id)
    assert (order.state, order.attention) == (OrderState.EXPIRED, "expired")
    kinds = list(await session.scalars(select(OrderEvent.kind).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)))
    assert kinds == ["placed", "offered", "offer_expired", "offered", "offer_expired", "expired"]


async def test_an_answer_after_the_deadline_is_too_late_also_before_the_worker_came(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    _, person = await make_store(session, "锁匠", items={"WX05": 9000})
    order = await order_for(session, actor, elder_id, "WX05")
    (offer,) = (await offers_of(session, order)).values()
    clock.shift(timedelta(hours=1))
    with pytest.raises(OfferGone) as told:
        await offering.accept_offer(session, keeper(person), offer.id, how="app")
    assert told.value.details == {"why": "expired"}
    assert state_of(order) is OrderState.OFFERED


async def test_at_night_only_what_is_urgent_is_offered(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    await make_store(session, "全能", items={"JZ01": 4000, "WX05": 9000})
    for key, hour in (("jobs_from", 7), ("jobs_until", 21)):  # the demo's are round the clock
        await change_setting(session, actor, get_settings(), key=key, value=hour, reason="测试")
    clock.shift(timedelta(hours=12))  # midnight in China
    cleaning = await order_for(session, actor, elder_id, "JZ01")
    lock = await order_for(session, actor, elder_id, "WX05")
    assert (cleaning.state, lock.state) == (OrderState.REQUESTED, OrderState.OFFERED)
    assert cleaning.seek_at is not None
    clock.shift(cleaning.seek_at - clock.now() + timedelta(seconds=1))
    if cleaning.accept_by and cleaning.accept_by > clock.now():
        await jobs.look_for_store(session, cleaning.id)
        assert state_of(cleaning) is OrderState.OFFERED


async def test_nobody_can(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order = await order_for(session, actor, elder_id, "PH06")
    assert (order.state, order.attention) == (OrderState.REJECTED, "nobody")


async def test_a_licence_that_lapses_between_offer_and_answer_closes_the_gate(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    today = (clock.now() + timedelta(hours=8)).date()
    _, person = await make_store(session, "护理站", items={"PH06": 15000}, until=today)
    order = await order_for(session, actor, elder_id, "PH06")
    (offer,) = (await offers_of(session, order)).values()
    offer.deadline_at += timedelta(days=2)
    clock.shift(timedelta(days=1))
    with pytest.raises(GateClosed) as told:
        await offering.accept_offer(session, keeper(person), offer.id, how="app")
    assert [out["gate"] for out in told.value.details["out"]] == ["licence"]
    assert state_of(order) is OrderState.OFFERED


async def test_a_gate_is_passed_by_a_supervisor_with_a_reason_and_some_by_nobody(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    closed, _ = await make_store(session, "夜里关门", items={"JZ01": 4000}, hours=[[]] * 7)
    unlicensed, _ = await make_store(session, "没有证", items={"PH06": 15000}, licences=[])
    agent = Actor("user", None, "陈静", None)
    order = await order_for(session, actor, elder_id, "JZ01")
    assert order.attention == "nobody"
    with pytest.raises(GateClosed):
        await offering.assign_store(session, agent, order.id, store_id=closed.id, version=order.version, reason="急", agreed=True)
    with pytest.raises(Invalid):
        await offering.assign_store(session, actor, order.id, store_id=closed.id, version=order.version, reason=" ", agreed=True)
    await offering.assign_store(session, actor, order.id, store_id=closed.id, version=order.version, reason="店主愿意加班", agreed=True)
    assert (order.state, order.override_reason) == (OrderState.ACCEPTED, "店主愿意加班")
    nursing = await order_for(session, actor, elder_id, "PH06")
    with pytest.raises(GateClosed):
        await offering.assign_store(
            session, actor, nursing.id, store_id=unlicensed.id, version=nursing.version, reason="没有别人", agreed=True
        )


async def test_five_wrong_codes_lock_it_until_an_agent_makes_a_new_one(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    _, person = await make_store(session, "张姐家政", items={"JZ01": 4000})
    order = await order_for(session, actor, elder_id, "JZ01")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    wrong = f"{(int(order.service_code) + 1) % 1_000_000:06}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeWrong) as told:
            await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=wrong)
        assert told.value.details == {"left": left}
    with pytest.raises(CodeLocked):
        await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=order.service_code)
    assert (order.state, order.attention) == (OrderState.ACCEPTED, "code_locked")
    code = await doing.new_service_code(session, actor, order.id)
    await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=code)
    assert state_of(order) is OrderState.IN_SERVICE


async def test_proofs_that_do_not_hold(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    _, person = await make_store(session, "张姐家政", items={"JZ01": 4000})
    order = await order_for(session, actor, elder_id, "JZ01")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    with pytest.raises(TooFar):
        far = Position(latitude=32.05, longitude=112.0953, accuracy_m=20)
        await doing.prove_by_position(session, keeper(person), order.id, phase=Phase.CHECK_IN, position=far, photo=b"jpeg")
    with pytest.raises(NotYourJob):
        await doing.prove_by_phone(session, keeper(person), order.id, phase=Phase.CHECK_IN, caller="+8613912345678")
    with pytest.raises(NotYourJob):
        await doing.prove_by_tag(session, keeper(person), order.id, phase=Phase.CHECK_IN, tag_elder_id=uuid.uuid4())
    with pytest.raises(Invalid):
        await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_OUT, code=order.service_code)
    await doing.prove_by_tag(session, keeper(person), order.id, phase=Phase.CHECK_IN, tag_elder_id=elder_id)
    assert state_of(order) is OrderState.ACCEPTED, "a tag alone is no check-in"
    await doing.prove_by_phone(session, keeper(person), order.id, phase=Phase.CHECK_IN, caller="+867103456789")
    await doing.prove_by_phone(session, keeper(person), order.id, phase=Phase.CHECK_IN, caller="+867103456789")  # again: harmless
    assert state_of(order) is OrderState.IN_SERVICE
    kinds = list(await session.scalars(select(OrderProof.kind).where(OrderProof.order_id == order.id)))
    assert sorted(kinds) == [ProofKind.DOOR_TAG, ProofKind.ELDER_PHONE]
    with pytest.raises(Invalid):
        await doing.check_out(session, keeper(person), order.id, amount_fen=-1)
    await doing.check_out(session, keeper(person), order.id, amount_fen=4000)
    assert (order.state, order.attention) == (OrderState.DONE, "proof")
    with pytest.raises(IllegalMove):
        await doing.check_out(session, keeper(person), order.id, amount_fen=9000)
    await doing.verify_by_hand(session, actor, order.id, reason="电话核实,老人说做得好")
    assert state_of(order) is OrderState.VERIFIED


async def test_nobody_opens(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    _, person = await make_store(session, "张姐家政", items={"JZ01": 4000})
    rescuer, _ = await make_store(session, "应急站", items={"JJ04": 0})
    order = await order_for(session, actor, elder_id, "JZ01")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    await doing.report_no_answer(session, keeper(person), order.id)
    await doing.report_no_answer(session, keeper(person), order.id)
    (check,) = (await session.scalars(select(Order).where(Order.parent_id == order.id))).all()
    assert (check.sla_class, check.state, check.case_id) == ("E0", OrderState.OFFERED, order.case_id)
    assert set(await offers_of(session, check)) == {rescuer.id}
    assert (await session.scalar(select(CaseTask.reason).where(CaseTask.case_id == order.case_id))) == "no_answer_at_door"
    await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=order.service_code)
    assert (order.state, order.attention) == (OrderState.IN_SERVICE, "")


async def test_a_store_gives_a_job_back_and_is_not_asked_again(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    people = {store.id: person for store, person in [await make_store(session, f"店{i}", items={"WX05": 9000}) for i in range(2)]}
    order = await order_for(session, actor, elder_id, "WX05")
    ((first, offer),) = (await offers_of(session, order)).items()
    await offering.accept_offer(session, keeper(people[first]), offer.id, how="telephone")
    await doing.give_back(session, keeper(people[first]), order.id, reason="师傅摔了")
    assert (order.state, order.store_id) == (OrderState.OFFERED, None)
    assert first not in await offers_of(session, order)


async def test_cancel_rework_dispute(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    _, person = await make_store(session, "张姐家政", items={"PH02": 4000})
    order = await order_for(session, actor, elder_id, "PH02")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    for phase in Phase:
        await doing.prove_by_code(session, keeper(person), order.id, phase=phase, code=order.service_code)
        await doing.prove_by_phone(session, keeper(person), order.id, phase=phase, caller="+867103456789")
    await doing.check_out(session, keeper(person), order.id, amount_fen=3000)
    assert state_of(order) is OrderState.VERIFIED
    with pytest.raises(IllegalMove):
        await changing.cancel_order(session, actor, order.id, why="elder")
    await changing.dispute_order(session, actor, order.id, reason="老人说没拿到药")
    await changing.ask_rework(session, actor, order.id, reason="重取一次", same_store=True)
    assert (order.state, order.visit, order.checked_in_at) == (OrderState.ACCEPTED, 2, None)
    await doing.prove_by_code(session, keeper(person), order.id, phase=Phase.CHECK_IN, code=order.service_code)
    assert state_of(order) is OrderState.IN_SERVICE
    other = await order_for(session, actor, elder_id, "PH02")
    case = await session.get_one(Case, other.case_id)
    await changing.cancel_order(session, actor, other.id, why="elder")
    await changing.cancel_order(session, actor, other.id, why="elder")
    assert (other.state, other.job_code, case.open_orders) == (OrderState.CANCELLED, "", 0)
    assert not await offers_of(session, other)


async def test_what_cannot_be_ordered(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    with pytest.raises(Conflict) as refused:
        await order_for(session, actor, elder_id, "JJ01")
    assert refused.value.code == "item_of_centre"
    with pytest.raises(Invalid) as told:
        await order_for(session, actor, elder_id, "JZ01", wanted_from=clock.now() - timedelta(hours=1))
    assert told.value.code == "wanted_past"
    elder = await session.get_one(Elder, elder_id)
    elder.presence = Presence.DECEASED
    with pytest.raises(Conflict):
        await order_for(session, actor, elder_id, "JZ01")
    assert (await session.scalar(select(Order.id))) is None
    assert await make_case(session, elder_id)
