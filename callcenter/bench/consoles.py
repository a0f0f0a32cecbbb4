"""One event to 500 consoles of the running centre, each with a sign-in of its own."""

from __future__ import annotations

import asyncio
import base64
import os
import time
import uuid
from statistics import median
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.sessions import token_hash
from callcenter.bench.centre import BenchCentre, BenchFailed, Say
from callcenter.bench.figure import Figure, quantile
from callcenter.kit.db import Database
from callcenter.kit.outbox import publish

CONSOLES, EVENTS = 500, 60
EVERY = 0.25  # s
PATIENCE, LOOK = 5.0, 0.02
PING, PONG = 0x9, 0xA


class Ear(asyncio.Protocol):
    """A console that only listens: takes the server's frames apart as they come and notes when its event was among them.

    By hand, because 500 sockets of a client library in this process would take more time than what is measured.
    """

    def __init__(self, request: bytes, mark: bytes) -> None:
        self.request, self.mark = request, mark
        self.open = asyncio.get_running_loop().create_future()
        self.heard: list[int] = []
        self.lost = False
        self.said = b""
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        at = time.time_ns()
        self._buffer += data
        if self.request:  # the answer to the handshake first
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.said, self.request, self._buffer = bytes(head), b"", rest
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == PING and self._transport:
                self._transport.write(bytes((0x80 | PONG, 0x80 | len(payload))) + bytes(4) + payload)  # masked with zeros
            elif self.mark in payload[:200]:
                self.heard.append(at)
            elif not self.open.done() and b'"type":"snapshot"' in payload[:100]:
                self.open.set_result(None)

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return opcode, payload

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.open.done():
            self.open.set_exception(BenchFailed(f"the server closed a console's socket: {self.said!r}"))


async def _sign_in_all(session: AsyncSession) -> tuple[uuid.UUID, list[str]]:
    """500 agents with live sessions; written as rows, because 500 password hashes are no part of the figure. Returns whom the events are about."""
    tokens = [f"bench-{n}-{os.urandom(8).hex()}" for n in range(CONSOLES)]
    await session.execute(
        text(
            "INSERT INTO users (id, username, name, role, password_hash, active, dialects, created_at) "
            "SELECT gen_random_uuid(), 'ear' || n, '坐席' || n, 'agent', '', true, '[]', now() FROM generate_series(0, :last) n"
        ),
        {"last": CONSOLES - 1},
    )
    await session.execute(
        text(
            "INSERT INTO user_sessions (id, token_hash, user_id, csrf, created_at, seen_at, expires_at, address, browser) "
            "SELECT gen_random_uuid(), h.hash, u.id, '', now(), now(), now() + interval '1 hour', '', '' "
            "FROM unnest(CAST(:hashes AS text[])) WITH ORDINALITY h(hash, n) JOIN users u ON u.username = 'ear' || (h.n - 1)"
        ),
        {"hashes": [token_hash(token) for token in tokens]},
    )
    about = (await session.execute(text("SELECT agent_id FROM agent_presence LIMIT 1"))).scalar_one()
    return about, tokens


def _request(url: str, token: str) -> bytes:
    host = urlsplit(url).netloc
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/console HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nOrigin: {url}\r\nCookie: onekey_session={token}\r\n\r\n"
    ).encode()


async def _listen(url: str, token: str, mark: bytes) -> tuple[asyncio.Transport, Ear]:
    host, _, port = urlsplit(url).netloc.partition(":")
    return await asyncio.get_running_loop().create_connection(lambda: Ear(_request(url, token), mark), host, int(port))


async def event_to_consoles(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"{CONSOLES} consoles are opened, then told {EVENTS} events")
    centre.read_pops = False
    database = Database(centre.owner_url, pool_size=2)
    async with database.transaction() as session:
        about, tokens = await _sign_in_all(session)
    mark = f'"topic":"agent","id":"{about}"'.encode()
    ears: list[Ear] = []
    lines: list[asyncio.Transport] = []
    try:
        for n in range(0, CONSOLES, 20):
            some = [await _listen(centre.url, token, mark) for token in tokens[n : n + 20]]
            lines += [transport for transport, _ in some]
            ears += [ear for _, ear in some]
            await asyncio.wait_for(asyncio.gather(*(ear.open for _, ear in some)), 60)
            if n % 100 == 80:
                say(f"{n + 20} are open")
        await asyncio.sleep(3.0)  # the consoles' own coming is told to all of them: let that pass
        for ear in ears:
            ear.heard.clear()
        took: list[float] = []
        missing = 0
        for _ in range(EVENTS):
            async with database.transaction() as session:
                await publish(session, "agent", about, {})
            committed = time.time_ns()
            for _ in range(int(PATIENCE / LOOK)):
                if all(ear.heard for ear in ears):
                    break
                await asyncio.sleep(LOOK)
            took += [(ear.heard[0] - committed) / 1e6 for ear in ears if ear.heard]
            missing += sum(not ear.heard for ear in ears)
            await asyncio.sleep(EVERY)
            for ear in ears:
                ear.heard.clear()
        lost = sum(ear.lost for ear in ears)
    finally:
        for line in lines:
            line.close()
        await database.close()
    if lost:
        raise BenchFailed(f"{lost} consoles were closed by the server")
    return [
        Figure(
            "event_to_consoles",
            f"one event from its commit to {CONSOLES} consoles, p99 over consoles and {EVENTS} events",
            round(quantile(took, 0.99), 1), "ms", 100, "", None, None,
            f"median {median(took):.1f} ms, the last console of all {max(took):.1f} ms; not told: {missing} of {CONSOLES * EVENTS}; "
            "the 500 sockets are read on the same two cores",
        )
    ]  # fmt: skip
