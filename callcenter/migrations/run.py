"""`callcenter migrate`: tables, then roles."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from callcenter.migrations.roles import ensure_roles


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, app_password: str) -> None:
    command.upgrade(alembic_config(url), "head")
    ensure_roles(url, app_password)
