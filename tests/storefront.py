"""The stores' app as it really runs: uvicorn on a port, the narrow database role, sessions by cookie; and people with telephones that use it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn
from sqlalchemy import text
from sqlalchemy.engine import make_url

from callcenter.dispatch.access.rules import DEMO_CODE
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.migrations.roles import as_role
from callcenter.relay import number_rows
from callcenter.settings import Settings
from providers.app import create_app
from tests.house import PATIENCE, start_afresh, until
from tests.ports import free_port


class Storefront:
    """The process and its database; `owner` is for what tests put in and look at."""

    def __init__(self, settings: Settings, owner: Database, app_database: Database) -> None:
        self.settings, self.owner, self._app_database = settings, owner, app_database
        self.url = f"http://127.0.0.1:{settings.stores_port}"
        self._phones: list[Phone] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def open(self) -> None:
        await self.empty()
        config = uvicorn.Config(create_app(self.settings), port=self.settings.stores_port, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._tasks = [asyncio.create_task(self._server.serve()), asyncio.create_task(self._relay())]
        await until(lambda: self._server.started, why="the stores' app")

    async def close(self) -> None:
        for phone in self._phones:
            await phone.leave()
        self._server.should_exit = True
        await asyncio.wait_for(self._tasks[0], PATIENCE)
        self._tasks[1].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._app_database.close()

    async def empty(self) -> None:
        async with self.owner.transaction() as session:
            await start_afresh(session)

    async def _relay(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                await number_rows(self._app_database)
            await asyncio.sleep(0.02)

    def phone(self, person: ProviderPerson | None = None) -> Phone:
        phone = Phone(self, person)
        self._phones.append(phone)
        return phone

    async def signed_in(self, person: ProviderPerson) -> Phone:
        phone = self.phone(person)
        await phone.sign_in()
        return phone

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), parameters)).all())


class Phone:
    """Somebody's telephone with the app open."""

    def __init__(self, front: Storefront, person: ProviderPerson | None) -> None:
        self.front, self.person = front, person
        self.http = httpx.AsyncClient(
            base_url=front.url,
            timeout=30,
            limits=httpx.Limits(keepalive_expiry=2),  # the server closes idle ones after five
        )
        self.me: dict[str, Any] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.events: list[tuple[str, dict[str, Any], float]] = []
        self._reader: asyncio.Task[None] | None = None

    async def sign_in(self) -> None:
        assert self.person
        number = self.person.number
        asked = await self.http.post("/api/sign-in/code", json={"number": number})
        assert asked.status_code in (200, 429), asked.text
        answer = await self.http.post("/api/sign-in", json={"number": number, "code": DEMO_CODE})
        assert answer.status_code == 200, answer.text
        self.me = answer.json()
        self.http.headers["X-CSRF-Token"] = self.me["csrf"]

    async def post(self, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> httpx.Response:
        return await self.http.post(path, json=body or {}, headers={"Idempotency-Key": key or str(new_id())})

    async def inbox(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/inbox")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["orders"])

    async def job(self, order_id: uuid.UUID) -> dict[str, Any]:
        answer = await self.http.get(f"/api/jobs/{order_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def watch(self) -> None:
        """Opens the live stream and keeps the picture as the document says."""
        self._reader = asyncio.create_task(self._read())
        await until(lambda: any(kind == "snapshot" for kind, _, _ in self.events), why="a snapshot")

    async def _read(self) -> None:
        async with self.http.stream("GET", "/api/live", timeout=None) as answer:
            assert answer.status_code == 200
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self._take(kind, orjson.loads(line.removeprefix("data: ")))

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        self.events.append((kind, data, asyncio.get_running_loop().time()))
        if kind == "snapshot":
            self.orders = {news["order_id"]: news for news in data["orders"]}
        elif kind == "order":
            if data["offers"] or data["job"]:
                self.orders[data["order_id"]] = data
            else:
                self.orders.pop(data["order_id"], None)

    async def leave(self) -> None:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self.http.aclose()


@asynccontextmanager
async def open_storefront(owner_url: str, app_url: str, app_password: str, home: Path) -> AsyncIterator[Storefront]:
    settings = Settings(
        mode="test", home=home, stores_port=free_port(), app_database_url=app_url, app_db_password=app_password, redis_url=""
    )
    settings = as_role(settings, "stores")
    assert make_url(settings.app_database_url).username == "onekey_stores"
    owner = Database(owner_url, pool_size=3)
    front = Storefront(settings, owner, Database(app_url, pool_size=2))
    await front.open()
    try:
        yield front
    finally:
        await front.close()
        await owner.close()
