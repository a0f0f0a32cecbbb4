from __future__ import annotations

import click

from callcenter.kit import logs
from callcenter.kit.serve import serve
from callcenter.main import create_app
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """The console's server."""
    settings = settings_or_exit()
    logs.configure("api")
    serve(create_app(settings), settings.host, settings.http_port, forwarded_allow_ips=settings.forwarded_allow_ips)
