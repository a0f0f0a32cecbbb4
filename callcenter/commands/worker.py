from __future__ import annotations

import click

from callcenter import worker
from callcenter.kit import logs
from callcenter.migrations.roles import as_role
from callcenter.settings import settings_or_exit


@click.command()
def command() -> None:
    """Jobs (Celery) and their beat."""
    settings = settings_or_exit()
    logs.configure("worker")
    worker.main(settings, as_role(settings, "retention"))
