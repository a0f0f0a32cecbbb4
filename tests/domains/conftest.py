"""One throw-away PostgreSQL for the domains' tests; each test's work is rolled back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

import callcenter.accounts.models
import callcenter.catalog.models
import callcenter.elders.models
import callcenter.elders.records
import callcenter.regions.models  # noqa: F401
from callcenter.accounts.actor import Actor, system
from callcenter.kit.db import Base, Database
from callcenter.local.postgres import temporary_postgres
from callcenter.seed.demo import DemoFacts, seed_demo


@pytest.fixture(scope="session")
def empty_database_url() -> Iterator[str]:
    with temporary_postgres() as url:
        yield url


@pytest_asyncio.fixture(scope="session")
async def demo_database(empty_database_url: str) -> AsyncIterator[tuple[Database, DemoFacts]]:
    """Tables and the committed demo district."""
    database = Database(empty_database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as session:
        facts = await seed_demo(session)
    yield database, facts
    await database.close()


@pytest.fixture(scope="session")
def facts(demo_database: tuple[Database, DemoFacts]) -> DemoFacts:
    return demo_database[1]


@pytest_asyncio.fixture
async def session(demo_database: tuple[Database, DemoFacts]) -> AsyncIterator[AsyncSession]:
    """With the demo district in it; whatever the test writes is gone afterwards."""
    async with demo_database[0].engine.connect() as connection:
        outer = await connection.begin()
        made = AsyncSession(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        yield made
        await made.close()
        await outer.rollback()


@pytest.fixture
def actor() -> Actor:
    return system("test")
