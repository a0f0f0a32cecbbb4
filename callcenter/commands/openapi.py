from __future__ import annotations

import json

import click

from callcenter.main import create_app
from callcenter.settings import Settings


@click.command()
def command() -> None:
    """Print the api's schema, from which the console's types are generated."""
    click.echo(json.dumps(create_app(Settings()).openapi(), ensure_ascii=False, indent=1, sort_keys=True))
