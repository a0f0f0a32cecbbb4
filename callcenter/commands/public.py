from __future__ import annotations

import click

from callcenter.kit import logs
from callcenter.kit.serve import serve
from callcenter.migrations.roles import as_role
from callcenter.public.app import create_app
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """What strangers reach, on its own port and with its own narrow database role: ambulance crews, cities, carriers' callbacks."""
    settings = as_role(settings_or_exit(), "public")
    logs.configure("public")
    serve(create_app(settings), settings.host, settings.public_port, forwarded_allow_ips=settings.forwarded_allow_ips)
