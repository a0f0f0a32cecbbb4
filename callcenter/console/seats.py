"""Who sits at a console: sitting down, staying, making way for another sign-in of the same person, and being shown out.

Marks of life of all of a process's consoles are one transaction, so that 500 consoles cost what one does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.models import UserSession
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn, list_live_sessions
from callcenter.calls.models import ConsoleSocket
from callcenter.console.http import owed_by
from callcenter.console.hub import NOT_SIGNED_IN, REPLACED, Console, Hub
from callcenter.console.schemas import Ping, TakenOver
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.settings import Settings

log = structlog.get_logger()
# A console that hears nothing for 2.5 of them says so: as long as a caller waits for her agent to come back (Timings.agent_return).
HEARTBEAT = 4
FORGOTTEN = timedelta(minutes=5)
TOUCHES = 4  # marks of life in Timings.console_gone, after which voice takes the agent out of rotation


def may_see_calls(who: SignedIn, settings: Settings) -> bool:
    return who.actor.may(Permission.CALLS_SEE) and not owed_by(who, settings)


async def sit_down(database: Database, console: Console) -> TakenOver | None:
    """This sign-in's console is the person's console now: one of another sign-in is put to rest. Tabs of one sign-in live side by side.

    The other's row goes; its own process sees that at its next marks of life. Who was the last to sit down is so for all processes.
    """
    who, now = console.who, clock.now()
    async with database.transaction() as session:
        others = delete(ConsoleSocket).where(ConsoleSocket.agent_id == who.user_id, ConsoleSocket.session_id != who.session_id)
        fresh = ConsoleSocket.seen_at > now - FORGOTTEN
        replaced = {(row[0], row[1]) for row in await session.execute(others.returning(ConsoleSocket.session_id, fresh))}
        session.add(_row_of(console))
        for session_id, was_fresh in replaced:
            if was_fresh and (found := await session.get(UserSession, session_id)) is not None and found.ended_at is None:
                await audit(session, who.actor, "console:taken_over", session_id)
                return TakenOver(since=found.created_at, browser=found.browser)
    return None


def _row_of(console: Console) -> ConsoleSocket:
    return ConsoleSocket(id=console.id, agent_id=console.who.user_id, session_id=console.who.session_id, seen_at=clock.now())


class Seats:
    """Keeps the consoles of this process alive for voice, pinged, and no longer than their sign-ins."""

    def __init__(self, database: Database, hub: Hub, settings: Settings) -> None:
        self.database, self.hub, self.settings = database, hub, settings
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._ping(), name="pings"), asyncio.create_task(self._mark(), name="marks of life")]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            message = Ping(now=clock.now()).model_dump_json().encode()
            for console in list(self.hub.consoles):
                console.put(message)

    async def _mark(self) -> None:
        while True:
            await asyncio.sleep(self.settings.timings.console_gone / TOUCHES)
            consoles = list(self.hub.consoles)
            if not consoles:
                continue
            try:
                async with self.database.transaction() as session:
                    codes = await self._mark_all(session, consoles)
            except Exception as error:  # the database is away: the consoles stay and say so by themselves
                log.warning("consoles_not_touched", error=type(error).__name__)
                continue
            for console, code in codes:
                console.close(code)

    async def _mark_all(self, session: AsyncSession, consoles: Sequence[Console]) -> list[tuple[Console, int]]:
        """Marks those who may stay; returns the others with the code that tells them why.

        A console that stands open keeps its session from idling out: the agent of a quiet night must not be signed out under her telephone.
        """
        live = await list_live_sessions(session, {console.who.session_id for console in consoles})
        out: list[tuple[Console, int]] = []
        staying: list[Console] = []
        for console in consoles:
            now_who = live.get(console.who.session_id)
            if now_who is None or not may_see_calls(now_who, self.settings):
                out.append((console, NOT_SIGNED_IN))
            else:
                staying.append(console)
        now = clock.now()
        # in one order everywhere, so that two processes do not wait for each other
        rows = select(ConsoleSocket.id).where(ConsoleSocket.id.in_([c.id for c in staying])).order_by(ConsoleSocket.id).with_for_update()
        known = set(await session.scalars(rows))
        await session.execute(update(ConsoleSocket).where(ConsoleSocket.id.in_(known)).values(seen_at=now))
        lost = [console for console in staying if console.id not in known]
        if lost:
            persons = [console.who.user_id for console in lost]
            sat = await session.execute(select(ConsoleSocket.agent_id, ConsoleSocket.session_id).where(ConsoleSocket.agent_id.in_(persons)))
            others = {(row[0], row[1]) for row in sat}
            for console in lost:
                if any(agent == console.who.user_id and at != console.who.session_id for agent, at in others):
                    out.append((console, REPLACED))
                else:  # swept while the database or this process stood still
                    session.add(_row_of(console))
        await session.execute(delete(ConsoleSocket).where(ConsoleSocket.seen_at < now - FORGOTTEN))
        return out
