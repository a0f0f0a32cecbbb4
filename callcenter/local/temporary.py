"""Throw-away servers for tests and benchmarks: about a second for PostgreSQL, nothing left afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.local import postgres, valkey
from callcenter.local.folders import short_temp, sweep_temp
from callcenter.local.process import unprivileged


@contextmanager
def temporary_postgres(origin: str = "", **extra: str) -> Iterator[str]:
    """Yields the owner's URL of an empty database `onekey`; fsync is off. `origin`: "system", "wheel" or "" for the best there is.

    `extra` are more settings of postgresql.conf. Enter it in a thread that lives on (pytest's main thread does).
    """
    with temporary_server(origin, **extra) as server:
        yield server.url()


@contextmanager
def temporary_server(origin: str = "", **extra: str) -> Iterator[postgres.Embedded]:
    """The same, when the test needs the server itself: `url(user, database)` of the superuser, or its process to freeze."""
    sweep_temp()
    # owned by whom the server will run as: it may enter it, and needs no second home for its data
    folder = short_temp("data", unprivileged(Path("/")))
    server = postgres.Embedded(folder / "pg", durable=False, origin=origin, extra=extra)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_valkey() -> Iterator[str]:
    """Yields a redis:// URL."""
    server = valkey.Embedded()
    try:
        yield server.start()
    finally:
        server.stop()
