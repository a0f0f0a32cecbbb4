"""The process `public` as it really runs: uvicorn on a port, the narrow database role; and strangers who knock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text
from sqlalchemy.engine import make_url

from callcenter.kit.db import Database
from callcenter.migrations.roles import as_role
from callcenter.public.app import create_app
from callcenter.settings import Settings
from tests.house import PATIENCE, start_afresh, until
from tests.ports import free_port


class OpenDoor:
    """`owner` is for what tests put in and look at; `app` the role of our other processes."""

    def __init__(self, settings: Settings, owner: Database, app: Database) -> None:
        self.settings, self.owner, self.app = settings, owner, app
        self.url = settings.outside_url

    async def open(self) -> None:
        async with self.owner.transaction() as session:
            await start_afresh(session)
        config = uvicorn.Config(create_app(self.settings), port=self.settings.public_port, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task = asyncio.create_task(self._server.serve())
        await until(lambda: self._server.started, why="the public process")

    async def close(self) -> None:
        self._server.should_exit = True
        await asyncio.wait_for(self._task, PATIENCE)

    def stranger(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=20, headers=headers, limits=httpx.Limits(keepalive_expiry=2))

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), parameters)).all())


@asynccontextmanager
async def open_door(owner_url: str, app_url: str, app_password: str, home: Path, **settings: Any) -> AsyncIterator[OpenDoor]:
    given = Settings(
        mode="test", home=home, public_port=free_port(), app_database_url=app_url, app_db_password=app_password, redis_url="", **settings
    )
    narrow = as_role(given, "public")
    assert make_url(narrow.app_database_url).username == "onekey_public"
    owner, app = Database(owner_url, pool_size=3), Database(app_url, pool_size=3)
    door = OpenDoor(narrow, owner, app)
    await door.open()
    try:
        yield door
    finally:
        await door.close()
        await owner.close()
        await app.close()
