"""`callcenter backup` and `restore` on a real PostgreSQL: a centre with a recorded call comes up in a second home, and nothing else does any harm."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callcenter.backups.database import counts_of
from callcenter.backups.sealing import BackupKey
from callcenter.calls.recordings.files import open_kept
from callcenter.kit.listen import plain_url
from callcenter.local.environment import app_url
from callcenter.local.postgres import Embedded
from callcenter.local.process import wait_until
from tests.conftest import APP_PASSWORD
from tests.house import House, until

KEY = "the backup key of these tests"
ALONE = "07103456789"


def argv(*words: str) -> list[str]:
    return [sys.executable, "-c", "from callcenter.cli import main; main()", *words]


def environment(home: Path, url: str = "", *, key: str = KEY) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
    return env | {"ONEKEY_HOME": str(home), "DATABASE_URL": url, "ONEKEY_BACKUP_KEY": key, "ONEKEY_APP_DB_PASSWORD": APP_PASSWORD}


def call(*words: str, home: Path, url: str = "", key: str = KEY) -> tuple[int, str]:
    done = subprocess.run(argv(*words), env=environment(home, url, key=key), capture_output=True, text=True, check=False, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return counts_of(connection)


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}


@pytest.fixture
def second_server(seeded_server: Embedded) -> Iterator[str]:
    """An empty database on the same server."""
    with psycopg.connect(seeded_server.url("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE second OWNER onekey TEMPLATE template0")
    yield seeded_server.url(database="second")
    with psycopg.connect(seeded_server.url("postgres", "postgres"), autocommit=True) as superuser:
        for (name,) in superuser.execute("SELECT datname FROM pg_database WHERE datname LIKE 'second%'").fetchall():
            superuser.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "first"
    (folder / "sheets").mkdir(parents=True)
    (folder / "sheets" / "420606.sheet").write_bytes(b"a sheet")
    return folder


async def test_a_recorded_call_is_heard_in_the_second_home(house: House, house_owner_url: str, tmp_path: Path) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE)
    elder.press_service()
    await agent.picks_up()
    await agent.sees_call(state="talking", recording=True)
    elder.hangs_up()
    (row,) = await house.until_rows("SELECT * FROM call_recordings WHERE state = 'saved'")
    await until(lambda: not list(house.sim.spool.iterdir()), why="the plain file is deleted")
    first = house.settings.home
    (first / "secrets.json").write_text('{"field_key": "demo-only-not-a-secret"}')

    folder = tmp_path / "backups"
    folder.mkdir()
    before = await asyncio.to_thread(counts, house_owner_url)
    code, said = await asyncio.to_thread(lambda: call("backup", str(folder), "--keep", "2", home=first, url=house_owner_url))
    assert code == 0, said
    (file,) = folder.iterdir()
    assert file.name.startswith("onekey-") and file.name.endswith(".backup") and file.stat().st_mode & 0o777 == 0o600
    assert "read back and whole" in said and "1 recordings" in said and BackupKey(KEY).id in said
    content = file.read_bytes()
    assert b"PGDMP" not in content and b"call_recordings" not in content, "nothing of it is plain"

    code, said = await asyncio.to_thread(lambda: call("backup", "--check", str(file), home=tmp_path / "nowhere"))
    assert code == 0 and "✓ whole" in said and not (tmp_path / "nowhere").exists()

    second = tmp_path / "second"
    code, said = await asyncio.to_thread(lambda: call("restore", str(file), home=second))
    assert code == 0, said
    assert "the newest was decrypted from beginning to end" in said and "the books of points are right" in said

    kept = open_kept(second / "recordings", row.name)
    assert b"".join(kept.read())[:4] == b"RIFF"
    server = Embedded(second / "postgres")
    try:
        url = await asyncio.to_thread(server.start)
        after = await asyncio.to_thread(counts, url)
        # a backup is told in the audit of its house, a restore in the new one's; the consoles of the first went on living meanwhile
        moving = {"audit", "outbox", "console_sockets", "agent_presence", "leases", "call_commands", "calls", "call_events", "case_entries"}
        assert {name: number for name, number in after.items() if name not in moving} == {
            name: number for name, number in before.items() if name not in moving
        }
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM audit WHERE verb = 'backup:restored'").fetchone() == (1,)
        with psycopg.connect(plain_url(app_url(url, APP_PASSWORD))) as narrow, pytest.raises(psycopg.errors.InsufficientPrivilege):
            narrow.execute("DELETE FROM audit")
    finally:
        await asyncio.to_thread(server.stop)


def test_into_a_database_of_ones_own_and_only_where_nothing_is(
    house_owner_url: str, second_server: str, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    assert call("backup", str(file), home=home, url=house_owner_url)[0] == 0
    code, said = call("backup", str(file), home=home, url=house_owner_url)
    assert code == 1 and "exists already" in said
    second = tmp_path / "second"
    code, said = call("restore", str(file), home=second, url=second_server)
    assert code == 0, said
    first, now = counts(house_owner_url), counts(second_server)
    assert {**first, "audit": 0} == {**now, "audit": 0} and (second / "sheets/420606.sheet").read_bytes() == b"a sheet"

    # now something is there
    with psycopg.connect(second_server) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    (second / "sheets/420606.sheet").write_bytes(b"mine")
    for target in (second, tmp_path / "third"):
        code, said = call("restore", str(file), home=target, url=second_server)
        assert code == 1 and "is not empty" in said and "--replace" in said
    assert "mine" in counts(second_server) and (second / "sheets/420606.sheet").read_bytes() == b"mine"

    # somebody is signed in
    with psycopg.connect(second_server):
        code, said = call("restore", str(file), "--replace", home=second, url=second_server)
    assert code == 1 and "1 sessions are open" in said and "mine" in counts(second_server)

    code, said = call("restore", str(file), "--replace", home=second, url=second_server)
    assert code == 0 and "is kept as second_before_" in said and "before-restore-" in said, said
    assert "mine" not in counts(second_server) and (second / "sheets/420606.sheet").read_bytes() == b"a sheet"
    (old,) = second.glob("before-restore-*")
    assert (old / "sheets/420606.sheet").read_bytes() == b"mine"
    (kept,) = [name for name in databases(second_server) if name.startswith("second_before_")]
    assert "mine" in counts(second_server.replace("/second?", f"/{kept}?"))


def test_a_bad_file_or_key_changes_nothing(house_owner_url: str, second_server: str, home: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.backup"
    assert call("backup", str(whole), home=home, url=house_owner_url)[0] == 0
    content = whole.read_bytes()
    there = databases(second_server)
    bad = {
        "cut": content[: len(content) // 2],
        "flipped": content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :],
        "other": b"no backup at all" * 100,
    }
    for name, changed in bad.items():
        (tmp_path / name).write_bytes(changed)
        for words in (("restore", str(tmp_path / name), "--replace"), ("backup", "--check", str(tmp_path / name))):
            code, said = call(*words, home=tmp_path / "second", url=second_server)
            assert code == 1 and ("damaged or cut off" in said or "no backup of One-Key" in said), said
    code, said = call("restore", str(whole), home=tmp_path / "second", url=second_server, key="another key")
    assert code == 1 and "add that key to the list" in said
    code, said = call("restore", str(whole), home=tmp_path / "second", url=second_server, key=f"another key,{KEY}")
    assert code == 0, said
    (tmp_path / "second").rename(tmp_path / "moved")
    # a house with another field key could read nothing of what is encrypted
    (tmp_path / "second").mkdir()
    env = environment(tmp_path / "second", second_server) | {"ONEKEY_FIELD_KEY": "quite another field key"}
    done = subprocess.run(argv("restore", str(whole), "--replace"), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Set the centre's own ONEKEY_FIELD_KEY" in done.stderr
    assert databases(second_server) == there and not list((tmp_path / "second").iterdir())


def test_killed_half_way_it_leaves_no_file_that_looks_whole(house_owner_url: str, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with psycopg.connect(house_owner_url) as connection:
        connection.execute("LOCK TABLE elders IN ACCESS EXCLUSIVE MODE")  # it waits here, as long as we like
        running = subprocess.Popen(argv("backup", str(folder)), env=environment(home, house_owner_url), stdout=subprocess.DEVNULL)
        assert wait_until(lambda: bool(list(folder.iterdir())), timeout=60)
        running.send_signal(signal.SIGKILL)
        running.wait()
    (left,) = folder.iterdir()
    assert left.suffix == ".part" and left.name.startswith(".")
    assert call("backup", "--check", str(left), home=home)[0] == 1
    code, said = call("backup", str(folder), home=home, url=house_owner_url)
    assert code == 0, said
    assert [path.suffix for path in folder.iterdir()] == [".backup"], "the next one clears up"


def test_older_ones_go_when_the_new_one_is_whole(house_owner_url: str, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("onekey-20200101-000000.backup", "onekey-20200102-000000.backup", "mine.backup"):
        (folder / name).write_text("")
    broken = shutil.copytree(home, tmp_path / "broken")
    code, _ = call("backup", str(folder), "--keep", "2", home=broken, url=house_owner_url.replace("/onekey?", "/nothing?"))
    assert code == 1 and len(list(folder.iterdir())) == 3, "a failed one deletes nothing"
    code, said = call("backup", str(folder), "--keep", "2", home=home, url=house_owner_url)
    assert code == 0 and "deleted, being older: onekey-20200101-000000.backup" in said
    assert len(list(folder.iterdir())) == 3 and (folder / "mine.backup").exists()
