from __future__ import annotations

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import DutyTelephone
from callcenter.calls.setting_up import add_duty_telephone, dialable, list_duty_telephones, remove_duty_telephone
from callcenter.commands.work import OPERATOR, in_database
from callcenter.kit.phone import pretty
from callcenter.settings import Settings


@click.group()
def command() -> None:
    """Telephones that ring when no agent answers: add, list, remove."""


@command.command()
@click.argument("number")
@click.option("--label", default="", help="whose telephone it is")
def add(number: str, label: str) -> None:
    """Put a telephone at the end of the list; any written form of a number is taken. They are rung in turn."""

    async def do(session: AsyncSession, settings: Settings) -> DutyTelephone:
        return await add_duty_telephone(session, OPERATOR, number=dialable(number, settings), label=label)

    click.echo(f"{pretty(in_database(do).number)} is a duty telephone")


@command.command("list")
def list_command() -> None:
    """The duty telephones in the order in which they are rung."""

    async def do(session: AsyncSession, _: Settings) -> list[DutyTelephone]:
        return list(await list_duty_telephones(session))

    for telephone in in_database(do):
        click.echo(f"{pretty(telephone.number)}\t{telephone.label}" + ("" if telephone.active else "\t(off)"))


@command.command()
@click.argument("number")
def remove(number: str) -> None:
    """Take a telephone off the list."""

    async def do(session: AsyncSession, settings: Settings) -> None:
        await remove_duty_telephone(session, OPERATOR, number=dialable(number, settings))

    in_database(do)
    click.echo("removed")
