"""Recording over the real Asterisk: both voices are in the file, what is said on hold is not, and voice's death costs nothing of it."""

from __future__ import annotations

import array
import asyncio
import io
import math
import time
import uuid
import wave
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from callcenter.calls.dialogs.actions import call_party
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.recordings.files import open_kept, sealed_path
from callcenter.kit import clock
from callcenter.telephony import port
from callcenter.telephony.softphone import Call, Softphone
from tests.telephony.pbx import PATIENCE, Pbx, until, until_async
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
STORE, ELDER = "+8613800001111", "+867103456789"
LOW, HIGH = 440, 1200  # what each of the two "says"


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(), house_owner_url, house_app_url) as opened:
        yield opened


async def joined(world: World, phone: Softphone) -> tuple[Call, Call]:
    """Two telephones outside, joined by a program."""
    async with world.voice.database.transaction() as session:
        deadline = clock.now() + timedelta(seconds=30)
        await call_party(session, first_number=STORE, then_number=ELDER, deadline_at=deadline, dedupe_key=f"connect:{uuid.uuid4()}")
    first = await phone.wait_call(PATIENCE)
    await first.answer()
    second = await phone.wait_call(PATIENCE)
    await second.answer()
    await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'talking'")
    return first, second


def level(sound: array.array[int], frequency: float) -> float:
    """Amplitude of that frequency, 1.0 = full scale (Goertzel)."""
    factor, last, before = 2 * math.cos(2 * math.pi * frequency / 8000), 0.0, 0.0
    for sample in sound:
        last, before = sample + factor * last - before, last
    return 2 * math.sqrt(max(last * last + before * before - factor * last * before, 0.0)) / len(sound) / 32768


def samples(world: World, name: str) -> array.array[int]:
    plain = b"".join(open_kept(world.voice.settings.recordings, name).read())
    with wave.open(io.BytesIO(plain)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return array.array("h", file.readframes(file.getnframes()))


def loudest_second(sound: array.array[int], frequency: float) -> float:
    return max(level(sound[n : n + 4000], frequency) for n in range(0, max(1, len(sound) - 4000), 4000))


async def the_saved(world: World) -> Any:
    await world.sees("SELECT 1 FROM call_recordings WHERE state = 'saved'")
    (row,) = await world.rows("SELECT * FROM call_recordings")
    return row


def plain_files(world: World) -> list[Path]:
    return list(world.pbx.recordings.glob("conversation-*"))


async def test_both_voices_are_in_the_file_and_the_notice_holds_nobody_up(world: World) -> None:
    async with world.outside() as phone:
        first, second = await joined(world, phone)
        began = time.monotonic()
        first.media.play_tone(LOW)
        second.media.play_tone(HIGH)
        await until(lambda: first.media.level(HIGH) > 0.05 and second.media.level(LOW) > 0.05)
        heard_after = time.monotonic() - began
        print(f"heard each other {heard_after * 1000:.0f} ms after both spoke, while the notice is played")
        await asyncio.sleep(2)
        await second.hang_up()
        await first.ended(PATIENCE)
    row = await the_saved(world)
    sound = samples(world, row.name)
    assert len(sound) / 8000 == pytest.approx(row.seconds, abs=0.01)
    assert row.seconds > 1.5  # two seconds of talk, less what a busy machine took to begin
    assert loudest_second(sound, LOW) > 0.1 and loudest_second(sound, HIGH) > 0.1
    await until(lambda: not plain_files(world))


async def test_voice_killed_in_mid_recording(world: World) -> None:
    async with world.outside() as phone:
        first, second = await joined(world, phone)
        await world.sees("SELECT 1 FROM call_recordings WHERE state = 'recording'")
        first.media.play_tone(LOW)
        await asyncio.sleep(0.5)
        await world.voice.kill()
        first.media.be_silent()
        second.media.play_tone(HIGH)  # while nobody is there
        await asyncio.sleep(1.5)
        second.media.be_silent()
        await world.voice.start()
        await asyncio.sleep(0.5)
        await first.hang_up()
        await second.ended(PATIENCE)
    row = await the_saved(world)
    assert row.part == 1 and row.seconds > 2
    assert loudest_second(samples(world, row.name), HIGH) > 0.1
    await until(lambda: not plain_files(world))


async def test_the_end_that_nobody_heard(world: World) -> None:
    async with world.outside() as phone:
        first, second = await joined(world, phone)
        await world.sees("SELECT 1 FROM call_recordings WHERE state = 'recording'")
        await asyncio.sleep(1)
        await world.voice.kill()
        await first.hang_up()
        await asyncio.sleep(0.5)
        await world.voice.start()
        await second.ended(PATIENCE)
    row = await the_saved(world)
    assert row.seconds > 0.5 and sealed_path(world.voice.settings.recordings, row.name).exists()


async def test_paused_it_hears_nothing_and_a_second_word_changes_nothing(world: World) -> None:
    """The adapter's own promises, on the bridge of a conversation."""
    async with world.outside() as phone:
        first, second = await joined(world, phone)
        await world.sees("SELECT 1 FROM call_recordings WHERE state = 'recording'")
        assert world.voice.engine
        telephony = world.voice.engine.core.telephony
        (file,) = await telephony.recordings()
        assert file.name.startswith("conversation-")
        for on in (True, True):
            await telephony.pause_recording(file.name, on)
        first.media.play_tone(LOW)
        await until(lambda: second.media.level(LOW) > 0.05)
        await asyncio.sleep(1)
        first.media.be_silent()
        await asyncio.sleep(0.3)
        for on in (False, False):
            await telephony.pause_recording(file.name, on)
        second.media.play_tone(HIGH)
        await asyncio.sleep(1)
        await first.hang_up()
        await second.ended(PATIENCE)
    row = await the_saved(world)
    sound = samples(world, row.name)
    assert loudest_second(sound, HIGH) > 0.1
    assert loudest_second(sound, LOW) < 0.02
    with pytest.raises(port.ChannelGone):
        await telephony.stop_recording(row.name)
    await until_async(lambda: gone(telephony))


async def gone(telephony: port.Telephony) -> bool:
    return not await telephony.recordings()
