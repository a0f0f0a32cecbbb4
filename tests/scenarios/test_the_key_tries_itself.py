"""The key tries itself: the way of a press is measured every few minutes, and nobody notices but whoever watches (docs/decisions.md)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest_asyncio

from callcenter.calls.duty.models import DutyPerson, DutyShift
from callcenter.calls.duty.rules import Level
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.calls.self_tests.watching import watch_self_tests
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from tests.house import PATIENCE, House, until

LEFT = "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM cases) + (SELECT count(*) FROM call_legs) + (SELECT count(*) FROM case_tasks)"


@pytest_asyncio.fixture(autouse=True)
async def patient(house: House) -> None:
    """A machine that stands still is neither slow nor broken here."""
    house.sim.timings = house.sim.timings.model_copy(update={"claim": PATIENCE})
    await house.voice_anew(claim=PATIENCE, self_test_slow=PATIENCE)


async def try_it(house: House) -> Outcome:
    assert house.engine
    return await house.engine.self_testing.test()


async def test_it_is_measured_and_leaves_nothing(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    assert await try_it(house) is Outcome.PASSED
    [row] = await house.rows("SELECT outcome, reason, committed_ms, ring_ms, agents, alarmed FROM self_tests")
    assert (row.outcome, row.reason, row.agents, row.alarmed) == ("passed", "", 1, False)
    assert 0 <= row.committed_ms <= row.ring_ms
    await until(lambda: not house.sim.channels, why="it is hung up")
    assert (await house.rows(LEFT))[0][0] == 0 and not house.sim.ringing() and not agent.console.calls
    assert (await house.sim.history(""))[0] == []
    board = await supervisor.get("/api/wallboard")
    assert (board["self_test"]["outcome"], board["total"]["received"]) == ("passed", 0)
    async with httpx.AsyncClient(base_url=house.url) as prometheus:
        figures = (await prometheus.get("/metrics")).text
    assert "onekey_self_test_up 1" in figures and "onekey_self_test_ring_seconds" in figures and 'presses_total{line="sos"} 0' in figures
    house.elder("07103456789").press_sos()
    await agent.picks_up()


async def test_it_goes_on_by_itself_and_not_while_somebody_waits(house: House) -> None:
    await house.voice_anew(self_test_every=0.1)
    await house.until_rows("SELECT 1 FROM self_tests WHERE outcome = 'passed' LIMIT 2", 2)
    house.elder("07103456789").press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    before = len(await house.rows("SELECT 1 FROM self_tests"))
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'reassured'")
    assert len(await house.rows("SELECT 1 FROM self_tests")) <= before + 1  # one may have been on its way


async def test_what_fails_is_told_and_rings_nobody(house: House) -> None:
    await house.agent("agent1")
    house.sim.fail_next("claim")
    assert await try_it(house) is Outcome.FAILED
    house.sim.fail_next("press_itself")
    assert await try_it(house) is Outcome.FAILED
    assert [r.reason for r in await house.rows("SELECT reason FROM self_tests ORDER BY at")] == ["not_claimed", "not_pressed"]
    await until(lambda: not house.sim.channels)
    assert not house.sim.ringing() and (await house.rows(LEFT))[0][0] == 0


async def test_two_bad_ones_alarm_once_and_so_does_silence(house: House) -> None:
    settings, now = house.settings.model_copy(deep=True), clock.now()
    settings.timings.self_test_every = 300.0
    long_ago = now - timedelta(days=1)
    await on_duty_all_day(house)

    assert not await watch_self_tests(house.database, settings, since=now)  # nothing was due yet
    await put(house, Outcome.FAILED, now - timedelta(seconds=40))
    assert not await watch_self_tests(house.database, settings, since=long_ago)  # one is a stumble
    await put(house, Outcome.SLOW, now - timedelta(seconds=10))
    assert await watch_self_tests(house.database, settings, since=long_ago)
    assert not await watch_self_tests(house.database, settings, since=long_ago)  # once
    assert [tuple(row) for row in await house.rows("SELECT DISTINCT template, about_kind FROM messages")] == [
        ("self_test_bad", "self_test")
    ]

    await house.rows("UPDATE self_tests SET at = at - interval '2 hours' RETURNING 1")
    assert await watch_self_tests(house.database, settings, since=long_ago)
    [newest] = await house.rows("SELECT outcome, reason, alarmed FROM self_tests ORDER BY at DESC LIMIT 1")
    assert tuple(newest) == ("failed", "nobody_tried", True)


async def put(house: House, outcome: Outcome, at: object) -> None:
    async with house.database.transaction() as session:
        session.add(
            SelfTest(id=new_id(), at=at, pbx="pbx1", outcome=outcome, reason="", committed_ms=1, ring_ms=2, agents=0, alarmed=False)
        )


async def on_duty_all_day(house: House) -> None:
    """A technician, with a mobile telephone."""
    async with house.owner.transaction() as session:
        person = DutyPerson(id=new_id(), name="马文斌", number="+8613700017903")
        session.add(person)
        await session.flush()
        whole_day = {"weekdays": list(range(7)), "starts": 0, "ends": 0}
        session.add(DutyShift(id=new_id(), person_id=person.id, level=Level.TECHNICAL, region_id=None, **whole_day))
