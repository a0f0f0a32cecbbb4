"""A migrated database with empty books, entered as the application enters it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio

from callcenter.kit.db import Database
from callcenter.kit.listen import plain_url
from tests.points.books import Books


@pytest_asyncio.fixture
async def books(house_owner_url: str, house_app_url: str) -> AsyncIterator[Books]:
    with psycopg.connect(plain_url(house_owner_url)) as owner:
        owner.execute(
            "TRUNCATE ledger_accounts, ledger_lots, ledger_holdings, ledger_entries, ledger_postings, ledger_holds, ledger_blocks, ledger_sealed CASCADE"
        )
    database = Database(house_app_url, pool_size=40)
    yield Books(database, house_app_url, house_owner_url)
    await database.close()


@pytest.fixture
def app(house_app_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody with the application's role and a bare SQL prompt."""
    with psycopg.connect(plain_url(house_app_url)) as connection:
        yield connection
        connection.rollback()
