"""A small server that speaks ARI as badly as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


def ok(request: dict[str, Any], body: str = "", status: int = 200) -> dict[str, Any]:
    return {
        "type": "RESTResponse",
        "request_id": request["request_id"],
        "status_code": status,
        "reason_phrase": "Said",
        "message_body": body,
    }


class FakeAri:
    """`answer` makes the response to a command (None: silence); `refuse` holds statuses for the next handshakes."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Answer = ok
        self.refuse: list[int] = []
        self.handshakes: list[Request] = []
        self.sockets: list[ServerConnection] = []
        self.requests: list[dict[str, Any]] = []
        self.greet: Callable[[ServerConnection], Awaitable[None]] | None = None

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        if self.greet:
            await self.greet(socket)
        async for frame in socket:
            request = orjson.loads(frame)
            self.requests.append(request)
            if (answer := self.answer(request)) is not None:
                await socket.send(orjson.dumps(answer), text=True)

    def check(self, socket: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        if self.refuse:
            return socket.respond(HTTPStatus(self.refuse.pop(0)), "no\n")
        return None

    async def send(self, *frames: str | bytes | dict[str, Any]) -> None:
        for frame in frames:
            await self.sockets[-1].send(orjson.dumps(frame) if isinstance(frame, dict) else frame, text=not isinstance(frame, bytes))


@asynccontextmanager
async def fake_ari() -> AsyncIterator[FakeAri]:
    fake = FakeAri()
    async with serve(fake.handle, "127.0.0.1", 0, process_request=fake.check, compression=None) as server:
        fake.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake
        await asyncio.sleep(0)
