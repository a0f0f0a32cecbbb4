"""What all tests share: one throw-away PostgreSQL, migrated and with the demo district, entered by the narrow role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from callcenter.accounts.demo import seed_users
from callcenter.calls.defaults import seed_defaults
from callcenter.kit.db import Database
from callcenter.local.environment import app_url
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.seed.demo import seed_demo
from callcenter.seed.places import region_id
from tests.house import House, house_settings, open_house

# A program of the tests brings `rich`, with which structlog would print every local variable of a failed request.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
)
APP_PASSWORD = "the tests' narrow role"


@pytest.fixture(scope="session")
def house_owner_url() -> Iterator[str]:
    """The owner's URL of a migrated database with the demo district."""
    with temporary_postgres() as url:
        migrate(url, APP_PASSWORD)

        async def seed() -> None:
            database = Database(url)
            async with database.transaction() as session:
                await seed_users(session, region_id)
                await seed_defaults(session)
                await seed_demo(session)
            await database.close()

        asyncio.run(seed())
        yield url


@pytest.fixture(scope="session")
def house_app_url(house_owner_url: str) -> str:
    return app_url(house_owner_url, APP_PASSWORD)


@pytest_asyncio.fixture
async def house(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(house_settings(house_app_url, tmp_path), house_owner_url) as opened:
        yield opened
