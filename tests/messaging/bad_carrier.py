"""A carrier's HTTP server on a port of this machine that does what carriers do on bad days. It remembers every request that it has read whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class BadCarrier:
    """`answers` with whatever the function says; a number of seconds instead waits, None drops the connection after reading."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: Callable[[Asked], Answer | float | None] = lambda asked: (200, {})
    headers: dict[str, str] = field(default_factory=dict)
    slow_then: tuple[float, Answer] | None = None  # instead of `answers`: late, but an answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            asked = Asked(method, target, headers, body)
            self.asked.append(asked)
            if self.slow_then:
                await asyncio.sleep(self.slow_then[0])
            answer = self.slow_then[1] if self.slow_then else self.answers(asked)
            if isinstance(answer, float):
                await asyncio.sleep(answer)
            elif answer is not None:
                status, content = answer
                sent = content if isinstance(content, bytes) else orjson.dumps(content)
                more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
                writer.write(f"HTTP/1.1 {status} x\r\n{more}Content-Length: {len(sent)}\r\nConnection: close\r\n\r\n".encode() + sent)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def open_carrier() -> AsyncIterator[BadCarrier]:
    carrier = BadCarrier()
    server = await asyncio.start_server(carrier.serve, "127.0.0.1", 0)
    carrier.port = server.sockets[0].getsockname()[1]
    try:
        yield carrier
    finally:
        server.close()
        await server.wait_closed()
