"""`/ws/console`: hello, snapshot, events, pings (docs/console-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn, get_session_of
from callcenter.console.desk import CommandDesk
from callcenter.console.http import cookie_name, is_own_origin
from callcenter.console.hub import NOT_SIGNED_IN, Console, Hub
from callcenter.console.schemas import ClientMessage, Hello, PhoneState
from callcenter.console.seats import HEARTBEAT, may_see_calls, sit_down
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
router = APIRouter()
PROTOCOL = 3
MAX_FROM_CLIENT = 4096
GOOD_BYE = 2.0  # s for the closing word: who reads nothing does not read that either

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
    work: list[asyncio.Task[Any]] = []
    try:
        took_over = await sit_down(database, console)
        console.put(Hello(protocol=PROTOCOL, now=clock.now(), heartbeat_s=HEARTBEAT, took_over=took_over).model_dump_json().encode())
        hub.replace(console)
        hub.consoles.add(console)
        await desk.wake_voice()
        await hub.snapshot(console)
        work = [
            asyncio.create_task(_write(console)),
            asyncio.create_task(_read(console, desk)),
            asyncio.create_task(console.closing.wait()),
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
            await asyncio.wait_for(socket.close(console.close_code or 1000), GOOD_BYE)


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
        await console.socket.send_text((await console.queue.get()).decode())


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
