"""Listening, whispering and barging in over the real Asterisk: what each of the three hears is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.telephony.softphone import Softphone
from tests.ports import free_port
from tests.telephony.agent_at_work import agent_at_work
from tests.telephony.pbx import PATIENCE, Pbx, until
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
ELDER_SAYS, AGENT_SAYS, SUPERVISOR_SAYS = 440, 900, 1500  # Hz
HEARD, SILENT = 0.04, 0.004


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(), house_owner_url, house_app_url) as opened:
        yield opened


async def test_whispering_is_heard_by_the_agent_alone_and_outlives_voice(world: World) -> None:
    async with (
        agent_at_work(world, "agent1") as agent,
        agent_at_work(world, "supervisor1") as supervisor,
        Softphone(port=free_port(), name="elder") as elder_phone,
    ):
        elder = await elder_phone.call("12349", world.pbx.address, "07103456789")
        ours, call_id = await agent.picks_up()
        await elder.answered(PATIENCE)
        await world.sees("SELECT 1 FROM calls WHERE state = 'talking'")
        await supervisor.asks("listen", call_id, mode="listen")
        hers, rung_for = await supervisor.picks_up()
        assert rung_for == call_id
        elder.media.play_tone(ELDER_SAYS)
        ours.media.play_tone(AGENT_SAYS)
        hers.media.play_tone(SUPERVISOR_SAYS)
        await until(lambda: hers.media.level(ELDER_SAYS) > HEARD and hers.media.level(AGENT_SAYS) > HEARD)
        await asyncio.sleep(1.2)
        assert max(elder.media.level(SUPERVISOR_SAYS), ours.media.level(SUPERVISOR_SAYS)) < SILENT

        await supervisor.asks("listen_mode", call_id, mode="whisper")
        await until(lambda: ours.media.level(SUPERVISOR_SAYS) > HEARD)
        await asyncio.sleep(1.2)
        whispered = elder.media.level(SUPERVISOR_SAYS)
        print(f"whisper: agent {ours.media.level(SUPERVISOR_SAYS):.4f}, elder {whispered:.6f} of full scale")
        assert whispered < SILENT and elder.media.level(AGENT_SAYS) > HEARD
        assert hers.media.level(ELDER_SAYS) > HEARD and hers.media.level(AGENT_SAYS) > HEARD

        await world.voice.kill()
        await asyncio.sleep(1.2)
        assert ours.media.level(SUPERVISOR_SAYS) > HEARD and elder.media.level(SUPERVISOR_SAYS) < SILENT
        await world.voice.start()
        await asyncio.sleep(1.2)
        assert ours.media.level(SUPERVISOR_SAYS) > HEARD and elder.media.level(SUPERVISOR_SAYS) < SILENT
        assert elder.media.level(AGENT_SAYS) > HEARD

        await supervisor.asks("listen_mode", call_id, mode="barge")
        await until(lambda: elder.media.level(SUPERVISOR_SAYS) > HEARD and ours.media.level(SUPERVISOR_SAYS) > HEARD)
        await until(lambda: hers.media.level(ELDER_SAYS) > HEARD and hers.media.level(AGENT_SAYS) > HEARD)
        await supervisor.asks("listen_mode", call_id, mode="listen")
        await until(lambda: elder.media.level(SUPERVISOR_SAYS) < SILENT and ours.media.level(SUPERVISOR_SAYS) < SILENT)
        await hers.hang_up()
        await until(lambda: supervisor.is_("idle"))
        await asyncio.sleep(1.2)
        assert elder.media.level(AGENT_SAYS) > HEARD and ours.media.level(ELDER_SAYS) > HEARD
        await elder.hang_up()
        await ours.ended(PATIENCE)
    listened = await world.rows("SELECT data ->> 'mode' AS mode FROM case_entries WHERE kind = 'supervisor_listens' ORDER BY at")
    assert [row.mode for row in listened] == ["listen", "whisper", "barge", "listen"]
    await world.sees("SELECT 1 FROM call_recordings WHERE state = 'saved'")
