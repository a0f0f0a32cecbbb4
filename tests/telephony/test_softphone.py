"""The demo telephone's own parts: the codec, the tone meter, two telephones that call each other without any PBX."""

from __future__ import annotations

import array
import asyncio
from pathlib import Path

import pytest

from callcenter.telephony import sound
from callcenter.telephony.media import DECODED, FRAME, encode, tone_frames, wav_frames
from callcenter.telephony.sip import Message, proof_of
from callcenter.telephony.softphone import Address, Call, CallFailed, Softphone
from tests.telephony.pbx import PATIENCE, until


def test_alaw_is_the_standards() -> None:
    assert (DECODED[0xD5], DECODED[0x55], DECODED[0xAA], DECODED[0x2A]) == (8, -8, 32256, -32256)
    assert encode(array.array("h", DECODED)) == bytes(range(256))  # each code is its own nearest


@pytest.mark.parametrize("sample", [0, 1, -1, 100, -1000, 12345, 32767, -32768])
def test_alaw_is_near(sample: int) -> None:
    assert abs(DECODED[encode(array.array("h", [sample]))[0]] - sample) <= max(16, abs(sample) // 30)


def test_a_tone_has_no_seam() -> None:
    frames = tone_frames(440)
    second = b"".join(next(frames) for _ in range(50))
    assert second == b"".join(next(frames) for _ in range(50)) and len(second) == 50 * FRAME


def test_a_wav_of_another_kind_is_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.wav"
    sound.write_wav(good, sound.tone(600, 0.05))
    assert len(list(wav_frames(good))) == 3
    data = bytearray(good.read_bytes())
    data[24:28] = (16_000).to_bytes(4, "little")
    bad = tmp_path / "bad.wav"
    bad.write_bytes(data)
    with pytest.raises(ValueError, match="8 kHz"):
        list(wav_frames(bad))


def test_messages_come_back_as_they_went() -> None:
    sent = Message("INVITE sip:1@h SIP/2.0", [("Via", "a"), ("Via", "b"), ("CSeq", "3 INVITE")], "v=0\r\n")
    got = Message.parse(sent.encode())
    assert (got.line, got.method, got.status, got.body) == (sent.line, "INVITE", 0, "v=0\r\n")
    assert got.all("via") == [("Via", "a"), ("Via", "b")]


def test_the_proof_of_rfc_2617() -> None:
    proof = proof_of('Digest realm="r", nonce="n", opaque="o"', "name", "secret", "REGISTER", "sip:h")
    assert 'response="' in proof and 'opaque="o"' in proof and "qop" not in proof


async def pair(caller: Softphone, called: Softphone) -> tuple[Call, Call]:
    ours = await caller.call("x", ("127.0.0.1", called.port), "0710", display="王奶奶", headers={"X-Test": "1"})
    theirs = await called.wait_call(PATIENCE)
    await ours.ringing(2)
    return ours, theirs


async def test_two_telephones_talk() -> None:
    async with Softphone() as a, Softphone() as b:
        ours, theirs = await pair(a, b)
        assert theirs.caller == "0710" and theirs.invite and theirs.invite.get("X-Test") == "1"
        await theirs.answer()
        await ours.answered(PATIENCE)
        ours.media.play_tone(440)
        theirs.media.play_tone(620, 0.1)
        await until(lambda: theirs.media.level(440) > 0.28 and ours.media.level(620) > 0.09)
        assert theirs.media.level(620) < 0.01
        await ours.media.press("42#")
        await until(lambda: theirs.media.digits == "42#")
        await ours.hang_up()
        await theirs.ended(PATIENCE)


async def test_declined_cancelled_answered_by_itself() -> None:
    async with Softphone() as a, Softphone(answer_after=0.05) as b:
        ours, theirs = await pair(a, b)
        await ours.answered(PATIENCE)
        await theirs.hang_up()
        await ours.ended(PATIENCE)
        b.answer_after = None
        ours, theirs = await pair(a, b)
        theirs.decline(603)
        with pytest.raises(CallFailed) as why:
            await ours.answered(PATIENCE)
        assert why.value.status == 603
        ours, theirs = await pair(a, b)
        await ours.hang_up()
        await theirs.ended(PATIENCE)
        assert (ours.state, theirs.status) == ("ended", 487)


async def test_lost_packets_are_said_again() -> None:
    """Every third datagram is lost on its way out, both ways."""
    async with Softphone() as a, Softphone() as b:
        for phone in (a, b):
            assert phone._transport
            real, count = phone._transport.sendto, [0]

            def lossy(data: bytes, to: object, real: object = real, count: list[int] = count) -> None:
                count[0] += 1
                if count[0] % 3:
                    real(data, to)  # type: ignore[operator]

            phone._transport.sendto = lossy  # type: ignore[method-assign, assignment]
        ours, theirs = await pair(a, b)
        await theirs.answer()
        await ours.answered(PATIENCE)
        await ours.hang_up()
        await theirs.ended(PATIENCE)


async def test_nobody_answers_at_all() -> None:
    async with Softphone() as a:
        call = await a.call("x", ("127.0.0.1", 9))
        with pytest.raises(TimeoutError):
            await call.answered(0.3)
        await asyncio.wait_for(call.hang_up(), 6)
        assert call.state == "ended"


@pytest.mark.parametrize("late", [0.0, 0.2])
async def test_an_answer_that_crosses_a_cancel_is_ended(late: float) -> None:
    """Picked up just as the caller gives up, or a moment after that: nobody is left in a conversation that the other has left."""

    class PicksUp(Softphone):
        def _asked(self, message: Message, addr: Address) -> None:
            call = self.calls.get(message.get("Call-ID"))
            if message.method == "CANCEL" and call is not None:
                self.spawn(self._answer(call, message, addr))
            else:
                super()._asked(message, addr)

        async def _answer(self, call: Call, cancel: Message, addr: Address) -> None:
            if not late:
                await call.answer()
            self.reply(cancel, addr, 200, tag=True)
            await asyncio.sleep(late)
            await call.answer()

    async with Softphone() as caller, PicksUp(name="called") as called:
        ours, theirs = await pair(caller, called)
        await ours.ringing(PATIENCE)
        await ours.hang_up()
        await until(lambda: theirs.sdp != "")  # it has picked up
        await theirs.ended(PATIENCE)
        assert (ours.state, theirs.final) == ("ended", None)  # acknowledged, and ended by a BYE
