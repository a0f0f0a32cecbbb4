from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.commands.work import OPERATOR, in_database, with_running_database
from callcenter.kit.db import Database
from callcenter.kit.listen import plain_url
from callcenter.points.earning.tills import add_till, list_tills, revoke_till
from callcenter.points.ledger.sealing import lines_of, seal
from callcenter.points.ledger.verifying import Verified, verify
from callcenter.settings import Settings, settings_or_exit

T = TypeVar("T")
LAST_BLOCK = 2**31 - 1


@click.group()
def command() -> None:
    """The books of points and time coins: verify, seal, lines; and stores' tills: tills, till-add, till-revoke."""


@command.command("verify")
@click.option("--head", default="", metavar="HASH", help="A block's hash that was written down earlier: it must still be in the chain.")
def verify_command(head: str) -> None:
    """Recompute the books from their postings. Code 0: all of it is right. Code 1: what is not is listed."""

    async def do(database: Database) -> Verified:
        return await verify(database.url, head=head)

    found = _in_books(do)
    for one in found.findings:
        click.echo(f"✗ {one.check}: {one.at} ({one.off})", err=True)
    click.echo(f"{found.entries:,} entries with {found.postings:,} postings, {found.blocks} blocks")
    if found.head:
        click.echo(f"last block {found.head}")
    click.echo("the books are right" if not found.findings else f"{len(found.findings)} things are wrong")
    sys.exit(1 if found.findings else 0)


@command.command("seal")
def seal_command() -> None:
    """Seal what is not sealed yet; the worker does it by itself every few seconds."""

    async def do(database: Database) -> int:
        return await seal(database, everything=True)

    click.echo(f"{_in_books(do)} blocks were sealed")


@command.command("lines")
@click.option("--first", default=1, show_default=True, type=click.IntRange(min=1), help="Block to begin with.")
@click.option("--last", default=None, type=click.IntRange(min=1), help="Last block; all without it.")
def lines_command(first: int, last: int | None) -> None:
    """Print what the blocks' hashes are made of, a line for each posting, so that anybody can make them anew (docs/points.md)."""

    async def do(database: Database) -> None:
        async with await psycopg.AsyncConnection.connect(plain_url(database.url)) as connection:
            async for line in lines_of(connection, first, last or LAST_BLOCK):
                sys.stdout.buffer.write(line)

    _in_books(do)


@command.command("tills")
def tills_command() -> None:
    """Which stores' tills tell their sales by themselves."""

    async def do(session: AsyncSession, _: Settings) -> list[str]:
        ended = "revoked"
        return [
            f"{till.id}  {store.code}  {store.name}  {till.name}  {ended if till.revoked_at else ''}".rstrip()
            for till, store in await list_tills(session)
        ]

    for line in in_database(do):
        click.echo(line)


@command.command("till-add")
@click.argument("store", metavar="STORE_CODE")
@click.option("--name", required=True, help="Which of the store's tills it is.")
def till_add_command(store: str, name: str) -> None:
    """Let a store's till tell its sales. Its secret is printed this once: docs/points.md says how it signs with it."""

    async def do(session: AsyncSession, _: Settings) -> tuple[str, str]:
        till, secret = await add_till(session, OPERATOR, store, name)
        return str(till.id), secret

    till_id, secret = in_database(do)
    click.echo(f"till   {till_id}\nsecret {secret}")


@command.command("till-revoke")
@click.argument("till", type=click.UUID)
def till_revoke_command(till: uuid.UUID) -> None:
    """Believe this till no more, for good. Whoever needs a new secret adds a new till."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await revoke_till(session, OPERATOR, till)

    in_database(do)
    click.echo("it is believed no more")


def _in_books(do: Callable[[Database], Awaitable[T]]) -> T:
    async def work() -> T:
        database = Database.of(with_running_database(settings_or_exit()), pool_size=1)
        try:
            return await do(database)
        finally:
            await database.close()

    try:
        return asyncio.run(work())
    except psycopg.OperationalError as error:
        raise click.ClickException(f"the database does not answer ({type(error).__name__})") from None
