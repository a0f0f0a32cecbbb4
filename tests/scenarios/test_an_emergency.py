"""An SOS is watched by two, what is overdue goes up its levels once each, and nothing but a person's outcome ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import select, text

from callcenter.cases.models import CaseEntry
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.kit import clock
from tests.house import AgentAtWork, House, until

ALONE = "07103456789"


@pytest_asyncio.fixture(autouse=True)
async def time_of_day() -> AsyncIterator[None]:
    yield
    clock.reset()


async def sees(agent: AgentAtWork, **fields: Any) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((e for e in agent.console.emergencies.values() if all(e[k] == v for k, v in fields.items())), None)

    return dict(await until(look, why=f"an emergency with {fields} among {list(agent.console.emergencies.values())}"))


async def kinds(house: House, case_id: str) -> list[str]:
    async with house.database.transaction() as session:
        return list(await session.scalars(select(CaseEntry.kind).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id)))


def due(view: dict[str, Any]) -> list[str]:
    return [d["code"] for d in view["deadlines"]]


async def test_the_press_opens_it_two_people_have_it_and_an_outcome_ends_it(house: House) -> None:
    first, second = await house.agent("agent1"), await house.agent("agent2")
    elder = house.elder(ALONE).press_sos()
    await first.rings()
    await asyncio.gather(*(sweep_emergencies(house.database) for _ in range(3)))
    seen = await sees(second, state="open")
    assert (seen["owner_id"], due(seen), seen["elder_name"], seen["kind"]) == (None, ["owner"], "王**", "unknown")
    call = await first.picks_up()
    await sees(second, owner_id=first.id)
    await sweep_emergencies(house.database)
    seen = await sees(second, watcher_id=second.id, watching_since=None)
    assert due(seen) == ["watch"]
    card = await second.get(f"/api/cases/{call['case_id']}")
    assert card["elder"]["name"] == "王桂兰"  # whoever is asked to watch sees whom she watches
    await first.post(f"/api/emergencies/{call['case_id']}/watch", status=409)
    watched = await second.post(f"/api/emergencies/{call['case_id']}/watch")
    assert (watched["watcher_id"], watched["watching_since"] is not None, watched["deadlines"]) == (second.id, True, [])
    elder.hangs_up()
    await first.is_("wrap_up")
    await sweep_emergencies(house.database)
    assert (await first.get(f"/api/emergencies/{call['case_id']}"))["state"] == "open"  # hanging up ends nothing
    await first.wraps_up(call["id"])
    await until(lambda: not second.console.emergencies, why="gone from the board")
    told = await kinds(house, call["case_id"])
    assert [k for k in told if k.startswith("emergency")] == ["emergency_opened", "emergency_watched", "emergency_closed"]
    assert (await second.get(f"/api/cases/{call['case_id']}"))["elder"]["name"] == "王**"


async def test_one_person_watches_at_a_time_and_a_supervisor_may_take_her_place(house: House) -> None:
    """Watching opens the elder without a reason: it is no way round the glass for everybody."""
    owner, second, third = [await house.agent(name) for name in ("agent1", "agent2", "agent3")]
    house.elder(ALONE).press_sos()
    await owner.rings()
    house.sim.pick_up(owner.account)
    call = await owner.sees_call(state="talking", agent_id=owner.id)
    await sweep_emergencies(house.database)
    path = f"/api/emergencies/{call['case_id']}/watch"
    await second.post(path)
    refused = await third.post(path, status=409)
    assert refused["error"]["code"] == "watched_already"
    assert (await third.get(f"/api/cases/{call['case_id']}"))["elder"]["name"] == "王**"
    assert (await second.get(f"/api/cases/{call['case_id']}"))["elder"]["name"] == "王桂兰"
    supervisor = await house.agent("supervisor1")
    assert (await supervisor.post(path))["watcher_id"] == supervisor.id
    assert (await second.get(f"/api/cases/{call['case_id']}"))["elder"]["name"] == "王**"
    await supervisor.close_console()
    await until_offline(house, supervisor)
    assert (await third.post(path))["watcher_id"] == third.id  # who has gone home watches nothing


async def until_offline(house: House, agent: AgentAtWork) -> None:
    await house.until_rows("SELECT 1 FROM agent_presence WHERE agent_id = CAST(:id AS uuid) AND state = 'offline'", id=agent.id)


async def test_overdue_goes_up_each_level_once_and_a_look_is_written(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(ALONE).press_sos()
    await agent.rings()
    await sweep_emergencies(house.database)
    for after, level in ((61, 1), (31, 2), (31, 3)):
        clock.shift(timedelta(seconds=after))
        await asyncio.gather(*(sweep_emergencies(house.database) for _ in range(3)))
        async with house.database.transaction() as session:
            rows = (await session.execute(text("SELECT code, level FROM emergency_alarms ORDER BY at"))).all()
        assert [tuple(row) for row in rows] == [("owner", n + 1) for n in range(level)]
    clock.shift(timedelta(minutes=10))
    await sweep_emergencies(house.database)
    (one,) = await agent.get("/api/emergencies")
    assert [(a["code"], a["level"]) for a in one["alarms"]] == [("owner", 1), ("owner", 2), ("owner", 3)]
    assert [d["level"] for d in one["deadlines"]] == [3]
    left = await agent.post(f"/api/emergencies/{one['case_id']}/alarms/{one['alarms'][0]['id']}/seen")
    assert len(left["alarms"]) == 2
    again = await agent.post(f"/api/emergencies/{one['case_id']}/alarms/{one['alarms'][0]['id']}/seen")
    assert again["version"] == left["version"]
    assert (await kinds(house, one["case_id"])).count("emergency_alarm_seen") == 1


async def test_an_agent_makes_an_emergency_of_a_service_call(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(ALONE).press_service()
    call = await agent.picks_up()
    opened = await agent.post(f"/api/cases/{call['case_id']}/emergency", {"kind": "fall"})
    assert (opened["kind"], opened["state"], opened["owner_id"]) == ("fall", "open", agent.id)
    case = await agent.get(f"/api/cases/{call['case_id']}")
    assert case["severity"] == "E0"
    again = await agent.post(f"/api/cases/{call['case_id']}/emergency", {"kind": "fire"})
    assert (again["id"], again["kind"], again["version"]) == (opened["id"], "fall", opened["version"])


async def test_snapshot_and_events_of_emergencies_make_a_fresh_snapshot(house: House) -> None:
    first, second = await house.agent("agent1"), await house.agent("agent2")
    house.elder(ALONE).press_sos()
    call = await first.picks_up()
    await sweep_emergencies(house.database)
    watched = await second.post(f"/api/emergencies/{call['case_id']}/watch")
    await sees(first, version=watched["version"])
    kept = dict(first.console.emergencies)
    other = await house.agent("agent3")
    assert other.console.emergencies == kept
