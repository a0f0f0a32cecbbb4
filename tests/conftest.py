"""What all tests share: one throw-away PostgreSQL, migrated and with the demo district, entered by the narrow role."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
import structlog

from callcenter.accounts.demo import seed_users
from callcenter.calls.defaults import seed_defaults
from callcenter.emergency.outside.services import seed_services
from callcenter.kit.db import Database
from callcenter.local.environment import app_url
from callcenter.local.postgres import DATABASE, OWNER, Embedded, temporary_server
from callcenter.migrations.run import migrate
from callcenter.seed.demo import seed_demo
from callcenter.seed.places import region_id
from tests.house import House, house_settings, open_house

# A program of the tests brings `rich`, with which structlog would print every local variable of a failed request.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)],
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as the processes do: what a command prints is its answer
)
APP_PASSWORD = "the tests' narrow role"
SEEDED = "seeded"


def pytest_collection_finish() -> None:
    """What was imported stays: a collector that looks at it again and again stops every test of an hour for a second, or five."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a module leaves open is found at its end, not in whatever test the collector comes by; what it leaves in caches stays, as above."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def seeded_server() -> Iterator[Embedded]:
    """A server with a database that is migrated and has the demo district: what each module's is copied from. Nobody works in it."""
    with temporary_server() as server:
        url = server.url()
        migrate(url, APP_PASSWORD)

        async def seed() -> None:
            database = Database(url)
            async with database.transaction() as session:
                await seed_users(session, region_id)
                await seed_defaults(session)
                await seed_services(session)
                await seed_demo(session)
            await database.close()

        asyncio.run(seed())
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as superuser:
            superuser.execute(f"ALTER DATABASE {DATABASE} RENAME TO {SEEDED}")
            superuser.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")  # tests.house.start_afresh
        yield server


@pytest.fixture(scope="module")
def house_owner_url(seeded_server: Embedded) -> Iterator[str]:
    """The owner's URL of a database of this module's own: what another module did to people and places is not seen in it."""
    with psycopg.connect(seeded_server.url("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE {SEEDED}")
        try:
            yield seeded_server.url()
        finally:
            superuser.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture(scope="module")
def house_app_url(house_owner_url: str) -> str:
    return app_url(house_owner_url, APP_PASSWORD)


@pytest_asyncio.fixture
async def house(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(house_settings(house_app_url, tmp_path), house_owner_url) as opened:
        yield opened
