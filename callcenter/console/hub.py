"""Keeps every console in step: snapshot, then events in order, to each what it may see.

The bus only wakes; the news is read from the numbered outbox, so a lost message costs a moment and never an event. A console that stops
reading is closed and comes back by a snapshot: each has a bounded queue and a writer of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.websockets import WebSocket

from callcenter.accounts.audit import audit
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.queries import list_cases_of_owner
from callcenter.console import emergency_views, order_views, views
from callcenter.console.schemas import (
    AgentEvent,
    AgentView,
    CallEvent,
    CallView,
    CaseEvent,
    CaseSummary,
    EmergencyEvent,
    OrderEvent,
    Snapshot,
    SnapshotData,
    TaskEvent,
    TaskView,
)
from callcenter.console.schemas_orders import OrderView
from callcenter.emergency.schemas import EmergencyView
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.outbox import BUS_CHANNEL, OutboxRow

log = structlog.get_logger()
QUEUE = 400  # messages a console may lag behind
POLL_WITH_BUS, POLL_WITHOUT = 1.0, 0.1
TOO_SLOW, REPLACED, NOT_SIGNED_IN = 4408, 4409, 4401
TOPICS = ("call", "agent", "task", "case", "order", "emergency")
PLURAL = {topic: "emergencies" if topic == "emergency" else f"{topic}s" for topic in TOPICS}  # its name in a snapshot

View = CallView | AgentView | TaskView | CaseSummary | OrderView | EmergencyView


@dataclass(eq=False, slots=True)
class Console:
    """One socket."""

    id: uuid.UUID
    socket: WebSocket
    who: SignedIn
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    shown: dict[str, set[uuid.UUID]] = field(default_factory=lambda: {topic: set() for topic in TOPICS})
    snapshot_seq: int = -1  # -1: no snapshot yet, events are held back
    held: list[tuple[int, str, uuid.UUID, View | None]] = field(default_factory=list)
    close_code: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: bytes) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        self.close_code = self.close_code or code
        while not self.queue.empty():
            self.queue.get_nowait()
        self.closing.set()  # not by way of the writer: that one may be waiting for a reader who does not read

    def show(self, seq: int, topic: str, object_id: uuid.UUID, view: View | None) -> None:
        """Send, or hold until the snapshot is out. What this console never saw and may not see is left out."""
        if self.snapshot_seq < 0:
            self.held.append((seq, topic, object_id, view))
            return
        if seq <= self.snapshot_seq or (view is None and object_id not in self.shown[topic]):
            return
        (self.shown[topic].add if view is not None else self.shown[topic].discard)(object_id)
        self.put(event_bytes(seq, topic, object_id, view))


def event_bytes(seq: int, topic: str, object_id: uuid.UUID, view: Any) -> bytes:
    kinds: dict[str, type[CallEvent] | type[AgentEvent] | type[TaskEvent] | type[CaseEvent] | type[OrderEvent] | type[EmergencyEvent]] = {
        "call": CallEvent,
        "agent": AgentEvent,
        "task": TaskEvent,
        "case": CaseEvent,
        "order": OrderEvent,
        "emergency": EmergencyEvent,
    }
    return kinds[topic](seq=seq, id=object_id, version=view.version if view else 0, data=view).model_dump_json().encode()


class Hub:
    def __init__(self, database: Database, redis_url: str) -> None:
        self.database, self.redis_url = database, redis_url
        self.consoles: set[Console] = set()
        self.seq = 0
        self._wake = asyncio.Event()
        self._bus_alive = False
        self._tasks: list[asyncio.Task[None]] = []
        self._audited: set[tuple[uuid.UUID, uuid.UUID]] = set()  # (reader, call): one audit row for a pop

    async def start(self) -> None:
        async with self.database.transaction() as session:
            self.seq = await last_seq(session)
        self._tasks = [asyncio.create_task(self._run(), name="hub")]
        if self.redis_url:
            self._tasks.append(asyncio.create_task(self._listen(), name="bus"))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- the news -------------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                async with Redis.from_url(self.redis_url, socket_connect_timeout=2).pubsub() as pubsub:
                    await pubsub.subscribe(BUS_CHANNEL)
                    self._bus_alive = True
                    async for _ in pubsub.listen():
                        self._wake.set()
            except (RedisError, OSError) as error:
                log.warning("bus_lost", error=type(error).__name__)
            self._bus_alive = False
            self._wake.set()
            await asyncio.sleep(0.5)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_WITH_BUS if self._bus_alive else POLL_WITHOUT)
            self._wake.clear()
            try:
                while await self._step():
                    pass
            except Exception as error:
                log.warning("hub_step_failed", error=type(error).__name__)
                await asyncio.sleep(0.2)

    async def _step(self) -> bool:
        """Read what is new, show it to all. True: there may be more."""
        async with self.database.transaction() as session:
            rows = (
                await session.execute(
                    select(OutboxRow.seq, OutboxRow.topic, OutboxRow.object_id)
                    .where(OutboxRow.seq > self.seq)
                    .order_by(OutboxRow.seq)
                    .limit(500)
                )
            ).all()
            if not rows:
                return False
            told: set[tuple[uuid.UUID, uuid.UUID]] = set()
            self._close_ended({uuid.UUID(object_id) for _, topic, object_id in rows if topic == "session"})
            if self.consoles:
                await self._show(session, [(int(seq or 0), topic, object_id) for seq, topic, object_id in rows], told)
        self._audited |= told  # only what is committed
        self.seq = rows[-1][0] or self.seq
        return len(rows) == 500

    def _close_ended(self, sessions: set[uuid.UUID]) -> None:
        """At once, not with the console's next mark of life. Nothing of this step is shown to them any more."""
        for console in [c for c in self.consoles if c.who.session_id in sessions]:
            console.close(NOT_SIGNED_IN)
            self.consoles.discard(console)

    async def _show(self, session: AsyncSession, rows: Sequence[tuple[int, str, str]], told: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
        newest: dict[tuple[str, uuid.UUID], int] = {}
        for seq, topic, name in rows:
            if topic in TOPICS:
                newest[topic, uuid.UUID(name)] = seq
        of_cases = {i: seq for (t, i), seq in newest.items() if t == "case"}
        for case_id, emergency_id in (await emergency_views.emergencies_of_cases(session, of_cases)).items() if of_cases else ():
            newest["emergency", emergency_id] = max(newest.get(("emergency", emergency_id), 0), of_cases[case_id])
        wanted = {topic: [i for t, i in newest if t == topic] for topic in TOPICS}
        calls = await views.call_facts(session, wanted["call"]) if wanted["call"] else {}
        agents = await views.agent_views(session, wanted["agent"]) if wanted["agent"] else {}
        tasks = await views.task_views(session, wanted["task"]) if wanted["task"] else {}
        cases = await views.case_facts_by_id(session, wanted["case"]) if wanted["case"] else {}
        orders = await order_views.live_order_views(session, wanted["order"]) if wanted["order"] else {}
        emergencies = await emergency_views.live_emergency_views(session, wanted["emergency"]) if wanted["emergency"] else {}
        cache: dict[tuple[str, uuid.UUID, bool], bytes] = {}
        for (topic, object_id), seq in sorted(newest.items(), key=lambda item: item[1]):
            for console in list(self.consoles):  # one may come or go while an audit row is written
                reader = console.who.user_id
                view: View | None
                full = False
                if topic == "call":
                    facts = calls.get(object_id)
                    view = facts.for_reader(reader) if facts else None
                    if facts and view is not None and reader in facts.seen_by:
                        full = True
                        await self._audit_pop(session, console.who, facts.full, told)
                elif topic == "agent":
                    view = agents.get(object_id)
                elif topic == "task":
                    view = tasks.get(object_id)
                elif topic == "order":
                    view = orders.get(object_id)
                elif topic == "emergency":
                    view = emergencies.get(object_id)
                else:
                    case = cases.get(object_id)
                    view = case.for_list_of(reader) if case else None
                    full = view is not None
                self._show_one(console, seq, topic, object_id, view, cache, full)

    def _show_one(
        self,
        console: Console,
        seq: int,
        topic: str,
        object_id: uuid.UUID,
        view: View | None,
        cache: dict[tuple[str, uuid.UUID, bool], bytes],
        full: bool,
    ) -> None:
        """Readers who see the same share the bytes: 500 consoles, one serialisation."""
        if console.snapshot_seq < 0 or view is None:
            console.show(seq, topic, object_id, view)
            return
        if seq <= console.snapshot_seq:
            return
        key = (topic, object_id, full)
        if key not in cache:
            cache[key] = event_bytes(seq, topic, object_id, view)
        console.shown[topic].add(object_id)
        console.put(cache[key])

    async def _audit_pop(self, session: AsyncSession, who: SignedIn, call: CallView, told: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
        """Health data on a screen is a read, and a read is written down: once for each reader and call."""
        if call.pop is None or any((who.user_id, call.id) in known for known in (self._audited, told)):
            return
        if len(self._audited) > 10_000:
            self._audited.clear()
        told.add((who.user_id, call.id))
        for card in [call.pop.elder, *call.pop.shared]:
            if card is not None:
                await audit(session, who.actor, "elder:read", card.id, purpose=f"call:{call.id}", details={"health": True})

    def replace(self, newest: Console) -> None:
        """Consoles of the same person's other sign-ins make way, those of other processes at their next mark of life."""
        for console in self.consoles:
            if console.who.user_id == newest.who.user_id and console.who.session_id != newest.who.session_id:
                console.close(REPLACED)

    # -- snapshots --------------------------------------------------------------------------------------------------------------

    async def snapshot(self, console: Console) -> None:
        """The whole picture for this console; then the events that came meanwhile."""
        console.snapshot_seq = -1
        async with self.database.transaction() as session:
            message, shown = await build_snapshot(session, console.who)
            told: set[tuple[uuid.UUID, uuid.UUID]] = set()
            for call in message.data.calls:
                await self._audit_pop(session, console.who, call, told)
        self._audited |= told
        console.shown = shown
        console.put(message.model_dump_json().encode())
        console.snapshot_seq = message.seq
        held, console.held = console.held, []
        for seq, topic, object_id, view in held:
            console.show(seq, topic, object_id, view)


async def last_seq(session: AsyncSession) -> int:
    return (await session.execute(select(func.max(OutboxRow.seq)))).scalar_one() or 0


async def build_snapshot(session: AsyncSession, who: SignedIn) -> tuple[Snapshot, dict[str, set[uuid.UUID]]]:
    """The event number is read first: an event that comes in between is shown twice rather than never."""
    seq = await last_seq(session)
    calls = [v for f in (await views.call_facts(session)).values() if (v := f.for_reader(who.user_id)) is not None]
    agents = list((await views.agent_views(session)).values())
    tasks = list((await views.task_views(session)).values())
    cases = [facts.full for facts in await views.case_facts(session, await list_cases_of_owner(session, who.user_id))]
    orders = list((await order_views.live_order_views(session)).values())
    emergencies = list((await emergency_views.live_emergency_views(session)).values())
    data = SnapshotData(calls=calls, agents=agents, tasks=tasks, cases=cases, orders=orders, emergencies=emergencies)
    shown = {topic: {item.id for item in getattr(data, PLURAL[topic])} for topic in TOPICS}
    return Snapshot(seq=seq, now=clock.now(), data=data), shown
