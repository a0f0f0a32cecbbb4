"""No press is lost: voice alive, missing, frozen, killed while the agent's telephone rings; every caller reaches a person or the recording.

Elders and telephones are SIPp, voice is a scripted process (scripted_voice.py), Asterisk and its dialplan are the real ones.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest

from callcenter.telephony.asterisk.config import RUNG_FIRST
from callcenter.telephony.softphone import Softphone
from tests.ports import free_port
from tests.sipp import Sipp
from tests.telephony.pbx import PATIENCE, ROOT, Pbx, outside_phone, until, until_async

pytestmark = pytest.mark.asterisk


class Voice:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, word: str, timeout: float = PATIENCE) -> None:
        assert self.process.stdout
        async with asyncio.timeout(timeout):
            while line := (await self.process.stdout.readline()).decode():
                if line.startswith(word):
                    return
        raise AssertionError(f"voice ended before it said {word}")

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        self.process.kill()


@asynccontextmanager
async def voice(pbx: Pbx, telephone: str, *, renew: float = 1.0) -> AsyncIterator[Voice]:
    s = pbx.settings
    arguments = (s.ari_base, s.ari_user, s.ari_password.get_secret_value(), s.ari_app, telephone, str(renew), str(s.timings.guard))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.telephony.scripted_voice", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    it = Voice(process)
    try:
        await it.says("connected")
        yield it
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def telephone(pbx: Pbx, name: str, *, rings_ms: int = 200, calls: int = 1) -> AsyncIterator[Sipp]:
    port = free_port()
    await pbx.put_desk(name, port)
    sipp = await Sipp.start("agent.xml", port, free_port(), "-d", str(rings_ms), "-m", str(calls), "-rtp_echo")
    try:
        yield sipp
    finally:
        await sipp.stop()


@asynccontextmanager
async def elder(pbx: Pbx, *, stays_ms: int = 800, caller: str = "07103456789", called: str = "1234900") -> AsyncIterator[Sipp]:
    target = f"127.0.0.1:{pbx.settings.sip_port}"
    arguments = ("-key", "caller", caller, "-s", called, "-d", str(stays_ms), "-m", "1")
    sipp = await Sipp.start("elder.xml", free_port(), free_port(), *arguments, target=target)
    try:
        yield sipp
    finally:
        await sipp.stop()


def user_events(pbx: Pbx, kind: str) -> list[str]:
    return [orjson.loads(row[1])["extra"] for row in pbx.cel() if row[0] == kind]


def seconds_between(pbx: Pbx, first: str, then: str) -> float:
    """From the last of the one to the last of the other, by the PBX's own clock."""
    at = {row[0]: float(row[8]) for row in pbx.cel()}
    return at[then] - at[first]


async def test_voice_alive(pbx: Pbx) -> None:
    async with telephone(pbx, "alive") as agent, voice(pbx, "alive"), elder(pbx) as caller:
        assert await caller.result() == 0
        assert await agent.result(PATIENCE) == 0
    assert user_events(pbx, "PRESS")[-1] == "07103456789:1234900"


async def test_voice_missing_the_fallback_rings_the_agent(pbx: Pbx) -> None:
    await pbx.set_fallback(agents="unregistered&missing1")
    async with telephone(pbx, "missing1") as agent, elder(pbx) as caller:
        assert await caller.result() == 0
        assert await agent.result(PATIENCE) == 0
    assert (
        seconds_between(pbx, "PRESS", "FALLBACK") < pbx.settings.timings.guard
    )  # the absent app has cost no more than the time for a claim
    assert seconds_between(pbx, "FALLBACK", "FALLBACK_ANSWERED") < pbx.settings.timings.service_ring  # nor on the unregistered one
    assert user_events(pbx, "FALLBACK_ANSWERED")[-1] == "missing1"


async def test_voice_frozen(pbx: Pbx) -> None:
    """A frozen voice is still connected; the claim does not come, and the dialplan goes on after the time for it."""
    await pbx.set_fallback(agents="frozen1")
    async with telephone(pbx, "frozen1") as agent, voice(pbx, "frozen1") as it:
        it.freeze()
        async with elder(pbx) as caller:
            assert await caller.result() == 0
            assert await agent.result(PATIENCE) == 0
    waited = seconds_between(pbx, "PRESS", "FALLBACK")
    assert pbx.settings.timings.offered <= waited + 0.1 < pbx.settings.timings.guard


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_voice_lost_while_the_agent_rings(pbx: Pbx, how: str) -> None:
    """Both telephones: the first is rung by voice and never answers, the second is the fallback's."""
    await pbx.set_fallback(agents=f"second_{how}")
    async with (
        telephone(pbx, f"first_{how}", rings_ms=60_000),
        telephone(pbx, f"second_{how}") as second,
        voice(pbx, f"first_{how}") as it,
        elder(pbx) as caller,
    ):
        await it.says("rings")
        getattr(it, how)()
        assert await caller.result(pbx.settings.timings.guard + PATIENCE) == 0
        assert await second.result(PATIENCE) == 0
    assert user_events(pbx, "FALLBACK_ANSWERED")[-1] == f"second_{how}"


async def test_guard_is_cleared_so_the_talk_is_not_cut(pbx: Pbx) -> None:
    """The caller talks longer than the guard: once bridged by voice, once by the fallback."""
    stays = (pbx.settings.timings.guard + 2) * 1000
    async with telephone(pbx, "long1") as agent, voice(pbx, "long1"), elder(pbx, stays_ms=stays) as caller:
        assert await caller.result() == 0
        assert await agent.result(PATIENCE) == 0
    await pbx.set_fallback(agents="long2")
    async with telephone(pbx, "long2") as agent, elder(pbx, stays_ms=stays) as caller:
        assert await caller.result() == 0
        assert await agent.result(PATIENCE) == 0


async def test_guard_renewed_keeps_the_caller_with_voice(pbx: Pbx) -> None:
    """The agent's telephone rings longer than the guard is: voice renews it, so the caller stays and the fallback never comes in."""
    before = len(user_events(pbx, "FALLBACK"))
    rings = (pbx.settings.timings.guard + 2) * 1000
    async with telephone(pbx, "slow", rings_ms=rings) as agent, voice(pbx, "slow"), elder(pbx) as caller:
        assert await caller.result() == 0
        assert await agent.result(PATIENCE) == 0
    assert len(user_events(pbx, "FALLBACK")) == before


async def test_live_call_survives_kill_9_of_voice(pbx: Pbx) -> None:
    async with telephone(pbx, "talker"), voice(pbx, "talker") as it, Softphone() as phone:
        call = await phone.call("1234900", pbx.address, "07103456789")
        await call.answered(PATIENCE)
        await it.says("talks")
        call.media.play_tone(440)
        await until(lambda: call.media.level(440) > 0.2)  # the far side echoes
        it.kill()
        await it.process.wait()
        call.media.forget()
        heard, began = call.media.received, time.monotonic()
        await asyncio.sleep(pbx.settings.timings.guard + 1)  # the guard does not strike a live call either
        expected = (time.monotonic() - began) * 50
        assert call.state == "talking"
        assert call.media.received - heard > 0.97 * expected
        assert call.media.level(440) > 0.2
        await call.hang_up()


async def test_nobody_there_a_message_is_recorded(pbx: Pbx) -> None:
    """No agent, no duty telephone: the caller is answered, hears the beep, and what he says is kept although he hangs up."""
    async with Softphone() as phone:
        call = await phone.call("1234900", pbx.address, "07103456789")
        await call.answered(PATIENCE)
        call.media.play_tone(700)
        await until(lambda: call.media.level(1000) > 0.02)  # the beep
        await asyncio.sleep(2)
        await call.hang_up()
    name = user_events(pbx, "FALLBACK_RECORDING")[-1]
    row = next(row for row in pbx.cel() if row[0] == "FALLBACK_RECORDING" and name in row[1])
    assert name == f"fallback-{row[6]}.wav"  # the channel's id
    file = pbx.recordings / name
    await until_async(lambda: _has_size(file.exists() and file.stat().st_size, 16_000))


async def test_nothing_can_be_recorded_and_the_caller_is_told(pbx: Pbx) -> None:
    kept = pbx.recordings.rename(pbx.recordings.with_name("away"))
    pbx.recordings.write_text("not a folder")
    try:
        async with Softphone() as phone:
            call = await phone.call("1234900", pbx.address, "07103456789")
            await call.answered(PATIENCE)
            await until(lambda: call.media.level(850) > 0.05)
            await call.hang_up()
    finally:
        pbx.recordings.unlink()
        kept.rename(pbx.recordings)


async def _has_size(size: int, least: int) -> bool:
    return size > least


async def one_more_than_are_rung_first(stack: AsyncExitStack, pbx: Pbx, name: str) -> list[Softphone]:
    """Agents' telephones that the fallback knows; nobody picks up by itself."""
    phones = [await stack.enter_async_context(Softphone(name=f"{name}{n}")) for n in range(RUNG_FIRST + 1)]
    for phone in phones:
        await pbx.put_desk(phone.name, phone.port)
    await pbx.set_fallback(agents="&".join(phone.name for phone in phones))
    return phones


async def test_many_agents_are_not_all_rung_for_each_press(pbx: Pbx) -> None:
    """One more is free than are rung at first: another press in the same moment rings that one; nobody picks up, and then all are rung for both."""
    async with AsyncExitStack() as stack:
        phones = await one_more_than_are_rung_first(stack, pbx, "many")
        elders, names = await stack.enter_async_context(Softphone()), {phone.name for phone in phones}

        def rung(caller: str) -> set[str]:
            """Telephones that ring for her, or have."""
            return {
                phone.name for phone in phones if any(call.invite and caller in call.invite.get("from") for call in phone.calls.values())
            }

        first = await elders.call("1234900", pbx.address, "07103456701")
        await until(lambda: len(rung("07103456701")) == RUNG_FIRST)
        then = await elders.call("1234900", pbx.address, "07103456702")
        await until(lambda: rung("07103456702") == names - rung("07103456701"))
        await asyncio.sleep(0.5)
        assert rung("07103456702") == names - rung("07103456701")
        third = await elders.call("1234900", pbx.address, "07103456704")  # nobody is left: she hears ringing, and is not passed over
        await until(lambda: rung("07103456701") == rung("07103456702") == rung("07103456704") == names)
        for one in (first, then, third):
            await one.hang_up()


async def test_at_a_telephone_that_is_busy_after_all_another_is_rung(pbx: Pbx) -> None:
    """Those who are rung at first decline at once: the one who is left is rung then and nobody twice, and it is not waited until their time is over."""
    async with AsyncExitStack() as stack:
        phones = await one_more_than_are_rung_first(stack, pbx, "turns")
        elders = await stack.enter_async_context(Softphone())
        call = await elders.call("1234900", pbx.address, "07103456703")
        declined = set[str]()
        while len(declined) < RUNG_FIRST:
            for phone in phones:
                if not phone.incoming.empty():
                    assert phone.name not in declined
                    phone.incoming.get_nowait().decline()
                    declined.add(phone.name)
            await asyncio.sleep(0.02)
        (last,) = (phone for phone in phones if phone.name not in declined)
        await (await last.wait_call(PATIENCE)).answer()
        await call.answered(PATIENCE)
        assert all(phone.incoming.empty() for phone in phones)
        await call.hang_up()


async def test_duty_telephones_in_order(pbx: Pbx) -> None:
    """Agents registered but silent, then the first duty number declines, then the second answers."""
    await pbx.set_fallback(agents="deaf", duty="13800138000&07103450000")
    async with (
        telephone(pbx, "deaf", rings_ms=60_000),
        outside_phone(pbx) as desk,
        Softphone() as phone,
    ):
        call = await phone.call("1234900", pbx.address, "07103456789")
        first = await desk.wait_call(pbx.settings.timings.service_ring + PATIENCE)
        assert "sip:13800138000@" in (first.invite.line if first.invite else "")
        first.decline()
        second = await desk.wait_call(PATIENCE)
        assert "sip:07103450000@" in (second.invite.line if second.invite else "")
        await second.answer()
        await call.answered(PATIENCE)
        second.media.play_tone(600)
        await until(lambda: call.media.level(600) > 0.2)
        await call.hang_up()
        await second.ended(PATIENCE)
    await until(lambda: user_events(pbx, "FALLBACK_ANSWERED")[-1] == "07103450000")
