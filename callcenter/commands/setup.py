from __future__ import annotations

import csv
import io
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import click
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actions import checked_password, checked_username, create_user
from callcenter.accounts.models import User
from callcenter.accounts.people import temporary_password
from callcenter.accounts.roles import Role
from callcenter.calls.defaults import DEFAULT_LINES
from callcenter.calls.lines import checked_number, list_lines, remove_line, set_line
from callcenter.calls.models import Line
from callcenter.calls.setting_up import show_agent
from callcenter.calls.states import CallKind
from callcenter.centre.actions import change_setting
from callcenter.centre.queries import get_values
from callcenter.centre.registry import REGISTRY
from callcenter.commands.work import OPERATOR, in_database, with_running_database
from callcenter.kit.errors import AppError, Conflict
from callcenter.regions.actions import add_region
from callcenter.regions.models import Region
from callcenter.regions.schemas import NewRegion
from callcenter.settings import Settings, settings_or_exit

LABELS = {number: label for number, _, label in DEFAULT_LINES}
NEW_LABEL = {CallKind.SOS: "紧急呼叫", CallKind.SERVICE: "服务热线"}
HEADERS = {"district": "district", "street": "street", "community": "community", "区县": "district", "街道": "street", "社区": "community"}
REASON = "callcenter setup"


@dataclass
class Plan:
    centre: str
    sos: str
    service: str
    places: list[tuple[str, ...]]  # district, then street, then community; each as deep as it is known
    district_code: str
    admin: str  # "": there is one, and another is not asked for
    admin_name: str = ""
    password: str = ""
    typed: bool = False  # by the person herself: then she need not change it
    shown: bool = False  # made here: told once
    env: dict[str, str] = field(default_factory=dict)


@click.command()
@click.option("--centre", help="the centre's name, as agents and callers know it")
@click.option("--sos", help="the number that SOS keys call: digits, as the carrier sends it")
@click.option("--service", help="the number of the service line")
@click.option("--district", default="", help="the district's name, when there is no file of regions")
@click.option("--district-code", default="", help="its code, as the administration numbers it; others are numbered below it")
@click.option("--regions", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a CSV file: district, street, community")
@click.option("--trunk-hosts", default="", help="addresses or networks that the carrier calls from, separated by commas")
@click.option("--trunk-contact", default="", help="host:port of the carrier, for calls that we make")
@click.option("--env", "env_file", type=click.Path(dir_okay=False, path_type=Path), help="write the trunk into this file, such as .env")
@click.option("--admin", help="user name of the first admin")
@click.option("--admin-name", help="that person's name")
@click.option("--again", is_flag=True, help="also when there is an admin already; nobody is changed by it")
def command(
    centre: str | None, sos: str | None, service: str | None, district: str, district_code: str, regions: Path | None, trunk_hosts: str,
    trunk_contact: str, env_file: Path | None, admin: str | None, admin_name: str | None, again: bool,
) -> None:  # fmt: skip
    """Make an empty database a centre: its name, regions, numbers, trunk, the first admin. What is not given is asked at a terminal.

    Harmless twice: what is there stays. The admin's password is read from ONEKEY_NEW_PASSWORD, asked, or made and shown once.
    """
    settings = with_running_database(settings_or_exit())
    known = in_database(_look)
    if known.admins and not again:
        raise click.ClickException(
            "this centre has an admin already; `callcenter setup --again` sets names and numbers anew and changes nobody"
        )
    ask = sys.stdin.isatty()
    try:
        plan = Plan(
            centre=_asked(ask, "The centre's name", centre, known.centre),
            sos=checked_number(_asked(ask, "Number of the SOS line, digits as the carrier sends it", sos, known.sos)),
            service=checked_number(_asked(ask, "Number of the service line", service, known.service)),
            places=read_places(regions)
            if regions
            else _one_district(_asked(ask and not known.regions, "The district", district or None, "")),
            district_code=district_code.strip(),
            admin=_asked_admin(ask, admin, known.admins),
        )
        REGISTRY["centre_name"].checked(plan.centre)
        if plan.sos == plan.service:
            raise click.ClickException("the SOS line and the service line need a number each")
        _trunk(plan, ask, settings, trunk_hosts, trunk_contact)
        if plan.admin:
            plan.admin = checked_username(plan.admin)
            plan.admin_name = _asked(ask, "That person's name", admin_name, plan.admin)
            plan.password, plan.typed = _password(ask, plan.admin)
            if not plan.password:
                plan.password, plan.shown = temporary_password(), True
    except AppError as error:
        raise click.ClickException(error.message) from None

    async def do(session: AsyncSession, settings: Settings) -> list[str]:
        return await set_up(session, settings, plan)

    for said in in_database(do):
        click.echo(said)
    if plan.shown:
        click.echo(f"\n  {plan.admin}'s password, shown only now: {plan.password}\n  It is changed at the first sign-in.\n")
    _tell_env(plan.env, env_file)


# --- what is asked -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    admins: int
    centre: str
    sos: str
    service: str
    regions: bool


async def _look(session: AsyncSession, settings: Settings) -> Known:
    lines = [line for line in await list_lines(session) if line.active]
    return Known(
        admins=len((await session.scalars(select(User.id).where(User.role == Role.ADMIN, User.active))).all()),
        centre=(await get_values(session, settings)).text("centre_name"),
        sos=next((line.number for line in lines if line.kind == CallKind.SOS), ""),
        service=next((line.number for line in lines if line.kind == CallKind.SERVICE), ""),
        regions=(await session.scalar(select(Region.id).limit(1))) is not None,
    )


def _asked(ask: bool, what: str, given: str | None, known: str) -> str:
    """Given, asked (Enter takes what is known), or known."""
    if given is not None:
        return given.strip()
    return str(click.prompt(what, default=known, show_default=bool(known))).strip() if ask else known


def _asked_admin(ask: bool, given: str | None, admins: int) -> str:
    if given is not None:
        return given
    if admins:
        return ""
    if not ask:
        raise click.ClickException("say who the first admin is: --admin USERNAME --admin-name NAME")
    return str(click.prompt("User name of the first admin", default="admin"))


def _password(ask: bool, username: str) -> tuple[str, bool]:
    """And whether she typed it herself. Empty: one is to be made."""
    if given := os.environ.get("ONEKEY_NEW_PASSWORD", ""):
        return checked_password(given, username), False
    if ask:
        typed = click.prompt("Password (Enter: one is made and shown once)", default="", show_default=False, hide_input=True)
        if typed:
            checked_password(typed, username)
            if click.prompt("Again", hide_input=True) != typed:
                raise click.ClickException("these were two different passwords; nothing was changed")
            return str(typed), True
    return "", False


def _one_district(name: str) -> list[tuple[str, ...]]:
    return [(name,)] if name else []


def _trunk(plan: Plan, ask: bool, settings: Settings, hosts: str, contact: str) -> None:
    """Asterisk reads its trunk when it starts: it belongs into the environment, not into the database."""
    hosts = hosts or _asked(ask, "Addresses the carrier calls from, separated by commas", None, settings.trunk_hosts)
    contact = contact or _asked(ask, "The carrier's host:port for calls that we make", None, settings.trunk_contact)
    if hosts and not all(re.fullmatch(r"[0-9A-Za-z.:/\[\]-]+", host.strip()) for host in hosts.split(",")):
        raise click.ClickException("trunk hosts are addresses or networks, separated by commas, such as 203.0.113.10,198.51.100.0/24")
    if contact and not re.fullmatch(r"[0-9A-Za-z.:\[\]-]+", contact):
        raise click.ClickException("the carrier's contact is host:port, such as 203.0.113.10:5060")
    wanted = {"ONEKEY_TRUNK_HOSTS": (hosts, settings.trunk_hosts), "ONEKEY_TRUNK_CONTACT": (contact, settings.trunk_contact)}
    plan.env = {name: value for name, (value, now) in wanted.items() if value and value != now}


def read_places(file: Path) -> list[tuple[str, ...]]:
    """Rows of district, street, community; UTF-8 or GB 18030, as spreadsheets here write it."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    rows = csv.DictReader(io.StringIO(text))
    columns = {name: HEADERS[name.strip().lower()] for name in rows.fieldnames or () if name and name.strip().lower() in HEADERS}
    if "district" not in columns.values():
        raise click.ClickException(f"{file.name}: the first line names the columns district, street, community (or 区县, 街道, 社区)")
    places: list[tuple[str, ...]] = []
    for number, row in enumerate(rows, start=2):
        named = {level: (row.get(name) or "").strip() for name, level in columns.items()}
        path = (named["district"], named.get("street", ""), named.get("community", ""))
        if not any(path):
            continue
        if not path[0] or (path[2] and not path[1]):
            raise click.ClickException(
                f"{file.name}, line {number}: a street needs its district, a community its street; nothing was changed"
            )
        places.append(tuple(name for name in path if name))
    return places


# --- what is done ------------------------------------------------------------------------------------------------------------------


async def set_up(session: AsyncSession, settings: Settings, plan: Plan) -> list[str]:
    """All of it or nothing: one transaction. Returns what was done, in sentences."""
    said: list[str] = []
    if (await get_values(session, settings)).text("centre_name") != plan.centre:
        await change_setting(session, OPERATOR, settings, key="centre_name", value=plan.centre, reason=REASON)
        said.append(f"the centre is called {plan.centre}")
    said += await _set_lines(session, plan)
    if plan.places:
        said.append(f"{await _add_places(session, plan)} regions added")
    if plan.admin:
        if await session.scalar(select(User.id).where(User.username == plan.admin)):
            raise Conflict(f"there is a user {plan.admin} already; choose another name, or leave --admin out", code="username_taken")
        made = await create_user(
            session,
            OPERATOR,
            username=plan.admin,
            name=plan.admin_name,
            role=Role.ADMIN,
            password=plan.password,
            must_change=not plan.typed,
        )
        await show_agent(session, made)
        said.append(f"{plan.admin} may sign in as admin")
    return said or ["nothing had to be changed"]


async def _set_lines(session: AsyncSession, plan: Plan) -> list[str]:
    said = []
    for number, kind in ((plan.sos, CallKind.SOS), (plan.service, CallKind.SERVICE)):
        line = await session.get(Line, number)
        if line is None or line.kind != kind or not line.active:
            await set_line(session, OPERATOR, number=number, kind=kind, label=line.label if line else NEW_LABEL[kind])
            said.append(f"{number} is the {kind} line")
    for line in await list_lines(session):  # what every centre starts with, unless somebody has made it her own
        if line.number in LABELS and line.label == LABELS[line.number] and line.number not in (plan.sos, plan.service):
            await remove_line(session, OPERATOR, number=line.number)
            said.append(f"{line.number} is no line any more")
    return said


async def _add_places(session: AsyncSession, plan: Plan) -> int:
    """What is missing, by name below its parent. Returns how many."""
    added = 0
    made: dict[tuple[str, ...], Region] = {}
    for place in plan.places:
        parent: Region | None = None
        for depth in range(1, len(place) + 1):
            path = place[:depth]
            if path not in made:
                found = await _find(session, parent, path[-1])
                if found is None:
                    found = await add_region(session, OPERATOR, await _new(session, parent, path[-1], plan.district_code))
                    added += 1
                made[path] = found
            parent = made[path]
    return added


async def _find(session: AsyncSession, parent: Region | None, name: str) -> Region | None:
    return await session.scalar(
        select(Region).where(Region.parent_id.is_not_distinct_from(parent.id if parent else None), Region.name == name)
    )


async def _new(session: AsyncSession, parent: Region | None, name: str, district_code: str) -> NewRegion:
    """Numbered below its parent: 420606, 420606-01, 420606-01-01."""
    taken = set(await session.scalars(select(Region.code)))
    if parent is None and district_code and district_code not in taken:
        code = district_code
    else:
        before = f"{parent.code}-" if parent else "D"
        code = next(c for c in (f"{before}{number:02d}" for number in range(1, 10_000)) if c not in taken)
    try:
        return NewRegion(parent_id=parent.id if parent else None, code=code, name=name)
    except ValidationError as error:
        raise click.ClickException(f"region {name!r}: {error.errors()[0]['msg']}; nothing was changed") from None


# --- what belongs into the environment -----------------------------------------------------------------------------------------------


def _tell_env(env: dict[str, str], file: Path | None) -> None:
    if not env:
        return
    if file is None:
        click.echo("Asterisk reads its trunk when it starts. Put this into the environment of the processes (compose: .env), then restart:")
        for name, value in env.items():
            click.echo(f"  {name}={value}")
        return
    write_env(file, env)
    click.echo(f"{', '.join(env)} written into {file}; restart the processes")


def write_env(file: Path, env: dict[str, str]) -> None:
    """Lines of these names are replaced, all others stay as they are. For the owner's eyes: there are secrets beside them."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in env]
    text = "\n".join([*kept, *(f"{name}={value}" for name, value in env.items())]) + "\n"
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
