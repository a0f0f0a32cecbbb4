"""What happens to an agent's machine: the cable is pulled, the lid is closed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path


class Cable:
    """A TCP line to a port that can be pulled out: what runs over it stands still and new connections hang, as on a dead network."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self._in = asyncio.Event()
        self._in.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def pull(self) -> None:
        self._in.clear()

    def plug_in(self) -> None:
        self._in.set()

    async def lay(self) -> None:
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def take_up(self) -> None:
        self.plug_in()
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._in.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    await self._in.wait()
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.close()


@asynccontextmanager
async def cables(*targets: int) -> AsyncIterator[list[Cable]]:
    laid = [Cable(target) for target in targets]
    for cable in laid:
        await cable.lay()
    try:
        yield laid
    finally:
        for cable in laid:
            await cable.take_up()


def processes_with(mark: str) -> list[int]:
    """The process with this mark in its arguments, and all below it."""
    parents: dict[int, int] = {}
    tops: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            continue
        if mark.encode() in arguments:
            tops.append(int(entry.name))
    found = set(tops)
    grew = True
    while grew:
        below = {pid for pid, parent in parents.items() if parent in found} - found
        grew = bool(below)
        found |= below
    return sorted(found)


@contextmanager
def asleep(mark: str) -> Iterator[None]:
    """The machine of a browser that was started with this mark: nothing on it runs, nothing says good-bye."""
    pids = processes_with(mark)
    assert pids, f"no browser has {mark}"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
