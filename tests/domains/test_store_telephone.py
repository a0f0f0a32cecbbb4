"""A store that has only a telephone: the conversations themselves, step by step. Over a real line: tests/telephony, tests/scenarios."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.calls.dialogs.models import JOB_LINE, DialogCall
from callcenter.calls.dialogs.protocol import Context, Step, Then
from callcenter.calls.dialogs.states import DialogState, How
from callcenter.dispatch.orders.actions import changing, offering
from callcenter.dispatch.orders.models import Order, OrderProof, Phase, ProofKind
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.orders.telling import JOB_OFFER
from callcenter.dispatch.stores.models import Store
from callcenter.dispatch.telephone import JobLine, JobOffer, handlers
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.messaging.models import Message
from callcenter.seed.demo import DemoFacts, WhatFor
from tests.stores import make_store, offers_of, order_for

HOME = "+867103456789"


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    yield
    clock.reset()


def state_of(order: Order) -> OrderState:
    return order.state


async def offered(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, item: str = "WX01", stores: int = 1
) -> tuple[Order, list[Store]]:
    made = [(await make_store(session, f"老李水电{i}", items={item: 5000}, has_smartphone=False))[0] for i in range(stores)]
    return await order_for(session, actor, elder_id, item), made


async def calls_about(session: AsyncSession, offer_id: uuid.UUID) -> list[DialogCall]:
    found = select(DialogCall).where(DialogCall.subject_id == offer_id).order_by(DialogCall.due_at)
    return list(await session.scalars(found.execution_options(populate_existing=True)))


def told_of(call: DialogCall) -> Context:
    return Context(dialog_id=call.id, kind=call.kind, subject_id=call.subject_id, inbound=False, number=call.number, call_id=None)


class Line:
    """The job line, as somebody with one telephone in her hand goes through it."""

    def __init__(self, session: AsyncSession, number: str = HOME) -> None:
        self.session, self.number = session, number
        self.memory: dict[str, Any] = {}

    def context(self) -> Context:
        return Context(
            dialog_id=new_id(), kind=JOB_LINE, subject_id=None, inbound=True, number=self.number, call_id=None, memory=self.memory
        )

    def heard(self, step: Step) -> Step:
        self.memory = self.memory if step.keep is None else step.keep
        return step

    async def picks_up(self) -> Step:
        return self.heard(await JobLine().begin(self.session, self.context()))

    async def keys(self, keys: str) -> Step:
        return self.heard(await JobLine().on_key(self.session, self.context(), keys))


async def test_it_is_rung_about_the_job_and_takes_it_by_one(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order, (store,) = await offered(session, actor, elder_id)
    (offer,) = (await offers_of(session, order)).values()
    (call,) = await calls_about(session, offer.id)
    assert (call.kind, call.number, call.deadline_at) == (JOB_OFFER, store.number, offer.deadline_at)
    step = await JobOffer().begin(session, told_of(call))
    assert step.say[0] == "offer_greeting" and step.say[-1] == "offer_choose" and step.allowed == "12"
    assert "item_WX01" in step.say
    step = await JobOffer().on_key(session, told_of(call), "1")
    assert (step.then, step.outcome) == (Then.HANG_UP, "accepted")
    assert "".join(name.removeprefix("digit_") for name in step.say if name.startswith("digit_")) == order.job_code * 2
    assert (order.state, order.store_id) == (OrderState.ACCEPTED, store.id)
    (details,) = (await session.scalars(select(Message).where(Message.template == "job_details_by_text"))).all()
    assert details.address == store.number and order.address in (details.text or "") and order.job_code in (details.text or "")
    (code,) = (await session.scalars(select(Message).where(Message.template == "service_code"))).all()
    assert order.service_code in (code.text or "") and code.address.startswith("+861")


async def test_two_declines_and_the_next_store_is_rung(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order, _ = await offered(session, actor, elder_id, item="WX05", stores=2)
    ((first, offer),) = (await offers_of(session, order)).items()
    (call,) = await calls_about(session, offer.id)
    step = await JobOffer().on_key(session, told_of(call), "2")
    assert step.outcome == "declined"
    ((second, next_offer),) = (await offers_of(session, order)).items()
    assert second != first and len(await calls_about(session, next_offer.id)) == 1


async def test_who_is_too_late_is_told_kindly_why(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order, _ = await offered(session, actor, elder_id, stores=2)
    winner, loser = (await offers_of(session, order)).values()
    contexts = {o.id: told_of((await calls_about(session, o.id))[0]) for o in (winner, loser)}
    await JobOffer().on_key(session, contexts[winner.id], "1")
    step = await JobOffer().on_key(session, contexts[loser.id], "1")
    assert (step.say[0], step.outcome) == ("offer_taken", "gone_taken")
    assert (await JobOffer().begin(session, contexts[loser.id])).say[0] == "offer_taken"
    (waiting,) = await calls_about(session, loser.id)
    assert waiting.state is DialogState.CANCELLED  # nobody is rung for what is gone
    cancelled, _ = await offered(session, actor, elder_id, stores=0)
    offer = next(iter((await offers_of(session, cancelled)).values()))
    await changing.cancel_order(session, actor, cancelled.id, why="elder")
    assert (await JobOffer().begin(session, told_of((await calls_about(session, offer.id))[0]))).say[0] == "offer_withdrawn"


async def test_nobody_picks_up_it_is_rung_three_times_and_then_the_offer_runs_out(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    order, _ = await offered(session, actor, elder_id)
    (offer,) = (await offers_of(session, order)).values()
    for made in (1, 2, 3):
        calls = await calls_about(session, offer.id)
        assert len(calls) == made
        await JobOffer().ended(session, told_of(calls[-1]), How.NO_ANSWER)
    assert len(await calls_about(session, offer.id)) == 3
    assert offer.state is OfferState.OPEN
    await JobOffer().ended(session, told_of(calls[-1]), How.CANCELLED)


async def test_in_and_out_from_her_telephone(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    """Her subsidy pays: two proofs at each end, all by telephone."""
    order, (store,) = await offered(session, actor, elder_id)
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, Actor("person", None, store.name, None), offer.id, how="telephone")
    line = Line(session)
    assert (await line.picks_up()).say == ("job_greeting", "job_enter_code", "job_help")
    step = await line.keys(order.job_code)
    assert step.say == ("job_checked_in", "job_enter_service_code") and state_of(order) is OrderState.IN_SERVICE
    step = await line.keys("000000" if order.service_code != "000000" else "111111")
    assert step.error and step.say[0] == "job_service_code_wrong" and order.code_tries == 1
    step = await line.keys(order.service_code)
    assert (step.then, step.outcome) == (Then.HANG_UP, "checked_in")
    clock.shift(timedelta(minutes=40))
    line = Line(session)
    await line.picks_up()
    step = await line.keys(order.job_code)
    assert step.allowed == "2" and state_of(order) is OrderState.IN_SERVICE, "a second call alone ends nothing"
    step = await line.keys("2")
    assert step.say == ("job_checked_out", "job_enter_service_code")
    assert (state_of(order), order.amount_fen) == (OrderState.DONE, 5000)
    await line.keys(order.service_code)
    assert state_of(order) is OrderState.VERIFIED
    kinds = {(p.phase, p.kind) for p in await session.scalars(select(OrderProof).where(OrderProof.order_id == order.id))}
    assert kinds == {(phase, kind) for phase in Phase for kind in (ProofKind.ELDER_PHONE, ProofKind.SERVICE_CODE)}
    line = Line(session)
    await line.picks_up()
    assert (await line.keys(order.job_code)).say[0] == "job_already_out"


async def test_another_telephone_proves_nothing(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order, (store,) = await offered(session, actor, elder_id)
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, Actor("person", None, store.name, None), offer.id, how="telephone")
    for number in (store.number, ""):
        line = Line(session, number)
        await line.picks_up()
        step = await line.keys(order.job_code)
        assert (step.say[0], step.then) == ("job_wrong_phone", Then.HANG_UP)
    assert state_of(order) is OrderState.ACCEPTED


async def test_before_it_is_accepted_there_is_nothing_to_check_in(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    order, _ = await offered(session, actor, elder_id)
    line = Line(session)
    await line.picks_up()
    assert (await line.keys(order.job_code)).say[0] == "job_not_now"
    assert state_of(order) is OrderState.OFFERED


async def test_codes_are_not_guessed(session: AsyncSession) -> None:
    line = Line(session)
    await line.picks_up()
    for _ in range(4):
        step = await line.keys("1")
        assert step.say[0] == "job_code_wrong" and step.error and step.then is Then.LISTEN
    step = await line.keys("1")
    assert (step.then, step.outcome) == (Then.HANG_UP, "locked")
    now = clock.now()
    session.add(
        DialogCall(
            kind=JOB_LINE, subject_id=None, inbound=True, number=HOME, dedupe_key="x", state=DialogState.DONE, outcome="locked", requested_at=now,
            due_at=now, deadline_at=now, ended_at=now,
        )
    )  # fmt: skip
    await session.flush()
    assert (await Line(session).picks_up()).then is Then.TO_AGENT, "who calls again speaks with a person"
    assert (await Line(session, "+867103452468").picks_up()).then is Then.LISTEN


async def test_an_elder_who_is_lost_reaches_a_person(session: AsyncSession) -> None:
    line = Line(session)
    await line.picks_up()
    assert (await line.keys("0")).then is Then.TO_AGENT
    assert (await JobLine().on_silence(session, line.context())).then is Then.TO_AGENT


def test_both_kinds_are_answered() -> None:
    assert set(handlers()) == {JOB_OFFER, JOB_LINE}
