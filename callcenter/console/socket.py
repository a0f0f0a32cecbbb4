"""`/ws/console`: hello, snapshot, events, pings (docs/console-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import cast

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select, update

from callcenter.accounts.audit import audit
from callcenter.accounts.models import UserSession
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn, get_session_of
from callcenter.calls.models import ConsoleSocket
from callcenter.console.desk import CommandDesk
from callcenter.console.http import cookie_name, is_own_origin, owed_by
from callcenter.console.hub import NOT_SIGNED_IN, REPLACED, Console, Hub
from callcenter.console.schemas import ClientMessage, Hello, PhoneState, Ping, TakenOver
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
router = APIRouter()
PROTOCOL = 1
HEARTBEAT = (
    4  # a console that hears nothing for 2.5 of them says so: as long as a caller waits for her agent to come back (Timings.agent_return)
)
FORGOTTEN = timedelta(minutes=5)
TOUCHES = 4  # marks of life in Timings.console_gone, after which voice takes the agent out of rotation
MAX_FROM_CLIENT = 4096

_messages: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


@router.websocket("/ws/console")
async def console_socket(socket: WebSocket) -> None:
    state = socket.app.state
    settings, database, hub, desk = (
        cast(Settings, state.settings),
        cast(Database, state.database),
        cast(Hub, state.hub),
        cast(CommandDesk, state.desk),
    )
    who = await _who(socket, settings, database)
    await socket.accept()
    if who is None or not may_see_calls(who, settings):
        await socket.close(NOT_SIGNED_IN)
        return
    console = Console(new_id(), socket, who)
    work: list[asyncio.Task[None]] = []
    try:
        took_over = await _sit_down(database, console)
        console.put(Hello(protocol=PROTOCOL, now=clock.now(), heartbeat_s=HEARTBEAT, took_over=took_over).model_dump_json().encode())
        hub.replace(console)
        hub.consoles.add(console)
        await desk.wake_voice()
        await hub.snapshot(console)
        work = [
            asyncio.create_task(_write(console)),
            asyncio.create_task(_read(console, desk)),
            asyncio.create_task(_beat(console, database, settings)),
        ]
        await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    except WebSocketDisconnect:
        pass
    finally:
        hub.consoles.discard(console)
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        with contextlib.suppress(Exception):
            await socket.close(console.close_code or 1000)


def may_see_calls(who: SignedIn, settings: Settings) -> bool:
    return who.actor.may(Permission.CALLS_SEE) and not owed_by(who, settings)


async def _who(socket: WebSocket, settings: Settings, database: Database) -> SignedIn | None:
    origin = socket.headers.get("origin")
    token = socket.cookies.get(cookie_name(settings))
    if not token or origin is None or not is_own_origin(origin, socket.headers.get("host"), settings):
        return None
    try:
        async with database.transaction() as session:
            return await get_session_of(session, token)
    except AppError:
        return None


async def _write(console: Console) -> None:
    while True:
        message = await console.queue.get()
        if console.close_code:
            return
        await console.socket.send_text(message.decode())


async def _read(console: Console, desk: CommandDesk) -> None:
    while True:
        raw = await console.socket.receive_text()
        if len(raw) > MAX_FROM_CLIENT:
            console.close(1009)
            return
        try:
            message = _messages.validate_json(raw)
        except ValidationError:
            log.info("console_message_not_understood")
            continue
        if isinstance(message, PhoneState) and console.who.actor.may(Permission.CALLS_TAKE):
            kind = "phone_registered" if message.state == "registered" else "console"
            await desk.ask(kind, agent_id=console.who.user_id)


async def _beat(console: Console, database: Database, settings: Settings) -> None:
    """Pings, marks of life, and the end of the session: the socket of whoever has left, or sees calls no more, does not live on.

    A console that stands open keeps its session from idling out: the agent of a quiet night must not be signed out under her telephone.
    """
    since_ping, every = 0.0, settings.timings.console_gone / TOUCHES
    token = console.socket.cookies.get(cookie_name(settings), "")
    while True:
        await asyncio.sleep(every)
        since_ping += every
        if since_ping >= HEARTBEAT - every / 2:
            since_ping = 0.0
            console.put(Ping(now=clock.now()).model_dump_json().encode())
        with contextlib.suppress(OSError):
            try:
                async with database.transaction() as session:
                    still = may_see_calls(await get_session_of(session, token), settings)
            except AppError:
                still = False
            except Exception as error:  # the database is away: the console stays and says so by itself
                log.warning("console_not_touched", error=type(error).__name__)
                continue
            if not still:
                console.close(NOT_SIGNED_IN)
                return
            if not await _touch(database, console):
                console.close(REPLACED)
                return


async def _sit_down(database: Database, console: Console) -> TakenOver | None:
    """This sign-in's console is the person's console now: one of another sign-in is put to rest. Tabs of one sign-in live side by side.

    The other's row goes; its own process sees that at its next mark of life. Who was the last to sit down is so for all processes.
    """
    who, now = console.who, clock.now()
    async with database.transaction() as session:
        others = delete(ConsoleSocket).where(ConsoleSocket.agent_id == who.user_id, ConsoleSocket.session_id != who.session_id)
        fresh = ConsoleSocket.seen_at > now - FORGOTTEN
        replaced = {(row[0], row[1]) for row in await session.execute(others.returning(ConsoleSocket.session_id, fresh))}
        session.add(ConsoleSocket(id=console.id, agent_id=who.user_id, session_id=who.session_id, seen_at=now))
        for session_id, was_fresh in replaced:
            if was_fresh and (found := await session.get(UserSession, session_id)) is not None and found.ended_at is None:
                await audit(session, who.actor, "console:taken_over", session_id)
                return TakenOver(since=found.created_at, browser=found.browser)
    return None


async def _touch(database: Database, console: Console) -> bool:
    """A mark of life; False: another sign-in has taken over. The row stays when the socket goes: who reloads is not offline for it."""
    now, who = clock.now(), console.who
    async with database.transaction() as session:
        mine = update(ConsoleSocket).where(ConsoleSocket.id == console.id).values(seen_at=now).returning(ConsoleSocket.id)
        if await session.scalar(mine) is None:
            newer = select(ConsoleSocket.id).where(ConsoleSocket.agent_id == who.user_id, ConsoleSocket.session_id != who.session_id)
            if await session.scalar(newer.limit(1)) is not None:
                return False
            session.add(ConsoleSocket(id=console.id, agent_id=who.user_id, session_id=who.session_id, seen_at=now))
        stale = delete(ConsoleSocket).where(ConsoleSocket.agent_id == who.user_id, ConsoleSocket.seen_at < now - FORGOTTEN)
        await session.execute(stale)
    return True
