"""Contacts of an emergency are rung step by step, each number once, until one is going; then the grid worker, then a countdown for a person."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from callcenter.accounts.actor import system
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.cases.models import CaseEntry
from callcenter.elders.models import ElderContact, ElderNumber
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.ladder.actions import somebody_goes, start_ladder
from callcenter.emergency.ladder.schemas import Rung
from callcenter.emergency.ladder.states import Order, Rungs
from callcenter.emergency.ladder.telephone import handlers
from callcenter.emergency.models import Emergency
from callcenter.kit import clock
from tests.house import AgentAtWork, House, until

ALONE, ALONE_E164, ALONE_MOBILE = "07103456789", "+867103456789", "+8613800006789"
NEIGHBOUR, DAUGHTER = "+8613700006782", "+8613900006781"  # the neighbour has the key
BOTH = [Rung(who=Rungs.CONTACTS)]
TEST = system("test")


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    await house.voice_anew(Dialogs(handlers()))
    yield house
    clock.reset()


async def pressed(house: House, agent: AgentAtWork) -> dict[str, Any]:
    """An SOS that is answered and goes on; its call."""
    house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await sweep_emergencies(house.database)
    return call


async def begin(house: House, case_id: str, rungs: list[Rung] | None = None, **more: int) -> None:
    async with house.database.transaction() as session:
        await start_ladder(session, TEST, uuid.UUID(case_id), rungs, **more)


async def later(house: House, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
    await asyncio.gather(*(sweep_emergencies(house.database) for _ in range(2)))


async def attempts(house: House) -> list[tuple[str, int, int, str]]:
    rows = await house.rows("SELECT who, round, rung, state FROM contact_attempts ORDER BY round, rung, position")
    return [(row.who, row.round, row.rung, row.state) for row in rows]


async def told(house: House, case_id: str, *prefixes: str) -> list[str]:
    async with house.database.transaction() as session:
        kinds = await session.scalars(select(CaseEntry.kind).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id))
        return [kind for kind in kinds if kind.startswith(prefixes)]


async def test_the_first_who_goes_stops_the_others(centre: House) -> None:
    agent = await centre.agent("agent1")
    call = await pressed(centre, agent)
    await begin(centre, call["case_id"], [*BOTH, Rung(who=Rungs.OUTSIDE)])
    await begin(centre, call["case_id"])  # harmless twice
    neighbour, daughter = centre.telephone(NEIGHBOUR), centre.telephone(DAUGHTER)
    await asyncio.gather(neighbour.rings(), daughter.rings())
    await daughter.picks_up()
    await daughter.is_told("contact_choose")
    assert daughter.was_told()[0] == "contact_greeting"
    daughter.keys("1")
    await daughter.is_told("contact_going")
    await until(lambda: not neighbour.is_rung(), why="the neighbour's telephone stops")
    assert await attempts(centre) == [("key_holder", 1, 1, "cancelled"), ("contact", 1, 1, "going")]
    (ladder,) = await centre.rows("SELECT state, rung FROM ladders")
    assert (ladder.state, ladder.rung) == ("taken", 1)
    await later(centre, 300)
    assert len(await centre.rows("SELECT 1 FROM dialog_calls")) == 2
    assert not await centre.rows("SELECT 1 FROM emergency_deadlines WHERE state = 'open' AND code LIKE 'ladder%'")
    heard = await told(centre, call["case_id"], "ladder", "contact")
    assert sorted(heard) == sorted(["ladder_started", "ladder_rung", "contact_called", "contact_called", "contact_going", "ladder_stopped"])


async def test_nobody_can_and_the_grid_worker_then_a_person(centre: House) -> None:
    agent = await centre.agent("agent1")
    call = await pressed(centre, agent)
    await begin(centre, call["case_id"])
    neighbour, daughter = centre.telephone(NEIGHBOUR), centre.telephone(DAUGHTER)
    await neighbour.rings()
    assert not daughter.is_rung(), "key-holders first"
    await neighbour.declines()
    await daughter.picks_up()  # at once, without waiting for the rung's time
    await daughter.is_told("contact_choose")
    daughter.keys("2")
    await daughter.is_told("contact_cannot")
    (worker,) = await centre.until_rows("SELECT number FROM dialog_calls WHERE role = 'grid_worker'")
    phone = centre.telephone(worker.number)
    await phone.rings()
    (order,) = await centre.rows(
        "SELECT o.sla_class, o.state FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.item_code = 'JJ04'"
    )
    assert order.sla_class == "E0"
    await later(centre, 31)  # its time is over: the countdown begins, and her telephone rings on
    (one,) = await agent.get("/api/emergencies")
    due = {d["code"]: d for d in one["deadlines"]}
    assert "outside" in due and not any(code.startswith("ladder") for code in due)
    assert [a["code"] for a in one["alarms"]] == ["ladder_ended"]
    assert one["ladder"]["state"] == "ended"
    assert [(a["who"], a["state"]) for a in one["attempts"]][:2] == [("key_holder", "busy"), ("contact", "cannot")]
    assert "name" not in one["attempts"][0] and "number" not in one["attempts"][0]
    await later(centre, 31)
    (one,) = await agent.get("/api/emergencies")
    assert {"ladder_ended", "outside"} <= {a["code"] for a in one["alarms"]}
    assert not await centre.rows("SELECT 1 FROM dialog_calls WHERE number IN ('120', '110', '119')")


async def test_one_number_is_rung_once_and_her_own_never(centre: House) -> None:
    async with centre.owner.transaction() as session:
        elder_id = (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == ALONE_E164))).one()
        today = clock.now().date()
        extra = [
            ElderContact(elder_id=elder_id, position=11, name="陈家老二", relation="邻居", number=NEIGHBOUR),
            ElderContact(elder_id=elder_id, position=12, name="自己", relation="本人", number=ALONE_MOBILE),
            ElderContact(
                elder_id=elder_id, position=13, name="过期", relation="保姆", number="+8613911112222", valid_to=today - timedelta(days=2)
            ),
            ElderContact(elder_id=elder_id, position=14, name="写错", relation="侄子", number="12"),
        ]
        session.add_all(extra)
    try:
        agent = await centre.agent("agent1")
        call = await pressed(centre, agent)
        await begin(centre, call["case_id"], BOTH)
        await asyncio.gather(centre.telephone(NEIGHBOUR).rings(), centre.telephone(DAUGHTER).rings())
        assert sorted(row.number for row in await centre.rows("SELECT number FROM dialog_calls")) == [NEIGHBOUR, DAUGHTER]
        states = [(who, state) for who, _, _, state in await attempts(centre)]
        assert states == [("key_holder", "calling"), ("contact", "calling"), ("contact", "failed")]
    finally:
        async with centre.owner.transaction() as session:
            await session.execute(text("DELETE FROM elder_contacts WHERE position > 10"))


async def test_in_order_each_has_her_turn_and_a_round_comes_again(centre: House) -> None:
    agent = await centre.agent("agent1")
    call = await pressed(centre, agent)
    await begin(centre, call["case_id"], [Rung(who=Rungs.CONTACTS, how=Order.IN_ORDER, ring_s=20, wait_s=25)], rounds=2, again_s=60)
    neighbour, daughter = centre.telephone(NEIGHBOUR), centre.telephone(DAUGHTER)
    await neighbour.rings()
    assert not daughter.is_rung()
    await later(centre, 22)  # not answered
    await daughter.rings()
    await daughter.declines()
    await centre.until_rows("SELECT 1 FROM ladders WHERE state = 'ended'")
    assert [row.state for row in await centre.rows("SELECT state FROM ladders ORDER BY round")] == ["ended", "running"]
    await later(centre, 30)
    assert not neighbour.is_rung()
    await later(centre, 31)
    await neighbour.rings()
    assert await attempts(centre) == [
        ("key_holder", 1, 1, "no_answer"), ("contact", 1, 1, "busy"), ("key_holder", 2, 1, "calling"), ("contact", 2, 1, "waiting"),
    ]  # fmt: skip
    await agent.post(f"/api/emergencies/{call['case_id']}/ladder/stop", {"reason": "女儿自己打来了"})
    await until(lambda: not neighbour.is_rung(), why="nobody is rung any more")
    assert (await attempts(centre))[2:] == [("key_holder", 2, 1, "cancelled"), ("contact", 2, 1, "cancelled")]
    await agent.post(f"/api/emergencies/{call['case_id']}/ladder/stop", {"reason": "再停一次"}, status=409)


async def test_a_contact_who_wants_to_talk_comes_to_an_agent_and_the_case_stays_whose_it_is(centre: House) -> None:
    first, second = await centre.agent("agent1"), await centre.agent("agent2")
    centre.elder(ALONE).press_sos()
    await asyncio.gather(first.rings(), second.rings())
    call = await first.picks_up()
    await sweep_emergencies(centre.database)
    await begin(centre, call["case_id"], BOTH)
    daughter = await centre.telephone(DAUGHTER).picks_up()
    await daughter.is_told("contact_choose")
    daughter.keys("0")
    await second.rings()
    await daughter.is_told("contact_to_agent")
    talk = await second.picks_up()
    await daughter.talks()
    assert (talk["case_id"], talk["severity"]) == (call["case_id"], "E0")
    case = await first.get(f"/api/cases/{call['case_id']}")
    assert case["owner_id"] == first.id
    assert ("contact", 1, 1, "talks") in await attempts(centre)
    daughter.hangs_up()
    await second.is_("wrap_up")
    assert not await centre.rows("SELECT 1 FROM case_tasks"), "she need not be called back as if she were the elder"
    assert centre.telephone(NEIGHBOUR).is_rung(), "talking is not going"


async def test_one_contact_by_a_click(centre: House) -> None:
    agent = await centre.agent("agent1")
    call = await pressed(centre, agent)
    (row,) = await centre.rows("SELECT c.id FROM elder_contacts c WHERE c.number = :n", n=DAUGHTER)
    address = f"/api/emergencies/{call['case_id']}/contacts/{row.id}/call"
    await agent.post(address)
    await agent.post(address, status=409)
    daughter = await centre.telephone(DAUGHTER).picks_up()
    await daughter.is_told("contact_choose")
    daughter.keys("1")
    await daughter.is_told("contact_going")
    seen = await agent.get(f"/api/emergencies/{call['case_id']}/attempts")
    (one,) = seen["attempts"]
    assert (one["state"], one["rung"], one["name"], one["contact_id"], seen["ladder"]) == ("going", 0, "刘敏", str(row.id), None)
    other = await centre.agent("agent3")
    masked = (await other.get(f"/api/emergencies/{call['case_id']}/attempts"))["attempts"][0]
    assert masked["name"] == "刘**" and "6781" in masked["number"] and "*" in masked["number"]


async def test_the_emergency_ends_and_nobody_is_rung_any_more(centre: House) -> None:
    await centre.voice_anew(dialog_first_key=30.0)  # she may think for as long as the test does something else: no silence of hers is meant
    agent = await centre.agent("agent1")
    elder = centre.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await sweep_emergencies(centre.database)
    await begin(centre, call["case_id"], BOTH)
    neighbour = centre.telephone(NEIGHBOUR)
    await neighbour.rings()
    daughter = await centre.telephone(DAUGHTER).picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await sweep_emergencies(centre.database)
    await sweep_emergencies(centre.database)
    await until(lambda: not neighbour.is_rung(), why="the neighbour's telephone stops")
    daughter.keys("1")
    await daughter.is_told("contact_no_need")
    assert [row.state for row in await centre.rows("SELECT state FROM ladders")] == ["stopped"]


@pytest.mark.parametrize("seed", range(5))
async def test_voice_is_killed_and_no_contact_is_called_twice_for_one_step(centre: House, seed: int) -> None:
    chance = random.Random(seed)
    agent = await centre.agent("agent1")
    call = await pressed(centre, agent)
    await begin(centre, call["case_id"], [Rung(who=Rungs.KEY_HOLDERS), Rung(who=Rungs.CONTACTS)])
    await asyncio.sleep(chance.uniform(0, 0.4))
    await centre.kill_voice()
    if chance.random() < 0.5:
        await later(centre, 31)
    await centre.start_voice()
    for _ in range(4):
        await asyncio.sleep(chance.uniform(0, 0.2))
        await later(centre, 31)
    rung = [args[1] for name, args in centre.sim.commands if name == "ring" and str(args[1]).startswith("number:")]
    assert len(rung) == len(set(rung)), rung
    assert {f"number:{NEIGHBOUR}", f"number:{DAUGHTER}"} >= set(rung)
    rows = await centre.rows("SELECT state FROM contact_attempts")
    assert len(rows) == 2
    (ladder,) = await centre.rows("SELECT state FROM ladders")
    assert ladder.state == "ended"
    assert (await agent.get(f"/api/emergencies/{call['case_id']}"))["state"] == "open"


async def going(house: House, agent: AgentAtWork) -> tuple[str, str]:
    """The daughter has said that she goes; case and her call."""
    case_id = (await pressed(house, agent))["case_id"]
    await begin(house, case_id, BOTH)
    daughter = await house.telephone(DAUGHTER).picks_up()
    await house.until_rows("SELECT 1 FROM dialog_calls WHERE state = 'talking' AND step ->> 'then' = 'listen'")
    daughter.keys("1")
    (attempt,) = await house.until_rows("SELECT id FROM contact_attempts WHERE state = 'going'")
    return case_id, str(attempt.id)


async def arrival(house: House) -> list[str]:
    return [row.state for row in await house.rows("SELECT state FROM emergency_deadlines WHERE code = 'arrival' ORDER BY started_at")]


async def test_who_goes_is_expected_within_her_time_and_missed_after_it(centre: House) -> None:
    agent = await centre.agent("agent1")
    case_id, attempt_id = await going(centre, agent)
    (due,) = await centre.rows("SELECT due_at - started_at AS within FROM emergency_deadlines WHERE code = 'arrival'")
    assert round(due.within.total_seconds()) == 15 * 60
    await later(centre, 16 * 60)
    view = await agent.get(f"/api/emergencies/{case_id}")
    assert [a["level"] for a in view["alarms"] if a["code"] == "arrival"][:1] == [1]
    async with centre.database.transaction() as session:
        emergency = await session.scalar(select(Emergency))
        assert emergency is not None and not await somebody_goes(session, emergency), "another who can go is welcome"
    address = f"/api/emergencies/{case_id}/attempts/{attempt_id}/arrived"
    view = await agent.post(address)
    assert await arrival(centre) == ["met"] and "arrival" not in [a["code"] for a in view["alarms"]]
    (shown,) = [a for a in view["attempts"] if a["id"] == attempt_id]
    assert shown["arrived_at"] is not None
    assert (await agent.post(address))["version"] == view["version"], "twice is once"
    (entry,) = await centre.rows("SELECT actor_id FROM case_entries WHERE kind = 'contact_arrived'")
    assert str(entry.actor_id) == agent.id


async def test_only_who_goes_arrives(centre: House) -> None:
    agent = await centre.agent("agent1")
    case_id = (await pressed(centre, agent))["case_id"]
    await begin(centre, case_id, BOTH)
    (attempt, *_) = await centre.rows("SELECT id FROM contact_attempts")
    refused = await agent.post(f"/api/emergencies/{case_id}/attempts/{attempt.id}/arrived", status=409)
    assert refused["error"]["code"] == "not_going" and await arrival(centre) == []
    await agent.post(f"/api/emergencies/{case_id}/attempts/{case_id}/arrived", status=404)


async def test_a_crew_that_has_arrived_ends_the_waiting(centre: House) -> None:
    agent = await centre.agent("agent1")
    case_id, _ = await going(centre, agent)
    handed = await agent.post(f"/api/emergencies/{case_id}/handovers", {"agency": "120"})
    await agent.post(f"/api/emergencies/{case_id}/handovers/{handed['handover']['id']}/state", {"state": "arrived"})
    assert await arrival(centre) == ["met"]


async def test_nobody_is_waited_for_when_it_is_closed(centre: House) -> None:
    agent = await centre.agent("agent1")
    case_id, _ = await going(centre, agent)
    (call,) = [c for c in agent.console.calls.values() if c["case_id"] == case_id]
    await agent.post(f"/api/calls/{call['id']}/hang-up", {"all": True})
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await later(centre, 1)
    assert await arrival(centre) == ["dropped"]
