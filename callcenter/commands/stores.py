from __future__ import annotations

import click
from sqlalchemy.engine import make_url
from uvicorn.importer import import_from_string

from callcenter.kit import logs
from callcenter.kit.serve import serve
from callcenter.migrations.roles import role_password
from callcenter.settings import Settings, settings_or_exit


@click.command()
def command() -> None:
    """The stores' web app, on its own port and with its own narrow database role."""
    settings = narrowed(settings_or_exit())
    logs.configure("stores")
    # by name: the server's packages never import the stores' side (import-linter); this is the one place where it is wired
    app = import_from_string("providers.app:create_app")(settings)
    serve(app, settings.host, settings.stores_port, forwarded_allow_ips=settings.forwarded_allow_ips)


def narrowed(settings: Settings) -> Settings:
    if not settings.app_database_url:
        return settings
    url = make_url(settings.app_database_url)
    database = (url.username or "").removesuffix("_app")
    narrow = url.set(username=f"{database}_stores", password=role_password(settings.app_db_password.get_secret_value(), "stores"))
    return settings.model_copy(update={"app_database_url": narrow.render_as_string(hide_password=False)})
