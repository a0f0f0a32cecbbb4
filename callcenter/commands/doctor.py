from __future__ import annotations

import asyncio
import json
import os
import sys

import click

from callcenter.doctor.finding import State
from callcenter.doctor.house import examine_house
from callcenter.settings import Settings, get_settings, settings_or_exit


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of words.")
def command(as_json: bool) -> None:
    """Say whether this house can do its work: Asterisk, database, worker, disk, certificates, clock, backups. Code 1: something is wrong.

    Run it where voice runs, with the environment of the processes; beside a `callcenter run`, with its home.
    """
    findings = asyncio.run(examine_house(settings_of_run(settings_or_exit())))
    for finding in findings:
        click.echo(json.dumps(finding.as_json(), ensure_ascii=False) if as_json else finding.line())
    bad = sum(finding.state == State.WRONG for finding in findings)
    if not as_json:
        click.echo("all is well" if not bad else f"{bad} thing{'s are' if bad > 1 else ' is'} wrong")
    sys.exit(1 if bad else 0)


def settings_of_run(settings: Settings) -> Settings:
    """What `callcenter run` has given to its processes, where one goes on in this home; what the environment says wins."""
    try:
        given = json.loads((settings.home / "env.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return settings
    for name, value in given.items():
        os.environ.setdefault(name, str(value))
    get_settings.cache_clear()
    return settings_or_exit()
