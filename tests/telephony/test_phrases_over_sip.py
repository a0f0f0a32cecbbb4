"""A phrase that was rendered ahead is heard over the real Asterisk, also one that came after it had started; one that is gone is passed over."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.actions import request_dialog
from callcenter.calls.dialogs.protocol import Context, Dialogs, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.kit import clock
from callcenter.telephony import sound
from tests.telephony.pbx import PATIENCE, Pbx, until
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
ELDER = "+867103456789"
TONE = 930  # no other sound has it


class Greeting:
    """Her name, then a sentence."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        return Step(say=(*speech.phrase("王阿姨"), "phrase_" + "0" * 32, "dialog_goodbye"), then=Then.HANG_UP, outcome="greeted")

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        raise AssertionError("nothing is asked")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        raise AssertionError("nothing is asked")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        pass


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    settings = pbx.settings.model_copy(update={"speech_voice": "zf_xiaobei.bin"})
    monkeypatch.setattr(speech, "get_settings", lambda: settings)
    async with open_world(pbx, Dialogs({"greeting": Greeting()}), house_owner_url, house_app_url) as opened:
        yield opened


@pytest.mark.parametrize("is_rendered", [True, False])
async def test_her_name_is_heard_when_it_was_rendered(world: World, is_rendered: bool) -> None:
    phrases, now = speech.phrases(), clock.now()
    path = phrases.path(phrases.name("王阿姨"))
    if is_rendered:
        phrases.folder.mkdir(exist_ok=True)
        sound.write_wav(path, sound.tone(TONE, 2.0))
    async with world.outside() as phone:
        async with world.voice.database.transaction() as session:
            await request_dialog(
                session, kind="greeting", subject_id=uuid.UUID(int=7), number=ELDER, due_at=now, deadline_at=now + timedelta(seconds=60),
                dedupe_key=str(uuid.uuid4()),
            )  # fmt: skip
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        if is_rendered:
            await until(lambda: call.media.level(TONE) > 0.15)
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'done' AND outcome = 'greeted'")
        await call.ended(PATIENCE)
        assert call.media.received > 50, "the sentence is said either way"
    path.unlink(missing_ok=True)
