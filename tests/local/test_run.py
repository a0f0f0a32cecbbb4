"""`callcenter run` as a process, with the real PostgreSQL and Valkey and stand-ins for our own processes (Asterisk has its own tests)."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callcenter.local.postgres import temporary_postgres
from callcenter.local.process import wait_until
from callcenter.local.run import Exit
from callcenter.local.valkey import temporary_valkey
from tests.ports import free_port

HERE = Path(__file__).parent
APP_PASSWORD = "of-the-narrow-role"  # the same for all runs on one outside database
DRIVER = f"""
import sys
from callcenter.local import children
children.callcenter_argv = lambda command, *rest: [sys.executable, {str(HERE / "fake_callcenter.py")!r}, command, *rest]
from callcenter.local.run import run
from callcenter.settings import Settings
sys.exit(run(Settings(), facts=lambda settings: {{"lines": {{"sos": "1234900"}}, "logins": [{{"login": "a", "password": "b", "role": "agent"}}]}}))
"""


class Run:
    def __init__(self, home: Path, **env: str) -> None:
        self.home = home
        self.ports = {f"ONEKEY_{name}_PORT": str(free_port()) for name in ("HTTP", "STORES", "PUBLIC")}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
        # an Asterisk that is not there: given from outside, so none of our own is started
        self.env = {**clean, **self.ports, "ONEKEY_HOME": str(home), "ARI_URL": "http://127.0.0.1:9", **env}
        self.said = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def up(self) -> dict[str, Any]:
        assert wait_until(lambda: bool(self.facts()) or self.process.poll() is not None, timeout=60)
        assert self.process.poll() is None, self.end()
        return self.facts()

    def facts(self) -> dict[str, Any]:
        """demo.json, when it is this run's: a killed one leaves its own until the next start."""
        try:
            facts = json.loads((self.home / "demo.json").read_text())
        except FileNotFoundError:
            return {}
        assert isinstance(facts, dict)
        return facts if facts["pid"] == self.process.pid else {}

    def end(self, number: int | None = None) -> str:
        if number is not None:
            self.process.send_signal(number)
        self.said += self.process.communicate(timeout=60)[0]
        return self.said.decode()

    def given(self, command: str) -> dict[str, Any]:
        loaded = json.loads((self.home / "given" / command).read_text())
        assert isinstance(loaded, dict)
        return loaded


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(name: str = "home", **env: str) -> Run:
        runs.append(Run(tmp_path / name, **env))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.end(signal.SIGTERM)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_starts_tells_and_stops(start: Callable[..., Run]) -> None:
    run = start()
    facts = run.up()
    assert facts["console"] == f"http://127.0.0.1:{run.ports['ONEKEY_HTTP_PORT']}"
    assert facts["lines"] == {"sos": "1234900"}
    for name in ("demo.json", "secrets.json", "env.json"):
        assert stat.S_IMODE((run.home / name).stat().st_mode) == 0o600, name
    processes = [run.given(name) for name in ("api", "voice", "relay", "worker", "stores", "public")]
    for one in processes:
        assert "DATABASE_URL" not in one["env"], "only migrations and the seed get the owner's role"
        assert one["env"]["ONEKEY_SECRET_KEY"] == json.loads((run.home / "secrets.json").read_text())["secret_key"]
        assert one["env"]["REDIS_URL"].startswith("redis://:")
    assert run.given("seed")["argv"] == ["seed", "--if-empty"]
    assert run.given("seed")["env"]["DATABASE_URL"].startswith("postgresql://onekey@")
    second = start()  # the same home, other ports
    assert f"(pid {run.process.pid})" in second.end()
    assert second.process.returncode == Exit.RUNNING_ALREADY
    text = run.end(signal.SIGINT)
    assert run.process.returncode == Exit.STOPPED, text
    assert "a / b" in text
    assert "stopped" in text
    assert all(gone(one["pid"]) for one in processes)
    assert not (run.home / "env.json").exists()


def test_a_second_start_keeps_data_and_secrets_even_after_kill(start: Callable[..., Run]) -> None:
    run = start()
    run.up()
    secrets = (run.home / "secrets.json").read_text()
    pids = [run.given(name)["pid"] for name in ("api", "voice", "worker")]
    run.end(signal.SIGKILL)
    assert wait_until(lambda: all(map(gone, pids)), timeout=10)
    again = start()
    again.up()
    assert (run.home / "secrets.json").read_text() == secrets
    with psycopg.connect(again.given("migrate")["env"]["DATABASE_URL"]) as db:
        assert db.execute("SELECT count(*) FROM starts").fetchone() == (2,)
    again.end(signal.SIGTERM)
    assert again.process.returncode == Exit.STOPPED


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, str]]:
    """Servers of somebody else: a run with them is up in half the time."""
    with temporary_postgres() as database, temporary_valkey() as bus:
        yield {"DATABASE_URL": database, "REDIS_URL": bus}


def test_a_process_that_dies_is_started_again(start: Callable[..., Run], outside: dict[str, str]) -> None:
    run = start(**outside, ONEKEY_APP_DB_PASSWORD=APP_PASSWORD)
    run.up()
    before = run.given("voice")["pid"]
    os.kill(before, signal.SIGKILL)
    assert wait_until(lambda: run.given("voice")["pid"] != before, timeout=10)
    assert "voice ended (status -9)" in run.end(signal.SIGTERM)


def test_a_taken_port_is_named_with_its_variable(start: Callable[..., Run]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = start(ONEKEY_HTTP_PORT=str(port))
        text = run.end()
    assert run.process.returncode == Exit.PORT_TAKEN
    assert f"TCP port {port} for the console is taken" in text
    assert f"ONEKEY_HTTP_PORT={port + 10}" in text


def test_a_step_that_fails_is_named_and_nothing_is_left(start: Callable[..., Run]) -> None:
    run = start(FAKE_FAILS="seed")
    text = run.end()
    assert run.process.returncode == Exit.STEP_FAILED, text
    assert "seed was told to fail" in text
    assert not (run.home / "demo.json").exists()
    assert [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_postgres_of(pid, run.home)] == []


def test_a_process_that_does_not_come_up_is_named(start: Callable[..., Run], outside: dict[str, str]) -> None:
    run = start(FAKE_FAILS="worker", **outside, ONEKEY_APP_DB_PASSWORD=APP_PASSWORD)
    text = run.end()
    assert run.process.returncode == Exit.NOT_READY, text
    assert "worker was told to fail" in text
    assert not (run.home / "demo.json").exists()


def _is_postgres_of(pid: int, home: Path) -> bool:
    try:
        return str(home).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_servers_given_from_outside_are_used(start: Callable[..., Run], outside: dict[str, str]) -> None:
    run = start(**outside, ONEKEY_APP_DB_PASSWORD=APP_PASSWORD)
    run.up()
    assert run.given("api")["env"]["REDIS_URL"] == outside["REDIS_URL"]
    assert f"onekey_app:{APP_PASSWORD}@" in run.given("api")["env"]["ONEKEY_APP_DATABASE_URL"]
    assert not (run.home / "postgres").exists()
    assert not (run.home / "log" / "postgres.log").exists()
    run.end(signal.SIGTERM)
    assert run.process.returncode == Exit.STOPPED
