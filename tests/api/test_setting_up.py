"""A centre of one's own: `callcenter migrate`, `user`, `duty`, `line` against a real database, as somebody at a shell uses them."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from click.testing import CliRunner, Result

from callcenter.cli import main
from callcenter.kit.listen import plain_url
from callcenter.local.postgres import temporary_postgres
from callcenter.settings import get_settings
from tests.house import House

PASSWORD = "kaifeng-2024-hua"


class Shell:
    """`callcenter …` in this process; the environment is the whole of what it knows."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def run(self, *arguments: str, **env: str) -> Result:
        get_settings.cache_clear()
        try:
            return CliRunner().invoke(main, arguments, env={**self.env, **env}, prog_name="callcenter")
        finally:
            get_settings.cache_clear()

    def does(self, *arguments: str, **env: str) -> str:
        result = self.run(*arguments, **env)
        assert result.exit_code == 0, result.output
        return result.output

    def refuses(self, *arguments: str, **env: str) -> str:
        result = self.run(*arguments, **env)
        assert result.exit_code == 1 and result.output.startswith("Error: ") and result.output.count("\n") == 1, result.output
        return result.output

    async def later(self, *arguments: str, **env: str) -> str:
        """Beside a house that runs in this loop."""
        return await asyncio.to_thread(self.does, *arguments, **env)


def shell_of(home: Path, **env: str) -> Shell:
    nothing = {name: None for name in os.environ if name.startswith("ONEKEY_") or name in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
    return Shell({**nothing, "ONEKEY_HOME": str(home), "ONEKEY_MODE": "test", **env})  # type: ignore[dict-item]  # None: taken away


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain_url(url)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def shell(house_owner_url: str, house_app_url: str, tmp_path: Path) -> Iterator[Shell]:
    """With the narrow role only, as inside the api's container."""
    highest = rows(house_owner_url, "SELECT coalesce(max(id), 0) FROM audit")[0][0]
    yield shell_of(tmp_path, ONEKEY_APP_DATABASE_URL=house_app_url)
    made = "SELECT id FROM users WHERE username LIKE 'new.%'"
    for statement in (
        f"DELETE FROM user_sessions WHERE user_id IN ({made})",
        f"DELETE FROM agent_presence WHERE agent_id IN ({made})",
        f"DELETE FROM sip_accounts WHERE agent_id IN ({made})",
        "DELETE FROM users WHERE username LIKE 'new.%'",
        "DELETE FROM duty_telephones",
        "DELETE FROM lines WHERE number = '96519'",
        f"DELETE FROM audit WHERE id > {highest}",
    ):
        rows(house_owner_url, statement)


def added(shell: Shell, username: str = "new.one", role: str = "agent") -> str:
    return shell.does("user", "add", username, "--name", "何新", "--role", role, ONEKEY_NEW_PASSWORD=PASSWORD)


# --- migrate ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare_url() -> Iterator[str]:
    """A database of nothing."""
    with temporary_postgres() as url:
        yield url


def test_migrate_puts_in_what_every_centre_starts_with_and_nothing_twice(bare_url: str, tmp_path: Path) -> None:
    secrets = {f"ONEKEY_{name}": "a-secret-of-sixteen" for name in ("SECRET_KEY", "FIELD_KEY", "ARI_PASSWORD", "APP_DB_PASSWORD")}
    shell = shell_of(tmp_path, DATABASE_URL=bare_url, **{**secrets, "ONEKEY_MODE": "production"})
    shell.does("migrate")
    assert rows(bare_url, "SELECT number, kind FROM lines ORDER BY 1") == [
        ("12349", "service"), ("1234900", "sos"), ("1234901", "job"),
    ]  # fmt: skip
    assert rows(bare_url, "SELECT kind, count(*) FROM options GROUP BY 1 ORDER BY 1") == [
        ("dialect", 3), ("outcome", 10), ("pause_reason", 5), ("skill", 3),
    ]  # fmt: skip
    assert rows(bare_url, "SELECT count(DISTINCT version_id), count(*) FROM service_items") == [(1, 41)]
    assert rows(bare_url, "SELECT count(*) FROM users UNION ALL SELECT count(*) FROM elders") == [(0,), (0,)]

    # a centre makes it its own; the next release does not undo that
    rows(bare_url, "DELETE FROM lines WHERE number = '12349'")
    rows(bare_url, "DELETE FROM options WHERE code = 'prank'")
    rows(bare_url, "UPDATE options SET label_zh = '吃饭' WHERE code = 'meal'")
    rows(bare_url, "UPDATE catalog_versions SET content_hash = 'edited'")
    shell.does("migrate")
    assert rows(bare_url, "SELECT number FROM lines ORDER BY 1") == [("1234900",), ("1234901",)]
    assert rows(bare_url, "SELECT count(*) FROM options") == [(20,)]
    assert rows(bare_url, "SELECT label_zh FROM options WHERE code = 'meal'") == [("吃饭",)]
    assert rows(bare_url, "SELECT count(*) FROM catalog_versions") == [(1,)]


# --- user ------------------------------------------------------------------------------------------------------------------------


async def test_somebody_added_signs_in_and_takes_a_call(house: House, shell: Shell) -> None:
    said = await shell.later("user", "add", "New.One", "--name", "何新", "--role", "agent", ONEKEY_NEW_PASSWORD=PASSWORD)
    assert said == "new.one may sign in as agent\n"
    async with httpx.AsyncClient(base_url=house.url) as client:
        answer = await client.post("/api/auth/sign-in", json={"username": "new.one", "password": PASSWORD})
    assert (answer.status_code, answer.json()["name"], answer.json()["role"]) == (200, "何新", "agent")
    (row,) = await house.rows("SELECT actor_kind, actor_name, object_id, details FROM audit WHERE verb = 'user:added'")
    assert (row.actor_kind, row.actor_name, row.object_id, row.details) == (
        "system",
        "command line",
        answer.json()["id"],
        {"role": "agent"},
    )


async def test_colleagues_see_who_was_added(house: House, shell: Shell) -> None:
    colleague = await house.agent("agent1")
    await shell.later("user", "add", "new.one", "--name", "何新", "--role", "agent", ONEKEY_NEW_PASSWORD=PASSWORD)
    deadline = time.monotonic() + 10
    while "何新" not in {a["name"] for a in colleague.console.agents.values()}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "password,why",
    [
        ("", "ONEKEY_NEW_PASSWORD"),
        ("short-one", "10 to 200"),
        ("x" * 201, "10 to 200"),
        ("aaaaaaaaaaaa", "guessed"),
        ("new.person.1", "guessed"),
    ],
)
def test_a_poor_password_is_refused_and_nobody_is_made(shell: Shell, house_owner_url: str, password: str, why: str) -> None:
    said = shell.refuses("user", "add", "new.person.1", "--name", "何新", "--role", "agent", ONEKEY_NEW_PASSWORD=password)
    assert why in said
    assert not password or password not in said
    assert rows(house_owner_url, "SELECT 1 FROM users WHERE username LIKE 'new.%'") == []


@pytest.mark.parametrize("username", ["", "王桂兰", "two words", "-x", "x" * 65])
def test_a_user_name_that_cannot_be_typed_is_refused(shell: Shell, username: str) -> None:
    assert "a user name has" in shell.refuses(
        "user", "add", "--name", "何新", "--role", "agent", "--", username, ONEKEY_NEW_PASSWORD=PASSWORD
    )


def test_a_name_is_given_once(shell: Shell, house_owner_url: str) -> None:
    added(shell)
    shell.does("user", "disable", "new.one")
    assert "there is a user new.one already" in shell.refuses(
        "user", "add", "NEW.one", "--name", "别人", "--role", "admin", ONEKEY_NEW_PASSWORD=PASSWORD
    )
    assert rows(house_owner_url, "SELECT name, role FROM users WHERE username = 'new.one'") == [("何新", "agent")]


async def test_who_is_disabled_is_out_at_once(house: House, shell: Shell) -> None:
    agent = await house.agent("agent1")
    try:
        await shell.later("user", "disable", "agent1")
        assert (await agent.http.get("/api/auth/me")).status_code == 401
        answer = await agent.http.post("/api/auth/sign-in", json={"username": "agent1", "password": "yijiantong"})
        assert answer.status_code == 401
        assert await house.rows("SELECT 1 FROM user_sessions WHERE ended_at IS NULL") == []
        assert await house.rows("SELECT 1 FROM console_sockets WHERE agent_id = :id", id=agent.id) == []
        await house.until_rows("SELECT 1 FROM sip_accounts", count=0)
        house.elder("07103456789").press_sos()
        await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
        assert not agent.is_rung()
    finally:
        await shell.later("user", "enable", "agent1")
    verbs = [row.verb for row in await house.rows("SELECT verb FROM audit WHERE verb LIKE 'user:%' ORDER BY id")]
    assert verbs == ["user:disabled", "user:enabled"]
    await house.visitor("agent1").sign_in()


async def test_a_new_password_ends_the_old_sessions(house: House, shell: Shell) -> None:
    await shell.later("user", "add", "new.one", "--name", "何新", "--role", "agent", ONEKEY_NEW_PASSWORD="the-first-password")
    async with httpx.AsyncClient(base_url=house.url) as client:

        async def sign_in(password: str) -> int:
            return (await client.post("/api/auth/sign-in", json={"username": "new.one", "password": password})).status_code

        assert await sign_in("the-first-password") == 200
        await shell.later("user", "password", "new.one", ONEKEY_NEW_PASSWORD=PASSWORD)
        assert (await client.get("/api/auth/me")).status_code == 401
        assert [await sign_in("the-first-password"), await sign_in(PASSWORD)] == [401, 200]
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'user:password_set' AND actor_kind = 'system'")) == 1


def test_nobody_of_that_name(shell: Shell) -> None:
    for command in (("password", "new.nobody"), ("disable", "new.nobody"), ("enable", "new.nobody")):
        assert "there is no user new.nobody" in shell.refuses("user", *command, ONEKEY_NEW_PASSWORD=PASSWORD)


def test_the_list_has_no_secrets(shell: Shell) -> None:
    added(shell)
    said = shell.does("user", "list")
    assert "new.one\tagent\t何新\n" in said and "argon2" not in said


def test_at_a_terminal_the_password_is_asked_twice_without_echo(shell: Shell, house_owner_url: str) -> None:
    mine, theirs = pty.openpty()
    argv = [
        sys.executable,
        "-c",
        "from callcenter.cli import main; main()",
        "user",
        "add",
        "new.typed",
        "--name",
        "何新",
        "--role",
        "admin",
    ]
    env = {**os.environ, **{k: v for k, v in shell.env.items() if v}, "ONEKEY_NEW_PASSWORD": "not-this-one-please"}
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
    os.close(theirs)
    said = b""

    def read_until(word: bytes) -> None:
        nonlocal said
        deadline = time.monotonic() + 60
        while word not in said:
            assert time.monotonic() < deadline, said
            if select.select([mine], [], [], 1)[0]:
                said += os.read(mine, 4096)

    read_until(b"New password: ")
    os.write(mine, PASSWORD.encode() + b"\n")
    read_until(b"Again: ")
    os.write(mine, PASSWORD.encode() + b"\n")
    read_until(b"may sign in as admin")
    assert process.wait(30) == 0
    os.close(mine)
    assert PASSWORD.encode() not in said
    assert rows(house_owner_url, "SELECT role FROM users WHERE username = 'new.typed'") == [("admin",)]


# --- duty, line ------------------------------------------------------------------------------------------------------------------


def test_duty_telephones_in_any_written_form(shell: Shell, house_owner_url: str) -> None:
    shell.does("duty", "add", "0710-3456780", "--label", "值班室")
    shell.does("duty", "add", "138 1234 5678", "--label", "黄志强")
    assert rows(house_owner_url, "SELECT number, position, active FROM duty_telephones ORDER BY position") == [
        ("+867103456780", 1, True),
        ("+8613812345678", 2, True),
    ]
    assert shell.does("duty", "list") == "0710-345 6780\t值班室\n138 1234 5678\t黄志强\n"
    assert "already" in shell.refuses("duty", "add", "+86 138 1234 5678")
    shell.does("duty", "remove", "3456780")
    assert shell.does("duty", "list") == "138 1234 5678\t黄志强\n"
    assert "is no duty telephone" in shell.refuses("duty", "remove", "3456780")
    assert rows(house_owner_url, "SELECT verb, actor_kind, count(*) FROM audit WHERE verb LIKE 'duty%' GROUP BY 1, 2 ORDER BY 1") == [
        ("duty_telephone:added", "system", 2),
        ("duty_telephone:removed", "system", 1),
    ]


@pytest.mark.parametrize(
    "number,why",
    [("", "can be dialled"), ("hello", "can be dialled"), ("77", "can be dialled"), ("120", "never rung"), ("110", "never rung")],
)
def test_what_is_no_duty_telephone_is_refused(shell: Shell, house_owner_url: str, number: str, why: str) -> None:
    assert why in shell.refuses("duty", "add", number)
    assert rows(house_owner_url, "SELECT 1 FROM duty_telephones") == []


async def test_a_duty_telephone_is_rung_within_a_second_of_being_added(house: House, shell: Shell) -> None:
    await shell.later("duty", "add", "13812345678")
    house.elder("07103456789").press_sos()
    await house.until_rows("SELECT 1 FROM call_legs WHERE kind = 'duty' AND number = '+8613812345678'")


async def test_a_line_of_ones_own_is_an_sos_line(house: House, shell: Shell) -> None:
    assert "digits only" in await asyncio.to_thread(shell.refuses, "line", "set", "96 519", "sos")
    await shell.later("line", "set", "96519", "sos", "--label", "红键")
    assert "96519\tsos\t红键\n" in await shell.later("line", "list")
    await asyncio.sleep(1.5)  # voice looks each second
    house.sim.press("07103456789", "96519")
    await house.until_rows("SELECT 1 FROM calls WHERE kind = 'sos' AND called = '96519'")
    await shell.later("line", "remove", "96519")
    assert "96519" not in await shell.later("line", "list")


# --- where the database is -------------------------------------------------------------------------------------------------------


def test_without_a_database_that_of_the_run_in_this_home(house_app_url: str, tmp_path: Path) -> None:
    shell = shell_of(tmp_path)
    assert "no database" in shell.refuses("duty", "list")
    (tmp_path / "env.json").write_text(json.dumps({"ONEKEY_APP_DATABASE_URL": house_app_url}))
    assert shell.does("duty", "list") == ""


def test_a_database_that_is_away_is_said_in_a_line(tmp_path: Path) -> None:
    said = shell_of(tmp_path, ONEKEY_APP_DATABASE_URL="postgresql://a:secret-b@127.0.0.1:9/x").refuses("user", "list")
    assert "does not answer" in said and "secret-b" not in said


def test_a_supervisor_is_given_her_regions_by_their_codes(shell: Shell, house_owner_url: str) -> None:
    add = ("user", "add", "new.boss", "--name", "何新", "--role", "supervisor", "--region")
    assert "no region with the code 999" in shell.refuses(*add, "999", ONEKEY_NEW_PASSWORD=PASSWORD)
    assert "only a supervisor" in shell.refuses(*add[:6], "agent", "--region", "420606", ONEKEY_NEW_PASSWORD=PASSWORD)
    assert rows(house_owner_url, "SELECT 1 FROM users WHERE username = 'new.boss'") == []
    shell.does(*add, "420606-02", "--region", "420606-01", ONEKEY_NEW_PASSWORD=PASSWORD)
    scope = "SELECT r.code FROM users u JOIN regions r ON r.id = ANY (u.region_ids) WHERE username = 'new.boss' ORDER BY 1"
    assert rows(house_owner_url, scope) == [("420606-01",), ("420606-02",)]
    assert shell.does("user", "regions", "new.boss", "420606-01-01") == "new.boss: 420606-01-01\n"
    assert "no region with the code" in shell.refuses("user", "regions", "new.boss", "420606-01-01", "x")
    assert rows(house_owner_url, scope) == [("420606-01-01",)]
    assert shell.does("user", "regions", "new.boss") == "new.boss: no region\n"
    assert rows(house_owner_url, scope) == []
    assert rows(house_owner_url, "SELECT verb, count(*) FROM audit WHERE verb LIKE 'user:%' GROUP BY 1 ORDER BY 1") == [
        ("user:added", 1),
        ("user:regions_set", 2),
    ]
