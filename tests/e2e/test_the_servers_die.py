"""Each server and each of our processes killed under a live call: what goes on, and what is caught up. Real processes, Asterisk, Chromium.

voice and api have their own files (test_a_press_in_the_browser, test_the_console_holds).
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

import psycopg
import pytest
from playwright.async_api import Browser, expect

from callcenter.telephony.softphone import Softphone
from tests.e2e.running import ALONE, PATIENCE, SERVICE, SOS, UNKNOWN, Agent, Centre, agent_at_console
from tests.e2e.test_the_console_holds import talks_with_agent

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]


async def killed(centre: Centre, name: str) -> None:
    """SIGKILL; returns when its successor runs."""
    old = centre.signal(name, signal.SIGKILL)
    for _ in range(int(PATIENCE / 0.2)):
        with suppress(AssertionError):
            if centre.pid_of(name) != old:
                return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{name} is not started again")


async def database_answers(centre: Centre) -> None:
    for _ in range(int(PATIENCE / 0.5)):
        with suppress(psycopg.OperationalError):
            await centre.rows("SELECT 1")
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the database is not back")


async def ends_well(centre: Centre, agent: Agent, caller: str) -> None:
    """Her call's outcome is written, and her case knows it."""
    await agent.wraps_up()
    await centre.until_row(
        "SELECT 1 FROM cases c JOIN calls k ON k.case_id = c.id"
        " WHERE k.caller_raw = %s AND k.received_at > %s AND k.state = 'ended' AND c.outcome = 'helped'",
        caller, centre.since,
    )  # fmt: skip


async def test_postgresql_is_killed_under_a_live_call(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        await killed(centre, "postgres")
        assert await agent.until_hears(440) > 0.1
        assert call.state == "talking"
        await database_answers(centre)
        await agent.part("note-input").fill("数据库重启之后写的")
        await agent.part("note-save").click()
        await centre.until_row("SELECT 1 FROM case_entries WHERE text = '数据库重启之后写的' AND at > %s", centre.since)
        await call.hang_up()
    await ends_well(centre, agent, ALONE)


async def test_a_press_while_postgresql_is_killed_reaches_a_person_and_has_a_case(centre: Centre, agent: Agent) -> None:
    centre.signal("postgres", signal.SIGKILL)
    async with Softphone() as phone:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.answers()  # rung by voice if the server came back in time, by the dialplan if not
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        assert await agent.until_hears(440) > 0.1
        await call.hang_up()
        await call.ended(PATIENCE)
    await database_answers(centre)
    row = await centre.until_row(
        "SELECT case_id, agent_id FROM calls WHERE caller_raw = %s AND received_at > %s AND state = 'ended'", ALONE, centre.since
    )
    assert row["case_id"] is not None and row["agent_id"] is not None
    assert len(await centre.rows("SELECT 1 FROM calls WHERE caller_raw = %s AND received_at > %s", ALONE, centre.since)) == 1


async def test_valkey_is_killed_and_a_press_pops_all_the_same(centre: Centre, agent: Agent) -> None:
    centre.signal("valkey-server", signal.SIGKILL)
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        await agent.sees("pop-name", "王桂兰")
        await call.hang_up()
    await ends_well(centre, agent, ALONE)


@pytest.mark.parametrize("name", ["relay", "worker"])
async def test_relay_or_worker_is_killed_and_its_work_is_caught_up(centre: Centre, agent: Agent, name: str) -> None:
    """The relay tells consoles, the worker opens the emergency beside an SOS: both late, neither never."""
    centre.signal(name, signal.SIGKILL)
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        await agent.sees("pop-name", "王桂兰")
        await centre.until_row(
            "SELECT 1 FROM emergencies e JOIN calls k ON k.case_id = e.case_id WHERE k.received_at > %s AND k.state <> 'ended'",
            centre.since,
        )
        await call.hang_up()
    await ends_well(centre, agent, ALONE)


async def test_asterisk_is_killed_who_talked_is_told_and_who_waited_is_called_back(centre: Centre, browser: Browser, agent: Agent) -> None:
    """The one server whose death an elder hears. Its record outlives it, and so do the telephones."""
    async with Softphone() as phone:
        await talks_with_agent(centre, phone, agent, SERVICE)
        await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=UNKNOWN)
        await centre.until_row("SELECT 1 FROM calls WHERE caller_raw = %s AND received_at > %s AND state = 'queued'", UNKNOWN, centre.since)
        await killed(centre, "asterisk")
        talked = await centre.until_row(
            "SELECT case_id, end_reason FROM calls WHERE caller_raw = %s AND received_at > %s AND state = 'ended'", ALONE, centre.since
        )
        assert talked["end_reason"] == "ended_unseen"
        await centre.until_row(
            "SELECT 1 FROM case_tasks t JOIN calls k ON k.case_id = t.case_id"
            " WHERE k.caller_raw = %s AND k.received_at > %s AND t.kind = 'call_back' AND t.state = 'open'",
            UNKNOWN, centre.since,
        )  # fmt: skip
    await ends_well(centre, agent, ALONE)
    await agent.phone_is_ready()  # without a click: the browser's telephone came back by itself
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        await call.hang_up()
    await ends_well(centre, agent, ALONE)
    await expect(agent.part("conn-bar")).to_have_count(0)


async def test_a_console_is_told_of_what_happened_while_everything_of_ours_was_killed(
    centre: Centre, browser: Browser, agent: Agent
) -> None:
    async with Softphone() as phone, agent_at_console(browser, centre, "agent2"):
        call = await talks_with_agent(centre, phone, agent, SERVICE)
        for name in ("voice", "relay", "worker", "api"):
            centre.signal(name, signal.SIGKILL)
        assert await agent.until_hears(440) > 0.1
        for name in ("voice", "relay", "worker", "api"):
            for _ in range(int(PATIENCE / 0.2)):
                with suppress(AssertionError):
                    centre.pid_of(name)
                    break
                await asyncio.sleep(0.2)
        await expect(agent.part("conn-bar")).to_have_count(0)
        await expect(agent.part("call-state")).to_have_attribute("data-state", "talking")
        assert await agent.until_hears(440) > 0.1
        await agent.part("call-hangup").click()
        await call.ended(PATIENCE)
    await ends_well(centre, agent, ALONE)
