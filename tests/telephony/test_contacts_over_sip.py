"""Contacts over the real Asterisk: all telephones ring at once, a key taken from RFC 4733 events stops the others; a lost press is called back."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.accounts.actor import system
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.elders.models import ElderContact, ElderNumber
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.ladder.actions import start_ladder
from callcenter.emergency.ladder.schemas import Rung
from callcenter.emergency.ladder.states import Rungs
from callcenter.emergency.ladder.telephone import handlers
from callcenter.kit import clock
from callcenter.telephony.softphone import Call, Softphone
from tests.ports import free_port
from tests.telephony.pbx import PATIENCE, Pbx, until
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
HOME, SOS = "07103456789", "1234900"
TEST = system("test")


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(handlers()), house_owner_url, house_app_url) as opened:
        yield opened
    clock.reset()


async def press(world: World, phone: Softphone) -> tuple[Call, uuid.UUID]:
    call = await phone.call(SOS, ("127.0.0.1", world.pbx.settings.sip_port), HOME)
    await world.sees("SELECT 1 FROM cases")
    await sweep_emergencies(world.voice.database)
    (row,) = await world.rows("SELECT case_id FROM emergencies")
    return call, row.case_id


async def more_contacts(world: World, count: int) -> None:
    async with world.owner.transaction() as session:
        elder = (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == "+867103456789"))).one()
        session.add_all(
            ElderContact(elder_id=elder, position=20 + n, name="邻居", relation="邻居", number=f"+861390000{n:04}") for n in range(count)
        )


async def test_all_ring_at_once_and_the_first_key_stops_the_others(world: World) -> None:
    await more_contacts(world, 3)
    try:
        async with world.outside() as outside, Softphone(port=free_port(), name="elder") as elder:
            own, case_id = await press(world, elder)
            before = time.monotonic()
            async with world.voice.database.transaction() as session:
                await start_ladder(session, TEST, case_id, [Rung(who=Rungs.CONTACTS)])
            calls = [await outside.wait_call(PATIENCE) for _ in range(5)]
            seconds = time.monotonic() - before
            print(f"all ringing after {seconds:.2f} s")
            ringing = await world.rows("SELECT 1 FROM contact_attempts WHERE state = 'calling'")
            assert len(ringing) == 5, "all at once, not in turn"
            daughter, *others = calls
            await daughter.answer()
            await until(lambda: daughter.media.received > 50)
            await daughter.media.press("1")
            await world.sees("SELECT 1 FROM contact_attempts WHERE state = 'going'")
            for call in others:
                await call.ended(PATIENCE)
            await daughter.ended(PATIENCE)
            states = sorted(row.state for row in await world.rows("SELECT state FROM contact_attempts"))
            assert states == ["cancelled"] * 4 + ["going"]
            await own.hang_up()
    finally:
        async with world.owner.transaction() as session:
            for contact in await session.scalars(select(ElderContact).where(ElderContact.position >= 20)):
                await session.delete(contact)


async def test_a_lost_press_is_called_back_and_waits_for_an_agent(world: World) -> None:
    async with world.outside() as outside, Softphone(port=free_port(), name="elder") as elder:
        own, case_id = await press(world, elder)
        await own.hang_up()
        await world.sees("SELECT 1 FROM case_tasks WHERE state = 'open'")
        clock.shift(timedelta(seconds=21))
        await sweep_emergencies(world.voice.database)
        home, mobile = await outside.wait_call(PATIENCE), await outside.wait_call(PATIENCE)
        await home.answer()
        await mobile.ended(PATIENCE)
        await world.sees(f"SELECT 1 FROM calls WHERE kind = 'automatic' AND severity = 'E0' AND case_id = '{case_id}' AND state = 'queued'")
        await until(lambda: home.media.received > 100)
        await asyncio.sleep(1)
        await world.voice.kill()
        await world.voice.start()
        await asyncio.sleep(2)
        assert home.state == "talking"
        await world.sees("SELECT 1 FROM calls WHERE kind = 'automatic' AND state = 'queued'")
        await home.hang_up()
        await world.sees("SELECT 1 FROM calls WHERE kind = 'automatic' AND state = 'abandoned'")
