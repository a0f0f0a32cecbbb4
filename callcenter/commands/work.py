"""For commands that write into the database of a centre that runs: one transaction, and an error said in a line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError
from callcenter.settings import Settings, settings_or_exit

T = TypeVar("T")
OPERATOR = system("command line")  # whoever may run commands on the server; in the audit as the system


def in_database(do: Callable[[AsyncSession, Settings], Awaitable[T]]) -> T:
    """Does it in one transaction. By the processes' own database role where there is one, so that it works inside a container of theirs too."""
    settings = with_running_database(settings_or_exit())

    async def work() -> T:
        database = Database.of(settings, pool_size=1)
        try:
            async with database.transaction() as session:
                return await do(session, settings)
        finally:
            await database.close()

    try:
        return asyncio.run(work())
    except AppError as error:
        raise click.ClickException(error.message) from None
    except DBAPIError as error:
        why = type(error.orig).__name__
        raise click.ClickException(
            f"the database refused or does not answer ({why}); is it up, and was `callcenter migrate` run?"
        ) from None


def with_running_database(settings: Settings) -> Settings:
    """Where no database is given: that of the run that goes on in this home (`callcenter run` writes env.json)."""
    if settings.app_database_url or settings.database_url:
        return settings
    try:
        env = json.loads((settings.home / "env.json").read_text(encoding="utf-8"))
        return settings.model_copy(update={"app_database_url": str(env["ONEKEY_APP_DATABASE_URL"])})
    except (OSError, ValueError, KeyError):
        raise click.ClickException(
            "no database: set ONEKEY_APP_DATABASE_URL or DATABASE_URL, or start `callcenter run` in this home first"
        ) from None
