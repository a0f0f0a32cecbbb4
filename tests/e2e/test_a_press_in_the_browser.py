"""SIPp and a softphone as elders → real Asterisk → Chromium as the agent. Nothing is played by a stand-in."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from callcenter.telephony.media import encode
from callcenter.telephony.softphone import Softphone
from callcenter.telephony.sound import tone
from tests.e2e.conftest import MICROPHONE
from tests.e2e.running import ALONE, PATIENCE, SERVICE, SOS, UNKNOWN, Agent, Centre, agent_at_console
from tests.e2e.test_the_training_telephone import telephone
from tests.ports import free_port
from tests.sipp import Sipp
from tests.telephony.pbx import until

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]


async def press_by_sipp(centre: Centre, folder: Path, *, line: str, caller: str, stay_s: float) -> Sipp:
    (folder / "tone.al").write_bytes(encode(tone(440, 8, 0.3)))
    return await Sipp.start(
        "elder_talks.xml",
        free_port(),
        free_port(),
        *("-key", "caller", caller, "-s", line, "-d", str(int(stay_s * 1000)), "-m", "1"),
        target=f"127.0.0.1:{centre.sip_port}",
        cwd=folder,
    )


async def test_the_pop_the_sound_and_the_stored_case(centre: Centre, agent: Agent, scratch: Path) -> None:
    elder = await press_by_sipp(centre, scratch, line=SOS, caller=ALONE, stay_s=12)
    await agent.sees("ring-band", "SOS")
    await agent.sees("pop-name", "王桂兰")
    await agent.sees("pop-place", "樊城·中原·施营")
    await agent.sees("pop-place", "3-2-501")
    for danger in ("冠心病", "青霉素过敏", "跌倒高风险"):
        await agent.sees("pop-danger", danger)
    await agent.sees("pop-keys", "501对门")
    await agent.answers()
    heard = await agent.until_hears(440, level=0.2)
    assert heard < 0.4  # sent at 0.3: G.711 and the way there keep the level
    await agent.part("note-input").fill("头晕,已坐下")
    await agent.part("note-save").click()
    assert await elder.result(PATIENCE) == 0  # she stayed and hung up: every SIP step came as written
    await agent.wraps_up()
    case = await centre.until_row(
        "SELECT * FROM cases WHERE state = 'resolved' AND outcome = 'helped' AND last_press_at > %s", centre.since
    )
    call = (await centre.rows("SELECT * FROM calls WHERE case_id = %s", case["id"]))[0]
    assert (call["kind"], call["state"], call["end_reason"]) == ("sos", "ended", "hung_up")
    kinds = [row["kind"] for row in await centre.rows("SELECT kind FROM case_entries WHERE case_id = %s ORDER BY at", case["id"])]
    talk = ["press", "answered", "note", "hung_up", "outcome"]  # an emergency beside it is opened, and tells, when the worker comes to it
    assert [kind for kind in kinds if kind in talk] == talk


async def test_the_elder_hears_the_agent(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await phone.call(SERVICE, pbx=("127.0.0.1", centre.sip_port), from_number="0086-710-3456789")
        await agent.sees("pop-name", "王桂兰")
        await agent.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        assert await agent.until_hears(440) > 0.1
        await until(lambda: call.media.level(MICROPHONE) > 0.1)
        await agent.part("call-hangup").click()
        await call.ended(PATIENCE)
    await agent.wraps_up()


async def test_a_reload_in_mid_call_keeps_the_elder(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await phone.call(SERVICE, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        await agent.until_hears(440)
        await agent.page.reload()
        await agent.talks()  # rung again and joined without a click
        assert await agent.until_hears(440) > 0.1
        assert call.state == "talking"
        await agent.part("call-hangup").click()
        await call.ended(PATIENCE)
    assert await centre.until_row("SELECT 1 FROM case_entries WHERE kind = 'joined_again' AND at > %s", centre.since)
    await agent.wraps_up()


async def test_a_browser_that_dies_in_mid_call_gives_the_elder_to_another(centre: Centre, browser: Browser) -> None:
    async with Softphone() as phone, agent_at_console(browser, centre, "agent3") as agent:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.answers()
        await call.answered(PATIENCE)
        await agent.context.set_offline(True)
        await agent.page.goto("about:blank")  # no BYE, no sign-out
        await centre.until_row("SELECT 1 FROM call_events WHERE kind = 'agent_vanished' AND at > %s", centre.since)
        assert call.state == "talking"
        async with agent_at_console(browser, centre, "agent2") as second:
            await second.answers()
            call.media.play_tone(440)
            assert await second.until_hears(440) > 0.1
            await call.hang_up()
            await second.wraps_up()


async def test_voice_killed_under_a_live_call(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        await agent.until_hears(440)
        old = centre.signal("voice", signal.SIGKILL)
        assert await agent.until_hears(440) > 0.1  # nobody of ours is there, and the sound goes on
        row = await centre.until_row("SELECT call_id FROM call_events WHERE kind = 'taken_up' AND at > %s", centre.since)
        assert centre.pid_of("voice") != old
        assert await agent.until_hears(440) > 0.1
        await agent.part("call-hangup").click()  # the new voice knows the call
        await call.ended(PATIENCE)
    ended = await centre.until_row("SELECT end_reason FROM calls WHERE id = %s AND state = 'ended'", row["call_id"])
    assert ended["end_reason"] == "agent_hung_up"
    await agent.wraps_up()


async def test_voice_killed_while_it_rings(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.sees("ring-band", "SOS")
        centre.signal("voice", signal.SIGKILL)
        await agent.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        assert await agent.until_hears(440) > 0.1
        await call.hang_up()
    row = await centre.until_row("SELECT state, answered_at FROM calls ORDER BY received_at DESC LIMIT 1")
    assert row["answered_at"] is not None
    await agent.wraps_up()


async def test_voice_hung_the_dialplan_rings_the_agent_and_a_case_comes_after(centre: Centre, agent: Agent) -> None:
    before = (await centre.rows("SELECT count(*) AS n FROM calls"))[0]["n"]
    centre.signal("voice", signal.SIGSTOP)
    try:
        async with Softphone() as phone:
            call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=UNKNOWN)
            await agent.answers()
            await call.answered(PATIENCE)
            call.media.play_tone(440)
            assert await agent.until_hears(440) > 0.1
            assert (await centre.rows("SELECT count(*) AS n FROM calls"))[0]["n"] == before
            await call.hang_up()
    finally:
        centre.signal("voice", signal.SIGCONT)
    row = await centre.until_row(
        "SELECT case_id, agent_id FROM calls WHERE end_reason = 'fallback_answered' AND received_at > %s", centre.since
    )
    assert row["agent_id"] is not None
    kinds = [r["kind"] for r in await centre.rows("SELECT kind FROM case_entries WHERE case_id = %s ORDER BY at, id", row["case_id"])]
    assert "fallback_answered" in kinds and "press" in kinds


# the page's answers name no address, so that the PBX never gets its sound going by itself; its own offers do
ANSWERS_WITHOUT_ADDRESS = """
(() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === 'string' && data.startsWith('SIP/2.0 200') && data.includes('a=candidate')) {
      data = data.replace(/a=candidate[^\\r]*/g, (line) => 'a=x' + 'x'.repeat(line.length - 3));
    }
    return send.call(this, data);
  };
})()
"""


async def test_a_telephone_whose_sound_does_not_come_offers_anew(centre: Centre, agent: Agent) -> None:
    """With the PBX alone, where nobody else would notice: both would hear nothing until one of them hung up."""
    await agent.page.evaluate(ANSWERS_WITHOUT_ADDRESS)
    centre.signal("voice", signal.SIGSTOP)
    try:
        async with Softphone() as phone:
            call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=UNKNOWN)
            await agent.answers()
            await call.answered(PATIENCE)
            call.media.play_tone(440)
            assert await agent.until_hears(440) > 0.1
            await until(lambda: call.media.level(MICROPHONE) > 0.1)
            await call.hang_up()
    finally:
        centre.signal("voice", signal.SIGCONT)
    await centre.until_row("SELECT 1 FROM calls WHERE end_reason = 'fallback_answered' AND received_at > %s", centre.since)


async def test_the_database_frozen_the_dialplan_rings_the_agent_and_a_case_comes_after(centre: Centre, agent: Agent) -> None:
    centre.freeze_database(True)
    try:
        async with Softphone() as phone:
            call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
            await agent.answers()
            await call.answered(PATIENCE)
            call.media.play_tone(440)
            assert await agent.until_hears(440) > 0.1
            await call.hang_up()
    finally:
        centre.freeze_database(False)
    row = await centre.until_row("SELECT case_id FROM calls WHERE end_reason = 'fallback_answered' AND received_at > %s", centre.since)
    kinds = [r["kind"] for r in await centre.rows("SELECT kind FROM case_entries WHERE case_id = %s", row["case_id"])]
    assert "fallback_answered" in kinds and "press" in kinds


async def test_abandoned_is_called_back_by_a_click_to_the_training_telephone(centre: Centre, browser: Browser, agent: Agent) -> None:
    # of somebody who has not pressed before: with an emergency of her own an agent sees that, and not the call-backs
    async with httpx.AsyncClient() as client:
        number = (await client.get(f"{centre.url}/api/training/elders")).json()[-1]["number"]
    async with telephone(browser, centre, f"/training?rawaudio=1&number={number}") as page:
        await page.get_by_test_id("training-sos").click()
        await agent.sees("ring-band", "SOS")
        await page.get_by_test_id("training-hangup").click()
        task = await centre.until_row("SELECT id FROM case_tasks WHERE state = 'open' AND created_at > %s", centre.since)
        await agent.part(f"callback-item-{task['id']}").get_by_test_id("callback-call").click()
        await expect(page.get_by_test_id("training-answer")).to_be_enabled()
        await page.get_by_test_id("training-answer").click()
        await agent.talks()
        assert await agent.until_hears(MICROPHONE) > 0.1  # the training telephone's microphone says the same tone
        await page.get_by_test_id("training-hangup").click()
        await centre.until_row("SELECT 1 FROM case_tasks WHERE state = 'done' AND id = %s", task["id"])
        await agent.wraps_up()


async def test_two_agents_one_wins_the_other_is_told(centre: Centre, browser: Browser, agent: Agent) -> None:
    async with agent_at_console(browser, centre, "agent2") as second, Softphone() as phone:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await agent.sees("ring-band", "SOS")
        await second.sees("ring-band", "SOS")
        await second.answers()
        await call.answered(PATIENCE)
        await expect(agent.part("ring-band")).to_have_count(0)
        assert (await agent.page.evaluate("window.onekey.phone.state().call")) is None
        await call.hang_up()
        await second.wraps_up()
