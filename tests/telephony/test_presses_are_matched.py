"""The three-way match on what a real Asterisk has written of real calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.kit import clock
from callcenter.reports.matching.queries import match_day
from callcenter.reports.matching.rules import Cause, Matched
from callcenter.telephony.asterisk.config import cel_of
from callcenter.telephony.asterisk.history import KeptPress, read_presses
from callcenter.telephony.softphone import Softphone
from tests.telephony.agent_at_work import agent_at_work
from tests.telephony.pbx import PATIENCE, Pbx, until_async
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
ALONE, UNKNOWN, SOS, SERVICE = "07103456789", "07103459876", "1234900", "12349"


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(), house_owner_url, house_app_url) as opened:
        yield opened


async def matched(world: World, days: set[date]) -> Matched:
    """Of the day; of both when midnight came between two presses."""
    async with world.voice.database.transaction() as session:
        found = [await match_day(session, world.voice.settings, day) for day in sorted(days)]
    return Matched(
        presses=sum(one.presses for one in found),
        calls=sum(one.calls for one in found),
        cases=sum(one.cases for one in found),
        differences=tuple(difference for one in found for difference in one.differences),
    )


def record(world: World) -> list[KeptPress]:
    now = clock.now()
    return read_presses(cel_of(world.voice.settings.pbx_home), now.replace(year=2000), now.replace(year=2100)) or []


async def test_what_asterisk_wrote_agrees_with_calls_and_cases(world: World) -> None:
    days = {clock.today("Asia/Shanghai")}
    async with Softphone() as phone:
        gone = await phone.call(SERVICE, world.pbx.address, UNKNOWN)  # nobody is there yet
        await world.sees("SELECT 1 FROM calls WHERE state = 'queued'")
        await gone.hang_up()
        await world.sees("SELECT 1 FROM calls WHERE state = 'abandoned'")
        async with agent_at_work(world) as agent:
            elder = await phone.call(SOS, world.pbx.address, ALONE)
            await agent.picks_up()
            await elder.answered(PATIENCE)
            await world.sees("SELECT 1 FROM call_events WHERE kind = 'answered'")
            await elder.hang_up()
            await world.sees("SELECT 1 FROM calls WHERE state = 'ended'")

    async def all_over() -> bool:
        return [press.ended_at is not None for press in record(world)] == [True, True]

    await until_async(all_over)
    days.add(clock.today("Asia/Shanghai"))
    first, second = record(world)
    assert (first.joined_at, second.joined_at is not None) == (None, True), "who stood in a bridge with somebody is in the record"
    assert (first.caller, second.caller) == (UNKNOWN, ALONE)
    clean = await matched(world, days)
    assert clean.all_accounted, clean.differences
    assert (clean.presses, clean.calls, clean.cases) == (2, 2, 2)

    async with world.owner.transaction() as session:  # a press that voice has passed over
        for statement in ("DELETE FROM call_legs", "DELETE FROM case_tasks", f"DELETE FROM calls WHERE channel_id = '{first.channel_id}'"):
            await session.execute(text(statement))
    (lost,) = (await matched(world, days)).differences
    assert (lost.cause, lost.channel_id, lost.caller) == (Cause.PRESS_WITHOUT_CALL, first.channel_id, UNKNOWN)
