"""What Twilio tells: forged, twice, late, in the wrong order, not at all; and when none of our programs listens."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from callcenter.telephony import port
from callcenter.telephony.port import HangupCause
from callcenter.telephony.twilio.documents import PATH, Addresses
from tests.telephony.pbx import until
from tests.twilio.world import TwilioElder, TwilioWorld

ELDER, OUTSIDE = "+867103456789", "+8613800138000"


async def rung(world: TwilioWorld, leg: str = "leg-1") -> None:
    phone = await world.number(OUTSIDE)
    await world.telephony.ring(leg, f"number:{OUTSIDE}", caller="12349", caller_name="", timeout=8)
    await phone.ringing()


def told_of(world: TwilioWorld, leg: str) -> list[str]:
    return [type(e).__name__ for e in world.ears.heard if getattr(e, "channel_id", "") == leg]


async def test_a_forged_request_is_refused_written_down_and_changes_nothing(world: TwilioWorld) -> None:
    _, channel = await world.press(ELDER, "12349")
    await world.telephony.claim(channel)
    base = world.settings.callbacks_url + PATH
    forged: dict[str, dict[str, str]] = {
        f"{base}/press": {"CallSid": "CA" + "f" * 32, "From": ELDER, "To": "12349"},
        f"{base}/status/{channel}": {"CallStatus": "completed", "SequenceNumber": "9"},
        f"{base}/key/{channel}?step=x": {"Digits": "9"},
        f"{base}/next/{channel}": {},
    }
    for url, form in forged.items():
        for signature in ("", "AAAA", "=" * 28):
            answer = await world.fake.post(url, form, signature=signature, again=False)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_signature")
    signed_for_another = await world.fake.post(f"{base}/status", {"CallSid": "CA1"}, again=False)
    assert signed_for_another.status_code == 204  # no call of ours: nothing to change
    live = await world.telephony.live()
    assert list(live.channels) == [channel] and not world.ears.all(port.ChannelEnded) and not world.ears.all(port.DigitReceived)
    rows = await world.door.rows("SELECT actor_name, details FROM audit WHERE verb = 'carrier:forged_callback' ORDER BY id")
    assert len(rows) == 10, "the first ten of a minute are written down, the others only refused"
    assert {(row.actor_name, row.details["what"]) for row in rows} == {("public", what) for what in ("press", "status", "key", "next")}
    assert ELDER not in str(rows)


async def test_a_request_for_another_path_or_form_is_not_signed(world: TwilioWorld) -> None:
    signer = world.fake._signer
    url, form = f"{world.settings.callbacks_url}{PATH}/status", {"CallSid": "CA1", "CallStatus": "completed"}
    signature = signer.compute_signature(url, form)
    assert (await world.fake.post(url, form, signature=signature)).status_code == 204
    assert (await world.fake.post(url, form | {"CallStatus": "busy"}, signature=signature)).status_code == 403
    assert (await world.fake.post(url + "/leg-1", form, signature=signature)).status_code == 403
    assert (await world.fake.post(url + "?a=1", form, signature=signature)).status_code == 403


async def test_a_sound_is_given_only_at_an_address_of_ours(world: TwilioWorld) -> None:
    to = Addresses.of(world.settings)
    async with httpx.AsyncClient() as anybody:
        good = await anybody.get(to.of_sound("beep"))
        assert (good.status_code, good.headers["content-type"], good.content[:4]) == (200, "audio/wav", b"RIFF")
        assert (await anybody.get(to.of_sound("beep").replace("beep.wav", "hold.wav"))).status_code == 403
        assert (await anybody.get(f"{world.settings.callbacks_url}{PATH}/sounds/beep.wav")).status_code == 422
        assert (await anybody.get(to.of_sound("../../settings"))).status_code in (403, 404)
        assert (await anybody.get(to.of_sound("no_such"))).status_code == 404


@pytest.mark.parametrize(
    ("order", "events"),
    [
        ([0, 1, 2, 3], ["LegRinging", "LegAnswered", "ChannelEnded"]),
        ([0, 2, 1, 3], ["LegAnswered", "ChannelEnded"]),  # ringing after it was answered
        ([3, 0, 1, 2], ["ChannelEnded"]),  # all after the end
        ([0, 1, 3, 2], ["LegRinging", "ChannelEnded"]),
        ([0, 1, 1, 2, 2, 3, 3, 1], ["LegRinging", "LegAnswered", "ChannelEnded"]),
    ],
)
async def test_status_callbacks_twice_and_in_any_order(world: TwilioWorld, order: list[int], events: list[str]) -> None:
    world.fake.disorder = True
    phone = await world.number(OUTSIDE)
    await world.telephony.ring("leg-1", f"number:{OUTSIDE}", caller="12349", caller_name="", timeout=8)
    await phone.ringing()
    await phone.pick_up()
    await until(lambda: [call.status for call in world.fake.calls.values()] == ["in-progress"])
    await asyncio.sleep(0.2)
    await phone.hang_up()
    await until(lambda: len(world.fake.kept) == 4)
    assert [form["CallStatus"] for _, form in world.fake.kept] == ["initiated", "ringing", "in-progress", "completed"]
    await world.fake.deliver(order)
    await world.ears.next(port.ChannelEnded, channel_id="leg-1")
    await asyncio.sleep(0.3)
    assert told_of(world, "leg-1") == events
    assert "leg-1" not in (await world.telephony.live()).channels


async def test_a_press_that_is_told_twice_is_one(world: TwilioWorld) -> None:
    elder, channel = await world.press(ELDER, "12349")
    assert isinstance(elder, TwilioElder)
    again = world.fake._form(elder.call)
    answers = [(await world.fake.post(world.fake.voice_url, again, again=False)).text for _ in range(3)]
    assert all("<Gather" in answer and "ringback" in answer for answer in answers)
    await world.telephony.claim(channel)
    await asyncio.sleep(0.3)
    assert len(world.ears.all(port.Press)) == 1 and len((await world.telephony.live()).channels) == 1


async def test_a_key_that_is_told_twice_is_one_and_a_flood_stops_nothing(world: TwilioWorld) -> None:
    elder, channel = await world.press(ELDER, "12349")
    await world.telephony.claim(channel)
    await world.telephony.guard(channel, 0)
    await world.telephony.answer(channel)
    base = f"{world.settings.callbacks_url}{PATH}/key/{channel}"
    for _ in range(3):
        await world.fake.post(f"{base}?step=one", {"Digits": "5"}, again=False)
    for number in range(30):
        await world.fake.post(f"{base}?step=flood{number}", {"Digits": "7"}, again=False)
    for wrong in ("", "55", "x", "١"):
        await world.fake.post(f"{base}?step=wrong{wrong}", {"Digits": wrong}, again=False)
    await until(lambda: len(world.ears.all(port.DigitReceived)) == 31)
    await asyncio.sleep(0.2)
    assert "".join(e.digit for e in world.ears.all(port.DigitReceived)) == "5" + "7" * 30
    assert not elder.is_over()


@pytest.mark.parametrize(
    ("status", "sip", "cause"),
    [
        ("busy", "486", HangupCause.BUSY),
        ("busy", "", HangupCause.BUSY),
        ("no-answer", "", HangupCause.NO_ANSWER),
        ("failed", "404", HangupCause.UNREACHABLE),
        ("failed", "480", HangupCause.UNREACHABLE),
        ("failed", "603", HangupCause.REJECTED),
        ("failed", "503", HangupCause.CARRIER_DOWN),
        ("failed", "", HangupCause.FAILED),
        ("canceled", "", HangupCause.NORMAL),
    ],
)
async def test_why_a_call_did_not_come_about(world: TwilioWorld, status: str, sip: str, cause: HangupCause) -> None:
    await world.number(OUTSIDE)
    world.fake.telephones[OUTSIDE].refuses = (status, sip)
    await world.telephony.ring("leg-1", f"number:{OUTSIDE}", caller="12349", caller_name="", timeout=8)
    assert (await world.ears.next(port.ChannelEnded, channel_id="leg-1")).cause == cause


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ((400, 21211), port.CommandRejected, "bad_number"),
        ((400, 21215), port.CarrierDown, "refused_number"),
        ((400, 21210), port.CarrierDown, "not_our_number"),
        ((401, 20003), port.CarrierDown, "account"),
        ((400, 99999), port.CommandRejected, "refused"),
        ((500, 20500), port.CarrierUnreachable, "fault"),  # it may ring all the same: not asked again
    ],
)
async def test_what_twilio_refuses_has_a_name(world: TwilioWorld, fault: tuple[int, int], error: type[Exception], says: str) -> None:
    await world.number(OUTSIDE)
    world.fake.faults = [fault]
    with pytest.raises(error, match=says) as raised:
        await world.telephony.ring("leg-1", f"number:{OUTSIDE}", caller="12349", caller_name="", timeout=8)
    assert OUTSIDE not in str(raised.value)
    assert len(world.fake.asked) == 1
    if error is not port.CarrierUnreachable:
        assert "leg-1" not in (await world.telephony.live()).channels


async def test_a_busy_twilio_is_asked_again(world: TwilioWorld) -> None:
    """429 and 503: nothing was done, so even a call is started again; and what does no harm twice is asked again after any fault."""
    world.fake.faults = [(429, 20429), (503, 20503)]
    await rung(world)
    assert len([a for a in world.fake.asked if a.path.endswith("/Calls.json")]) == 3
    assert len(world.fake.calls) == 1
    world.fake.faults = [(500, 20500), (502, 20502)]
    await world.telephony.hang_up("leg-1")
    await world.ears.next(port.ChannelEnded, channel_id="leg-1")


async def test_an_end_that_nobody_told_is_asked_for(world: TwilioWorld) -> None:
    elder, channel = await world.press(ELDER, "12349")
    assert isinstance(elder, TwilioElder)
    await world.telephony.claim(channel)
    await world.telephony.guard(channel, 0)
    elder.call.callback = ""  # our door was shut
    await elder.hang_up()
    telephony: Any = world.telephony
    await telephony._verify(channel, elder.call.sid)
    await telephony._verify(channel, elder.call.sid)
    assert (await world.ears.next(port.ChannelEnded, channel_id=channel)).cause == HangupCause.NORMAL
    await asyncio.sleep(0.2)
    assert len(world.ears.all(port.ChannelEnded)) == 1


async def test_nobody_is_there_and_a_message_is_left(world: TwilioWorld) -> None:
    """Voice is away, no agent, one duty telephone that nobody picks up: the caller is asked to speak, and the message is fetched later."""
    await world.number("+8613800138005")
    await world.telephony.set_fallback([], ["13800138005", "120", "no number"])
    _, mark = await world.telephony.history("")
    await world.telephony.close()
    elder = await world.elder_calls(ELDER, "12349")
    assert isinstance(elder, TwilioElder)
    await world.fake.ringing("+8613800138005")
    await until(lambda: "fallback_record" in elder.call.heard and elder.call.heard[-1] == "beep", 8)
    await asyncio.sleep(0.3)
    await elder.hang_up()
    world.telephony = world.new_connection()
    await world.ears.stop()
    await world.telephony.start()
    world.ears = type(world.ears)(world.telephony)
    await world.ears.next(port.Connected)
    await asyncio.sleep(0.3)
    ((press,), _) = await world.telephony.history(mark)
    assert press.in_fallback and press.answered_by == "" and press.ended_at is not None
    assert press.recording.endswith(".wav") and world.fake.tapes == {}, "fetched, and gone from Twilio"
    assert [call.to for call in world.fake.calls.values() if call.direction == "outbound-dial"] == ["+8613800138005"], (
        "120 is never dialled there"
    )
