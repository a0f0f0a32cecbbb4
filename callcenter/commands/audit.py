from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.commands.work import in_database
from callcenter.kit import clock
from callcenter.reports.matching.queries import match_day
from callcenter.reports.matching.rules import Difference, Matched
from callcenter.reports.matching.words import said
from callcenter.settings import Settings, settings_or_exit


@click.group()
def command() -> None:
    """Whether every press is accounted for: presses."""


@command.command()
@click.option("--day", "asked", type=click.DateTime(["%Y-%m-%d"]), help="Of the centre's time zone; yesterday without it.")
def presses(asked: datetime | None) -> None:
    """Lay the PBX's own record, our calls with their events, and cases side by side. Code 0: every press is accounted for. Code 1: the differences
    are listed with their cause."""
    timezone = settings_or_exit().timezone
    today = clock.today(timezone)
    day: date = asked.date() if asked else today - timedelta(days=1)
    if day > today:
        raise click.ClickException("that day has not begun")

    async def do(session: AsyncSession, settings: Settings) -> Matched:
        return await match_day(session, settings, day)

    matched = in_database(do)
    for one in matched.differences:
        click.echo(f"✗ {one.at.astimezone(ZoneInfo(timezone)):%H:%M:%S} {said(one)}{_where(one)}", err=True)
    click.echo(f"{day}: {matched.presses} presses, {matched.calls} calls, {matched.cases} cases")
    found = len(matched.differences)
    click.echo(f"{matched.presses} presses, all accounted for" if matched.all_accounted else f"{found} differences")
    sys.exit(0 if matched.all_accounted else 1)


def _where(one: Difference) -> str:
    """By what somebody finds it again."""
    parts = {
        "case": one.case_number or (str(one.case_id) if one.case_id else ""), "calls": ", ".join(map(str, one.call_ids)),
        "channel": one.channel_id, "PBX": one.pbx, "caller": one.caller,
    }  # fmt: skip
    return "".join(f"; {name} {value}" for name, value in parts.items() if value)
