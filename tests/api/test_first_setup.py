"""`callcenter setup` on a database of nothing: a centre with which people can work, or nothing at all."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from callcenter.cli import main
from callcenter.kit.listen import plain_url
from callcenter.local.environment import app_url
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.settings import get_settings
from tests.conftest import APP_PASSWORD
from tests.house import House, house_settings, open_house

NEW = ("setup", "--centre", "施营居家养老中心", "--sos", "96519", "--service", "96518", "--admin", "zhaowen", "--admin-name", "赵雯")
PASSWORD = "kaifeng-2024-hua"


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain_url(url)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def bare_url() -> Iterator[str]:
    """Migrated, with what every centre starts with, and nobody in it."""
    with temporary_postgres() as url:
        migrate(url, APP_PASSWORD)
        result = run(url, "migrate", owner=True)
        assert result.exit_code == 0, result.output
        yield url


def run(url: str, *arguments: str, owner: bool = False, **env: str) -> Result:
    get_settings.cache_clear()
    where = {"DATABASE_URL": url} if owner else {"ONEKEY_APP_DATABASE_URL": app_url(url, APP_PASSWORD), "DATABASE_URL": ""}
    known = {"ONEKEY_MODE": "test", "ONEKEY_APP_DB_PASSWORD": APP_PASSWORD, "ONEKEY_NEW_PASSWORD": "", **where}
    try:
        return CliRunner().invoke(main, arguments, env={**known, **env}, prog_name="callcenter")
    finally:
        get_settings.cache_clear()


def everything(url: str) -> list[object]:
    tables = ("users", "lines", "regions", "centre_settings", "audit", "outbox")
    return [rows(url, f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t") for table in tables]


def test_an_empty_database_becomes_a_centre_and_a_second_run_changes_nothing(bare_url: str, tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_bytes("区县,街道,社区\n樊城区,中原街道,施营社区\n樊城区,中原街道,建昌社区\n樊城区,王寨街道,\n,,\n".encode("gb18030"))
    made = run(
        bare_url, *NEW, "--regions", str(file), "--district-code", "420606", "--trunk-hosts", "203.0.113.10", ONEKEY_NEW_PASSWORD=PASSWORD
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output and "ONEKEY_TRUNK_HOSTS=203.0.113.10" in made.output
    assert rows(bare_url, "SELECT number, kind, active FROM lines ORDER BY 1") == [("96518", "service", True), ("96519", "sos", True)]
    assert rows(bare_url, "SELECT username, name, role, must_change_password FROM users") == [("zhaowen", "赵雯", "admin", True)]
    assert rows(bare_url, "SELECT code, level, short_name FROM regions ORDER BY code") == [
        ("420606", "district", "樊城"),
        ("420606-01", "street", "中原"),
        ("420606-01-01", "community", "施营"),
        ("420606-01-02", "community", "建昌"),
        ("420606-02", "street", "王寨"),
    ]
    assert rows(bare_url, "SELECT key, value FROM centre_settings") == [("centre_name", "施营居家养老中心")]
    assert rows(bare_url, "SELECT DISTINCT actor_kind, actor_name FROM audit") == [("system", "command line")]

    before = everything(bare_url)
    refused = run(bare_url, *NEW)
    assert refused.exit_code == 1 and "has an admin already" in refused.output
    again = run(bare_url, "setup", "--again", "--regions", str(file), "--trunk-hosts", "203.0.113.10")
    assert again.exit_code == 0, again.output
    assert "0 regions added" in again.output
    assert everything(bare_url) == before


@pytest.mark.parametrize(
    "change,why",
    [
        (("--sos", "96 519"), "digits only"),
        (("--sos", "96518"), "a number each"),
        (("--centre", " "), "2 to 60"),
        (("--admin", "赵雯"), "a user name has"),
        (("--trunk-hosts", "the carrier"), "addresses or networks"),
        (("--district", "长" * 61), "nothing was changed"),
    ],
)
def test_a_wrong_answer_changes_nothing(bare_url: str, change: tuple[str, str], why: str) -> None:
    before = everything(bare_url)
    refused = run(bare_url, *NEW, *change)
    assert refused.exit_code == 1 and why in refused.output, refused.output
    assert everything(bare_url) == before


def test_a_file_of_regions_is_read_whole_or_not_at_all(bare_url: str, tmp_path: Path) -> None:
    before = everything(bare_url)
    for text, why in (("district,street,community\n樊城区,,施营社区\n", "line 2"), ("name\n樊城区\n", "the first line names")):
        (tmp_path / "regions.csv").write_text(text, encoding="utf-8")
        refused = run(bare_url, *NEW, "--regions", str(tmp_path / "regions.csv"))
        assert refused.exit_code == 1 and why in refused.output, refused.output
    assert everything(bare_url) == before


def test_without_a_terminal_and_an_admin_it_says_what_is_missing(bare_url: str) -> None:
    refused = run(bare_url, "setup", "--sos", "96519", "--service", "96518")
    assert refused.exit_code == 1 and "--admin USERNAME" in refused.output


def test_the_env_file_keeps_its_other_lines_and_is_the_owners(bare_url: str, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("ONEKEY_SECRET_KEY=keep-me\nONEKEY_TRUNK_HOSTS=198.51.100.1\n")
    made = run(bare_url, *NEW, "--trunk-hosts", "203.0.113.10,203.0.113.11", "--trunk-contact", "203.0.113.10:5060", "--env", str(env))
    assert made.exit_code == 0, made.output
    assert env.read_text().splitlines() == [
        "ONEKEY_SECRET_KEY=keep-me", "ONEKEY_TRUNK_HOSTS=203.0.113.10,203.0.113.11", "ONEKEY_TRUNK_CONTACT=203.0.113.10:5060",
    ]  # fmt: skip
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


async def test_the_sign_in_page_says_so_until_it_is_done_and_then_the_admin_signs_in(bare_url: str, tmp_path: Path) -> None:
    async with open_house(house_settings(app_url(bare_url, APP_PASSWORD), tmp_path), bare_url, voice=False) as house:
        visitor = house.visitor("zhaowen")

        async def needs_setup(house: House, wanted: bool) -> None:
            for _ in range(200):
                if (await visitor.get("/api/server"))["needs_setup"] is wanted:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError(f"needs_setup is not {wanted}")

        await needs_setup(house, True)
        made = await asyncio.to_thread(run, bare_url, *NEW)
        assert made.exit_code == 0, made.output
        await needs_setup(house, False)
        shown = re.search(r"shown only now: (\S+)", made.output)
        assert shown is not None
        answer = await visitor.http.post("/api/auth/sign-in", json={"username": "zhaowen", "password": shown[1]})
        assert (answer.status_code, answer.json()["role"]) == (200, "admin")
        assert (await visitor.get("/api/server"))["centre_name"] == "施营居家养老中心"


def test_at_a_terminal_all_of_it_is_asked_and_the_password_has_no_echo(bare_url: str, tmp_path: Path) -> None:
    mine, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
    env |= {"ONEKEY_MODE": "test", "ONEKEY_HOME": str(tmp_path), "ONEKEY_APP_DATABASE_URL": app_url(bare_url, APP_PASSWORD)}
    argv = [sys.executable, "-c", "from callcenter.cli import main; main()", "setup"]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
    os.close(theirs)
    said = b""

    def answer(question: str, words: str) -> None:
        nonlocal said
        deadline = time.monotonic() + 60
        while question.encode() not in said:
            assert time.monotonic() < deadline, said.decode()
            if select.select([mine], [], [], 1)[0]:
                said += os.read(mine, 4096)
        said = said.partition(question.encode())[2]
        os.write(mine, words.encode() + b"\n")

    answer("centre's name", "施营中心")
    answer("Number of the SOS line", "96519")
    answer("Number of the service line", "")  # Enter: as it is
    answer("The district", "樊城区")
    answer("User name of the first admin", "zhaowen")
    answer("Addresses the carrier calls from", "")
    answer("carrier's host:port", "")
    answer("person's name", "赵雯")
    answer("Password", PASSWORD)
    answer("Again", PASSWORD)
    answer("may sign in as admin", "")
    assert process.wait(30) == 0
    os.close(mine)
    assert PASSWORD.encode() not in said
    assert rows(bare_url, "SELECT number, kind FROM lines ORDER BY 1") == [("12349", "service"), ("96519", "sos")]
    assert rows(bare_url, "SELECT username, must_change_password FROM users") == [("zhaowen", False)]  # she typed it herself
    assert rows(bare_url, "SELECT code, name FROM regions") == [("D01", "樊城区")]
