"""The database's way into a backup and out of it, by PostgreSQL's own programs; a database is filled beside the old one, then takes its place."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.engine import make_url

from callcenter.kit.listen import plain_url
from callcenter.local.lock import run_lock
from callcenter.local.postgres import Embedded
from callcenter.local.postgres_binaries import SYSTEM, available
from callcenter.settings import Settings

MAINTENANCE = "postgres"  # the database from which others are made and renamed
_PIECE = 256 * 1024
Connection = psycopg.Connection[tuple[Any, ...]]


class DatabaseProblem(Exception):
    """In words for the operator."""


# --- where it is ---------------------------------------------------------------------------------------------------------------------


@contextmanager
def running_owner(settings: Settings, running: str) -> Iterator[str]:
    """The owner's URL: given, that of the run that goes on (`running`), or of this home's own PostgreSQL, which is started for the while."""
    if settings.database_url or running:
        yield settings.database_url or running
        return
    with own_server(settings) as url:
        yield url


@contextmanager
def own_server(settings: Settings) -> Iterator[str]:
    server = Embedded(settings.home.resolve() / "postgres")
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def target(settings: Settings, *, undo: list[bool]) -> Iterator[str]:
    """The same for a restore, with the home locked against a run. As long as `undo` is not empty at the end, a server that was made for it is removed."""
    home = settings.home.resolve()
    with ExitStack() as stack:
        stack.enter_context(run_lock(home))
        if settings.database_url:
            yield settings.database_url
            return
        fresh = not (home / "postgres").exists() and not (home / "postgres.location").exists()
        server = Embedded(home / "postgres")
        try:
            yield server.start()
        finally:
            server.stop()
            if fresh and undo:
                shutil.rmtree(server.data.parent, ignore_errors=True)
                shutil.rmtree(home / "postgres", ignore_errors=True)
                (home / "postgres.location").unlink(missing_ok=True)


# --- PostgreSQL's programs -----------------------------------------------------------------------------------------------------------


def program(name: str, major: int) -> str:
    """pg_dump or pg_restore of the server's major version: another one's may not understand it, or say what it does not understand."""
    found: dict[int, str] = {}
    for binaries in reversed(available()):
        found[binaries.major] = binaries.program(name)
    for folder in SYSTEM.glob("*/bin"):  # where only the client is installed
        if folder.parent.name.isdigit() and (folder / name).exists():
            found.setdefault(int(folder.parent.name), str(folder / name))
    if on_path := shutil.which(name):
        said = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False).stdout
        if version := re.search(r"(\d+)\.\d+", said):
            found.setdefault(int(version[1]), on_path)
    if major in found and Path(found[major]).exists():
        return found[major]
    there = ", ".join(map(str, sorted(found))) or "none"
    raise DatabaseProblem(
        f"the server is PostgreSQL {major}, and of its program {name} there is here: {there}. Install the Debian package postgresql-client-{major}"
    )


def _place(url: str) -> tuple[str, dict[str, str]]:
    """What a program is told on its command line, which everybody on the machine can read, and what by its environment."""
    parts = conninfo_to_dict(plain_url(url))
    password = str(parts.pop("password", "") or "")
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "HOME") if name in os.environ}
    return make_conninfo(**parts), kept | {"LC_ALL": "C.UTF-8"} | ({"PGPASSWORD": password} if password else {})  # type: ignore[arg-type]


def dump(url: str, major: int, snapshot: str) -> Iterator[bytes]:
    """The whole database as that transaction sees it, in pg_dump's custom form. Rights are left out: they are given anew by `callcenter migrate`."""
    where, env = _place(url)
    argv = [program("pg_dump", major), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--dbname={where}"]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as process:
            assert process.stdout is not None
            try:
                while piece := process.stdout.read(_PIECE):
                    yield piece
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise DatabaseProblem(f"pg_dump failed: {_words(said)}")


def load(url: str, major: int, pieces: Iterable[bytes]) -> None:
    """In one transaction: all of it or nothing."""
    where, env = _place(url)
    argv = [
        program("pg_restore", major),
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        f"--dbname={where}",
    ]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as process:
            assert process.stdin is not None
            try:
                with suppress(BrokenPipeError):  # it has given up, and says why on its standard error, which is told below
                    for piece in pieces:
                        process.stdin.write(piece)
                    process.stdin.close()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise DatabaseProblem(f"pg_restore failed: {_words(said)}")


def _words(said: Any) -> str:
    said.seek(0)
    return " ".join(said.read().decode(errors="replace").split())[-600:]


# --- what it holds -------------------------------------------------------------------------------------------------------------------


def connect(url: str, *, autocommit: bool = False) -> Connection:
    return psycopg.connect(plain_url(url), autocommit=autocommit, connect_timeout=10)


def major_of(connection: Connection) -> int:
    return connection.info.server_version // 10_000


def tables_of(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname"
    ).fetchall()
    return [str(name) for (name,) in rows]


def counts_of(connection: Connection) -> dict[str, int]:
    counts = {}
    for table in tables_of(connection):
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        assert row is not None
        counts[table] = int(row[0])
    return counts


def migration_of(connection: Connection) -> str:
    """ "" before the first one."""
    if "alembic_version" not in tables_of(connection):
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


# --- beside the old one ----------------------------------------------------------------------------------------------------------------


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def name_of(url: str) -> str:
    return str(make_url(url).database)


def others_in(url: str) -> int:
    """Sessions of others in this database."""
    with connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def beside(url: str) -> Iterator[str]:
    """The URL of an empty database on the same server, in the same locale; gone afterwards, unless it took the other's place meanwhile."""
    database = name_of(url)
    fresh = f"{database}_restore_{secrets.token_hex(4)}"
    with connect(_named(url, MAINTENANCE), autocommit=True) as maintenance:
        _drop(maintenance, [name for name in _databases(maintenance) if name.startswith(f"{database}_restore_")])  # of one that was killed
        row = maintenance.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = %s", [database]).fetchone()
        assert row is not None
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}")
        try:
            maintenance.execute(statement.format(sql.Identifier(fresh), sql.Literal(row[0]), sql.Literal(row[1])))
        except psycopg.errors.InsufficientPrivilege:
            raise DatabaseProblem(
                "the database's owner may not make databases: ALTER ROLE … CREATEDB, for the time of the restore"
            ) from None
    try:
        yield _named(url, fresh)
    finally:
        with connect(_named(url, MAINTENANCE), autocommit=True) as maintenance:
            _drop(maintenance, [name for name in _databases(maintenance) if name == fresh])


def take_place(url: str, filled: str, at: datetime, *, keep: bool) -> str:
    """`filled` becomes the database of `url`. Returns what the old one is called now; "" when it was empty and is dropped."""
    database, fresh = name_of(url), name_of(filled)
    old = f"{database}_before_{at:%Y%m%d%H%M%S}"
    with connect(_named(url, MAINTENANCE)) as maintenance:  # both or neither
        for before, after in ((database, old), (fresh, database)):
            maintenance.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(before), sql.Identifier(after)))
    if keep:
        return old
    with connect(_named(url, MAINTENANCE), autocommit=True) as maintenance:
        _drop(maintenance, [old])
    return ""


def _databases(connection: Connection) -> list[str]:
    return [str(name) for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]


def _drop(connection: Connection, databases: list[str]) -> None:
    for name in databases:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
