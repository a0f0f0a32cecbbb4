"""What our processes are told by environment: every one the narrow database role, only migrations and the seed the owner's."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sqlalchemy.engine import make_url

from callcenter.settings import Settings

SECRETS = ("secret_key", "field_key", "ari_password", "app_db_password")

# the owner's URL is for migrations only; compiled once, a process of ours starts in a third of the time
NOT_HANDED_ON = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")


def app_url(owner_url: str, password: str) -> str:
    """The narrow role's URL on the same server: role `<database>_app`, made by the migrations."""
    url = make_url(owner_url)
    return url.set(drivername="postgresql", username=f"{url.database}_app", password=password).render_as_string(hide_password=False)


def for_processes(settings: Settings, *, redis_url: str) -> dict[str, str]:
    """The whole environment of a process of ours. `settings` hold the owner's URL in `database_url`; it is not handed on."""
    env = {k: v for k, v in os.environ.items() if k not in NOT_HANDED_ON}
    app = settings.app_database_url or app_url(settings.database_url, settings.app_db_password.get_secret_value())
    env |= {
        "ONEKEY_HOME": str(settings.home),
        "ONEKEY_CACHE": str(settings.cache),
        "ONEKEY_APP_DATABASE_URL": app,
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
    }
    for name in SECRETS:
        env[f"ONEKEY_{name.upper()}"] = getattr(settings, name).get_secret_value()
    return env


def for_owner(settings: Settings, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of `callcenter migrate` and `callcenter seed`."""
    return {**env, "DATABASE_URL": settings.database_url}
