"""Calls that programs make leave lines and agents to those who call in; an SOS takes whatever telephone rings; clicks are never held back."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from callcenter.calls.dialogs.actions import request_dialog
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.kit import clock
from callcenter.outreach.followup.telephone import handlers
from tests.house import SHORT, House, until
from tests.scenarios.test_the_centre_calls import ALONE, finished_jobs, swept
from tests.scripted_dialogs import DIALOGS, make_table

LINES, KEPT = 30, 10
TIMES = 5  # an SOS beside full lines is heard at least as fast as so many times the same SOS in a quiet centre


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    """Whoever picks up may think for a while before she presses a key; programs may make more calls than there are lines."""
    await make_table(house.owner)
    await house.stop_voice()
    house.settings.automatic_calls, house.settings.trunk_lines = 50, LINES
    house.settings.timings = SHORT.model_copy(update={"dialog_first_key": 60.0, "claim": 5.0})
    house.dialogs = Dialogs({**DIALOGS.handlers, **handlers()})
    await house.start_voice()
    yield house
    clock.reset()


def outside(n: int) -> str:
    return f"+86138000020{n:02}"


async def campaign(house: House, count: int, *, first: int = 0, urgent: bool = False) -> None:
    now = clock.now()
    async with house.database.transaction() as session:
        for n in range(first, first + count):
            await request_dialog(
                session, kind="offer", subject_id=uuid.UUID(int=n), number=outside(n), due_at=now, deadline_at=now + timedelta(minutes=5),
                dedupe_key=f"campaign:{n}", ring_seconds=60, urgent=urgent,
            )  # fmt: skip


def out(house: House) -> int:
    """Numbers outside that ring or talk."""
    return sum(c.kind == "leg" and c.target.startswith("+") for c in house.sim.channels.values())


async def presses(house: House, numbers: list[str]) -> list[float]:
    """All press SOS at once. Seconds until each hears that it rings, or that somebody comes."""

    async def one(number: str) -> float:
        began, elder = time.perf_counter(), house.elder(number).press_sos()
        await until(elder.hears, why="something is heard on the SOS line")
        return time.perf_counter() - began

    return list(await asyncio.gather(*(one(number) for number in numbers)))


async def all_hang_up(house: House) -> None:
    """Who has called in."""
    for channel in [c.id for c in house.sim.channels.values() if c.kind == "press"]:
        house.sim.hang_up_far(channel)
    await until(
        lambda: not [c for c in house.sim.channels.values() if c.kind == "press" or not c.target.startswith("+")], why="quiet lines"
    )


async def elders(house: House) -> list[str]:
    found = await house.rows(
        "SELECT e164 FROM elder_numbers GROUP BY e164 HAVING count(*) = 1 AND e164 LIKE '+86710%' ORDER BY e164 LIMIT 20"
    )
    return ["0" + row.e164.removeprefix("+86") for row in found]


async def test_all_outbound_lines_are_busy_and_ten_press_sos(centre: House) -> None:
    agents = [await centre.agent(name) for name in ("agent1", "agent2")]
    numbers = await elders(centre)
    quiet = await presses(centre, numbers[:10])
    await all_hang_up(centre)

    await campaign(centre, 25)
    await until(lambda: out(centre) == LINES - KEPT, why="programs take all lines that are theirs")
    for n in range(10):  # half of them talk, half ring
        await centre.telephone(outside(n)).picks_up()
    loaded = await presses(centre, numbers[10:])

    rows = await centre.until_rows("SELECT id FROM calls WHERE kind = 'sos' AND state IN ('queued', 'offered')", count=10)
    await until(lambda: all(agent.is_rung() for agent in agents), why="every agent's telephone rings")
    assert len(rows) == 10 and out(centre) == LINES - KEPT, "no call of a program was ended for it, and none was begun"
    assert max(loaded) <= TIMES * max(quiet), f"the slowest of ten: {max(loaded):.3f} s, in the quiet centre {max(quiet):.3f} s"

    centre.sim.hang_up_far(outside(19))
    await asyncio.sleep(1.5)  # more than a sweep
    assert out(centre) == LINES - KEPT - 1, "nothing is begun while somebody waits"
    await all_hang_up(centre)


async def test_lines_come_free_and_the_rest_is_called(centre: House) -> None:
    await campaign(centre, LINES - KEPT + 3)
    await until(lambda: out(centre) == LINES - KEPT, why="programs take all lines that are theirs")
    await asyncio.sleep(1.2)
    assert out(centre) == LINES - KEPT
    for n in range(4):
        await centre.telephone(outside(n)).declines()
    await until(lambda: out(centre) == LINES - KEPT - 1, why="the last three are called")
    assert len(await centre.rows("SELECT 1 FROM dialog_calls WHERE state = 'requested'")) == 0


async def test_emergencies_and_clicks_are_never_held_back(centre: House) -> None:
    agent = await centre.agent("agent1")
    centre.elder("07103456789").press_service()
    call = await agent.picks_up()
    await campaign(centre, 25)
    await until(lambda: out(centre) == LINES - KEPT - 1, why="the caller's line counts as well")
    await campaign(centre, 2, first=50, urgent=True)
    await until(lambda: centre.telephone(outside(50)).is_rung() and centre.telephone(outside(51)).is_rung(), why="an emergency's are rung")
    await agent.post(f"/api/calls/{call['id']}/parties", {"agency": "110"})
    await until(lambda: centre.telephone("110").is_rung(), why="a click is done")
    await agent.post(f"/api/calls/{call['id']}/hang-up", {"all": True})


async def asked_who_wants_a_person(centre: House, key: str) -> None:
    await swept(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    phone.keys(key)


async def test_no_agent_to_spare_and_she_is_called_back(centre: House) -> None:
    admin = centre.visitor("admin1")
    await admin.sign_in()
    await admin.post("/api/settings/reserved_agents", {"value": 1, "reason": "演练"})
    await finished_jobs(centre, 2)
    agent = await centre.agent("agent2")
    await asyncio.sleep(1.2)  # voice reads settings each second
    await asked_who_wants_a_person(centre, "2")
    phone = centre.telephone(ALONE)
    (task,) = await centre.until_rows("SELECT * FROM case_tasks WHERE reason = 'agents_busy'")
    (complaint,) = await centre.rows("SELECT case_id FROM complaints")
    assert (task.kind, task.state, task.number, task.case_id) == ("call_back", "open", ALONE, complaint.case_id)
    assert not agent.is_rung() and not phone.is_rung()
    (dialog,) = await centre.until_rows("SELECT state, outcome, step FROM dialog_calls WHERE state = 'done'")
    assert (dialog.outcome, dialog.step["say"]) == ("complaint", ["agents_busy", "dialog_goodbye"])
    assert (await agent.sees_task(reason="agents_busy"))["case_id"] == str(complaint.case_id)


async def test_a_second_idle_agent_is_rung_and_an_sos_takes_her_telephone(centre: House) -> None:
    admin = centre.visitor("admin1")
    await admin.sign_in()
    await admin.post("/api/settings/reserved_agents", {"value": 1, "reason": "演练"})
    await finished_jobs(centre, 2)
    agents = [await centre.agent(name) for name in ("agent1", "agent2")]
    await asyncio.sleep(1.2)
    await asked_who_wants_a_person(centre, "9")
    await until(lambda: any(agent.is_rung() for agent in agents), why="one agent is rung")
    assert [agent.is_rung() for agent in agents].count(True) == 1
    centre.elder("07103452468").press_sos()
    (sos,) = await centre.until_rows("SELECT id FROM calls WHERE kind = 'sos' AND state = 'offered'")
    await centre.until_rows("SELECT 1 FROM call_legs WHERE call_id = :c AND kind = 'agent' AND state = 'ringing'", count=2, c=sos.id)
    (other,) = await centre.rows("SELECT state FROM calls WHERE kind = 'automatic'")
    assert other.state == "queued", "who was called by a program waits on"
    await all_hang_up(centre)
