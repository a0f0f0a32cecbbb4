from __future__ import annotations

import asyncio

import click

from callcenter.migrations.defaults import put_defaults
from callcenter.migrations.run import migrate
from callcenter.settings import owner_url, settings_or_exit


@click.command()
def command() -> None:
    """Bring the database up to date, set its roles, fill empty tables of lines, options and catalogue (as its owner: DATABASE_URL)."""
    settings = settings_or_exit()
    migrate(owner_url(settings), settings.app_db_password.get_secret_value())
    asyncio.run(put_defaults(owner_url(settings)))
