"""Commands to voice, the api's side: a row, a wake-up, then the outcome or "not done" within the deadline. Works without Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, text

from callcenter.calls.engine.commands import COMMAND_DONE, WAKE_VOICE
from callcenter.calls.models import CallCommand
from callcenter.console.schemas import CommandOutcome
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.kit.listen import wakes

POLL = 0.25  # a lost NOTIFY costs this long


class CommandDesk:
    def __init__(self, database: Database, *, within: float) -> None:
        self.database, self.within = database, within
        self._waiting: dict[str, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="command outcomes")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        async for payload in wakes(self.database.url, COMMAND_DONE, every=30.0):
            if payload in self._waiting:
                self._waiting[payload].set()

    async def ask(
        self,
        kind: str,
        *,
        agent_id: uuid.UUID | None,
        call_id: uuid.UUID | None = None,
        args: dict[str, Any] | None = None,
        within: float | None = None,
    ) -> tuple[CommandOutcome, dict[str, Any]]:
        """The outcome and what voice answered. `not_done` with reason `no_answer` when voice was silent: then it will not be done later either."""
        command_id, now = new_id(), clock.now()
        deadline = within or self.within
        done = self._waiting[str(command_id)] = asyncio.Event()
        try:
            async with self.database.transaction() as session:
                await session.execute(
                    insert(CallCommand).values(
                        id=command_id,
                        kind=kind,
                        call_id=call_id,
                        agent_id=agent_id,
                        args=args or {},
                        created_at=now,
                        deadline_at=now + timedelta(seconds=deadline),
                        outcome="",
                        reason="",
                        result={},
                    )
                )
                await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
            loop = asyncio.get_running_loop()
            until = loop.time() + deadline
            while (left := until - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), min(left, POLL))
                async with self.database.transaction() as session:
                    row = (
                        await session.execute(
                            select(CallCommand.outcome, CallCommand.reason, CallCommand.result).where(CallCommand.id == command_id)
                        )
                    ).one()
                if row.outcome:
                    return CommandOutcome(outcome=row.outcome, reason=row.reason), row.result
        finally:
            self._waiting.pop(str(command_id), None)
        return CommandOutcome(outcome="not_done", reason="no_answer"), {}

    async def wake_voice(self) -> None:
        """Consoles came or went: voice looks at once instead of within its second."""
        async with self.database.transaction() as session:
            await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
