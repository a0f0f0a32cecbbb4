from __future__ import annotations

import os
import sys

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actions import checked_password, checked_username, create_user, list_users, set_active, set_password
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.setting_up import leave_desk, show_agent
from callcenter.commands.work import OPERATOR, in_database
from callcenter.kit.errors import AppError
from callcenter.settings import Settings


@click.group()
def command() -> None:
    """Who may sign in: add, password, disable, enable, list."""


def asked_password(username: str) -> str:
    """Asked twice without echo; where nobody can type, from ONEKEY_NEW_PASSWORD. Too short or too plain: said before anything is touched."""
    try:
        username = checked_username(username)
        if sys.stdin.isatty():
            return checked_password(click.prompt("New password", hide_input=True, confirmation_prompt="Again"), username)
        given = os.environ.get("ONEKEY_NEW_PASSWORD", "")
        if not given:
            raise click.ClickException("nobody can type a password here: set ONEKEY_NEW_PASSWORD, or run this in a terminal")
        return checked_password(given, username)
    except AppError as error:
        raise click.ClickException(error.message) from None


@command.command()
@click.argument("username")
@click.option("--name", required=True, help="the person's name, as colleagues see it")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
def add(username: str, name: str, role: str) -> None:
    """Let somebody in. The password is asked twice, or read from ONEKEY_NEW_PASSWORD where there is no terminal."""
    password = asked_password(username)

    async def do(session: AsyncSession, _: Settings) -> None:
        await show_agent(session, await create_user(session, OPERATOR, username=username, name=name, role=Role(role), password=password))

    in_database(do)
    click.echo(f"{checked_username(username)} may sign in as {role}")


@command.command()
@click.argument("username")
def password(username: str) -> None:
    """Set a new password. Who was signed in with the old one has to sign in again."""
    new = asked_password(username)

    async def do(session: AsyncSession, _: Settings) -> None:
        await leave_desk(session, await set_password(session, OPERATOR, username=username, password=new))

    in_database(do)
    click.echo("the password is set")


@command.command()
@click.argument("username")
def disable(username: str) -> None:
    """Keep somebody out: every session ends at once. A conversation that goes on is not cut."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await leave_desk(session, await set_active(session, OPERATOR, username=username, active=False))

    in_database(do)
    click.echo("disabled; all sessions are ended")


@command.command()
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled user in again, with the password as it was."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await show_agent(session, await set_active(session, OPERATOR, username=username, active=True))

    in_database(do)
    click.echo("may sign in again")


@command.command("list")
def list_command() -> None:
    """All users, also disabled ones."""

    async def do(session: AsyncSession, _: Settings) -> list[User]:
        return list(await list_users(session))

    for user in in_database(do):
        click.echo(f"{user.username}\t{user.role}\t{user.name}" + ("" if user.active else "\t(disabled)"))
