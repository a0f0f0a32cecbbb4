from __future__ import annotations

import sys

import click

from callcenter import voice
from callcenter.kit import logs
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """The only writer to the PBX; a second one waits as a hot spare."""
    settings = settings_or_exit()
    logs.configure("voice")
    sys.exit(voice.main(settings))
