from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import APP_PASSWORD
from tests.contract.worlds import World, asterisk, nodes, simulated
from tests.telephony.pbx import Pbx, running_nodes, running_pbx
from tests.twilio.world import at_twilio


@pytest_asyncio.fixture(scope="session")
async def start_pbx() -> AsyncIterator[Callable[[], Awaitable[Pbx]]]:
    """One Asterisk for all, started by the first test that wants it."""
    async with AsyncExitStack() as stack:
        started: list[Pbx] = []

        async def get() -> Pbx:
            if not started:
                started.append(await stack.enter_async_context(running_pbx()))
            return started[0]

        yield get


@pytest_asyncio.fixture(scope="session")
async def start_nodes() -> AsyncIterator[Callable[[], Awaitable[dict[str, Pbx]]]]:
    """The same, as two that are one PBX."""
    async with AsyncExitStack() as stack:
        started: list[dict[str, Pbx]] = []

        async def get() -> dict[str, Pbx]:
            if not started:
                started.append(await stack.enter_async_context(running_nodes("a", "b")))
            return started[0]

        yield get


@pytest.fixture(params=["simulator", "twilio", *(pytest.param(name, marks=pytest.mark.asterisk) for name in ("asterisk", "two asterisks"))])
def carrier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_urls(request: pytest.FixtureRequest, carrier: str) -> tuple[str, str]:
    """Owner's and app's, for the carrier that needs one."""
    if carrier != "twilio":
        return "", ""
    return request.getfixturevalue("house_owner_url"), request.getfixturevalue("house_app_url")


@pytest_asyncio.fixture
async def world(
    carrier: str,
    database_urls: tuple[str, str],
    start_pbx: Callable[[], Awaitable[Pbx]],
    start_nodes: Callable[[], Awaitable[dict[str, Pbx]]],
    tmp_path: Path,
) -> AsyncIterator[World]:
    if carrier == "simulator":
        async with simulated() as it:
            yield it
    elif carrier == "twilio":
        async with at_twilio(*database_urls, APP_PASSWORD, tmp_path) as twilio:
            yield twilio
    elif carrier == "asterisk":
        async with asterisk(await start_pbx()) as it:
            yield it
    else:
        async with nodes(await start_nodes()) as it:
            yield it
