from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from callcenter.local.packages import tool
from callcenter.settings import get_settings
from tests.e2e.running import CHROMIUM_ARGS, Agent, Centre, agent_at_console, write_microphone

MICROPHONE = 620.0  # Hz: what every agent's fake microphone says


@pytest_asyncio.fixture(scope="session")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """`callcenter run` with everything real, shared by the tests of this folder."""
    running = Centre(tmp_path_factory.mktemp("centre") / "home", get_settings().cache)
    running.start()
    try:
        await running.up()
        yield running
    finally:
        assert running.stop() == 0, running.said.read_text()


@pytest_asyncio.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    sound = write_microphone(tmp_path_factory.mktemp("sound") / "microphone.wav", MICROPHONE)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=tool("chromium"), args=[*CHROMIUM_ARGS, f"--use-file-for-fake-audio-capture={sound}"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def agent(browser: Browser, centre: Centre) -> AsyncIterator[Agent]:
    async with agent_at_console(browser, centre, "agent1") as person:
        yield person


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path


@pytest_asyncio.fixture(autouse=True)
async def story(request: pytest.FixtureRequest, centre: Centre) -> AsyncIterator[None]:
    """Tests share the centre: what belongs to this one happened since now. A failed test tells what the calls did meanwhile."""
    since = centre.since = datetime.now(UTC)
    yield
    print("call events:")
    for row in await centre.rows("SELECT at, call_id, kind, data FROM call_events WHERE at >= %s ORDER BY id", since):
        print(f"  {row['at']:%H:%M:%S.%f} {str(row['call_id'])[-4:]} {row['kind']} {row['data']}")
    print("commands:")
    for row in await centre.rows(
        "SELECT created_at, kind, outcome, reason FROM call_commands WHERE created_at >= %s ORDER BY created_at", since
    ):
        print(f"  {row['created_at']:%H:%M:%S.%f} {row['kind']} {row['outcome']} {row['reason']}")
