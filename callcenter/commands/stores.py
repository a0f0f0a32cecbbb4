from __future__ import annotations

import click
from uvicorn.importer import import_from_string

from callcenter.kit import logs
from callcenter.kit.serve import serve
from callcenter.migrations.roles import as_role
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """The stores' web app, on its own port and with its own narrow database role."""
    settings = as_role(settings_or_exit(), "stores")
    logs.configure("stores")
    # by name: the server's packages never import the stores' side (import-linter); this is the one place where it is wired
    app = import_from_string("providers.app:create_app")(settings)
    serve(app, settings.host, settings.stores_port, forwarded_allow_ips=settings.forwarded_allow_ips)
