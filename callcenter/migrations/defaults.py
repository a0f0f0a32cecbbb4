"""What every centre starts with, whatever its mode: lines, words to choose from, words to agree to, the catalogue. Only into what is empty."""

from __future__ import annotations

from callcenter.calls.defaults import seed_defaults
from callcenter.catalog.actions import load_catalog
from callcenter.catalog.queries import get_last_version
from callcenter.elders.consents import seed_wordings
from callcenter.emergency.outside.services import seed_services
from callcenter.kit.db import Database


async def put_defaults(owner_url: str) -> None:
    """Harmless twice. A later version of the catalogue, or a line taken out, is the centre's own and stays as it is."""
    database = Database(owner_url, pool_size=1)
    try:
        async with database.transaction() as session:
            await seed_defaults(session)
            await seed_wordings(session)
            await seed_services(session)
            if await get_last_version(session) is None:
                await load_catalog(session)
    finally:
        await database.close()
