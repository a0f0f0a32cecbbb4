"""What the calls domain relies on, of every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.telephony import port
from callcenter.telephony.port import Account, Capability, HangupCause
from tests.contract.worlds import Ears, Elder, Phone, World
from tests.telephony.pbx import TIMINGS, until, until_async

ELDER, SOS, SERVICE = "07103456789", "1234900", "12349"


def sip(name: str) -> Account:
    return Account(name, f"secret-of-{name}", "sip")


async def registered(world: World, account: Account) -> Phone:
    """A telephone that is known to be reachable; a carrier without accounts of its own does not tell it."""
    phone = await world.register(account)
    if Capability.DYNAMIC_ACCOUNTS in world.telephony.capabilities:
        await world.ears.next(port.AccountState, account=account.name, reachable=True)
    return phone


def needs(world: World, capability: Capability) -> None:
    if capability not in world.telephony.capabilities:
        pytest.skip(f"this carrier has no {capability}")


async def taken(world: World, caller: str = ELDER, called: str = SOS) -> tuple[Elder, str]:
    """A press that is ours and rings."""
    elder, channel = await world.press(caller, called)
    await world.telephony.claim(channel)
    await world.telephony.ring_in(channel)  # at once: it takes commands
    await world.ears.next(port.PressTaken, channel_id=channel)
    return elder, channel


async def talking(world: World, name: str) -> tuple[Elder, str, Phone, str, str]:
    """Elder and agent in a bridge. Ids end in the account's name."""
    phone = await registered(world, sip(name))
    elder, channel = await taken(world)
    leg, bridge = f"leg-{name}", f"call-{name}"
    await world.telephony.ring(leg, f"account:{name}", caller=ELDER, caller_name="王奶奶", timeout=10, beside=channel)
    await phone.ringing()
    await phone.pick_up()
    await world.ears.next(port.LegAnswered, channel_id=leg)
    await world.telephony.answer(channel)
    await world.telephony.bridge(bridge, channel, leg)
    await world.telephony.guard(channel, 0)
    await until_async(lambda: world.hear_each_other(elder, phone))
    return elder, channel, phone, leg, bridge


# --- the press ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "called", "seen"),
    [
        (ELDER, SOS, (ELDER, SOS)),
        ("+867103456789", "+8612349", ("+867103456789", "+8612349")),
        ("anonymous", SERVICE, ("", SERVICE)),
        ("13800138000", "*12349#", ("13800138000", "*12349#")),
    ],
)
async def test_a_press_is_told(world: World, caller: str, called: str, seen: tuple[str, str]) -> None:
    _, channel = await world.press(caller, called)
    press = await world.ears.next(port.Press, channel_id=channel)
    assert (press.caller, press.called) == seen
    assert abs(press.at - datetime.now(UTC)) < timedelta(seconds=5)
    assert press.at.utcoffset() == timedelta(0)


async def test_claimed_once(world: World) -> None:
    elder, channel = await taken(world)
    assert world.ears.all(port.PressTaken, channel_id=channel) == [port.PressTaken(channel)]
    with pytest.raises(port.ClaimRefused):
        await world.telephony.claim(channel)
    await until(elder.hears_ringing)
    assert not elder.is_talking()


async def test_claimed_too_late_is_refused_and_the_fallback_has_it(world: World) -> None:
    phone = await registered(world, sip("late"))
    await world.telephony.set_fallback(["nobody", "late"], [])
    elder, channel = await world.press(ELDER, SOS)
    await asyncio.sleep(TIMINGS.offered + 0.2)
    with pytest.raises(port.ClaimRefused):
        await world.telephony.claim(channel)
    await phone.ringing()
    await phone.pick_up()
    await until_async(lambda: world.hear_each_other(elder, phone))
    live = await world.telephony.live()
    assert not live.channels[channel].ours


async def test_the_guard_strikes_when_we_are_silent(world: World) -> None:
    phone = await registered(world, sip("guarded"))
    await world.telephony.set_fallback(["guarded"], [])
    elder, channel = await taken(world)
    await world.ears.next(port.PressCarriedOn, channel_id=channel)
    await phone.ringing()
    await phone.pick_up()
    await until(elder.is_talking)
    with pytest.raises(port.ChannelGone):
        await world.telephony.answer(channel)


async def test_a_renewed_guard_keeps_the_caller(world: World) -> None:
    elder, channel = await taken(world)
    for _ in range(3):
        await asyncio.sleep(TIMINGS.guard / 2)
        await world.telephony.guard(channel, TIMINGS.guard)
    assert not world.ears.all(port.PressCarriedOn)
    assert (await world.telephony.live()).channels[channel].ours
    await world.telephony.guard(channel, 0)
    await asyncio.sleep(TIMINGS.guard + 0.5)
    assert not elder.is_over() and not world.ears.all(port.PressCarriedOn)


async def test_released_to_the_fallback(world: World) -> None:
    phone = await registered(world, sip("released"))
    await world.telephony.set_fallback(["released"], [])
    elder, channel = await taken(world)
    await world.telephony.release(channel)
    await world.ears.next(port.PressCarriedOn, channel_id=channel)
    await phone.ringing()
    await phone.pick_up()
    await until_async(lambda: world.hear_each_other(elder, phone))
    await phone.hang_up()
    await until(elder.is_over)
    assert not world.ears.all(port.ChannelEnded, channel_id=channel)


async def test_the_caller_gives_up(world: World) -> None:
    elder, channel = await taken(world)
    await elder.hang_up()
    ended = await world.ears.next(port.ChannelEnded, channel_id=channel)
    assert ended.cause == HangupCause.NORMAL
    await asyncio.sleep(0.2)
    assert len(world.ears.all(port.ChannelEnded, channel_id=channel)) == 1
    with pytest.raises(port.ChannelGone):
        await world.telephony.answer(channel)
    with pytest.raises(port.ChannelGone):
        await world.telephony.guard(channel, 5)
    with pytest.raises(port.ClaimRefused):
        await world.telephony.claim(channel)


async def test_we_hang_up(world: World) -> None:
    elder, channel = await taken(world)
    await world.telephony.hang_up(channel)
    await until(elder.is_over)
    await world.ears.next(port.ChannelEnded, channel_id=channel)
    await asyncio.sleep(0.2)
    assert len(world.ears.all(port.ChannelEnded, channel_id=channel)) == 1
    with pytest.raises(port.ChannelGone):
        await world.telephony.hang_up(channel)


# --- ringing -----------------------------------------------------------------------------------------------------------------


async def test_an_agent_is_rung_with_what_we_say(world: World) -> None:
    phone = await registered(world, sip("told"))
    _, channel = await taken(world)
    headers = {"X-OneKey-Call": "0194-call"}
    await world.telephony.ring(
        "leg-told", "account:told", caller="+867103456789", caller_name='王"奶奶', timeout=5, headers=headers, beside=channel
    )
    await phone.ringing()
    await world.ears.next(port.LegRinging, channel_id="leg-told")
    assert phone.header("X-OneKey-Call") == "0194-call"
    assert phone.caller() == "+867103456789"
    live = await world.telephony.live()
    assert live.channels["leg-told"].state == "ringing_out" and live.channels["leg-told"].ours
    with pytest.raises(port.CommandRejected):
        await world.telephony.ring("leg-told", "account:told", caller="", caller_name="", timeout=5)  # the id is taken
    await phone.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-told")
    await phone.hang_up()
    ended = await world.ears.next(port.ChannelEnded, channel_id="leg-told")
    assert ended.cause == HangupCause.NORMAL
    await asyncio.sleep(0.2)
    assert [type(e).__name__ for e in world.ears.heard if getattr(e, "channel_id", "") == "leg-told"] == [
        "LegRinging",
        "LegAnswered",
        "ChannelEnded",
    ]


async def test_declined_unanswered_cancelled_unreachable(world: World) -> None:
    phone = await registered(world, sip("busy"))
    _, channel = await taken(world)

    async def ring(leg: str, to: str = "account:busy", timeout: float = 5) -> None:
        await world.telephony.ring(leg, to, caller=ELDER, caller_name="", timeout=timeout, beside=channel)

    async def cause(leg: str) -> HangupCause:
        return (await world.ears.next(port.ChannelEnded, channel_id=leg)).cause

    await ring("leg-1")
    await phone.ringing()
    await phone.decline()
    assert await cause("leg-1") == HangupCause.BUSY

    await ring("leg-2", timeout=1)
    await phone.ringing()
    assert await cause("leg-2") == HangupCause.NO_ANSWER

    await ring("leg-3")
    await phone.ringing()
    await world.telephony.hang_up("leg-3")
    await cause("leg-3")

    await ring("leg-4", "account:never_seen")
    assert await cause("leg-4") == HangupCause.UNREACHABLE
    assert "leg-4" not in (await world.telephony.live()).channels


async def test_a_target_that_is_none(world: World) -> None:
    for to in ("busy", "sip:evil@example.org", "account:", "number:"):
        with pytest.raises(port.CommandRejected):
            await world.telephony.ring("leg-x", to, caller="", caller_name="", timeout=5)


async def test_an_emergency_number_is_dialled_or_refused_by_name(world: World) -> None:
    if Capability.EMERGENCY in world.telephony.capabilities:
        pytest.skip("it is dialled: test_a_number_rung_into_a_bridge_is_heard_before_it_answers")
    for number in ("110", "119", "120", "122", "+86120", "0710120"):
        with pytest.raises(port.EmergencyNeedsPbx):
            await world.telephony.ring("leg-e", f"number:{number}", caller=SERVICE, caller_name="", timeout=5)
    assert "leg-e" not in (await world.telephony.live()).channels


async def test_an_outside_number(world: World) -> None:
    phone = await world.number("+8613800138000")
    await world.telephony.ring("leg-out", "number:+8613800138000", caller=SERVICE, caller_name="", timeout=8)
    await phone.ringing()
    await phone.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-out")
    await world.telephony.hang_up("leg-out")
    await world.ears.next(port.ChannelEnded, channel_id="leg-out")


async def test_a_training_telephone_answers_for_the_number_it_plays(world: World) -> None:
    needs(world, Capability.DYNAMIC_ACCOUNTS)
    phone = await world.register(Account("train1", "secret-of-train1", "training_sip", number="+867103456789"))
    await world.ears.next(port.AccountState, account="train1", reachable=True)
    await world.telephony.ring("leg-t1", "number:+867103456789", caller=SERVICE, caller_name="", timeout=5)
    await phone.ringing()
    await phone.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-t1")
    await world.telephony.hang_up("leg-t1")
    await world.ears.next(port.ChannelEnded, channel_id="leg-t1")


async def test_telephones_come_and_go(world: World) -> None:
    needs(world, Capability.DYNAMIC_ACCOUNTS)
    await world.register(sip("comes"))
    await world.ears.next(port.AccountState, account="comes", reachable=True)
    assert "comes" in (await world.telephony.live()).reachable
    await world.unregister("comes")
    await world.ears.next(port.AccountState, account="comes", reachable=False)
    assert "comes" not in (await world.telephony.live()).reachable
    assert len(world.ears.all(port.AccountState, account="comes")) == 2


# --- talking -----------------------------------------------------------------------------------------------------------------


async def test_elder_and_agent_talk(world: World) -> None:
    elder, channel, phone, leg, bridge = await talking(world, "talk")
    await world.telephony.bridge(bridge, channel, leg)  # harmless twice
    live = await world.telephony.live()
    assert live.bridges[bridge] == {channel, leg}
    assert live.channels[channel].state == "up" and live.channels[leg].state == "up"
    assert await world.hear_each_other(elder, phone)
    await phone.hang_up()
    await world.ears.next(port.ChannelEnded, channel_id=leg)
    assert not elder.is_over()  # the elder stays
    await world.telephony.end_bridge(bridge)
    assert bridge not in (await world.telephony.live()).bridges
    with pytest.raises(port.ChannelGone):
        await world.telephony.end_bridge(bridge)
    with pytest.raises(port.ChannelGone):
        await world.telephony.leave_bridge(bridge, channel)
    await world.telephony.hang_up(channel)


async def test_hold_and_resume(world: World) -> None:
    elder, channel, phone, leg, bridge = await talking(world, "hold")
    await world.telephony.hold(channel)
    assert (await world.telephony.live()).bridges[bridge] == {leg}
    assert not await world.hear_each_other(elder, phone)
    await world.telephony.resume(channel)
    assert await world.hear_each_other(elder, phone)


async def test_a_number_rung_into_a_bridge_is_heard_before_it_answers(world: World) -> None:
    """Three in one bridge; what the exchange of the third says is heard while it rings."""
    needs(world, Capability.EARLY)
    elder, _, phone, _, bridge = await talking(world, "early")
    rescue = await world.number("120")
    await world.telephony.ring("leg-120", "number:120", caller=SERVICE, caller_name="", timeout=8, into=bridge)
    await rescue.ringing()
    assert rescue.caller() == SERVICE
    assert not world.ears.all(port.LegAnswered, channel_id="leg-120")
    await rescue.speak_early()
    await world.ears.next(port.LegEarly, channel_id="leg-120")
    await until_async(lambda: world.hears(elder, rescue))
    assert (await world.telephony.live()).channels["leg-120"].state == "ringing_out"
    await rescue.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-120")
    await world.telephony.bridge(bridge, "leg-120")  # harmless twice
    await until_async(lambda: world.hear_each_other(elder, rescue))
    assert await world.hear_each_other(elder, phone)
    assert (await world.telephony.live()).channels["leg-120"].state == "up"
    await rescue.hang_up()
    assert (await world.ears.next(port.ChannelEnded, channel_id="leg-120")).cause == HangupCause.NORMAL
    assert await world.hear_each_other(elder, phone)
    assert [type(e).__name__ for e in world.ears.heard if getattr(e, "channel_id", "") == "leg-120"] == [
        "LegRinging",
        "LegEarly",
        "LegAnswered",
        "ChannelEnded",
    ]


async def test_who_is_rung_into_a_bridge_and_does_not_come_says_why(world: World) -> None:
    elder, _, phone, _, bridge = await talking(world, "tried")
    rescue = await world.number(world.outside)

    async def ring(leg: str, timeout: float = 5) -> None:
        await world.telephony.ring(leg, f"number:{world.outside}", caller=SERVICE, caller_name="", timeout=timeout, into=bridge)
        await rescue.ringing()

    async def cause(leg: str) -> HangupCause:
        return (await world.ears.next(port.ChannelEnded, channel_id=leg)).cause

    await ring("leg-b1")
    await rescue.decline()
    assert await cause("leg-b1") == HangupCause.BUSY
    await ring("leg-b2", timeout=1)
    assert await cause("leg-b2") == HangupCause.NO_ANSWER
    await ring("leg-b3")
    await world.telephony.hang_up("leg-b3")
    await cause("leg-b3")
    await world.telephony.ring("leg-b4", "account:never_seen", caller=SERVICE, caller_name="", timeout=5, into=bridge)
    assert await cause("leg-b4") == HangupCause.UNREACHABLE
    await world.telephony.ring("leg-b5", f"number:{world.outside}", caller=SERVICE, caller_name="", timeout=5, into="call-gone")
    await rescue.ringing()  # a bridge that is gone stops nothing
    await rescue.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-b5")
    await world.telephony.hang_up("leg-b5")
    assert await world.hear_each_other(elder, phone)
    assert not [e for e in world.ears.all(port.LegAnswered) if e.channel_id in ("leg-b1", "leg-b2", "leg-b3", "leg-b4")]


async def test_rung_into_a_bridge_and_answered_while_we_are_away(world: World) -> None:
    elder, _, _, _, bridge = await talking(world, "away")
    rescue = await world.number(world.outside)
    await world.telephony.ring("leg-meanwhile", f"number:{world.outside}", caller=SERVICE, caller_name="", timeout=8, into=bridge)
    await rescue.ringing()
    await world.telephony.close()
    await rescue.pick_up()
    await until_async(lambda: world.hear_each_other(elder, rescue))
    await world.all_is_told()
    world.telephony = world.new_connection()
    await world.ears.stop()
    world.ears = Ears(world.telephony)
    await world.telephony.start()
    await world.is_connected()
    live = await world.telephony.live()
    assert live.channels["leg-meanwhile"].state == "up" and "leg-meanwhile" in live.bridges[bridge]
    await world.telephony.hang_up("leg-meanwhile")
    await world.ears.next(port.ChannelEnded, channel_id="leg-meanwhile")


async def test_who_is_muted_hears_and_is_not_heard(world: World) -> None:
    elder, _, phone, leg, _ = await talking(world, "muted")
    await world.telephony.mute(leg, True)
    await world.telephony.mute(leg, True)  # harmless twice
    assert not await world.hears(elder, phone)
    await world.telephony.mute(leg, False)
    await world.telephony.mute(leg, False)
    assert await world.hear_each_other(elder, phone)


async def test_a_live_call_survives_us(world: World) -> None:
    """Our program leaves without a word; its successor finds everything and can act on it."""
    elder, channel, phone, leg, bridge = await talking(world, "survive")
    await world.telephony.close()
    await asyncio.sleep(TIMINGS.guard + 0.5)
    world.telephony = world.new_connection()
    await world.ears.stop()
    world.ears = Ears(world.telephony)
    await world.telephony.start()
    await world.is_connected()
    assert isinstance(world.ears.heard[0], port.Connected)
    live = await world.telephony.live()
    assert live.channels[channel].ours and live.channels[leg].ours
    assert live.bridges[bridge] == {channel, leg}
    assert await world.hear_each_other(elder, phone)
    await world.telephony.hang_up(channel)
    await world.ears.next(port.ChannelEnded, channel_id=channel)
    await world.telephony.hang_up(leg)
    await world.ears.next(port.ChannelEnded, channel_id=leg)


async def test_a_waiting_caller_is_taken_up_again(world: World) -> None:
    """Our program is restarted within the guard's time: the caller is still ours, and his end is told."""
    elder, channel = await taken(world)
    await world.telephony.close()
    world.telephony = world.new_connection()
    await world.ears.stop()
    world.ears = Ears(world.telephony)
    await world.telephony.start()
    await world.is_connected()
    assert (await world.telephony.live()).channels[channel].ours
    await world.telephony.guard(channel, TIMINGS.guard)
    await elder.hang_up()
    await world.ears.next(port.ChannelEnded, channel_id=channel)


async def test_keys(world: World) -> None:
    needs(world, Capability.BRIDGE_KEYS)
    elder, channel, phone, leg, _ = await talking(world, "keys")
    for key in "5*0":
        await elder.press_key(key)
    await until(lambda: len(world.ears.all(port.DigitReceived, channel_id=channel)) == 3)
    assert "".join(e.digit for e in world.ears.all(port.DigitReceived, channel_id=channel)) == "5*0"
    await world.telephony.send_digits(leg, "12#")
    with pytest.raises(port.CommandRejected):
        await world.telephony.send_digits(leg, "x")
    await phone.hang_up()


async def test_listening(world: World) -> None:
    needs(world, Capability.LISTEN)
    _, channel, phone, leg, _ = await talking(world, "listened")
    await world.telephony.listen(leg, "ear-1", "listen")
    await world.telephony.bridge("supervision-1", "ear-1")
    live = await world.telephony.live()
    assert live.channels["ear-1"].ours and live.bridges["supervision-1"] == {"ear-1"}
    assert not world.ears.all(port.LegAnswered, channel_id="ear-1")
    await phone.hang_up()  # who is listened to is gone: so is the ear
    await world.ears.next(port.ChannelEnded, channel_id="ear-1")
    await world.telephony.end_bridge("supervision-1")
    await world.telephony.hang_up(channel)


# --- sound -------------------------------------------------------------------------------------------------------------------


async def test_a_prompt_is_played_to_its_end(world: World) -> None:
    _, channel = await taken(world)
    await world.telephony.answer(channel)
    await world.telephony.play(channel, "play-1", "beep", "beep")
    assert (await world.ears.next(port.PlaybackFinished, playback_id="play-1")).ok
    with pytest.raises(port.ChannelGone):
        await world.telephony.stop_playing("play-1")
    with pytest.raises(port.ChannelGone):
        await world.telephony.play("no-such-channel", "play-2", "beep")


async def test_a_prompt_is_stopped(world: World) -> None:
    _, channel = await taken(world)
    await world.telephony.answer(channel)
    await world.telephony.play(channel, "play-3", *["beep"] * 20)
    await asyncio.sleep(0.1)
    await world.telephony.stop_playing("play-3")
    await world.ears.next(port.PlaybackFinished, timeout=3, playback_id="play-3")


async def test_keys_are_heard_while_sentences_are_played_and_stop_them(world: World) -> None:
    """Of who called and of who was called, alone with a program; the sentences that were left unsaid stay so."""
    elder, channel = await taken(world)
    await world.telephony.answer(channel)
    await until(elder.is_talking)
    await world.telephony.play(channel, "ask-1", "error_tone", *["beep"] * 30)
    await asyncio.sleep(0.2)
    await elder.press_key("7")
    await world.ears.next(port.DigitReceived, channel_id=channel, digit="7")
    assert not world.ears.all(port.PlaybackFinished, playback_id="ask-1")
    await world.telephony.stop_playing("ask-1")
    await world.telephony.play(channel, "ask-2", "beep")
    assert (await world.ears.next(port.PlaybackFinished, timeout=4, playback_id="ask-2")).ok
    await elder.press_key("#")
    await world.ears.next(port.DigitReceived, channel_id=channel, digit="#")
    assert len(world.ears.all(port.DigitReceived, channel_id=channel)) == 2


async def test_who_was_rung_hears_a_program_and_presses_keys(world: World) -> None:
    phone = await world.number("+8613800138001")
    await world.telephony.ring("leg-asked", "number:+8613800138001", caller=SERVICE, caller_name="", timeout=8)
    await phone.ringing()
    await phone.pick_up()
    await world.ears.next(port.LegAnswered, channel_id="leg-asked")
    await world.telephony.play("leg-asked", "ask-3", *["beep"] * 30)
    await asyncio.sleep(0.2)
    await phone.press_key("1")
    await world.ears.next(port.DigitReceived, channel_id="leg-asked", digit="1")
    await world.telephony.stop_playing("ask-3")
    await world.telephony.hang_up("leg-asked")
    await world.ears.next(port.ChannelEnded, channel_id="leg-asked")


async def test_ringback_on_an_answered_channel(world: World) -> None:
    elder, channel = await taken(world)
    await world.telephony.answer(channel)
    await until(elder.is_talking)
    await world.telephony.ringback(channel, True)
    await until(elder.hears_ringing)
    await world.telephony.ringback(channel, False)
    await asyncio.sleep(1.2)
    assert not elder.hears_ringing()


async def test_recording(world: World) -> None:
    *_, bridge = await talking(world, "recorded")
    await world.telephony.record(bridge, "call-recorded")
    with pytest.raises(port.CommandRejected):
        await world.telephony.record(bridge, "call-recorded")
    await asyncio.sleep(1.2)
    await world.telephony.end_bridge(bridge)
    done = await world.ears.next(port.RecordingFinished, name="call-recorded")
    assert done.ok and 1 <= done.seconds <= 20


# --- the carrier's own record ----------------------------------------------------------------------------------------------------


async def test_history_of_what_we_did_not_see(world: World) -> None:
    """Presses while our program is away: rung to an agent, and given up at once. Both are in the record, with who spoke."""
    phone = await registered(world, sip("alone"))
    await world.telephony.set_fallback(["alone"], [])
    _, mark = await world.telephony.history("")
    await world.telephony.close()

    first = await world.elder_calls(ELDER, SOS)
    await phone.ringing()
    await phone.pick_up()
    await until_async(lambda: world.hear_each_other(first, phone))
    second = await world.elder_calls("07103450002", SERVICE)
    await asyncio.sleep(0.2)
    await second.hang_up()

    world.telephony = world.new_connection()
    await world.ears.stop()
    world.ears = Ears(world.telephony)
    await world.telephony.start()
    await world.is_connected()
    await asyncio.sleep(0.3)
    presses, second_mark = await world.telephony.history(mark)
    talked = next(p for p in presses if p.caller == ELDER)
    gone = next(p for p in presses if p.caller == "07103450002")
    assert (talked.called, talked.in_fallback, talked.answered_by, talked.ended_at) == (SOS, True, "alone", None)
    assert gone.called == SERVICE and gone.ended_at is not None and gone.answered_by == ""

    await phone.hang_up()
    await until(first.is_over)
    await asyncio.sleep(0.3)
    presses, third_mark = await world.telephony.history(second_mark)
    assert [(p.caller, p.answered_by, p.ended_at is not None) for p in presses] == [(ELDER, "alone", True)]
    assert await world.telephony.history(third_mark) == ([], third_mark)
    again, _ = await world.telephony.history(mark)  # harmless to ask twice
    assert {p.caller for p in again} == {ELDER, "07103450002"}


async def test_no_command_without_a_connection(world: World) -> None:
    _, channel = await taken(world)
    await world.telephony.close()
    commands: list[Awaitable[object]] = [
        world.telephony.claim(channel),
        world.telephony.answer(channel),
        world.telephony.bridge("b", channel),
        world.telephony.ring("leg", "account:x", caller="", caller_name="", timeout=1),
        world.telephony.put_account(sip("x")),
        world.telephony.set_fallback([], []),
    ]
    for command in commands:
        with pytest.raises(port.CarrierUnreachable):
            await command
