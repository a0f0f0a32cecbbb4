"""The recipe of docs/backups.md, word for word: PostgreSQL's log is archived, and a lost server comes back as it was at a moment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import psycopg

from callcenter.local.folders import short_temp
from callcenter.local.postgres import Embedded
from callcenter.local.process import unprivileged, wait_until

TEXT = (Path(__file__).resolve().parents[2] / "docs/backups.md").read_text(encoding="utf-8")


def told(name: str) -> str:
    """A setting, as the page says it."""
    match = re.search(rf"^{name} = (?:'([^\n]*)'|(\S+))", TEXT, re.M)
    assert match, name
    return match[1] or match[2]


def test_back_to_a_moment() -> None:
    identity = unprivileged(Path("/"))
    place = short_temp("data", identity)
    wal = place / "wal"
    wal.mkdir()
    if identity:
        os.chown(wal, identity.uid, identity.gid)
    first = Embedded(
        place / "first",
        extra={"archive_mode": told("archive_mode"), "archive_command": told("archive_command").replace("/mnt/wal", str(wal))},
    )
    second = Embedded(
        place / "second",
        extra={
            "restore_command": told("restore_command").replace("/mnt/wal", str(wal)),
            "recovery_target_action": told("recovery_target_action"),
        },
    )
    running = [first]
    try:
        url = first.start()
        hba = first.data / "pg_hba.conf"
        hba.write_text(f"local replication postgres trust\n{hba.read_text()}")
        superuser = first.url("postgres", "postgres")
        with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(superuser, autocommit=True) as admin:
            admin.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE TABLE said (what text)")
            connection.execute("INSERT INTO said VALUES ('in the base')")
            base = place / "base"
            argv = [first.binaries.program("pg_basebackup"), "-D", str(base), "-X", "stream", "-c", "fast"]
            assert " ".join(argv[3:]) in TEXT
            reach = ["-h", str(first.sockets), "-p", "5432", "-U", "postgres"]

            def begun() -> bool:  # the reload is not at once
                done = subprocess.run([*argv, *reach], env=first.env, capture_output=True, check=False)
                return done.returncode == 0

            assert wait_until(begun, timeout=60, every=0.5)
            connection.execute("INSERT INTO said VALUES ('after it')")
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None and isinstance(row[0], datetime)
            moment = row[0]
            connection.execute("SELECT pg_sleep(0.01)")
            connection.execute("DELETE FROM said")
            connection.execute("INSERT INTO said VALUES ('a mistake')")
            last = admin.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            assert last is not None
            assert wait_until(lambda: (wal / str(last[0])).exists(), timeout=60)
        first.stop()

        second.extra["recovery_target_time"] = moment.isoformat()
        (place / "second").mkdir()
        base.rename(place / "second/data")
        (place / "second/data/recovery.signal").touch()
        if identity:
            for folder, _, names in os.walk(place / "second"):
                for path in (folder, *(f"{folder}/{name}" for name in names)):
                    os.chown(path, identity.uid, identity.gid)
        running.append(second)
        with psycopg.connect(second.start(timeout=120), autocommit=True) as connection:
            assert connection.execute("SELECT what FROM said ORDER BY what").fetchall() == [("after it",), ("in the base",)]
            promoted = "SELECT NOT pg_is_in_recovery()"
            assert wait_until(lambda: connection.execute(promoted).fetchone() == (True,), timeout=60), "it takes writes again"
    finally:
        for server in running:
            server.stop()
        shutil.rmtree(place, ignore_errors=True)
