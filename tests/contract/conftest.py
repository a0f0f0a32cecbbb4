from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.contract.worlds import World, asterisk, simulated
from tests.telephony.pbx import Pbx, running_pbx


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


@pytest_asyncio.fixture(params=["simulator", pytest.param("asterisk", marks=pytest.mark.asterisk)])
async def world(request: pytest.FixtureRequest, start_pbx: Callable[[], Awaitable[Pbx]]) -> AsyncIterator[World]:
    if request.param == "simulator":
        async with simulated() as it:
            yield it
    else:
        async with asterisk(await start_pbx()) as it:
            yield it
