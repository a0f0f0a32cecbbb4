"""A real database with the migrations applied, and a carrier that is a real HTTP server with faults on order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.kit import clock
from callcenter.kit.db import Database
from tests.messaging.bad_carrier import BadCarrier, open_carrier

TABLES = "messages, console_log_messages, outbox"


@pytest_asyncio.fixture
async def database(house_owner_url: str, house_app_url: str) -> AsyncIterator[Database]:
    """As the worker sees it, by the narrow role; what is written is really committed."""
    owner, narrow = Database(house_owner_url, pool_size=1), Database(house_app_url, pool_size=8)
    async with owner.transaction() as session:
        await session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    yield narrow
    async with owner.transaction() as session:
        await session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    await narrow.close()
    await owner.close()


@pytest.fixture(autouse=True)
def own_time() -> Iterator[None]:
    yield
    clock.reset()


@pytest_asyncio.fixture
async def bad_carrier() -> AsyncIterator[BadCarrier]:
    async with open_carrier() as carrier:
        yield carrier
