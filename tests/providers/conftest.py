"""A PostgreSQL of its own: these tests empty the tables of stores, which others keep."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.demo import seed_users
from callcenter.dispatch.entitlements.actions import add_entitlement
from callcenter.dispatch.entitlements.models import Basis, Entitlement, PayerKind
from callcenter.dispatch.entitlements.schemas import EntitlementForm
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.local.environment import app_url
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.seed.demo import seed_demo
from callcenter.seed.places import region_id
from tests.conftest import APP_PASSWORD
from tests.providers.playing import TEST
from tests.storefront import Storefront, open_storefront


@pytest.fixture(scope="session")
def stores_owner_url() -> Iterator[str]:
    with temporary_postgres() as url:
        migrate(url, APP_PASSWORD)

        async def seed() -> None:
            database = Database(url)
            async with database.transaction() as session:
                await seed_users(session, region_id)
                await seed_demo(session, count=12)
            await database.close()

        asyncio.run(seed())
        yield url


@pytest_asyncio.fixture
async def front(stores_owner_url: str, tmp_path: Path) -> AsyncIterator[Storefront]:
    async with open_storefront(stores_owner_url, app_url(stores_owner_url, APP_PASSWORD), APP_PASSWORD, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def elder_id(front: Storefront) -> uuid.UUID:
    """Alone, with a number and a position; nobody's subsidy pays for her."""
    async with front.owner.transaction() as session:
        found = await session.scalar(
            text("SELECT id FROM elders WHERE latitude IS NOT NULL AND building <> '' ORDER BY created_at, id LIMIT 1")
        )
        await session.execute(
            text("UPDATE elders SET funding = 'self_pay', latitude = 32.03, longitude = 112.09 WHERE id = :id"), {"id": found}
        )
    assert isinstance(found, uuid.UUID)
    return found


@pytest_asyncio.fixture
async def voucher(front: Storefront, elder_id: uuid.UUID) -> AsyncIterator[None]:
    """Half of what a job costs, at most 15 yuan a job."""
    form = EntitlementForm(
        kind=PayerKind.VOUCHER, payer="养老服务券", valid_from=date(2026, 1, 1), basis=Basis.SHARE_OF_JOB, share_bp=5_000, job_cap_fen=1_500
    )
    async with front.owner.transaction() as session:
        row = await add_entitlement(session, TEST, elder_id, form)
    yield
    async with front.owner.transaction() as session:
        (await session.get_one(Entitlement, row.id)).withdrawn_at = clock.now()


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Nobody is asked at night; these stories happen at noon in China."""
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    yield
    clock.reset()
