"""A complaint's way: who may see to it, by when, whom its delay is told, and her own word at its end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.cases.actions import lock_case, set_outcome
from callcenter.cases.models import Case, CaseEntry
from callcenter.cases.states import CaseState
from callcenter.elders.access import may_see_all
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, IllegalMove, Invalid
from callcenter.messaging.models import Message
from callcenter.outreach.actions import close_when_asked, finish_plan, lock_plan
from callcenter.outreach.complaints import actions, queries
from callcenter.outreach.complaints.actions import Written
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.rules import Watched, next_level
from callcenter.outreach.complaints.states import ComplaintState, Deadline, Level, Source
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import PlanState, Purpose, Result, Way
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.seed.helpers import seed_rota
from callcenter.seed.places import DISTRICT_CODE, region_id
from tests.stores import make_case, make_store, verified

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)  # a Thursday, noon in China


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    clock.shift(NOON + timedelta(days=7) - clock.now())
    yield
    clock.reset()


async def person(session: AsyncSession, username: str) -> Actor:
    """By her name: agent1 …, admin1, supervisor1 of the elder's district, supervisor2 of another place."""
    role = Role(username[:-1])
    regions = [region_id(DISTRICT_CODE) if username[-1] == "1" else uuid.uuid4()] if role is Role.SUPERVISOR else []
    user = User(username=username, name=username, role=role, password_hash="-", created_at=clock.now(), region_ids=regions)
    session.add(user)
    await session.flush()
    return Actor("user", user.id, user.name, role, tuple(regions))


def state_of(case: Case) -> CaseState:
    """Read anew: a type checker thinks that what was asserted of a state stays so."""
    return case.state


async def get(session: AsyncSession, complaint_id: uuid.UUID) -> Complaint:
    return await session.get_one(Complaint, complaint_id, populate_existing=True)


async def kinds(session: AsyncSession, case_id: uuid.UUID) -> list[str]:
    return list(await session.scalars(select(CaseEntry.kind).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id)))


async def written(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, source: Source = Source.FAMILY, **fields: uuid.UUID
) -> Complaint:
    found = await actions.write_down(session, actor, Written(source, "说了两次都没来", elder_id=elder_id, **fields))
    return await get(session, found)


def test_each_missed_deadline_goes_up_one_level_at_a_time() -> None:
    by, until = NOON, NOON + timedelta(days=3)
    hour = timedelta(hours=1)

    def level(state: ComplaintState, told: str, at_level: int, at: datetime) -> tuple[Deadline, Level] | None:
        return next_level(Watched(state, by, until, told, at_level), at)

    opened, taken = ComplaintState.OPENED, ComplaintState.ACKNOWLEDGED
    assert level(opened, "", 0, by - timedelta(seconds=1)) is None
    assert level(opened, "", 0, by) == (Deadline.ACKNOWLEDGE, Level.SUPERVISORS)
    assert level(opened, "acknowledge", 1, by + hour - timedelta(seconds=1)) is None
    assert level(opened, "acknowledge", 1, by + hour) == (Deadline.ACKNOWLEDGE, Level.ADMIN)
    assert level(opened, "acknowledge", 2, by + 99 * hour) is None, "nobody is above the admin"
    assert level(taken, "acknowledge", 2, until - hour) is None
    assert level(taken, "acknowledge", 2, until) == (Deadline.SOLVE, Level.SUPERVISORS), "the next deadline begins from the bottom"
    for over in (ComplaintState.SOLVED, ComplaintState.CONFIRMED, ComplaintState.WITHDRAWN):
        assert level(over, "", 0, until + 99 * hour) is None


async def test_written_down_taken_solved_and_confirmed_by_her_word(session: AsyncSession, elder_id: uuid.UUID) -> None:
    writer, handler, other = [await person(session, name) for name in ("agent1", "agent2", "agent3")]
    complaint = await written(session, writer, elder_id)
    case = await session.get_one(Case, complaint.case_id)
    assert (complaint.own_case, case.state, case.owner_id, complaint.agent_id) == (True, CaseState.OWNED, writer.id, None)
    assert complaint.acknowledge_by - complaint.opened_at == timedelta(hours=1)
    assert not await may_see_all(session, handler, elder_id)

    await actions.acknowledge_complaint(session, handler, complaint.id)
    await actions.acknowledge_complaint(session, handler, complaint.id)  # sent twice
    assert await may_see_all(session, handler, elder_id), "who sees to it may call her"
    assert case.owner_id == handler.id, "a case that was opened for it goes with it"
    with pytest.raises(Conflict) as told:
        await actions.acknowledge_complaint(session, other, complaint.id)
    assert told.value.code == "taken"
    with pytest.raises(Conflict) as told:
        await actions.solve_complaint(session, other, complaint.id, solution="好了")
    assert told.value.code == "not_the_handler"

    await actions.solve_complaint(session, handler, complaint.id, solution="换了一家，明天来")
    (plan,) = await session.scalars(select(CallPlan).where(CallPlan.subject_id == complaint.id))
    assert (plan.purpose, plan.way, plan.state) == (Purpose.COMPLAINT, Way.PERSON, PlanState.DUE)
    assert await actions.tell_overdue(session, complaint.id) is None, "it waits for her, not for us"

    await actions.answer_complaint(session, other, complaint.id, mended=False, note="还是没来")
    assert (complaint.state, complaint.rounds, complaint.handler_id) == (ComplaintState.ACKNOWLEDGED, 1, handler.id)
    assert plan.state is PlanState.DONE
    await actions.solve_complaint(session, handler, complaint.id, solution="今天来过了")
    plans = (await session.scalars(select(CallPlan).where(CallPlan.subject_id == complaint.id))).all()
    assert len(plans) == 2, "asked again, by another call"
    await actions.answer_complaint(session, other, complaint.id, mended=True, note="这回好了")
    assert (complaint.state, complaint.ended_by_id) == (ComplaintState.CONFIRMED, other.id)
    assert case.state is CaseState.CLOSED, "and its own case with it"
    assert not await may_see_all(session, handler, elder_id), "it was open to her for this only"
    assert [kind for kind in await kinds(session, case.id) if kind.startswith("complaint")] == [
        "complaint_case", "complaint_opened", "complaint_acknowledged", "complaint_solved", "complaint_not_mended", "complaint_solved",
        "complaint_confirmed",
    ]  # fmt: skip
    with pytest.raises(IllegalMove):
        await actions.withdraw_complaint(session, writer, complaint.id, note="算了")


async def test_whose_work_it_is_about_does_not_see_to_it(session: AsyncSession, elder_id: uuid.UUID) -> None:
    placed, named, handler, boss = [await person(session, name) for name in ("agent1", "agent2", "agent3", "supervisor1")]
    store = await make_store(session, "张姐家政", items={"JZ01": 4000})
    order = await verified(session, placed, elder_id, "JZ01", store=store)
    assert named.id is not None and handler.id is not None
    complaint = await written(session, handler, elder_id, Source.STORE, order_id=order.id, agent_id=named.id)
    assert (complaint.case_id, complaint.store_id, complaint.own_case) == (order.case_id, store[0].id, False)
    assert await queries.list_concerned(session, complaint) == {placed.id, named.id}
    for concerned in (placed, named):
        assert concerned.id is not None
        for act in (
            actions.acknowledge_complaint(session, concerned, complaint.id),
            actions.withdraw_complaint(session, concerned, complaint.id, note="没事了"),
            actions.assign_complaint(session, boss, complaint.id, to=concerned.id),
        ):
            with pytest.raises(Conflict) as told:
                await act
            assert told.value.code == "concerned"
    await actions.assign_complaint(session, boss, complaint.id, to=handler.id)
    assert (complaint.state, complaint.handler_id) == (ComplaintState.OPENED, handler.id), "given, and not yet acknowledged"
    await actions.acknowledge_complaint(session, handler, complaint.id)
    await actions.solve_complaint(session, handler, complaint.id, solution="重做了一遍")
    with pytest.raises(Conflict) as told:
        await actions.answer_complaint(session, placed, complaint.id, mended=True, note="好了")
    assert told.value.code == "concerned"
    with pytest.raises(Conflict) as told:
        await actions.close_complaint(session, handler, complaint.id, note="联系不上")
    assert told.value.code == "own_solution"
    await actions.close_complaint(session, boss, complaint.id, note="住院了，女儿说好了")
    assert complaint.state is ComplaintState.CONFIRMED
    (plan,) = await session.scalars(select(CallPlan).where(CallPlan.subject_id == complaint.id))
    assert plan.state is PlanState.DROPPED, "nobody calls her about it any more"


async def test_a_case_with_an_open_complaint_stays_open(session: AsyncSession, elder_id: uuid.UUID) -> None:
    writer, handler = [await person(session, name) for name in ("agent1", "agent2")]
    case_id = await make_case(session, elder_id)
    complaint_id = await actions.write_down(session, writer, Written(Source.AGENT, "等了太久", case_id=case_id))
    await set_outcome(session, writer, case_id, outcome="helped", note="")
    case = await lock_case(session, case_id)
    assert not await close_when_asked(session, case)
    assert state_of(case) is CaseState.RESOLVED
    await actions.withdraw_complaint(session, handler, complaint_id, note="说算了")
    assert state_of(case) is CaseState.CLOSED
    # about a closed case: one of its own, linked to it
    again = await get(session, await actions.write_down(session, writer, Written(Source.AGENT, "又想起来了", case_id=case_id)))
    its_own = await session.get_one(Case, again.case_id)
    assert (again.own_case, its_own.linked_case_id, its_own.elder_id) == (True, case_id, elder_id)


async def test_the_confirming_call_finished_from_the_list_of_calls(session: AsyncSession, elder_id: uuid.UUID) -> None:
    writer, handler, other = [await person(session, name) for name in ("agent1", "agent2", "agent3")]
    for rating, after in ((None, ComplaintState.SOLVED), (2, ComplaintState.ACKNOWLEDGED), (4, ComplaintState.CONFIRMED)):
        complaint = await written(session, writer, elder_id)
        await actions.acknowledge_complaint(session, handler, complaint.id)
        await actions.solve_complaint(session, handler, complaint.id, solution="退了钱")
        plan = await lock_plan(session, (await queries.open_plan_ids(session, [complaint.id]))[complaint.id])
        await finish_plan(session, other, plan, Result.SPOKEN, rating=rating)
        await actions.settle_by_call(session, other, plan)
        assert complaint.state is after, rating


async def test_what_is_overdue_is_told_upward_once_each(session: AsyncSession, elder_id: uuid.UUID) -> None:
    writer, handler, near, far, admin = [await person(session, n) for n in ("agent1", "agent2", "supervisor1", "supervisor2", "admin1")]
    complaint = await written(session, writer, elder_id)

    async def told() -> list[bool]:
        return [complaint in await queries.list_told(session, reader) for reader in (near, far, admin)]

    async def swept() -> list[Level | None]:
        return [await actions.tell_overdue(session, one) for one in await queries.list_overdue(session, clock.now()) if one == complaint.id]

    assert await swept() == [] and await told() == [False, False, False]
    clock.shift(timedelta(minutes=61))
    assert await swept() == [Level.SUPERVISORS]
    assert await swept() == [] and await actions.tell_overdue(session, complaint.id) is None
    assert await told() == [True, False, False], "the supervisors of her region"
    clock.shift(timedelta(hours=1))
    assert await swept() == [Level.ADMIN] and await swept() == []
    assert await told() == [True, False, True]
    await actions.acknowledge_complaint(session, handler, complaint.id)
    assert await told() == [False, False, False], "somebody has it now"
    clock.shift(timedelta(days=6))  # three working days and a weekend
    assert await swept() == [Level.SUPERVISORS] and await swept() == []
    clock.shift(timedelta(days=1))
    assert await swept() == [Level.ADMIN] and await swept() == []
    assert (await kinds(session, complaint.case_id)).count("complaint_overdue") == 4


async def test_what_cannot_be_written_down(session: AsyncSession, facts: DemoFacts, elder_id: uuid.UUID) -> None:
    writer = await person(session, "agent1")
    store = await make_store(session, "李家水电", items={"JZ01": 4000})
    order = await verified(session, writer, elder_id, "JZ01", store=store)
    another = next(elder.id for elder in facts.elders if elder.id not in (None, elder_id))
    for told, code in (
        (Written(Source.AGENT, "x", elder_id=another, order_id=order.id), "wrong_order"),
        (Written(Source.AGENT, "x", elder_id=another, case_id=order.case_id), "wrong_case"),
        (Written(Source.AGENT, "x", elder_id=elder_id, order_id=uuid.uuid4()), "wrong_order"),
        (Written(Source.RATING, "x", elder_id=elder_id), "bad_source"),
    ):
        with pytest.raises(Invalid) as refused:
            await actions.write_down(session, writer, told)
        assert refused.value.code == code


async def test_a_supervisor_says_whose_work_it_is_about(session: AsyncSession, facts: DemoFacts, elder_id: uuid.UUID) -> None:
    agent, handler, boss = [await person(session, name) for name in ("agent1", "agent3", "supervisor1")]
    store, _ = await make_store(session, "张姐家政", items={"JZ01": 4_000})
    assert agent.id and handler.id and boss.id
    complaint_id = (await written(session, agent, elder_id, agent_id=agent.id)).id
    await actions.acknowledge_complaint(session, handler, complaint_id)
    with pytest.raises(Conflict) as refused:
        await actions.change_concerned(session, boss, complaint_id, store_id=store.id, agent_id=handler.id)
    assert refused.value.code == "handler_concerned"
    with pytest.raises(Conflict) as refused:
        await actions.change_concerned(session, agent, complaint_id, store_id=store.id, agent_id=None)
    assert refused.value.code == "concerned"
    await actions.change_concerned(session, boss, complaint_id, store_id=store.id, agent_id=None)
    changed = await get(session, complaint_id)
    assert (changed.store_id, changed.agent_id) == (store.id, None)
    assert "complaint_concerned" in await kinds(session, changed.case_id)


async def test_whoever_supervises_by_the_rota_is_told_by_text_message(session: AsyncSession, elder_id: uuid.UUID) -> None:
    await seed_rota(session)
    agent = await person(session, "agent1")
    complaint_id = (await written(session, agent, elder_id)).id
    clock.shift(timedelta(hours=1, minutes=1))
    assert await actions.tell_overdue(session, complaint_id) is Level.SUPERVISORS
    (message,) = (await session.scalars(select(Message).where(Message.template == "complaint_overdue"))).all()
    complaint = await get(session, complaint_id)
    assert message.about_id == str(complaint_id) and complaint.number not in message.dedupe_key
    assert complaint.solve_by.astimezone(ZoneInfo("Asia/Shanghai")).time() != time(0), "it reads as the last working day"
