from __future__ import annotations

import asyncio
import sys

import click
from sqlalchemy.exc import DBAPIError

from callcenter.commands.doctor import settings_of_run
from callcenter.drill.daily import slow_after, write_down
from callcenter.drill.steps import Step, run_drill
from callcenter.kit.db import Database
from callcenter.settings import Settings, settings_or_exit


@click.command()
def command() -> None:
    """Try the whole loop on the house as it runs: a press, an alarm, a job, a follow-up, each measured, and nothing left of it. Code 1, and an alarm,
    when a step fails or is slow. Harmless at any time; by day also the stores' hours are met."""
    try:
        steps, slow, well = asyncio.run(_drill(settings_of_run(settings_or_exit())))
    except DBAPIError as error:
        raise click.ClickException(f"the database does not answer ({type(error.orig).__name__}): `callcenter doctor`") from None
    for step in steps:
        click.echo(step.line(slow))
    click.echo("all is well" if well else "not all is well: who is on duty has been told")
    sys.exit(0 if well else 1)


async def _drill(settings: Settings) -> tuple[list[Step], float, bool]:
    if not (settings.app_database_url or settings.database_url):
        raise click.ClickException("no database: set ONEKEY_APP_DATABASE_URL, or start `callcenter run` in this home first")
    database = Database.of(settings, pool_size=2)
    try:
        steps = await run_drill(database, settings)
        async with database.transaction() as session:
            return steps, await slow_after(session, settings), await write_down(session, settings, steps)
    finally:
        await database.close()
