"""Dialogs over the real Asterisk: voice's engine on a real database, telephones that send keys as RFC 4733 events (our softphone) and SIP INFO (SIPp)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.calls.dialogs.actions import call_party, request_dialog
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.telephony.media import Media
from tests.ports import free_port
from tests.scripted_dialogs import DIALOGS, make_table
from tests.sipp import Sipp
from tests.telephony.pbx import PATIENCE, Pbx, until
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
STORE, WORKER, ELDER = "+8613800001111", "07103456789", "+867103456789"
TONE = 420  # of the error tone's first note


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    owner = Database(house_owner_url, pool_size=1)
    await make_table(owner)
    await owner.close()
    async with open_world(pbx, DIALOGS, house_owner_url, house_app_url) as opened:
        yield opened


async def ask(world: World) -> None:
    now = clock.now()
    async with world.voice.database.transaction() as session:
        await request_dialog(
            session, kind="offer", subject_id=uuid.UUID(int=7), number=STORE, due_at=now, deadline_at=now + timedelta(seconds=60),
            dedupe_key=str(uuid.uuid4()),
        )  # fmt: skip


async def test_a_store_is_rung_hears_the_offer_and_accepts_by_a_key(world: World) -> None:
    async with world.outside() as phone:
        await ask(world)
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        await until(lambda: call.media.received > 100)  # two seconds of sound
        await call.media.press("1")
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'done' AND outcome = 'accepted' AND keys = '1'")
        at_key = call.media.received
        await call.ended(PATIENCE)
        assert call.media.received > at_key + 100  # "accepted" was said, after it was written
    assert await world.heard() == ["begin", "key 1", "ended finished"]
    await world.sees("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'finished'")


async def test_a_key_that_is_no_answer_has_a_sound_of_its_own(world: World) -> None:
    async with world.outside() as phone:
        await ask(world)
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        await until(lambda: call.media.received > 50)
        call.media.forget()
        await call.media.press("5")
        await until(lambda: call.media.level(TONE) > 0.02)
        await call.media.press("2")
        await call.ended(PATIENCE)
    assert await world.heard() == ["begin", "key 2", "ended finished"]


async def test_voice_killed_in_the_middle_goes_on_where_it_was(world: World) -> None:
    async with world.outside() as phone:
        await ask(world)
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'talking'")
        await world.voice.kill()
        await world.voice.start()
        await asyncio.sleep(0.5)
        await call.media.press("1")
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'done' AND outcome = 'accepted'")
        await call.ended(PATIENCE)
    assert await world.heard() == ["begin", "key 1", "ended finished"]


async def test_a_worker_keys_the_code_on_the_job_line(world: World) -> None:
    """SIPp is the elder's telephone; it sends the keys as SIP INFO, as some gateways do. What it hears is counted."""
    cases = await world.rows("SELECT count(*) FROM cases")
    ears = Media()
    port = await ears.open("127.0.0.1")
    target = f"127.0.0.1:{world.pbx.settings.sip_port}"
    arguments = ("-key", "caller", WORKER, "-key", "ears", str(port), "-s", "1234901", "-d", "4000", "-m", "1")
    sipp = await Sipp.start("worker_keys.xml", free_port(), free_port(), *arguments, target=target)
    try:
        assert await sipp.result(PATIENCE) == 0
    finally:
        await sipp.stop()
        ears.close()
    assert ears.received > 150
    assert await world.heard() == ["begin", "key 2468", "ended finished"]
    (row,) = await world.rows("SELECT inbound, number, outcome, jsonb_array_length(elder_ids) AS elders FROM dialog_calls")
    assert (row.inbound, row.number, row.outcome, row.elders) == (True, ELDER, "checked_in", 1)
    assert await world.rows("SELECT count(*) FROM cases") == cases


async def test_two_parties_are_joined_and_outlive_voice(world: World) -> None:
    async with world.outside() as phone:
        async with world.voice.database.transaction() as session:
            await call_party(
                session, first_number=STORE, then_number=ELDER, deadline_at=clock.now() + timedelta(seconds=30), dedupe_key="connect:1"
            )
        store = await phone.wait_call(PATIENCE)
        await store.answer()
        elder = await phone.wait_call(PATIENCE)
        await elder.answer()
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'talking'")
        assert store.caller == elder.caller and STORE not in elder.caller
        elder.media.play_tone(620)
        await until(lambda: store.media.level(620) > 0.2)
        await world.voice.kill()
        store.media.forget()
        await until(lambda: store.media.level(620) > 0.2)  # nobody is there, the sound goes on
        await world.voice.start()
        await elder.hang_up()
        await store.ended(PATIENCE)
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'done'")
