from __future__ import annotations

from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.commands.work import in_database
from callcenter.reports.way import Way, way_of
from callcenter.settings import Settings, settings_or_exit


@click.command()
@click.argument("name", metavar="ID")
def command(name: str) -> None:
    """A press's way from press to points, out of the database: what happened, in order, with times. ID: of the case (the `trace` of a line in the log), of the
    press, an order, an offer, a bill, a message; or a case's or an order's number."""
    zone = ZoneInfo(settings_or_exit().timezone)

    async def do(session: AsyncSession, settings: Settings) -> Way:
        return await way_of(session, name)

    way = in_database(do)
    click.echo(f"case {way.number}, {way.state}; trace {way.case_id}")
    day = None
    for step in way.steps:
        at = step.at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            click.echo(f"{day}")
        click.echo(f"  {at:%H:%M:%S}.{at.microsecond // 1000:03d}  {step}")
