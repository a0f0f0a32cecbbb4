from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.telephony.pbx import Pbx, running_pbx


@pytest_asyncio.fixture(scope="session")
async def shared_pbx() -> AsyncIterator[Pbx]:
    """One Asterisk for all tests that leave it as they found it."""
    async with running_pbx() as pbx:
        yield pbx


@pytest_asyncio.fixture
async def pbx(shared_pbx: Pbx) -> AsyncIterator[Pbx]:
    """The same, with nothing of the test before: no calls, no fallback list, no recordings, no record of presses that voice would find and make cases of."""
    await shared_pbx.set_fallback()
    shared_pbx.forget_presses()
    shared_pbx.forget_recordings()
    yield shared_pbx
    await shared_pbx.hang_up_all()


@pytest_asyncio.fixture
async def own_pbx() -> AsyncIterator[Pbx]:
    """One that the test may kill."""
    async with running_pbx() as pbx:
        yield pbx
