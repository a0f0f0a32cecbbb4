"""A press that is lost or silent: the system calls her back within the minute, an agent's click goes first, and without an answer her contacts are called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.actor import system
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.setting_up import add_duty_telephone
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.ladder.auditing import audit_sweeps
from callcenter.emergency.ladder.telephone import handlers
from callcenter.kit import clock
from tests.house import House, until

ALONE, HOME, MOBILE = "07103456789", "+867103456789", "+8613800006789"
NEIGHBOUR, DAUGHTER = "+8613700006782", "+8613900006781"
DUTY, SECOND_DUTY = "+8613700009991", "+8613700009992"


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    await house.voice_anew(Dialogs(handlers()))
    yield house
    clock.reset()


async def later(house: House, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
    await asyncio.gather(*(sweep_emergencies(house.database) for _ in range(2)))


async def dropped(house: House) -> None:
    """An SOS that is gone before anybody speaks; its call-back waits."""
    house.elder(ALONE).press_sos().hangs_up()
    await house.until_rows("SELECT 1 FROM case_tasks WHERE state = 'open'")
    await sweep_emergencies(house.database)


async def task(house: House) -> Any:
    (row,) = await house.rows("SELECT state, owner_id, attempts, case_id FROM case_tasks")
    return row


async def test_she_is_called_back_and_handed_to_an_agent_as_the_same_sos(centre: House) -> None:
    agent = await centre.agent("agent1")
    await dropped(centre)
    await later(centre, 10)
    assert not centre.telephone(HOME).is_rung(), "the first seconds are the agents'"
    (one,) = await agent.get("/api/emergencies")
    assert "call_back" in [d["code"] for d in one["deadlines"]]
    await later(centre, 11)
    home, mobile = centre.telephone(HOME), centre.telephone(MOBILE)
    await asyncio.gather(home.rings(), mobile.rings())
    assert ((await task(centre)).state, (await task(centre)).owner_id) == ("doing", None)
    await home.picks_up()
    await home.is_told("sos_call_back")
    await until(lambda: not mobile.is_rung(), why="her other telephone stops")
    call = await agent.picks_up()
    await home.talks()
    assert (call["case_id"], call["severity"]) == (one["case_id"], "E0")
    await centre.until_rows("SELECT 1 FROM case_tasks WHERE state = 'done'")
    await later(centre, 1)
    (same,) = await agent.get("/api/emergencies")
    assert (same["id"], same["owner_id"], same["presses"]) == (one["id"], agent.id, 1)
    assert "call_back" not in [d["code"] for d in same["deadlines"]]
    assert same["answered_at"] is not None
    home.hangs_up()
    await agent.is_("wrap_up")
    await later(centre, 30)
    assert not await centre.rows("SELECT 1 FROM ladders")
    assert len(await centre.rows("SELECT 1 FROM cases")) == len(await centre.rows("SELECT 1 FROM emergencies")) == 1


async def test_a_lost_press_waits_like_an_sos_when_all_agents_are_busy(centre: House) -> None:
    """She goes before a service call, and hears that somebody comes."""
    await dropped(centre)
    await later(centre, 21)
    home = await centre.telephone(HOME).picks_up()
    await home.is_told("waiting_sos")
    centre.elder("07103452468").press_service()
    await centre.until_rows("SELECT 1 FROM calls WHERE kind = 'service'")
    agent = centre.visitor("agent1")
    await agent.sign_in()
    await agent.open_console()
    await agent.plug_in_phone()
    call = await agent.picks_up()
    assert call["severity"] == "E0"
    await home.talks()


async def test_nobody_answers_and_the_ladder_begins_by_itself(centre: House) -> None:
    agent = await centre.agent("agent1")
    await dropped(centre)
    await later(centre, 21)
    await asyncio.gather(centre.telephone(HOME).rings(), centre.telephone(MOBILE).rings())
    await centre.telephone(HOME).declines()
    await later(centre, 27)  # the other has rung its time
    neighbour = centre.telephone(NEIGHBOUR)
    await neighbour.rings()
    assert (await task(centre)).state == "open", "an agent may call all the same"
    await later(centre, 2)
    assert len(await centre.rows("SELECT 1 FROM contact_attempts WHERE who = 'elder'")) == 2
    await neighbour.declines()
    daughter = await centre.telephone(DAUGHTER).picks_up()
    await daughter.is_told("contact_choose")
    daughter.keys("1")
    await daughter.is_told("contact_going")
    await later(centre, 60)
    assert [row.state for row in await centre.rows("SELECT state FROM ladders")] == ["taken"]
    assert not await centre.rows("SELECT 1 FROM orders")
    (one,) = await agent.get("/api/emergencies")
    assert one["state"] == "open"


async def test_an_agents_click_goes_first(centre: House) -> None:
    agent = await centre.agent("agent1")
    await dropped(centre)
    waiting = await agent.sees_task(state="open")
    await agent.post(f"/api/tasks/{waiting['id']}/call-back")
    await agent.rings()
    await later(centre, 30)
    assert not await centre.rows("SELECT 1 FROM contact_attempts")
    assert str((await task(centre)).owner_id) == agent.id


async def test_she_presses_again_and_the_system_stops_ringing_her(centre: House) -> None:
    await dropped(centre)
    await later(centre, 21)
    mobile = centre.telephone(MOBILE)
    await mobile.rings()
    centre.elder(ALONE).press_sos()
    await centre.until_rows("SELECT 1 FROM cases WHERE presses = 2")
    async with centre.owner.transaction() as session:  # the simulator's telephones do not share our shifted clock
        await session.execute(text("UPDATE cases SET last_press_at = :now"), {"now": clock.now()})
    await later(centre, 0)
    await until(lambda: not mobile.is_rung(), why="nobody rings her any more")
    await later(centre, 30)
    assert not await centre.rows("SELECT 1 FROM ladders")
    assert len(await centre.rows("SELECT 1 FROM emergencies")) == 1
    assert len(await centre.rows("SELECT 1 FROM case_tasks")) == 1


async def test_answered_and_gone_at_once_is_called_back(centre: House) -> None:
    agent = await centre.agent("agent1")
    elder = centre.elder(ALONE).press_sos()
    await agent.picks_up()
    await sweep_emergencies(centre.database)
    elder.hangs_up()
    await agent.is_("wrap_up")
    await later(centre, 10)
    assert not await centre.rows("SELECT 1 FROM case_tasks")
    await later(centre, 11)
    await centre.telephone(HOME).rings()
    assert (await task(centre)).state == "doing"


async def test_an_outcome_within_the_seconds_settles_it(centre: House) -> None:
    agent = await centre.agent("agent1")
    elder = centre.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await sweep_emergencies(centre.database)
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await later(centre, 30)
    assert not await centre.rows("SELECT 1 FROM contact_attempts")


async def test_an_agent_asks_for_the_call_back(centre: House) -> None:
    agent = await centre.agent("agent1")
    elder = centre.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await sweep_emergencies(centre.database)
    address = f"/api/emergencies/{call['case_id']}/call-back"
    await agent.post(address, status=409)
    elder.hangs_up()
    await agent.is_("wrap_up")
    seen = await agent.post(address)
    assert [(a["who"], a["state"]) for a in seen["attempts"]] == [("elder", "calling")] * 2
    await centre.telephone(HOME).rings()


async def test_picked_up_and_gone_before_an_agent_came_is_called_once_more(centre: House) -> None:
    await dropped(centre)
    await later(centre, 21)
    for _ in range(2):
        home = await centre.telephone(HOME).picks_up()
        await home.is_told("sos_call_back")
        home.hangs_up()
        await until(home.is_over, why="she is gone")
        await centre.until_rows("SELECT 1 FROM calls WHERE state IN ('queued', 'offered', 'talking')", 0)
        await later(centre, 1)
        await later(centre, 1)
    await centre.telephone(NEIGHBOUR).rings()
    rounds = await centre.rows("SELECT DISTINCT round FROM contact_attempts WHERE who = 'elder'")
    assert len(rounds) == 2


# --- the third level, and whoever should have looked ----------------------------------------------------------------------------------


async def on_duty(house: House) -> None:
    async with house.database.transaction() as session:
        for number in (DUTY, SECOND_DUTY):
            await add_duty_telephone(session, system("test"), number=number, label="值班")


async def test_the_third_level_rings_the_duty_telephones_in_turn_until_one_takes_it(centre: House) -> None:
    agent = await centre.agent("agent1")
    await on_duty(centre)
    centre.elder(ALONE).press_sos()
    await agent.picks_up()
    await sweep_emergencies(centre.database)
    await later(centre, 1)  # nobody watches: the second person's deadline
    for seconds in (61, 31, 31):
        await later(centre, seconds)
    first, second = centre.telephone(DUTY), centre.telephone(SECOND_DUTY)
    await first.rings()
    assert not second.is_rung()
    await first.picks_up()
    await first.is_told("duty_choose")
    first.keys("2")
    await first.is_told("duty_next")
    await second.picks_up()
    await second.is_told("duty_choose")
    second.keys("1")
    await second.is_told("duty_taken")
    await later(centre, 5)
    assert not await centre.rows("SELECT 1 FROM emergency_alarms WHERE level = 3 AND seen_at IS NULL")
    assert [row.state for row in await centre.rows("SELECT state FROM duty_calls ORDER BY position")] == ["declined", "taken"]
    kinds = [row.kind for row in await centre.rows("SELECT kind FROM case_entries WHERE kind LIKE 'duty%' ORDER BY at, id")]
    assert sorted(kinds) == ["duty_called", "duty_called", "duty_declined", "duty_taken"]


async def test_a_dead_worker_is_seen(centre: House) -> None:
    """No sweep at all: the relay's auditor opens the emergency, alarms, and rings the duty telephone."""
    await on_duty(centre)
    agent = await centre.agent("agent1")
    centre.elder(ALONE).press_sos()
    await agent.picks_up()
    assert await audit_sweeps(centre.database) == 0
    clock.shift(timedelta(seconds=20))
    await asyncio.gather(*(audit_sweeps(centre.database) for _ in range(3)))
    (alarm,) = await centre.rows("SELECT code, level FROM emergency_alarms")
    assert (alarm.code, alarm.level) == ("not_swept", 3)
    await centre.telephone(DUTY).rings()
    await centre.telephone(DUTY).declines()
    await centre.telephone(SECOND_DUTY).rings()
    await centre.telephone(SECOND_DUTY).declines()
    await centre.until_rows("SELECT 1 FROM case_entries WHERE kind = 'duty_not_reached'")
    clock.shift(timedelta(seconds=60))
    await audit_sweeps(centre.database)
    assert len(await centre.rows("SELECT 1 FROM emergency_alarms WHERE code = 'not_swept'")) == 1
    assert len(await centre.rows("SELECT 1 FROM dialog_calls")) == 2
