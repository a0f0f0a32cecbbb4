"""Two carriers behind one port: who carries what, and when a call goes over to the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from callcenter.telephony import port
from callcenter.telephony.carriers import Carriers
from callcenter.telephony.port import HangupCause
from callcenter.telephony.simulator import Simulator
from tests.contract.worlds import Ears

OUTSIDE, HOTLINE, OVER_THERE = "+8613800138000", "12349", "96519"


@dataclass
class Two:
    pbx: Simulator
    second: Simulator
    both: Carriers
    ears: Ears

    async def ring(self, caller: str = HOTLINE) -> None:
        await self.both.ring("leg-1", f"number:{OUTSIDE}", caller=caller, caller_name="", timeout=5)

    def dialled(self) -> tuple[int, int]:
        return sum(name == "ring" for name, _ in self.pbx.commands), sum(name == "ring" for name, _ in self.second.commands)


@pytest_asyncio.fixture
async def two() -> AsyncIterator[Two]:
    pbx, second = Simulator(name="pbx1"), Simulator(name="tw")
    lines = {HOTLINE: "pbx", OVER_THERE: "twilio"}
    both = Carriers(pbx, second, prefix="tw-", carrier_of=lambda line: lines.get(line, "pbx"))
    ears = Ears(both)
    await both.start()
    await ears.next(port.Connected)
    yield Two(pbx, second, both, ears)
    await ears.stop()
    await both.close()


async def test_each_press_stays_with_its_carrier(two: Two) -> None:
    here, there = two.pbx.press("07103456789", "12349"), two.second.press("07103456780", "96519")
    for channel, sim in ((here, two.pbx), (there, two.second)):
        await two.ears.next(port.Press, channel_id=channel)
        await two.both.claim(channel)
        await two.both.answer(channel)
        await two.both.play(channel, f"wait-{channel}", "beep")
        assert sim.channels[channel].playing == {f"wait-{channel}": ("beep",)}
        await two.both.stop_playing(f"wait-{channel}")
        await two.ears.next(port.PlaybackFinished, playback_id=f"wait-{channel}")
    assert set((await two.both.live()).channels) == {here, there}
    presses, mark = await two.both.history("")
    assert {press.channel_id for press in presses} == {here, there}
    for sim, channel in ((two.pbx, here), (two.second, there)):
        sim.hang_up_far(channel)
        await two.ears.next(port.ChannelEnded, channel_id=channel)
    presses, mark = await two.both.history(mark)
    assert {press.channel_id for press in presses} == {here, there}
    assert await two.both.history(mark) == ([], mark)


async def test_a_leg_goes_where_it_will_talk_and_nobody_talks_across(two: Two) -> None:
    here, there = two.pbx.press("07103456789", "12349"), two.second.press("07103456780", "96519")
    for sim, channel in ((two.pbx, here), (two.second, there)):
        sim.register("anna")
        await two.ears.next(port.Press, channel_id=channel)
        await two.both.claim(channel)
        await two.both.ring(f"leg-{channel}", "account:anna", caller="1", caller_name="", timeout=5, beside=channel)
        assert sim.channels[f"leg-{channel}"].target == "anna"
        sim.pick_up("anna")
        await two.both.bridge(f"call-{channel}", channel, f"leg-{channel}")
        assert set(sim.bridges[f"call-{channel}"].channels) == {channel, f"leg-{channel}"}
        await two.both.record(f"call-{channel}", f"tape-{channel}")
        await two.both.hold(channel)
    with pytest.raises(port.CommandRejected, match="apart"):
        await two.both.bridge("mixed", here, there)
    await two.both.stop_recording(f"tape-{there}")
    assert {tape.name for tape in await two.both.recordings()} == {f"tape-{here}", f"tape-{there}"}
    for channel, sim in ((here, two.pbx), (there, two.second)):
        await two.both.end_bridge(f"call-{channel}")
        assert not sim.bridges


async def test_who_comes_back_finds_what_lives_at_both(two: Two) -> None:
    await two.ring(OVER_THERE)
    two.second.pick_up(OUTSIDE)
    again = Carriers(two.pbx, two.second, prefix="tw-", carrier_of=lambda line: "pbx")
    assert "leg-1" in (await again.live()).channels
    await again.play("leg-1", "ask-1", "beep")
    assert two.second.channels["leg-1"].playing


async def test_the_line_that_is_shown_says_who_dials(two: Two) -> None:
    await two.ring(HOTLINE)
    assert two.dialled() == (1, 0)
    await two.both.ring("leg-2", f"number:{OUTSIDE}", caller=OVER_THERE, caller_name="", timeout=5)
    assert two.dialled() == (1, 1)


@pytest.mark.parametrize(
    "cause", [HangupCause.BUSY, HangupCause.NO_ANSWER, HangupCause.REJECTED, HangupCause.UNREACHABLE, HangupCause.FAILED]
)
async def test_a_busy_elder_is_not_the_carriers_fault(two: Two, cause: HangupCause) -> None:
    await two.ring()
    two.pbx.decline(OUTSIDE, cause)
    assert (await two.ears.next(port.ChannelEnded, channel_id="leg-1")).cause == cause
    assert two.dialled() == (1, 0)


@pytest.mark.parametrize("caller", [HOTLINE, OVER_THERE])
async def test_a_carrier_that_is_down_gives_way_to_the_other(two: Two, caller: str) -> None:
    """Refused before it was dialled: by name."""
    first, other = (two.pbx, two.second) if caller == HOTLINE else (two.second, two.pbx)
    first.fail_next("ring", port.CarrierDown("account"))
    await two.ring(caller)
    assert other.ringing() == [OUTSIDE] and first.ringing() == []
    other.pick_up(OUTSIDE)
    await two.ears.next(port.LegAnswered, channel_id="leg-1")
    await two.both.hang_up("leg-1")
    await two.ears.next(port.ChannelEnded, channel_id="leg-1")
    assert len(two.ears.all(port.ChannelEnded, channel_id="leg-1")) == 1


async def test_a_network_that_set_nothing_up_gives_way_once(two: Two) -> None:
    two.pbx.fail_next("ring", port.CarrierDown("no trunk"))
    two.second.fail_next("ring", port.CarrierDown("account"))
    with pytest.raises(port.CarrierDown):
        await two.ring()
    assert two.dialled() == (1, 1), "no third try"


async def test_one_that_has_rung_is_never_dialled_again(two: Two) -> None:
    await two.ring()
    await two.ears.next(port.LegRinging, channel_id="leg-1")
    two.pbx.decline(OUTSIDE, HangupCause.CARRIER_DOWN)
    assert (await two.ears.next(port.ChannelEnded, channel_id="leg-1")).cause is HangupCause.CARRIER_DOWN
    assert two.dialled() == (1, 0)


async def test_an_outcome_that_nobody_knows_is_not_dialled_again(two: Two) -> None:
    two.pbx.fail_next("ring", port.CarrierUnreachable("no answer"))
    with pytest.raises(port.CarrierUnreachable):
        await two.ring()
    assert two.dialled() == (1, 0)


async def test_a_carrier_that_is_away_is_not_asked(two: Two) -> None:
    two.pbx.disconnect()
    await two.ears.next(port.Disconnected)
    await two.ring()
    assert two.second.ringing() == [OUTSIDE] and two.dialled() == (0, 1)


async def test_emergency_numbers_and_legs_of_a_conversation_stay_where_they_are(two: Two) -> None:
    two.second.fail_next("ring", port.EmergencyNeedsPbx("emergency_needs_pbx"))
    with pytest.raises(port.EmergencyNeedsPbx):
        await two.ring(OVER_THERE)
    assert two.dialled() == (0, 1), "no program of ours dials it by another way"
    two.pbx.fail_next("ring", port.CarrierDown("no trunk"))
    await two.both.bridge("call-1")
    with pytest.raises(port.CarrierDown):
        await two.both.ring("leg-3", f"number:{OUTSIDE}", caller=HOTLINE, caller_name="", timeout=5, into="call-1")
    assert two.second.ringing() == []


async def test_the_second_carrier_being_away_costs_the_first_nothing(two: Two) -> None:
    two.second.disconnect()
    await asyncio.sleep(0.05)
    assert not two.ears.all(port.Disconnected)
    await two.both.set_fallback(["anna"], [])
    await two.both.history("")
    await two.ring(OVER_THERE)
    assert two.pbx.ringing() == [OUTSIDE]
    known = len(two.ears.all(port.Connected))
    two.second.connect()
    await asyncio.sleep(0.05)
    assert len(two.ears.all(port.Connected)) == known + 1, "what lives is asked for anew"
