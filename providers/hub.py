"""Keeps every open screen in step (docs/stores-app.md "Live"): a snapshot, then for each order that changed all that its reader may see of it now.

The bus only wakes; the news is read from the numbered outbox. A screen that stops reading is closed and comes back by a snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.access.sessions import Person, list_live_people
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.outbox import BUS_CHANNEL, OutboxRow
from providers.schemas import Inbox, OrderNews
from providers.views import facts_of, orders_of

log = structlog.get_logger()
QUEUE = 200
POLL_WITH_BUS, POLL_WITHOUT = 1.0, 0.2
BEAT = 15.0  # seconds: a mark of life to the screen, a look at whether its session still stands
MOST_SCREENS = 4  # of one session; the oldest makes way


@dataclass(eq=False, slots=True)
class Screen:
    who: Person
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    shown: set[uuid.UUID] = field(default_factory=set)
    seq: int = -1  # of its snapshot; -1: none yet
    closed: bool = False

    def put(self, message: bytes) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.close()

    def close(self, word: str = "") -> None:
        """`word`: ended tells the app to sign in again; without one it comes back by itself."""
        self.closed = True
        while not self.queue.empty():
            self.queue.get_nowait()
        if word:
            self.queue.put_nowait(sent(word, b"{}"))
        self.queue.put_nowait(None)


def sent(event: str, data: bytes, seq: int | None = None) -> bytes:
    """One message of an event stream; JSON of ours has no line breaks."""
    number = f"id: {seq}\n" if seq is not None else ""
    return f"event: {event}\n{number}data: ".encode() + data + b"\n\n"


class Hub:
    def __init__(self, database: Database, redis_url: str) -> None:
        self.database, self.redis_url = database, redis_url
        self.screens: set[Screen] = set()
        self.seq = 0
        self._wake = asyncio.Event()
        self._bus_alive = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(), name="hub"), asyncio.create_task(self._beat(), name="beat")]
        if self.redis_url:
            self._tasks.append(asyncio.create_task(self._listen(), name="bus"))

    async def close(self) -> None:
        for screen in list(self.screens):
            screen.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stream(self, who: Person) -> AsyncIterator[bytes]:
        """What one screen is sent until it goes."""
        screen = Screen(who)
        of_session = [s for s in self.screens if s.who.session_id == who.session_id]
        for old in of_session[: max(0, len(of_session) - MOST_SCREENS + 1)]:
            old.close()
        self.screens.add(screen)
        try:
            yield b"retry: 1500\n\n"
            await self._snapshot(screen)
            while (message := await screen.queue.get()) is not None:
                yield message
        finally:
            self.screens.discard(screen)

    async def _snapshot(self, screen: Screen) -> None:
        async with self.database.transaction() as session:
            inbox = await read_inbox(session, screen.who)
        screen.shown = {news.order_id for news in inbox.orders}
        held, kept = [], screen.queue
        while not kept.empty():
            held.append(kept.get_nowait())
        screen.put(sent("snapshot", inbox.model_dump_json().encode(), inbox.seq))
        screen.seq = inbox.seq
        for message in held:  # what came meanwhile: whole states, so that one too many is no harm
            if message is None:
                screen.close()
            elif not screen.closed:
                screen.put(message)

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
        known = False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_WITH_BUS if self._bus_alive else POLL_WITHOUT)
            self._wake.clear()
            try:
                if not known:
                    async with self.database.transaction() as session:
                        self.seq = max(self.seq, await last_seq(session))
                    known = True
                while await self._step():
                    pass
            except Exception as error:
                log.warning("hub_step_failed", error=type(error).__name__)
                await asyncio.sleep(0.2)

    async def _step(self) -> bool:
        """Read what is new, show it to whom it concerns. True: there may be more."""
        async with self.database.transaction() as session:
            rows = (
                await session.execute(
                    select(OutboxRow.seq, OutboxRow.topic, OutboxRow.object_id, OutboxRow.payload)
                    .where(OutboxRow.seq > self.seq)
                    .order_by(OutboxRow.seq)
                    .limit(500)
                )
            ).all()
            if not rows:
                return False
            ended = {uuid.UUID(name) for _, topic, name, _ in rows if topic == "provider_session"}
            for screen in [s for s in self.screens if s.who.session_id in ended]:
                screen.close("ended")
                self.screens.discard(screen)
            if self.screens:
                await self._show(session, [(int(seq or 0), name, payload) for seq, topic, name, payload in rows if topic == "order"])
        self.seq = rows[-1][0] or self.seq
        return len(rows) == 500

    async def _show(self, session: AsyncSession, rows: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        newest: dict[uuid.UUID, int] = {}
        concerned: dict[uuid.UUID, set[uuid.UUID]] = {}
        for seq, name, payload in rows:
            order_id = uuid.UUID(name)
            newest[order_id] = seq
            concerned.setdefault(order_id, set()).update(uuid.UUID(store) for store in payload.get("stores", []))
        readers = {
            order_id: [s for s in self.screens if stores & s.who.works_at or order_id in s.shown] for order_id, stores in concerned.items()
        }
        facts = await facts_of(session, [order_id for order_id, screens in readers.items() if screens])
        for order_id, seq in sorted(newest.items(), key=lambda item: item[1]):
            if order_id not in facts:
                continue
            for screen in readers[order_id]:
                news = facts[order_id].news_for(screen.who)
                is_empty = not news.offers and news.job is None
                if is_empty and screen.seq >= 0 and order_id not in screen.shown:
                    continue  # she never saw it; without a snapshot yet nobody knows, and one too many is no harm
                (screen.shown.discard if is_empty else screen.shown.add)(order_id)
                if not screen.closed:
                    screen.put(sent("order", news.model_dump_json().encode(), seq))

    async def _beat(self) -> None:
        """Whoever was switched off, has left the store or signed out elsewhere sees nothing more."""
        while True:
            await asyncio.sleep(BEAT)
            screens = list(self.screens)
            if not screens:
                continue
            try:
                async with self.database.transaction() as session:
                    live = await list_live_people(session, {screen.who.session_id for screen in screens})
            except Exception as error:
                log.warning("hub_beat_failed", error=type(error).__name__)
                continue
            for screen in screens:
                now = live.get(screen.who.session_id)
                if now is None:
                    screen.close("ended")
                    self.screens.discard(screen)
                elif now != screen.who:
                    screen.close()  # it comes back with a snapshot of what she sees now
                    self.screens.discard(screen)
                else:
                    screen.put(sent("beat", b"{}"))


async def last_seq(session: AsyncSession) -> int:
    return (await session.execute(select(func.max(OutboxRow.seq)))).scalar_one() or 0


async def read_inbox(session: AsyncSession, who: Person) -> Inbox:
    """The event number is read first: an event that comes in between is shown twice rather than never."""
    seq = await last_seq(session)
    ids = await orders_of(session, who)
    facts = await facts_of(session, ids)
    orders: list[OrderNews] = [facts[order_id].news_for(who) for order_id in ids if order_id in facts]
    return Inbox(seq=seq, now=clock.now(), orders=[news for news in orders if news.offers or news.job])
