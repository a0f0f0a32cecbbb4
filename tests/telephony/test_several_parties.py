"""Several parties on one call, on the real Asterisk: voice's engine, an agent's and an elder's SIP telephones, and SIPp as 120. Who hears whom is measured."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.kit.errors import Conflict
from callcenter.telephony.softphone import Call, Softphone
from tests.ports import free_port
from tests.sipp import HERE, Front, Sipp
from tests.telephony.agent_at_work import SipAgent, agent_at_work
from tests.telephony.pbx import PATIENCE, Pbx, until, until_async
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
ELDER, SOS = "07103456789", "1234900"
HER, MINE, THEIRS = 440, 620, 800  # the tone that each one says
MUSIC, RINGBACK = 523, 450


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(), house_owner_url, house_app_url, party_ring=5.0, agent_return=20.0) as opened:
        yield opened


@dataclass
class Talk:
    agent: SipAgent
    elder: Call
    line: Call  # the agent's telephone
    id: uuid.UUID

    async def calls_120(self, **more: object) -> uuid.UUID:
        done = await self.agent.asks("add_party", self.id, to="number:120", role="outside", code="120", **more)
        return uuid.UUID(done["leg_id"])


@asynccontextmanager
async def talking(world: World) -> AsyncIterator[Talk]:
    """An SOS that the agent has answered; each says her tone."""
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(agent_at_work(world))
        phone = await stack.enter_async_context(Softphone())
        elder = await phone.call(SOS, world.pbx.address, ELDER)
        line, call_id = await agent.picks_up()
        await elder.answered(PATIENCE)
        elder.media.play_tone(HER)
        line.media.play_tone(MINE)
        await hears(elder, MINE)
        await hears(line, HER)
        yield Talk(agent, elder, line, call_id)


@asynccontextmanager
async def sipp(world: World, scenario: str, *arguments: str) -> AsyncIterator[Sipp]:
    """120 at the trunk's far side."""
    port = free_port()
    process = await Sipp.start(scenario, port, free_port(), "-m", "1", *arguments)
    front = await Front.open(world.pbx.trunk_port, port)
    try:
        await until(lambda: front.probes)
        await until_async(world.pbx.trunk_is_reachable)
        yield process
    finally:
        front.close()
        await process.stop()


async def hears(call: Call, tone: int, level: float = 0.1) -> None:
    """From now on, whatever was heard before."""
    call.media.forget()
    await until(lambda: call.media.level(tone) > level, what=f"{tone} Hz is heard")


async def hears_no(call: Call, tone: int) -> None:
    """Once what was on its way has arrived: on a slow machine that takes a while."""

    async def silent() -> bool:
        call.media.forget()
        await asyncio.sleep(0.4)
        return call.media.level(tone) < 0.02

    await asyncio.sleep(0.2)
    await until_async(silent, 8)


async def leg(world: World, leg_id: uuid.UUID, where: str) -> None:
    await world.sees(f"SELECT 1 FROM call_legs WHERE id = '{leg_id}' AND {where}")


async def told(world: World, kind: str, **data: str) -> None:
    wanted = " AND ".join(f"data->>'{key}' = '{value}'" for key, value in data.items()) or "true"
    await world.sees(f"SELECT 1 FROM case_entries WHERE kind = '{kind}' AND {wanted}")


async def test_120_is_heard_before_it_answers_and_then_talks_with_both(world: World) -> None:
    async with talking(world) as talk, sipp(world, "outside_talks.xml", "-d", "2500", "-rtp_echo") as rescue:
        leg_id = await talk.calls_120()
        await leg(world, leg_id, "early_at IS NOT NULL AND answered_at IS NULL")
        await hears(talk.line, MINE)  # her own voice, out of 120's echo: she is heard there, and hears what comes from there
        await hears(talk.line, HER)
        await leg(world, leg_id, "state = 'answered' AND place = 'main'")
        await hears(talk.line, MINE)
        await hears(talk.line, HER)
        await hears(talk.elder, HER)
        with pytest.raises(Conflict, match="others are on this call"):
            await talk.agent.asks("hang_up", talk.id)
        await talk.agent.asks("hang_up", talk.id, all=True)
        assert await rescue.result(PATIENCE) == 0
        await talk.elder.ended(PATIENCE)
    await told(world, "party_joined", code="120")


@pytest.mark.parametrize(
    ("scenario", "status", "cause"),
    [
        ("outside.xml", "486 Busy Here", "busy"),
        ("outside.xml", "603 Decline", "rejected"),
        ("outside.xml", "404 Not Found", "unreachable"),
        ("outside_rings_on.xml", "", "no_answer"),
    ],
)
async def test_what_120_says_instead_is_told_and_it_is_not_dialled_again(
    world: World, scenario: str, status: str, cause: str, tmp_path: Path
) -> None:
    written = tmp_path / scenario  # SIPp must know a response's status when it reads the scenario
    written.write_text((HERE / scenario).read_text().replace("STATUS", status))
    async with talking(world) as talk, sipp(world, str(written), "-d", "300") as rescue:
        leg_id = await talk.calls_120()
        await leg(world, leg_id, f"state = 'ended' AND cause = '{cause}'")
        assert await rescue.result(PATIENCE) == 0  # one INVITE, and its end
        await told(world, "party_failed", code="120", cause=cause)
        await hears(talk.line, HER)
        assert len(await world.rows("SELECT 1 FROM call_legs WHERE number = '120'")) == 1


async def test_120_drops_in_mid_call_and_the_elder_and_the_agent_go_on(world: World) -> None:
    async with talking(world) as talk, sipp(world, "outside_drops.xml", "-d", "1500", "-rtp_echo") as rescue:
        leg_id = await talk.calls_120()
        await leg(world, leg_id, "state = 'answered'")
        assert await rescue.result(PATIENCE) == 0
        await leg(world, leg_id, "state = 'ended' AND cause = 'normal'")
        await told(world, "party_left", code="120")
        await hears(talk.elder, MINE)
        await hears_no(talk.elder, HER)


async def test_private_joined_listening_left_and_rung_again(world: World) -> None:
    async with talking(world) as talk, world.outside() as outside:
        leg_id = await talk.calls_120(private=True)
        rescue = await outside.wait_call(PATIENCE)
        assert rescue.caller and ELDER not in rescue.caller  # our number, not hers
        await hears(talk.line, RINGBACK)
        await rescue.answer()
        rescue.media.play_tone(THEIRS)
        await hears(rescue, MINE)
        await hears(talk.line, THEIRS)
        await hears_no(rescue, HER)
        await hears_no(talk.elder, MINE)
        await hears(talk.elder, MUSIC, 0.01)

        await talk.agent.asks("join_party", talk.id, leg_id=str(leg_id))
        await hears(rescue, HER)
        await hears(talk.elder, THEIRS)
        await hears(talk.elder, MINE)

        await talk.agent.asks("hold_party", talk.id, leg_id=str(leg_id))
        await hears_no(talk.elder, THEIRS)
        await talk.agent.asks("resume_party", talk.id, leg_id=str(leg_id))
        await hears(talk.elder, THEIRS)

        await talk.agent.asks("leave", talk.id, listen=True)
        await hears_no(talk.elder, MINE)
        await hears(talk.line, THEIRS)
        await hears(talk.line, HER)
        await talk.agent.asks("come_back", talk.id)
        await hears(talk.elder, MINE)

        await talk.agent.asks("leave", talk.id, listen=False)
        await talk.line.ended(PATIENCE)
        await hears(talk.elder, THEIRS)
        await hears(rescue, HER)

        await rescue.hang_up()
        await hears(talk.elder, RINGBACK)  # no silence
        again, call_id = await talk.agent.picks_up()
        assert call_id == talk.id
        again.media.play_tone(MINE)
        await hears(talk.elder, MINE)
        await told(world, "joined_again")


async def test_killed_in_mid_conference_nobody_hears_of_it(world: World) -> None:
    async with talking(world) as talk, world.outside() as outside:
        leg_id = await talk.calls_120()
        rescue = await outside.wait_call(PATIENCE)
        await rescue.answer()
        rescue.media.play_tone(THEIRS)
        await hears(talk.elder, THEIRS)
        police = (await talk.agent.asks("add_party", talk.id, to="number:110", role="outside", code="110"))["leg_id"]
        ringing = await outside.wait_call(PATIENCE)
        await world.voice.kill()
        await hears(talk.elder, THEIRS)
        await hears(talk.line, THEIRS)
        await hears(rescue, HER)
        await ringing.answer()  # nobody of ours hears of it
        before = rescue.media.received
        await world.voice.start()
        await leg(world, uuid.UUID(police), "state = 'answered'")
        await hears(ringing, HER)
        await hears(rescue, MINE)
        assert rescue.media.received > before
        await talk.agent.asks("drop_party", talk.id, leg_id=str(leg_id))
        await rescue.ended(PATIENCE)
        await hears_no(talk.elder, THEIRS)
        await talk.elder.hang_up()  # 110 and the agent go on
        await told(world, "party_left", role="elder")
        await hears(ringing, MINE)
        await ringing.hang_up()
        await talk.line.ended(PATIENCE)
        await world.sees("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'parted'")


async def test_killed_while_120_rings_what_became_of_it_is_told_once(world: World) -> None:
    async with talking(world) as talk, world.outside() as outside:
        leg_id = await talk.calls_120(private=True)
        rescue = await outside.wait_call(PATIENCE)
        await world.voice.kill()
        rescue.decline()
        await world.voice.start()
        await leg(world, leg_id, "state = 'ended' AND cause = 'lost'")
        await hears(talk.elder, MINE)
        await hears(talk.line, HER)
        assert len(await world.rows("SELECT 1 FROM case_entries WHERE kind = 'party_failed'")) == 1
        bridges = set((await world.voice.engine.core.telephony.live()).bridges) if world.voice.engine else set()
        assert bridges == {f"call-{talk.id}"}


async def test_a_blind_transfer_rings_in_her_ear_and_comes_back(world: World) -> None:
    async with talking(world) as talk, world.outside() as outside:
        await talk.agent.asks("transfer", talk.id, to="number:13800001111", role="other")
        far = await outside.wait_call(PATIENCE)
        await talk.line.ended(PATIENCE)
        await hears(talk.elder, RINGBACK)
        far.decline()
        again, call_id = await talk.agent.picks_up()
        assert call_id == talk.id
        again.media.play_tone(MINE)
        await hears(talk.elder, MINE)
        await talk.agent.asks("transfer", talk.id, to="number:13800001111", role="other")
        far = await outside.wait_call(PATIENCE)
        await far.answer()
        far.media.play_tone(THEIRS)
        await hears(talk.elder, THEIRS)
        await hears(far, HER)


async def test_an_agent_calls_120_out_of_a_case(world: World) -> None:
    async with talking(world) as talk, world.outside() as outside:
        (case,) = await world.rows(f"SELECT case_id AS id FROM calls WHERE id = '{talk.id}'")
        await talk.elder.hang_up()
        await talk.line.ended(PATIENCE)
        await until(lambda: talk.agent.is_("wrap_up"))
        await talk.agent.asks("call_out", None, number="120", role="outside", code="120", ref_id=None, case_id=str(case.id))
        line, call_id = await talk.agent.picks_up()
        line.media.play_tone(MINE)
        rescue = await outside.wait_call(PATIENCE)
        await hears(line, RINGBACK)
        rescue.media.play_tone(THEIRS)
        await rescue.speak_early()
        await hears(line, THEIRS)
        await rescue.answer()
        await hears(rescue, MINE)
        await talk.agent.asks("add_party", call_id, to=f"number:{ELDER}", role="elder")
        her = await outside.wait_call(PATIENCE)
        await her.answer()
        her.media.play_tone(HER)
        await hears(rescue, HER)
        await hears(line, HER)
