"""The house in one process, for scenarios that read like people: simulator, engine, relay, and the real api on a real port.

await house.agent("agent1")              # signs in, opens the console, registers the telephone
press = house.elder("07103456789").press_sos()
await agent.sees_call(state="offered")
await agent.picks_up()
"""

from __future__ import annotations

import asyncio
import contextlib
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
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.engine import Engine
from callcenter.console.hub import PLURAL, Hub
from callcenter.emergency.outside.services import seed_services
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.main import create_app
from callcenter.regions.models import Region
from callcenter.relay import number_rows
from callcenter.seed.entitlements import seed_entitlements
from callcenter.seed.helpers import seed_gas
from callcenter.seed.places import DISTRICT_CODE, region_id
from callcenter.settings import Settings, Timings
from callcenter.telephony.port import Telephony
from callcenter.telephony.simulator import Simulator
from tests.ports import free_port

SOS, SERVICE, JOB = "1234900", "12349", "1234901"
# Short where a scenario waits for it to be over; but a machine may stand still for two seconds, and nothing that a scenario still needs may be over by that.
SHORT = Timings(
    claim=5.0, guard=6, guard_renew=0.5, reassure_after=0.4, reassure_every=0.8,
    service_ring=2.5, sos_supervisors=2.5, sos_duty=5.0, service_duty=5.0, duty_ring=2.5, nobody=8.0,
    agent_return=2.5, wrap_up=60.0, lease=2.0, database_lost=4.0, command=20.0, dialog_first_key=0.8, dialog_next_key=0.5, console_gone=4.0,
    call_back_again=60.0, probe_every=0.0, self_test_every=0.0,
)  # fmt: skip
PATIENCE = 60.0  # s: only says when a scenario is given up
TOPICS = tuple(PLURAL.values())
# what every scenario starts without; people, places, catalogue and words stay
MOVING = (
    "campaign_entries, campaigns, care_plans, daily_signs, "
    "access_grants, agent_presence, audit, bill_parts, bills, call_attempts, call_commands, call_events, call_legs, call_plans, call_recordings, "
    "calls, carrier_channels, carrier_events, carrier_fallback, carrier_marks, carrier_tapes, case_entries, case_locks, case_tasks, cases, "
    "centre_settings, claim_lines, claim_refusals, claims, complaints, console_log_messages, console_sockets, "
    "contact_attempts, dialog_calls, dialog_events, duty_calls, duty_exceptions, duty_people, duty_rota, duty_shifts, duty_telephones, elder_checks, "
    "elder_death_reports, elder_photos, emergencies, emergency_alarms, emergency_deadlines, emergency_steps, entitlement_uses, "
    "export_requests, glass_reviews, handover_signatures, handovers, idempotency_keys, import_batches, item_localisations, ladders, leases, "
    "inbound_texts, licences, messages, offers, opening_texts, order_events, order_lines, order_photos, order_plans, order_proofs, orders, "
    "organisation_officers, organisations, outbox, outside_deliveries, outside_handovers, outside_links, outside_reports, "
    "outside_services, press_matches, price_confirmations, protocol_runs, protocol_versions, provider_idempotency_keys, provider_people, "
    "provider_push, provider_sessions, provider_sign_in_codes, provider_sign_in_failures, recovery_codes, risk_sheets, self_tests, sign_in_failures, "
    "sign_in_steps, sip_accounts, store_blackouts, store_changes, store_communities, store_items, store_members, store_refusals, "
    "stores, user_sessions, user_totp, "
    "ledger_accounts, ledger_blocks, ledger_entries, ledger_holdings, ledger_holds, ledger_lots, ledger_postings, ledger_sealed, points_members, "
    "points_approvals, points_checks, points_families, points_family_members, points_reviews, "
    "points_settlement_lines, points_settlement_payments, points_settlements, points_counter_requests, points_good_changes, points_goods, "
    "points_goods_orders, points_partners, "
    "points_earnings, points_expiry_notices, points_purchase_refunds, points_purchase_reports, points_purchases, points_referrals, points_terms, points_tills, "
    "coin_gifts, volunteer_events, volunteer_hours, volunteer_proofs, volunteer_trainings, volunteer_visits, volunteers"
)


REFERRING = """
WITH RECURSIVE moving (id) AS (
    SELECT to_regclass(name)::oid FROM unnest(CAST(:names AS text[])) name
    UNION
    SELECT c.conrelid FROM pg_constraint c JOIN moving m ON c.confrelid = m.id WHERE c.contype = 'f'
)
SELECT id::regclass::text FROM moving
"""
COUNTED = """
SELECT d.objid::regclass::text FROM pg_depend d JOIN pg_sequences s ON to_regclass(format('%I.%I', s.schemaname, s.sequencename)) = d.objid
WHERE d.deptype IN ('a', 'i') AND s.last_value IS NOT NULL AND d.refobjid = ANY(CAST(CAST(:tables AS text[]) AS regclass[]))
"""


async def _empty(session: AsyncSession, names: list[str]) -> None:
    """As TRUNCATE … RESTART IDENTITY CASCADE, which takes most of a second for so many tables: most of them hold nothing.

    Foreign keys and the guards of append-only tables are set aside meanwhile; on the server of tests/conftest.py the owner may do so.
    """
    if not await session.scalar(text("SELECT has_parameter_privilege('session_replication_role', 'SET')")):
        await session.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
        return
    tables = (await session.scalars(text(REFERRING), {"names": names})).all()
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
    filled = (await session.scalars(text(asked))).all()
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    for table in filled:
        await session.execute(text(f"DELETE FROM {table}"))
    await session.execute(text("SET LOCAL session_replication_role = origin"))
    for sequence in (await session.scalars(text(COUNTED), {"tables": tables})).all():
        await session.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))


async def start_afresh(session: AsyncSession) -> None:
    """What moves is gone; what others pay for the demo's elders is as it was seeded, whatever a test has granted. By the owner."""
    await _empty(session, [*MOVING.split(", "), "entitlement_changes", "entitlements"])
    await seed_entitlements(session)
    await seed_services(session)
    if await session.get(Region, region_id(DISTRICT_CODE)):  # none in a centre that was only just set up
        await seed_gas(session)


async def until(what: Callable[[], Any], patience: float = PATIENCE, why: str = "") -> Any:
    """Wait for something to be true; returns it."""
    deadline = asyncio.get_running_loop().time() + patience
    while not (found := what()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not seen within {patience} s: {why or what}")
        await asyncio.sleep(0.02)
    return found


@dataclass
class Console:
    """A console's picture, kept as the protocol says."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    emergencies: dict[str, dict[str, Any]] = field(default_factory=dict)
    seq: int = -1
    seen: list[dict[str, Any]] = field(default_factory=list)

    def take(self, message: dict[str, Any]) -> None:
        self.seen.append(message)
        if message["type"] == "snapshot":
            self.seq = message["seq"]
            for topic in TOPICS:
                setattr(self, topic, {item["id"]: item for item in message["data"][topic]})
        elif message["type"] == "event":
            assert message["seq"] >= self.seq, "events come in order"  # a case and its emergency share a number
            self.seq = message["seq"]
            items = getattr(self, PLURAL[message["topic"]])
            known = items.get(message["id"])
            if message["data"] is None:
                items.pop(message["id"], None)
            elif known is None or known["version"] <= message["version"]:
                items[message["id"]] = message["data"]

    def picture(self) -> dict[str, Any]:
        return {topic: getattr(self, topic) for topic in TOPICS}


class AgentAtWork:
    """A person at a console, with a telephone in the simulator."""

    def __init__(self, house: House, username: str, url: str = "") -> None:
        self.house, self.username, self.url = house, username, url or house.url
        self.http = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE)
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
        # idle, or rung at once for whoever has been waiting
        await until(
            lambda: self.view().get("phone_ok") and self.view()["state"] != "offline", why=f"{self.username} is on duty: {self.view()}"
        )
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

    def calls(self, line: str) -> Elder:
        self.channel = self.house.sim.press(self.number, line)
        return self

    def hangs_up(self) -> None:
        self.house.sim.hang_up_far(self.channel)

    def keys(self, keys: str) -> None:
        for key in keys:
            self.house.sim.digit(self.channel, key)

    def hears(self) -> set[str]:
        return self.house.sim.hears(self.channel)

    def was_told(self) -> list[str]:
        """Every prompt so far, without the beeps of the keys."""
        return [prompt for prompt in self.house.sim.told.get(self.channel, []) if prompt != "beep"]

    async def is_told(self, prompt: str, times: int = 1) -> None:
        await until(lambda: self.was_told().count(prompt) >= times, why=f"{prompt} is said {times} times, not {self.was_told()}")

    async def hears_no_prompt(self) -> None:
        """The sentence is over."""
        await until(lambda: not any(h.startswith("prompt:") for h in self.hears()), why="silence")

    def is_over(self) -> bool:
        return self.channel not in self.house.sim.channels

    async def talks(self) -> None:
        await until(lambda: any(h.startswith("voice:") for h in self.hears()), why="the elder hears a voice")


class Telephone(Elder):
    """A telephone somewhere outside, which a program rings: a store's, an elder's. `number` as it is dialled, E.164."""

    async def rings(self) -> None:
        await until(self.is_rung, why=f"{self.number} rings")

    def is_rung(self) -> bool:
        return self.number in self.house.sim.ringing()

    async def picks_up(self) -> Telephone:
        await self.rings()
        self.channel = self.house.sim.pick_up(self.number)
        return self

    async def declines(self) -> None:
        await self.rings()
        self.house.sim.decline(self.number)


class House:
    def __init__(self, settings: Settings, owner_url: str) -> None:
        self.settings, self.owner_url = settings, owner_url
        self.dialogs = Dialogs()  # what voice is started with
        self.sim = Simulator(settings.timings, name=settings.pbx_name, prompt_seconds=0.2)
        self.telephony: Telephony | None = None  # what voice is given instead
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
            await start_afresh(session)
        self._server = api_of(self.settings)
        self._tasks = [asyncio.create_task(serve(self._server)), asyncio.create_task(self._relay())]
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
        task = asyncio.create_task(serve(server))
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
        self.engine = Engine(self.settings, self.database, self.telephony or self.sim, lease, self.dialogs)
        self._engine_task = asyncio.create_task(self.engine.run())
        await asyncio.wait_for(self.engine.connected.wait(), PATIENCE)

    async def stop_voice(self) -> None:
        """In order, as at a restart."""
        assert self.engine and self._engine_task
        self.engine.stop()
        await asyncio.wait_for(self._engine_task, PATIENCE)
        self.engine = None

    async def voice_anew(self, dialogs: Dialogs | None = None, **timings: float) -> None:
        """Restarted in order, with these programs and durations from now on."""
        await self.stop_voice()
        self.dialogs = dialogs or self.dialogs
        self.settings.timings = self.settings.timings.model_copy(update=timings)
        await self.start_voice()

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
        """All of it, whatever fails on the way: a voice or a relay that is left behind would live in the next test's database."""
        async with contextlib.AsyncExitStack() as steps:  # the last one first
            steps.push_async_callback(self.owner.close)
            steps.push_async_callback(self.database.close)
            steps.push_async_callback(self._end_tasks)
            steps.push_async_callback(self.sim.close)
            if self.engine:
                steps.push_async_callback(self._end_voice)
            for agent in reversed(self._agents):
                steps.push_async_callback(agent.leave)

    async def _end_voice(self) -> None:
        try:
            await self.stop_voice()
        except BaseException:
            await self.kill_voice()
            raise

    async def _end_tasks(self) -> None:
        try:
            if self._server and self._server.started:
                self._server.should_exit = True
                await asyncio.wait_for(asyncio.shield(self._tasks[0]), PATIENCE)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

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

    def telephone(self, number: str) -> Telephone:
        return Telephone(self, number)

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


async def serve(server: uvicorn.Server) -> None:
    """A server that cannot start leaves by SystemExit, which would end the event loop of all tests."""
    try:
        await server._serve()
    except SystemExit as left:
        raise RuntimeError(f"the api did not start ({left.code})") from None


@asynccontextmanager
async def open_house(settings: Settings, owner_url: str, *, voice: bool = True) -> AsyncIterator[House]:
    house = House(settings, owner_url)
    try:
        await house.open(voice=voice)
        yield house
    finally:
        await house.close()


def house_settings(app_url: str, home: Path, *, timings: Timings = SHORT, **more: Any) -> Settings:
    return Settings(mode="test", home=home, http_port=free_port(), app_database_url=app_url, redis_url="", timings=timings, **more)
