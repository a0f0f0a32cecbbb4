"""Who sends: a sweep over the rows whose time has come. Any number of senders may sweep side by side (attempts.py says why that is safe)."""

from __future__ import annotations

import asyncio

import structlog

from callcenter.kit.db import Database
from callcenter.kit.listen import wakes
from callcenter.messaging.actions import WAKE_SENDER
from callcenter.messaging.attempts import Step, begin, carry_out, claim_due
from callcenter.messaging.port import Carrier, Carriers
from callcenter.messaging.rules import SEND_TIMEOUT

log = structlog.get_logger()
AT_ONCE = 20  # requests to carriers in flight


class Sender:
    """Of one process. One slow carrier holds up its own requests, not the rows behind them, up to `at_once`."""

    def __init__(self, database: Database, carriers: Carriers, *, at_once: int = AT_ONCE) -> None:
        self._database = database
        self._carriers = carriers
        self._at_once = at_once
        self._running: set[asyncio.Task[None]] = set()
        self._sweeping = False
        self._again = False
        self._finishing = False

    async def sweep(self) -> int:
        """Begin everything that is due; returns how many requests were begun, which go on behind it. A second call in mid-sweep only says "again"."""
        if self._finishing:
            return 0
        if self._sweeping:
            self._again = True
            return 0
        self._sweeping = True
        begun = 0
        try:
            while True:
                self._again = False
                seen, started = await self._begin_some()
                begun += started
                if not seen and not self._again:
                    return begun
        finally:
            self._sweeping = False

    async def settle(self) -> None:
        """Wait for the requests in flight."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=SEND_TIMEOUT + 5)

    async def finish(self) -> None:
        """Begin nothing more, and let what is in flight write its outcome: what is cut off may have gone out, and nobody would know."""
        self._finishing = True
        await self.settle()

    async def watch(self, *, every: float) -> None:
        """Sweep when something was queued, and every so often. Needs no Valkey."""
        async with wakes(self._database.url, WAKE_SENDER, every=every) as heard:
            async for _ in heard:
                await self.look()

    async def look(self) -> None:
        """A sweep whose failing waits for the next one."""
        try:
            await self.sweep()
        except Exception as error:
            log.warning("message_sweep_failed", error=type(error).__name__)

    async def _begin_some(self) -> tuple[int, int]:
        """(rows seen, requests begun)."""
        while len(self._running) >= self._at_once:
            await asyncio.wait(set(self._running), return_when=asyncio.FIRST_COMPLETED)
        if self._finishing:
            return 0, 0
        todo: list[tuple[Carrier, Step]] = []
        async with self._database.transaction() as session:
            rows = await claim_due(session, self._at_once - len(self._running))
            for message in rows:
                carrier = self._carriers.get(message.channel)
                step = await begin(session, message, carrier)
                if step is not None and carrier is not None:
                    todo.append((carrier, step))
        for carrier, step in todo:
            task = asyncio.create_task(self._guarded(carrier, step))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(rows), len(todo)

    async def _guarded(self, carrier: Carrier, step: Step) -> None:
        try:
            await carry_out(self._database, carrier, step)
        except Exception as error:  # the row keeps its deadline, and a sweep comes back to it
            log.warning("message_step_failed", error=type(error).__name__)
