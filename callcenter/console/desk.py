"""Commands to voice, the api's side: a row, a wake-up, then the outcome or "not done" within the deadline. Works without Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallCommand
from callcenter.calls.wake import COMMAND_DONE, WAKE_VOICE
from callcenter.console.idempotency import once
from callcenter.console.schemas import CommandOutcome
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.kit.listen import wakes

POLL = 0.25  # a lost NOTIFY costs this long


class Command(BaseModel):
    """What is asked, without when and by whom: equal for a request that is sent twice."""

    kind: str
    call_id: uuid.UUID | None
    args: dict[str, Any]


class Placed(BaseModel):
    id: uuid.UUID


class CommandDesk:
    def __init__(self, database: Database, *, within: float) -> None:
        self.database, self.within = database, within
        self._waiting: dict[uuid.UUID, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="command outcomes")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        async with wakes(self.database.url, COMMAND_DONE, every=30.0) as heard:
            async for payload in heard:
                if payload and (waiting := self._waiting.get(uuid.UUID(payload))):
                    waiting.set()

    async def ask(
        self,
        kind: str,
        *,
        agent_id: uuid.UUID | None,
        call_id: uuid.UUID | None = None,
        args: dict[str, Any] | None = None,
        within: float | None = None,
        key: str | None = None,
    ) -> tuple[CommandOutcome, dict[str, Any]]:
        """The outcome and what voice answered. `not_done` with reason `no_answer` when voice was silent: then it will not be done later either.

        `key` is an Idempotency-Key: asked again under it, the first command's outcome is told and nothing is commanded.
        """
        deadline = within or self.within
        command, mine = Command(kind=kind, call_id=call_id, args=args or {}), Placed(id=new_id())
        done = self._waiting[mine.id] = asyncio.Event()
        placed = mine
        try:
            async with self.database.transaction() as session:

                async def place() -> Placed:
                    await self._place(session, mine.id, command, agent_id, deadline)
                    return mine

                placed = await (once(session, agent_id, key, kind, command, Placed, place) if agent_id else place())
            if placed.id != mine.id:
                done = self._waiting.setdefault(placed.id, done)
            return await self._outcome(placed.id, done, deadline, look_first=placed.id != mine.id)
        finally:
            self._waiting.pop(mine.id, None)
            self._waiting.pop(placed.id, None)

    async def _place(
        self, session: AsyncSession, command_id: uuid.UUID, command: Command, agent_id: uuid.UUID | None, deadline: float
    ) -> None:
        now = clock.now()
        await session.execute(
            insert(CallCommand).values(
                id=command_id,
                **command.model_dump(),
                agent_id=agent_id,
                created_at=now,
                deadline_at=now + timedelta(seconds=deadline),
                outcome="",
                reason="",
                result={},
            )
        )
        await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})

    async def _outcome(
        self, command_id: uuid.UUID, done: asyncio.Event, deadline: float, *, look_first: bool
    ) -> tuple[CommandOutcome, dict[str, Any]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline
        while (left := until - loop.time()) > 0:
            if not look_first:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), min(left, POLL))
            look_first = False
            async with self.database.transaction() as session:
                row = (
                    await session.execute(
                        select(CallCommand.outcome, CallCommand.reason, CallCommand.result).where(CallCommand.id == command_id)
                    )
                ).one_or_none()
            if row is None:  # swept since: old enough to be forgotten
                break
            if row.outcome:
                return CommandOutcome(outcome=row.outcome, reason=row.reason), row.result
        return CommandOutcome(outcome="not_done", reason="no_answer"), {}

    async def wake_voice(self) -> None:
        """Consoles came or went: voice looks at once instead of within its second."""
        async with self.database.transaction() as session:
            await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
