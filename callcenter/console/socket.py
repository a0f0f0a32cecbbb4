"""`/ws/console`: hello, snapshot, events, pings (docs/console-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import cast

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as pg_insert

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn, get_session_of
from callcenter.calls.models import ConsoleSocket
from callcenter.console.desk import CommandDesk
from callcenter.console.http import COOKIE, is_own_origin
from callcenter.console.hub import NOT_SIGNED_IN, Console, Hub
from callcenter.console.schemas import ClientMessage, Hello, PhoneState, Ping
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
router = APIRouter()
PROTOCOL = 1
HEARTBEAT = 10
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
    if who is None or not who.actor.may(Permission.CALLS_SEE):
        await socket.close(NOT_SIGNED_IN)
        return
    console = Console(new_id(), socket, who)
    work: list[asyncio.Task[None]] = []
    try:
        console.put(Hello(protocol=PROTOCOL, now=clock.now(), heartbeat_s=HEARTBEAT).model_dump_json().encode())
        hub.consoles.add(console)
        await _touch(database, console)
        await desk.wake_voice()
        await hub.snapshot(console)
        work = [
            asyncio.create_task(_write(console)),
            asyncio.create_task(_read(console, desk)),
            asyncio.create_task(_beat(console, database, settings.timings.console_gone / TOUCHES)),
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


async def _who(socket: WebSocket, settings: Settings, database: Database) -> SignedIn | None:
    origin = socket.headers.get("origin")
    token = socket.cookies.get(COOKIE)
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


async def _beat(console: Console, database: Database, every: float) -> None:
    """Pings, marks of life, and the end of the session: the socket of whoever has left, or sees calls no more, does not live on."""
    since_ping = 0.0
    token = console.socket.cookies.get(COOKIE, "")
    while True:
        await asyncio.sleep(every)
        since_ping += every
        if since_ping >= HEARTBEAT - every / 2:
            since_ping = 0.0
            console.put(Ping(now=clock.now()).model_dump_json().encode())
        with contextlib.suppress(OSError):
            try:
                async with database.transaction() as session:
                    (await get_session_of(session, token)).actor.must(Permission.CALLS_SEE)
            except AppError:
                console.close(NOT_SIGNED_IN)
                return
            except Exception as error:  # the database is away: the console stays and says so by itself
                log.warning("console_not_touched", error=type(error).__name__)
                continue
            await _touch(database, console)


async def _touch(database: Database, console: Console) -> None:
    """The row stays when the socket goes: an agent who reloads is not offline for it (Timings.console_gone)."""
    now = clock.now()
    async with database.transaction() as session:
        row = pg_insert(ConsoleSocket).values(id=console.id, agent_id=console.who.user_id, session_id=console.who.session_id, seen_at=now)
        await session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))
        await session.execute(
            delete(ConsoleSocket).where(ConsoleSocket.agent_id == console.who.user_id, ConsoleSocket.seen_at < now - timedelta(minutes=5))
        )
