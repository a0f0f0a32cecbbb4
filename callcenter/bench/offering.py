"""From the order to the store's screen: the running centre, a keeper signed in to the stores' app, her event stream open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from statistics import median

import httpx
from sqlalchemy import select

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.bench.centre import BenchCentre, BenchFailed, Say
from callcenter.bench.figure import Figure, quantile
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.dispatch.access.rules import DEMO_CODE
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import ElderNumber
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.seed.demo import ALONE

ORDERS, EVERY, PATIENCE = 40, 0.4, 5.0  # s
STORE, KEEPER = "张姐家政", "13801000001"


async def offer_to_store(centre: BenchCentre, say: Say) -> list[Figure]:
    """A supervisor places the order over HTTP, as an agent's console does; the store is asked for, so that it is among those that are offered the job."""
    say(f"{ORDERS} orders are placed; a keeper looks at her screen")
    stores_url = json.loads(await asyncio.to_thread((centre.home / "demo.json").read_text))["stores_app"]
    database, screen = Database(centre.owner_url, pool_size=2), Screen()
    async with database.transaction() as session:
        store_id = (await session.scalars(select(Store.id).where(Store.name == STORE))).one()
        elder_id = (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == ALONE))).one()
    took: list[float] = []
    async with httpx.AsyncClient(base_url=stores_url, timeout=10) as phone, httpx.AsyncClient(base_url=centre.url, timeout=10) as desk:
        await phone.post("/api/sign-in/code", json={"number": KEEPER}, headers={"Origin": stores_url})
        await _signed_in(phone, "/api/sign-in", {"number": KEEPER, "code": DEMO_CODE})
        await _signed_in(desk, "/api/auth/sign-in", {"username": "supervisor1", "password": DEMO_PASSWORD})
        watching = asyncio.create_task(screen.watch(phone))
        await asyncio.sleep(1)
        for _ in range(ORDERS):
            async with database.transaction() as session:
                opened = await open_case(
                    session,
                    elder_id=elder_id,
                    caller_key=None,
                    is_sos=False,
                    severity=Severity.N1,
                    linked=LinkedTo(None),
                    at=clock.now(),
                    data={},
                )
            body = {"lines": [{"item": "JZ01"}], "prefers_store_id": str(store_id)}
            began = time.time_ns()
            placed = await desk.post(f"/api/cases/{opened.id}/orders", json=body)
            if placed.status_code != 200:
                raise BenchFailed(f"the order is refused: {placed.text}")
            order = placed.json()
            with contextlib.suppress(TimeoutError):
                took.append((await screen.sees(uuid.UUID(order["id"])) - began) / 1e6)
            await desk.post(f"/api/orders/{order['id']}/cancel", json={"version": order["version"], "why": "other"})
            await asyncio.sleep(EVERY)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await database.close()
    return [
        Figure(
            "offer_to_store",
            "an agent's order (HTTP) → the offer at the store's screen, p99",
            round(quantile(took, 0.99), 1) if took else PATIENCE * 1000, "ms", 1000, "", None, None,
            f"median {median(took) if took else 0:.0f} ms; placing, matching, offering are in it; {ORDERS - len(took)} of {ORDERS} not seen",
        )
    ]  # fmt: skip


async def _signed_in(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    client.headers["Origin"] = str(client.base_url).rstrip("/")
    answer = await client.post(path, json=body)
    if answer.status_code != 200:
        raise BenchFailed(f"{path}: {answer.status_code}")
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]


class Screen:
    """Notes when each order's offer has come down the event stream."""

    def __init__(self) -> None:
        self.seen: dict[uuid.UUID, asyncio.Future[int]] = {}

    def _of(self, order_id: uuid.UUID) -> asyncio.Future[int]:
        return self.seen.setdefault(order_id, asyncio.get_running_loop().create_future())

    async def sees(self, order_id: uuid.UUID) -> int:
        """In ns. TimeoutError after `PATIENCE`."""
        return await asyncio.wait_for(asyncio.shield(self._of(order_id)), PATIENCE)

    async def watch(self, phone: httpx.AsyncClient) -> None:
        async with phone.stream("GET", "/api/live", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: ") and '"offers":[{' in line:
                    news = json.loads(line.removeprefix("data: "))
                    if "order_id" in news and not (told := self._of(uuid.UUID(news["order_id"]))).done():
                        told.set_result(time.time_ns())
