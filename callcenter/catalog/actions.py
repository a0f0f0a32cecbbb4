"""The one write of the catalogue: a new version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.models import CatalogVersion, ServiceItem
from callcenter.catalog.queries import get_current_version
from callcenter.catalog.reading import CATALOG_FILE, content_hash, read_catalog
from callcenter.kit import clock
from callcenter.kit.ids import new_id

_LOAD_LOCK = 0x0CA7A106  # transaction-scoped advisory lock: two loads at once must not both make version 2


async def load_catalog(session: AsyncSession, content: str | bytes | Path = CATALOG_FILE) -> CatalogVersion:
    """The version in force afterwards: a new one only when the content says something else. CatalogInvalid: nothing was changed."""
    rows = read_catalog(content)
    digest = content_hash(rows)
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOAD_LOCK})
    current = await get_current_version(session)
    if current and current.content_hash == digest:
        return current
    version = CatalogVersion(id=new_id(), number=current.number + 1 if current else 1, content_hash=digest, loaded_at=clock.now())
    session.add(version)
    await session.flush()
    await session.execute(
        insert(ServiceItem),
        [asdict(row) | {"id": new_id(), "version_id": version.id, "sort": position} for position, row in enumerate(rows)],
    )
    return version
