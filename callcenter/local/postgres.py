"""An own PostgreSQL: never as root, on a unix socket only, in the foreground.

Roles are as in production: `postgres` (superuser, unused by us), `onekey` (owner of the database: migrations), and whatever migrations create, which
must log in with a password (SCRAM) even here.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from callcenter.local.folders import reachable_folder, short_temp, sweep_temp
from callcenter.local.postgres_binaries import Binaries, NoPostgres, choose, runnable_by
from callcenter.local.process import Identity, runs, spawn, stop, unprivileged, wait_until

DATABASE = "onekey"
OWNER = "onekey"
PORT = 5432  # only a part of the socket's name
HBA = f"""# Only this user's own programs reach the socket (its folder is private). The narrow roles need their password all the same.
local all postgres,{OWNER} trust
local all all scram-sha-256
"""
COMMON = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # our queries are short; compiling them costs more than it saves
    "password_encryption": "scram-sha-256",
    "log_min_duration_statement": "500ms",
    "log_parameter_max_length": "0",  # no personal data in a log
    "log_parameter_max_length_on_error": "0",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class PostgresFailed(Exception):
    """It did not start; the message ends with its own last words."""


@dataclass
class Embedded:
    """One server. `prepare` → (a supervisor runs `argv`) → `ready` → `ensure_database`; or `start` and `stop` for all of it.

    `folder` keeps the data from run to run. When its user may not enter it (root's checkout), the data lie elsewhere: see `data`.
    """

    folder: Path
    durable: bool = True
    origin: str = ""  # "system" or "wheel"; "" the best there is
    extra: dict[str, str] = field(default_factory=dict)  # more settings of postgresql.conf
    identity: Identity | None = field(init=False, default=None)
    binaries: Binaries = field(init=False)
    data: Path = field(init=False)
    sockets: Path = field(init=False)
    argv: list[str] = field(init=False, default_factory=list)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def url(self, user: str = OWNER, database: str = DATABASE) -> str:
        """In libpq's form, which psycopg, psql and SQLAlchemy all read."""
        return f"postgresql://{user}@/{database}?host={self.sockets}&port={PORT}"

    @property
    def env(self) -> dict[str, str]:
        """Nothing of ours (PGOPTIONS, PGDATA, secrets) reaches the server."""
        return {"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C.UTF-8", "HOME": str(self.data.parent)}

    def prepare(self) -> None:
        """Make the data folder (the first time 0.8 s) and everything that `argv` needs. Raises NoPostgres, PostgresFailed."""
        self.identity = unprivileged(self.folder)
        place = reachable_folder(self.folder, self.identity)
        self.data = place / "data"
        self.binaries = runnable_by(choose(self.data, self.origin), self.identity)
        self._wait_for_predecessor()
        if not (self.data / "PG_VERSION").exists():
            self._initdb(place)
        self.sockets = short_temp("pg", self.identity)
        options = COMMON | (DURABLE if self.durable else FAST) | {"unix_socket_directories": str(self.sockets)} | self.extra
        self.argv = [self.binaries.program("postgres"), "-D", str(self.data)]
        for name, value in options.items():
            self.argv += ["-c", f"{name}={value}"]

    def _initdb(self, place: Path) -> None:
        making = place / "data.new"  # renamed when whole: a start that is killed here leaves nothing half-made
        shutil.rmtree(making, ignore_errors=True)
        argv = [
            self.binaries.program("initdb"),
            "-D",
            str(making),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
            "--no-instructions",
        ]
        if not self.durable:
            argv.append("--no-sync")
        who = {"user": self.identity.uid, "group": self.identity.gid, "extra_groups": []} if self.identity else {}
        done = subprocess.run(argv, cwd="/", env=self.env, capture_output=True, text=True, check=False, **who)  # type: ignore[call-overload]
        if done.returncode:
            raise PostgresFailed(f"initdb failed in {place}: {done.stderr.strip()[-800:]}")
        (making / "pg_hba.conf").write_text(HBA)
        making.rename(self.data)

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _wait_for_predecessor(self) -> None:
        """After kill -9 of its supervisor the last server is still shutting down: let it finish. A pid file that a reboot left is removed."""
        lines = self._pid_file()
        if not lines:
            return
        pid = int(lines[0])
        if not wait_until(lambda: not (self._pid_file() and runs(pid, "postgres")), timeout=20):
            raise PostgresFailed(f"another PostgreSQL (pid {pid}) holds {self.data}; is a second run going on in the same home?")
        with suppress(FileNotFoundError):
            (self.data / "postmaster.pid").unlink()

    def ready(self) -> bool:
        """The server's own word (eighth line of its pid file), which needs no connection."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[4] == str(self.sockets) and lines[7].strip() == "ready"

    def ensure_database(self, database: str = DATABASE) -> None:
        """The owner's role and its database; harmless twice."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                # as a careful administrator would set it up: no superuser, but allowed to make the narrow roles and to end their sessions
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(sql.Identifier(OWNER)))
                admin.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(OWNER)))
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(sql.Identifier(database), sql.Identifier(OWNER))
                )

    def start(self, timeout: float = 30.0) -> str:
        """Run it as our own child and return the owner's URL. Call it from a thread that lives on (see `process.spawn`)."""
        self.prepare()
        log = self.data.parent / "log"
        with log.open("ab") as out:
            self._process = spawn(self.argv, env=self.env, cwd="/", log=out, identity=self.identity, death_signal=signal.SIGINT)
        process = self._process
        if not wait_until(lambda: self.ready() or process.poll() is not None, timeout=timeout) or process.poll() is not None:
            self.stop()
            raise PostgresFailed(f"PostgreSQL did not start: {log.read_text(errors='replace')[-800:]}")
        self.ensure_database()
        return self.url()

    def stop(self) -> None:
        """Fast shutdown (SIGINT: sessions are ended, data are written), then its sockets' folder is removed."""
        if self._process:
            stop(self._process, first=signal.SIGINT, patience=30)
            self._process = None
        self.cleanup()

    def cleanup(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)


@contextmanager
def temporary_postgres(origin: str = "", **extra: str) -> Iterator[str]:
    """Yields the owner's URL of an empty database `onekey`; fsync is off. `origin`: "system", "wheel" or "" for the best there is.

    `extra` are more settings of postgresql.conf. Enter it in a thread that lives on (pytest's main thread does).
    """
    with temporary_server(origin, durable=False, **extra) as server:
        yield server.url()


@contextmanager
def temporary_server(origin: str = "", *, durable: bool = False, **extra: str) -> Iterator[Embedded]:
    """The same, when the test needs the server itself: `url(user, database)` of the superuser, or its process to freeze."""
    sweep_temp()
    # owned by whom the server will run as: it may enter it, and needs no second home for its data
    folder = short_temp("data", unprivileged(Path("/")))
    server = Embedded(folder / "pg", durable=durable, origin=origin, extra=extra)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["DATABASE", "OWNER", "Embedded", "NoPostgres", "PostgresFailed", "temporary_postgres", "temporary_server"]
