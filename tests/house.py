"""The house in one process, for scenarios that read like people: simulator, engine, relay, and the real api on a real port.

await house.agent("agent1")              # signs in, opens the console, registers the telephone
press = house.elder("07103456789").press_sos()
await agent.sees_call(state="offered")
await agent.picks_up()
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.calls.engine import Engine
from callcenter.console.hub import Hub
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.main import create_app
from callcenter.relay import number_rows
from callcenter.settings import Settings, Timings
from callcenter.telephony.simulator import Simulator

SOS, SERVICE = "1234900", "12349"
SHORT = Timings(
    claim=1.5, guard=3, guard_renew=0.5, reassure_after=0.4, reassure_every=0.8,
    service_ring=0.8, sos_supervisors=0.8, sos_duty=1.6, service_duty=2.5, duty_ring=1.0, nobody=3.0,
    agent_return=1.5, wrap_up=20.0, lease=2.0, command=5.0, console_gone=2.0, call_back_again=60.0,
)  # fmt: skip
PATIENCE = 10.0
# what every scenario starts without; people, places, catalogue and words stay
MOVING = (
    "access_grants, agent_presence, audit, call_commands, call_events, call_legs, calls, carrier_marks, case_entries, case_locks, "
    "case_tasks, cases, centre_settings, console_sockets, duty_exceptions, duty_people, duty_rota, duty_shifts, duty_telephones, "
    "elder_checks, elder_death_reports, elder_photos, export_requests, glass_reviews, handover_signatures, handovers, "
    "idempotency_keys, import_batches, leases, opening_texts, "
    "outbox, recovery_codes, sign_in_failures, sign_in_steps, sip_accounts, user_sessions, user_totp"
)


async def until(what: Callable[[], Any], patience: float = PATIENCE, why: str = "") -> Any:
    """Wait for something to be true; returns it."""
    deadline = asyncio.get_running_loop().time() + patience
    while not (found := what()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not seen within {patience} s: {why or what}")
        await asyncio.sleep(0.02)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Console:
    """A console's picture, kept as the protocol says."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    seq: int = -1
    seen: list[dict[str, Any]] = field(default_factory=list)

    def take(self, message: dict[str, Any]) -> None:
        self.seen.append(message)
        if message["type"] == "snapshot":
            self.seq = message["seq"]
            for topic in ("calls", "agents", "tasks", "cases"):
                setattr(self, topic, {item["id"]: item for item in message["data"][topic]})
        elif message["type"] == "event":
            assert message["seq"] > self.seq, "events come in order"
            self.seq = message["seq"]
            items = getattr(self, message["topic"] + "s")
            known = items.get(message["id"])
            if message["data"] is None:
                items.pop(message["id"], None)
            elif known is None or known["version"] <= message["version"]:
                items[message["id"]] = message["data"]

    def picture(self) -> dict[str, Any]:
        return {"calls": self.calls, "agents": self.agents, "tasks": self.tasks, "cases": self.cases}


class AgentAtWork:
    """A person at a console, with a telephone in the simulator."""

    def __init__(self, house: House, username: str, url: str = "") -> None:
        self.house, self.username, self.url = house, username, url or house.url
        self.http = httpx.AsyncClient(base_url=self.url, timeout=20)
        self.close_code = 0  # with which the server ended our socket
        self.console = Console()
        self.me: dict[str, Any] = {}
        self.account = ""
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def sign_in(self) -> None:
        answer = await self.http.post("/api/auth/sign-in", json={"username": self.username, "password": DEMO_PASSWORD})
        assert answer.status_code == 200, answer.text
        self.me = answer.json()
        self.http.headers["X-CSRF-Token"] = self.me["csrf"]

    async def open_console(self) -> None:
        cookie = f"onekey_session={self.http.cookies['onekey_session']}"
        self.close_code = 0
        address = self.url.replace("http", "ws") + "/ws/console"
        self._socket = await connect(address, additional_headers={"Cookie": cookie}, origin=Origin(self.url))
        self._reader = asyncio.create_task(self._read(self._socket))
        await until(lambda: self.console.seq >= 0, why="a snapshot")

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                self.console.take(orjson.loads(await socket.recv()))
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006

    async def plug_in_phone(self) -> None:
        answer = await self.http.post("/api/phone")
        assert answer.status_code == 200, answer.text
        self.account = answer.json()["account"]
        self.house.sim.register(self.account)
        await self.say({"type": "phone", "state": "registered"})

    async def say(self, message: dict[str, Any]) -> None:
        assert self._socket
        await self._socket.send(orjson.dumps(message).decode())

    async def goes_on_duty(self) -> AgentAtWork:
        await self.sign_in()
        await self.open_console()
        await self.plug_in_phone()
        await self.is_("idle", phone_ok=True)
        return self

    async def close_console(self) -> None:
        if self._socket:
            await self._socket.close()
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self.console = Console()

    async def leave(self) -> None:
        await self.close_console()
        await self.http.aclose()

    # -- what is seen ----------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return str(self.me["id"])

    def view(self) -> dict[str, Any]:
        return self.console.agents.get(self.id, {})

    async def is_(self, state: str, **fields: Any) -> dict[str, Any]:
        wanted = {"state": state, **fields}
        found = await until(
            lambda: self.view() if all(self.view().get(k) == v for k, v in wanted.items()) else None,
            why=f"{self.username} is {wanted}, not {self.view()}",
        )
        return dict(found)

    async def sees_call(self, **fields: Any) -> dict[str, Any]:
        """A call on the console with these fields."""

        def look() -> dict[str, Any] | None:
            return next((c for c in self.console.calls.values() if all(c[k] == v for k, v in fields.items())), None)

        return dict(await until(look, why=f"a call with {fields} among {[{k: c[k] for k in fields} for c in self.console.calls.values()]}"))

    async def hears_of(self, seq: int) -> None:
        await until(lambda: self.console.seq >= seq, why=f"event {seq} at {self.username}'s console")

    async def sees_no_call(self) -> None:
        await until(lambda: not self.console.calls, why="an empty queue")

    async def sees_task(self, **fields: Any) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return next((t for t in self.console.tasks.values() if all(t[k] == v for k, v in fields.items())), None)

        return dict(await until(look, why=f"a task with {fields} among {list(self.console.tasks.values())}"))

    # -- what is done ----------------------------------------------------------------------------------------------------------

    async def rings(self) -> None:
        await until(lambda: self.account in self.house.sim.ringing(), why=f"{self.username}'s telephone rings")

    def is_rung(self) -> bool:
        return self.account in self.house.sim.ringing()

    async def picks_up(self) -> dict[str, Any]:
        await self.rings()
        self.house.sim.pick_up(self.account)
        await self.is_("talking")
        return await self.sees_call(state="talking", agent_id=self.id)

    async def post(self, path: str, body: dict[str, Any] | None = None, *, status: int = 200, **headers: str) -> Any:
        answer = await self.http.post(path, json=body or {}, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, *, status: int = 200) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def wraps_up(self, call_id: str, outcome: str = "helped", note: str = "") -> None:
        await self.post(f"/api/calls/{call_id}/wrap-up", {"outcome": outcome, "note": note})


class Elder:
    """A telephone with a red and a green key."""

    def __init__(self, house: House, number: str) -> None:
        self.house, self.number = house, number
        self.channel = ""

    def press_sos(self) -> Elder:
        self.channel = self.house.sim.press(self.number, SOS)
        return self

    def press_service(self) -> Elder:
        self.channel = self.house.sim.press(self.number, SERVICE)
        return self

    def hangs_up(self) -> None:
        self.house.sim.hang_up_far(self.channel)

    def hears(self) -> set[str]:
        return self.house.sim.hears(self.channel)

    async def talks(self) -> None:
        await until(lambda: any(h.startswith("voice:") for h in self.hears()), why="the elder hears a voice")


class House:
    def __init__(self, settings: Settings, owner_url: str) -> None:
        self.settings, self.owner_url = settings, owner_url
        self.sim = Simulator(settings.timings, name=settings.pbx_name, prompt_seconds=0.2)
        self.database = Database.of(settings, pool_size=10)
        self.owner = Database(owner_url, pool_size=2)
        self.url = f"http://127.0.0.1:{settings.http_port}"
        self.engine: Engine | None = None
        self._engine_task: asyncio.Task[bool] | None = None
        self._agents: list[AgentAtWork] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._server: uvicorn.Server | None = None

    async def open(self, *, voice: bool = True) -> None:
        async with self.owner.transaction() as session:
            await session.execute(text(f"TRUNCATE {MOVING} RESTART IDENTITY CASCADE"))
        self._server = api_of(self.settings)
        self._tasks = [asyncio.create_task(self._server._serve()), asyncio.create_task(self._relay())]
        if voice:
            await self.start_voice()
        await until(lambda: self._server and self._server.started, why="the api listens")

    @property
    def hub(self) -> Hub:
        """Of the first api: who is connected to it."""
        assert self._server
        app = self._server.config.app
        assert isinstance(app, FastAPI)
        return cast(Hub, app.state.hub)

    @asynccontextmanager
    async def another_api(self) -> AsyncIterator[str]:
        """A second api process's worth of api on the same database; its URL."""
        settings = self.settings.model_copy(update={"http_port": free_port()})
        server = api_of(settings)
        task = asyncio.create_task(server._serve())
        await until(lambda: server.started, why="the other api listens")
        try:
            yield f"http://127.0.0.1:{settings.http_port}"
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, PATIENCE)

    async def start_voice(self) -> None:
        lease = Lease(self.database, f"voice:{self.settings.pbx_name}", ttl=self.settings.timings.lease)
        while not await lease.try_acquire():
            await asyncio.sleep(0.05)
        self.engine = Engine(self.settings, self.database, self.sim, lease)
        self._engine_task = asyncio.create_task(self.engine.run())
        await asyncio.wait_for(self.engine.connected.wait(), PATIENCE)

    async def stop_voice(self) -> None:
        """In order, as at a restart."""
        assert self.engine and self._engine_task
        self.engine.stop()
        await asyncio.wait_for(self._engine_task, PATIENCE)
        self.engine = None

    async def kill_voice(self) -> None:
        """As kill -9 does: nothing is said to anybody, nothing more is written, the lease stays until it runs out."""
        assert self.engine and self._engine_task
        self.sim.disconnect()
        self._engine_task.cancel()
        for task in list(self.engine.core._tasks):
            task.cancel()
        if self.engine.core.journal._task:
            self.engine.core.journal._task.cancel()
        await asyncio.gather(self._engine_task, return_exceptions=True)
        self.engine = None

    async def _relay(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                await number_rows(self.database)
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        for agent in self._agents:
            await agent.leave()
        if self.engine:
            await self.stop_voice()
        await self.sim.close()
        if self._server:
            self._server.should_exit = True
            await asyncio.wait_for(self._tasks[0], PATIENCE)
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()
        await self.owner.close()

    # -- people -----------------------------------------------------------------------------------------------------------------

    async def agent(self, username: str) -> AgentAtWork:
        """Signed in, console open, telephone registered, idle."""
        return await self.visitor(username).goes_on_duty()

    def visitor(self, username: str, url: str = "") -> AgentAtWork:
        """Not yet signed in; at another api than the first when its `url` is given."""
        person = AgentAtWork(self, username, url)
        self._agents.append(person)
        return person

    def elder(self, number: str) -> Elder:
        return Elder(self, number)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), parameters)).all())

    async def until_rows(self, statement: str, count: int = 1, **parameters: Any) -> list[Any]:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while len(found := await self.rows(statement, **parameters)) != count:
            assert asyncio.get_running_loop().time() < deadline, f"{count} rows wanted, {len(found)} found: {statement}: {found}"
            await asyncio.sleep(0.05)
        return found


def api_of(settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(settings),
        port=settings.http_port,
        log_level="warning",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server


@asynccontextmanager
async def open_house(settings: Settings, owner_url: str, *, voice: bool = True) -> AsyncIterator[House]:
    house = House(settings, owner_url)
    await house.open(voice=voice)
    try:
        yield house
    finally:
        await house.close()


def house_settings(app_url: str, home: Path, **more: Any) -> Settings:
    return Settings(mode="test", home=home, http_port=free_port(), app_database_url=app_url, redis_url="", timings=SHORT, **more)
