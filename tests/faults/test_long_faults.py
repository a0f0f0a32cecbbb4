"""Each fault for as long as it lasts in earnest, under a live call: what still works, what the agent sees, what is caught up. `make faults`, not `make test`.

Their short forms: tests/scenarios/test_faults_in_short.py, test_when_things_die.py, test_recordings.py, tests/e2e/test_the_servers_die.py.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

import httpx
import pytest
from playwright.async_api import Browser, expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.telephony.softphone import Softphone
from tests.e2e.running import ALONE, PATIENCE, SERVICE, SOS, UNKNOWN, Agent, agent_at_console
from tests.e2e.test_the_console_holds import talks_with_agent
from tests.e2e.test_the_servers_die import ends_well
from tests.faults.conftest import FaultyCentre

pytestmark = [pytest.mark.faults, pytest.mark.browser, pytest.mark.asterisk]
A_MINUTE, FIVE_MINUTES = 60.0, 300.0
STALE = 1_000


async def a_press_is_answered(centre: FaultyCentre, agent: Agent, caller: str = ALONE, line: str = SOS) -> None:
    async with Softphone() as phone:
        call = await phone.call(line, pbx=("127.0.0.1", centre.sip_port), from_number=caller)
        await agent.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        assert await agent.until_hears(440) > 0.1
        await call.hang_up()
        await call.ended(PATIENCE)


async def test_the_database_is_gone_for_a_minute(centre: FaultyCentre, agent: Agent) -> None:
    """Who talks, talks on; a press meanwhile is rung by the PBX alone; notes wait in the page; all of it is in the rows afterwards."""
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        centre.freeze_database(True)
        try:
            await asyncio.sleep(A_MINUTE)
            assert call.state == "talking"
            assert await agent.until_hears(440) > 0.1
            await call.hang_up()
            await call.ended(PATIENCE)
            await a_press_is_answered(centre, agent, UNKNOWN)
        finally:
            centre.freeze_database(False)
    for caller in (ALONE, UNKNOWN):
        row = await centre.until_row(
            "SELECT case_id FROM calls WHERE caller_raw = %s AND received_at > %s AND state = 'ended'", caller, centre.since
        )
        assert row["case_id"] is not None
        assert len(await centre.rows("SELECT 1 FROM calls WHERE caller_raw = %s AND received_at > %s", caller, centre.since)) == 1
    await expect(agent.part("conn-bar")).to_have_count(0)


async def test_valkey_is_gone_for_a_minute(centre: FaultyCentre, agent: Agent) -> None:
    """Nothing of it: consoles poll, and what the worker does beside comes when it is back."""

    async def keep_away() -> None:
        while True:
            with suppress(AssertionError, ProcessLookupError):
                centre.signal("valkey-server", signal.SIGKILL)
            await asyncio.sleep(0.1)

    away = asyncio.create_task(keep_away())
    try:
        async with Softphone() as phone:
            call = await talks_with_agent(centre, phone, agent)
            await agent.sees("pop-name", "王桂兰")
            await asyncio.sleep(A_MINUTE)
            assert await agent.until_hears(440) > 0.1
            await call.hang_up()
    finally:
        away.cancel()
        await asyncio.gather(away, return_exceptions=True)
    await ends_well(centre, agent, ALONE)
    await centre.until_row("SELECT 1 FROM emergencies e JOIN calls k ON k.case_id = e.case_id WHERE k.received_at > %s", centre.since)


async def test_no_room_for_recordings(centre: FaultyCentre, agent: Agent) -> None:
    """The conversation goes on, the case says that its recording was not kept; it is, when there is room again."""
    centre.fill_disk(True)
    try:
        async with Softphone() as phone:
            call = await talks_with_agent(centre, phone, agent, SERVICE)
            await call.hang_up()
        await centre.until_row(
            "SELECT 1 FROM case_entries e JOIN calls k ON k.case_id = e.case_id WHERE e.kind = 'recording_failed' AND k.received_at > %s",
            centre.since,
        )
        await ends_well(centre, agent, ALONE)
    finally:
        centre.fill_disk(False)
    await centre.until_row(
        "SELECT 1 FROM call_recordings r JOIN calls k ON k.id = r.call_id WHERE r.state = 'saved' AND k.received_at > %s", centre.since
    )


@pytest.mark.parametrize(("seconds", "who"), [(FIVE_MINUTES, "agent2"), (-FIVE_MINUTES, "agent3")])
async def test_the_clock_is_set(centre: FaultyCentre, browser: Browser, seconds: float, who: str) -> None:
    """Under a conversation and a press that waits: both go on, the page stays signed in, and it is the same when the clock is right again."""
    async with agent_at_console(browser, centre, who) as agent, Softphone() as phone, Softphone() as other:
        call = await talks_with_agent(centre, phone, agent, SERVICE)
        await other.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=UNKNOWN)
        waiting = await centre.until_row("SELECT id FROM calls WHERE caller_raw = %s AND state = 'queued'", UNKNOWN)
        try:
            centre.set_clock(seconds)
            await centre.until_row("SELECT 1 FROM call_events WHERE call_id = %s AND kind = 'clock_was_set'", waiting["id"])
            await asyncio.sleep(30)  # longer than the guard of the caller who waits
            assert (await centre.rows("SELECT state FROM calls WHERE id = %s", waiting["id"]))[0]["state"] in ("queued", "offered")
            assert await agent.until_hears(440) > 0.1
            await call.hang_up()
            await call.ended(PATIENCE)
            await agent.wraps_up()
            await agent.answers()
        finally:
            centre.set_clock(0)
        await centre.until_row("SELECT 1 FROM call_events WHERE call_id = %s AND kind = 'answered'", waiting["id"])
    await centre.until_row("SELECT 1 FROM calls WHERE id = %s AND state = 'ended'", waiting["id"])


async def test_a_thousand_sockets_that_nobody_closes(centre: FaultyCentre, agent: Agent) -> None:
    """Half of them never ask for anything, half are consoles of a machine that is gone. The agent beside them notices nothing."""
    host, port = centre.url.removeprefix("http://").split(":")
    mute = [await asyncio.open_connection(host, int(port)) for _ in range(STALE // 2)]
    sockets: list[ClientConnection] = []
    try:
        async with httpx.AsyncClient(base_url=centre.url, timeout=PATIENCE) as http:
            answer = await http.post("/api/auth/sign-in", json={"username": "agent5", "password": DEMO_PASSWORD})
            assert answer.status_code == 200, answer.text
            cookie = f"onekey_session={http.cookies['onekey_session']}"
        for _ in range(STALE // 2):
            socket = await connect(
                centre.url.replace("http", "ws") + "/ws/console", additional_headers={"Cookie": cookie}, origin=Origin(centre.url),
                max_size=None, open_timeout=PATIENCE,
            )  # fmt: skip
            socket.transport.pause_reading()
            sockets.append(socket)
        await a_press_is_answered(centre, agent)
        await ends_well(centre, agent, ALONE)
        await expect(agent.part("conn-bar")).to_have_count(0)
    finally:
        for socket in sockets:
            socket.transport.abort()
        for _, writer in mute:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in mute), return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)
    await a_press_is_answered(centre, agent)
    await ends_well(centre, agent, ALONE)
