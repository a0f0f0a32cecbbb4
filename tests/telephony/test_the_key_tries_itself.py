"""The PBX presses the key itself, on a real Asterisk: it comes as the trunk's presses do, and nobody is rung for it, whatever becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.self_tests.models import Outcome
from callcenter.telephony import port
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.asterisk.history import read_presses
from tests.contract.worlds import Ears
from tests.telephony.pbx import Pbx, until_async
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(), house_owner_url, house_app_url) as opened:
        yield opened


async def test_it_passes_through_the_dialplan_and_is_no_press(world: World) -> None:
    async with world.outside() as duty:
        assert world.voice.engine
        await world.pbx.set_fallback(duty="13800138000")
        shown = await world.voice.engine.self_testing.test()
        [row] = await world.rows("SELECT outcome, reason, committed_ms, ring_ms FROM self_tests")
        assert shown in (Outcome.PASSED, Outcome.SLOW) and row.reason == "" and row.committed_ms is not None
        await until_async(lambda: nobody_is_there(world.pbx))
        assert duty.incoming.empty() and not await world.rows("SELECT 1 FROM calls UNION ALL SELECT 1 FROM cases")
    since, until = (await world.rows("SELECT now() - interval '1 hour' AS since, now() + interval '1 hour' AS until"))[0]
    assert read_presses(world.pbx.asterisk.layout.cel, since, until) == [], "the nightly match has nothing to account for"


async def test_not_taken_it_ends_and_the_fallback_rings_nobody(pbx: Pbx) -> None:
    telephony = AsteriskTelephony(pbx.settings)
    ears = Ears(telephony)
    await telephony.start()
    await ears.next(port.Connected)
    try:
        await telephony.set_fallback([], ["+8613800138000"])
        await telephony.press_itself("test-press-1", caller="12349", called="1234900")
        press = await ears.next(port.Press)
        assert (press.channel_id, press.caller, press.called) == ("test-press-1", "12349", "1234900")
        await ears.next(port.ChannelEnded, channel_id="far-test-press-1")
        await until_async(lambda: nobody_is_there(pbx))
        assert not [line for line in pbx.cel() if "FALLBACK" in str(line)]
        assert (await telephony.history(""))[0] == []
    finally:
        await ears.stop()
        await telephony.close()


async def nobody_is_there(pbx: Pbx) -> bool:
    return not await pbx.channels()
