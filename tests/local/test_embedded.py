"""The throw-away servers that every other test stands on."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest
import redis

from callcenter.local.postgres import temporary_postgres, temporary_server
from callcenter.local.postgres_binaries import available
from callcenter.local.valkey import temporary_valkey

ORIGINS = sorted({b.origin for b in available()})


@pytest.mark.parametrize("origin", ORIGINS)
def test_postgres_is_as_in_production(origin: str) -> None:
    began = time.monotonic()
    with temporary_postgres(origin) as url:
        seconds = time.monotonic() - began
        with psycopg.connect(url) as db:
            row = db.execute(
                "SELECT current_user, rolsuper, datcollate, pg_encoding_to_char(encoding) FROM pg_roles, pg_database "
                "WHERE rolname = current_user AND datname = current_database()"
            ).fetchone()
            assert row == ("onekey", False, "C.UTF-8", "UTF8")
            db.execute("CREATE EXTENSION pg_trgm")
            trigrams = db.execute("SELECT show_trgm('张三丰')").fetchone()
            assert trigrams is not None and len(trigrams[0]) == 4  # Chinese has trigrams only under a UTF-8 locale
            db.execute("CREATE ROLE onekey_app LOGIN PASSWORD 'right'")
            db.commit()
        with psycopg.connect(url.replace("onekey@", "onekey_app:right@", 1)) as db:
            assert db.execute("SELECT current_user").fetchone() == ("onekey_app",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace("onekey@", "onekey_app:wrong@", 1))
    assert seconds < 15  # 1 s on a quiet machine


def test_nothing_is_left() -> None:
    with temporary_server() as server:
        folders = [server.data, server.sockets, server.folder]
        assert all(f.exists() for f in folders[:2])
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
    assert not any(f.exists() for f in folders)
    assert not Path(f"/proc/{pid}").exists()


def test_valkey_asks_for_its_password() -> None:
    with temporary_valkey() as url:
        with redis.Redis.from_url(url) as client:
            assert client.ping()
        with redis.Redis.from_url("redis://" + url.rpartition("@")[2]) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
