from __future__ import annotations

import os
import sys
import uuid

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actions import (
    checked_password,
    checked_username,
    create_user,
    list_users,
    lock_user,
    set_active,
    set_password,
    set_regions,
)
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.accounts.second_factor import remove_totp
from callcenter.accounts.sessions import end_sessions
from callcenter.calls.setting_up import leave_desk, show_agent
from callcenter.commands.work import OPERATOR, in_database
from callcenter.kit.errors import AppError, NotFound
from callcenter.regions.queries import get_region_by_code
from callcenter.settings import Settings


@click.group()
def command() -> None:
    """Who may sign in: add, password, totp-reset, regions, disable, enable, list."""


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
@click.option(
    "--region", "regions", multiple=True, metavar="CODE", help="a supervisor's district, street, community or grid; may be repeated"
)
def add(username: str, name: str, role: str, regions: tuple[str, ...]) -> None:
    """Let somebody in. The password is asked twice, or read from ONEKEY_NEW_PASSWORD where there is no terminal."""
    password = asked_password(username)

    async def do(session: AsyncSession, _: Settings) -> None:
        made = await create_user(
            session,
            OPERATOR,
            username=username,
            name=name,
            role=Role(role),
            password=password,
            region_ids=await regions_of(session, regions),
        )
        await show_agent(session, made)

    in_database(do)
    click.echo(f"{checked_username(username)} may sign in as {role}")


async def regions_of(session: AsyncSession, codes: tuple[str, ...]) -> list[uuid.UUID]:
    found = []
    for code in codes:
        region = await get_region_by_code(session, code.strip())
        if region is None:
            raise NotFound(f"there is no region with the code {code.strip()}", code="region_not_found")
        found.append(region.id)
    return found


@command.command("regions")
@click.argument("username")
@click.argument("codes", nargs=-1)
def regions_command(username: str, codes: tuple[str, ...]) -> None:
    """Say which regions (by CODES) a supervisor answers for: there she sees elders without breaking the glass. None: nowhere."""

    async def do(session: AsyncSession, _: Settings) -> None:
        await set_regions(session, OPERATOR, username=username, region_ids=await regions_of(session, codes))

    in_database(do)
    click.echo(f"{checked_username(username)}: " + (", ".join(codes) or "no region"))


@command.command()
@click.argument("username")
@click.option("--own", is_flag=True, help="the person typed it herself: she is not asked for a new one when she signs in")
def password(username: str, own: bool) -> None:
    """Set a new password. Who was signed in with the old one has to sign in again, and then chooses one of her own."""
    new = asked_password(username)

    async def do(session: AsyncSession, _: Settings) -> None:
        await leave_desk(session, await set_password(session, OPERATOR, username=username, password=new, must_change=not own))

    in_database(do)
    click.echo("the password is set")


@command.command()
@click.argument("username")
def disable(username: str) -> None:
    """Keep somebody out: every session ends at once. Whom she talks with goes to the front of the queue."""

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


@command.command("totp-reset")
@click.argument("username")
def totp_reset(username: str) -> None:
    """Take a lost second factor away. All sessions end; where one is needed, a new one is set up at the next sign-in."""

    async def do(session: AsyncSession, _: Settings) -> None:
        user = await lock_user(session, username)
        await remove_totp(session, OPERATOR, user.id, verb="totp:reset")
        await end_sessions(session, user.id)
        await leave_desk(session, user.id)

    in_database(do)
    click.echo("the second factor is taken away; all sessions are ended")


@command.command("list")
def list_command() -> None:
    """All users, also disabled ones."""

    async def do(session: AsyncSession, _: Settings) -> list[User]:
        return list(await list_users(session))

    for user in in_database(do):
        click.echo(f"{user.username}\t{user.role}\t{user.name}" + ("" if user.active else "\t(disabled)"))
