from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from callcenter.accounts.demo import DEMO_PASSWORD, DEMO_USERS
from callcenter.calls.defaults import DEFAULT_LINES
from callcenter.kit.db import Database
from callcenter.local import run as local_run
from callcenter.seed.demo import demo_elders
from callcenter.seed.stores import as_facts, demo_stores
from callcenter.settings import Settings, settings_or_exit


@click.command()
def command() -> None:
    """Start the whole centre on this machine, with its own PostgreSQL, Valkey and Asterisk."""
    sys.exit(local_run.run(settings_or_exit(), facts=demo_facts))


def demo_facts(settings: Settings) -> Mapping[str, Any]:
    """What a demo shows of itself (docs/decisions.md §12)."""

    async def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        database = Database(settings.database_url, pool_size=1)
        async with database.transaction() as session:
            elders = [{**asdict(elder), "id": str(elder.id) if elder.id else None} for elder in await demo_elders(session)]
            stores = as_facts(await demo_stores(session))
        await database.close()
        return elders, stores

    elders, stores = asyncio.run(read())
    return {
        "logins": [{"username": u.username, "password": DEMO_PASSWORD, "name": u.name, "role": u.role.value} for u in DEMO_USERS],
        "lines": {kind.value: number for number, kind, _ in DEFAULT_LINES},
        "elders": elders,
        "stores": stores,
    }
