from __future__ import annotations

import asyncio

import click

from callcenter.accounts.demo import seed_users
from callcenter.calls.defaults import seed_defaults
from callcenter.kit.db import Database
from callcenter.points.ledger.sealing import seal
from callcenter.seed.demo import seed_demo
from callcenter.seed.helpers import seed_rota
from callcenter.seed.past import seed_past
from callcenter.seed.places import region_id
from callcenter.seed.points import seed_points
from callcenter.seed.stores import seed_stores
from callcenter.settings import owner_url, settings_or_exit


@click.command()
@click.option("--if-empty", is_flag=True, help="say nothing when the database has elders already; they are left alone either way")
def command(if_empty: bool) -> None:
    """Fill an empty database with the demo district. Never in production."""
    settings = settings_or_exit()
    if settings.mode == "production":
        raise click.ClickException("the demo district is not for production")

    async def fill() -> None:
        database = Database(owner_url(settings), pool_size=1)
        async with database.transaction() as session:
            await seed_users(session, region_id)
            await seed_defaults(session)
            facts = await seed_demo(session)
            await seed_rota(session)
            stores = await seed_stores(session)
            if await seed_past(session):
                await seed_points(session)
        await seal(database)  # they are older than entries may be unsealed: whoever proves the books at once finds them right
        await database.close()
        if facts.created or not if_empty:
            click.echo(
                f"{facts.elder_count} elders in {facts.community_count} communities" + ("" if facts.created else " (were there before)")
            )
        if stores:
            click.echo(f"{stores} stores")

    asyncio.run(fill())
