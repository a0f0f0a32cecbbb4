from __future__ import annotations

import click

from callcenter import relay
from callcenter.kit import logs
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """Numbers events and wakes the bus."""
    settings = settings_or_exit()
    logs.configure("relay")
    relay.main(settings)
