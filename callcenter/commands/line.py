from __future__ import annotations

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.lines import list_lines, remove_line, set_line
from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.commands.work import OPERATOR, in_database
from callcenter.settings import Settings

KINDS = (CallKind.SOS.value, CallKind.SERVICE.value, CallKind.JOB.value, CallKind.DAILY.value)


@click.group()
def command() -> None:
    """Called numbers and what they are for: set, list, remove."""


@command.command("set")
@click.argument("number")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--label", default="")
def set_command(number: str, kind: str, label: str) -> None:
    """Say what a called number is for, new or known: digits, as the carrier sends them."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await set_line(session, OPERATOR, number=number, kind=CallKind(kind), label=label)

    in_database(do)
    click.echo(f"{number} is a {kind} line")


@command.command("list")
def list_command() -> None:
    """All lines."""

    async def do(session: AsyncSession, _: Settings) -> list[Line]:
        return list(await list_lines(session))

    for line in in_database(do):
        click.echo(f"{line.number}\t{line.kind}\t{line.label}" + ("" if line.active else "\t(off)"))


@command.command()
@click.argument("number")
def remove(number: str) -> None:
    """Forget a line. Calls to its number are answered all the same, as service calls."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await remove_line(session, OPERATOR, number=number)

    in_database(do)
    click.echo("removed")
