"""`callcenter`: the processes and the tools, one command each."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import uvicorn
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from callcenter import __version__
from callcenter import main as api_app
from callcenter import relay as relay_process
from callcenter import voice as voice_process
from callcenter import worker as worker_process
from callcenter.accounts.demo import DEMO_PASSWORD, DEMO_USERS, seed_users
from callcenter.calls.defaults import DEMO_LINES, seed_defaults
from callcenter.kit import logs
from callcenter.kit.db import Database
from callcenter.local import run as local_run
from callcenter.migrations.roles import role_password
from callcenter.migrations.run import migrate as run_migrations
from callcenter.press import PressFailed, press_key
from callcenter.seed.demo import demo_elders, seed_demo
from callcenter.settings import Settings, get_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """One-Key 一键通: a 24-hour call centre for elders who live at home."""


def settings_or_exit() -> Settings:
    try:
        return get_settings()
    except ValidationError as error:
        for problem in error.errors():
            click.echo(f"✗ {'.'.join(map(str, problem['loc']))} {problem['msg']}".replace("✗  ", "✗ "), err=True)
        sys.exit(2)


@main.command()
def run() -> None:
    """Start the whole centre on this machine, with its own PostgreSQL, Valkey and Asterisk."""
    sys.exit(local_run.run(settings_or_exit(), facts=demo_facts))


def demo_facts(settings: Settings) -> Mapping[str, Any]:
    """What a demo shows of itself (design.md §11)."""

    async def read() -> list[dict[str, Any]]:
        database = Database(settings.database_url, pool_size=1)
        async with database.transaction() as session:
            elders = [{**asdict(elder), "id": str(elder.id) if elder.id else None} for elder in await demo_elders(session)]
        await database.close()
        return elders

    return {
        "logins": [
            {"username": u.username, "login": u.username, "password": DEMO_PASSWORD, "name": u.name, "role": u.role.value}
            for u in DEMO_USERS
        ],
        "lines": {kind.value: number for number, kind, _ in DEMO_LINES},
        "elders": asyncio.run(read()),
        "stores": [],  # come with dispatch
    }


@main.command()
def migrate() -> None:
    """Bring the database up to date and set its roles (as its owner: DATABASE_URL)."""
    settings = settings_or_exit()
    run_migrations(owner_url(settings), settings.app_db_password.get_secret_value())


def owner_url(settings: Settings) -> str:
    if not settings.database_url:
        raise click.ClickException("DATABASE_URL is not set: the database's owner is needed here")
    return settings.database_url


@main.command()
@click.option("--if-empty", is_flag=True, help="leave a database that has elders alone")
def seed(if_empty: bool) -> None:
    """Fill an empty database with the demo district. Never in production."""
    settings = settings_or_exit()
    if settings.mode == "production":
        raise click.ClickException("the demo district is not for production")

    async def fill() -> None:
        database = Database(owner_url(settings), pool_size=1)
        async with database.transaction() as session:
            await seed_users(session)
            await seed_defaults(session)
            facts = await seed_demo(session)
        await database.close()
        click.echo(f"{facts.elder_count} elders in {facts.community_count} communities" + ("" if facts.created else " (were there)"))

    asyncio.run(fill())


@main.command()
def api() -> None:
    """The console's server."""
    settings = settings_or_exit()
    logs.configure("api")
    serve(api_app.create_app(settings), settings.host, settings.http_port)


@main.command()
def stores() -> None:
    """The stores' web app, on its own port and with its own narrow database role."""
    settings = settings_or_exit()
    logs.configure("stores")
    if settings.app_database_url:
        url = make_url(settings.app_database_url)
        narrow = url.set(username=f"{url.database}_stores", password=role_password(settings.app_db_password.get_secret_value(), "stores"))
        settings = settings.model_copy(update={"app_database_url": narrow.render_as_string(hide_password=False)})
    # by name: the server never imports the stores' side (import-linter); this process is where it is wired
    factory = uvicorn.importer.import_from_string("providers.app:create_app")
    serve(factory(settings), settings.host, settings.stores_port)


def serve(app: Any, host: str, port: int) -> None:
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
    )


@main.command()
def voice() -> None:
    """The only writer to the PBX; a second one waits as a hot spare."""
    settings = settings_or_exit()
    logs.configure("voice")
    sys.exit(voice_process.main(settings))


@main.command()
def relay() -> None:
    """Numbers events and wakes the bus."""
    settings = settings_or_exit()
    logs.configure("relay")
    relay_process.main(settings)


@main.command()
def worker() -> None:
    """Jobs (Celery) and their beat."""
    settings = settings_or_exit()
    logs.configure("worker")
    worker_process.main(settings)


@main.command()
@click.option("--line", type=click.Choice(["sos", "service"]), default="sos", show_default=True, help="the red key or the green key")
@click.option("--from", "caller", default="07103456789", show_default=True, help="the elder's number, in any form")
@click.option(
    "--say",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a WAV file (8 kHz mono) to say when somebody answers; default: a tone",
)
@click.option("--seconds", default=30.0, show_default=True, help="hang up after this long")
def press(line: str, caller: str, say: Path | None, seconds: float) -> None:
    """Press a key on an elder's telephone: a real SIP call through the trunk."""
    settings = settings_or_exit()
    number = next(number for number, kind, _ in DEMO_LINES if kind.value == line)
    try:
        asyncio.run(press_key(settings, number=number, caller=caller, say=say, seconds=seconds, tell=click.echo))
    except PressFailed as error:
        raise click.ClickException(str(error)) from None


@main.command()
def openapi() -> None:
    """Print the api's schema, from which the console's types are generated."""
    click.echo(json.dumps(api_app.create_app(Settings()).openapi(), ensure_ascii=False, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
