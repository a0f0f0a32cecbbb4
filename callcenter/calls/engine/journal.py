"""The ordered writer of voice: what happened is put in, and is committed in order, several changes in one transaction.

When the database is away changes wait here, and are written when it is back: a live conversation needs no commit. A change that fails by itself is tried alone
once more, then reported and left out, so that one bad row cannot hold up the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import trace
from callcenter.kit.db import Database, is_database_away
from callcenter.kit.lease import Lease, LeaseLost

log = structlog.get_logger()

Change = Callable[[AsyncSession], Awaitable[None]]
BATCH = 40
GIVES_WAY = 0.02  # s at most, for a press that is being stored


async def _nothing(session: AsyncSession) -> None:
    """The last change: when it is written, all before it are."""


class Journal:
    def __init__(self, database: Database, lease: Lease, on_lost: Callable[[], None]) -> None:
        self._database, self._lease, self._on_lost = database, lease, on_lost
        self._waiting: deque[tuple[Change, asyncio.Future[None] | None]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._behind_since: float | None = None
        self._lost = False
        self._held = 0
        self._let_go = asyncio.Event()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="journal")

    async def close(self) -> None:
        """Write what is left (for 2 s at most), then stop."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.write(_nothing), 2)
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def put(self, change: Change) -> None:
        self._add(change, None)

    async def write(self, change: Change) -> None:
        """Returns when it is committed; raises what made it fail (LeaseLost: nothing is written any more)."""
        if self._lost:
            raise LeaseLost("voice")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(change, future)
        await future

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What waits here gives way for a moment: a press that is being stored meanwhile has the processor and the database to itself."""
        self._held += 1
        self._let_go.clear()
        try:
            yield
        finally:
            self._held -= 1
            if not self._held:
                self._let_go.set()

    def behind(self) -> float:
        """Seconds for which the oldest change has not been committed."""
        return time.monotonic() - self._behind_since if self._behind_since is not None else 0.0

    def _add(self, change: Change, future: asyncio.Future[None] | None) -> None:
        if self._lost:
            return
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        self._waiting.append((change, future))
        self._wake.set()

    async def _run(self) -> None:
        pause, alone = 0.05, False
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._held:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._let_go.wait(), GIVES_WAY)
            while self._waiting:
                batch = [self._waiting[i] for i in range(1 if alone else min(BATCH, len(self._waiting)))]
                try:
                    await self._commit(batch)
                except LeaseLost:
                    log.error("journal_lease_lost", left=len(self._waiting))
                    self._fail_all()
                    self._on_lost()
                    return
                except Exception as error:
                    if is_database_away(error):
                        log.warning("journal_database_away", waiting=len(self._waiting), error=type(error).__name__)
                        await asyncio.sleep(pause)
                        pause = min(pause * 2, 0.5)
                        continue
                    if alone:
                        log.exception("journal_change_failed")
                        _, future = self._waiting.popleft()
                        self._count_from_now()
                        if future and not future.done():
                            future.set_exception(error)
                    alone = not alone  # the bad one is found by committing one at a time, once
                    continue
                pause = 0.05
                for _ in batch:
                    self._waiting.popleft()
                alone = alone and bool(self._waiting)
                self._count_from_now()

    def _count_from_now(self) -> None:
        self._behind_since = time.monotonic() if self._waiting else None

    async def _commit(self, batch: list[tuple[Change, asyncio.Future[None] | None]]) -> None:
        async with self._database.transaction() as session:
            await self._lease.check_epoch(session)
            for change, _ in batch:
                trace.unbind()  # each is about another call
                await change(session)
        for _, future in batch:
            if future and not future.done():
                future.set_result(None)

    def _fail_all(self) -> None:
        self._lost = True
        for _, future in self._waiting:
            if future and not future.done():
                future.set_exception(LeaseLost("voice"))
        self._waiting.clear()
