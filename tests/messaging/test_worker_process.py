"""The real worker process, against a gateway that is slow: killed in mid-sending, stopped in order, two of them at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.kit.db import Database
from callcenter.local.children import callcenter_argv
from callcenter.local.valkey import temporary_valkey
from callcenter.messaging.states import MessageState
from tests.house import until
from tests.messaging.bad_carrier import BadCarrier
from tests.messaging.writing import messages, only_message, say

pytestmark = pytest.mark.slow
PATIENCE = 40.0  # a process's start on a busy machine


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with temporary_valkey() as url:
        yield url


@pytest_asyncio.fixture
async def start_worker(
    database: Database, house_app_url: str, valkey: str, bad_carrier: BadCarrier, tmp_path: Path
) -> AsyncIterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts one more; each waits for `ready`."""
    started: list[subprocess.Popen[bytes]] = []
    (tmp_path / "offset").write_text("0")

    def start() -> subprocess.Popen[bytes]:
        home = tmp_path / str(len(started))
        home.mkdir()
        env = {name: value for name, value in os.environ.items() if not name.startswith("ONEKEY_")} | {
            "ONEKEY_MODE": "test",
            "ONEKEY_HOME": str(home),
            "ONEKEY_APP_DATABASE_URL": house_app_url,
            "REDIS_URL": valkey,
            "ONEKEY_READY_FILE": str(home / "ready"),
            "ONEKEY_CLOCK_OFFSET_FILE": str(tmp_path / "offset"),
            "ONEKEY_SMS_CARRIER": "gateway",
            "ONEKEY_SMS_GATEWAY__URL": bad_carrier.url + "/send",
            "ONEKEY_SMS_GATEWAY__SECRET": "geheim",
            "ONEKEY_SMS_GATEWAY__METHOD": "GET",  # text and number in the address, which programs like to log
        }
        with (home / "log").open("wb") as out:
            started.append(subprocess.Popen(callcenter_argv("worker"), env=env, stdout=out, stderr=out))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    for number in range(len(started)):
        log = (tmp_path / str(number) / "log").read_text()
        assert "13800001234" not in log and "理发" not in log, "nothing private in a log"


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def ready(home: Path) -> None:
    await until((home / "ready").exists, patience=PATIENCE, why="the worker says that it works")


async def in_state(database: Database, state: MessageState) -> None:
    async def look() -> bool:
        return {m.state for m in await messages(database)} == {state}

    deadline = PATIENCE
    while not await look():
        deadline -= 0.1
        assert deadline > 0, (state, [m.state for m in await messages(database)])
        await asyncio.sleep(0.1)


async def test_a_worker_killed_in_mid_sending_never_sends_again(
    database: Database, bad_carrier: BadCarrier, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    bad_carrier.answers = lambda asked: 8.0
    first = start_worker()
    await ready(tmp_path / "0")
    await say(database)
    await until(lambda: bad_carrier.asked, patience=PATIENCE, why="the gateway is asked")
    beats = children_of(first.pid)
    assert beats, "the beat is a process of its own"
    first.kill()
    first.wait()
    await until(lambda: not any(map(is_alive, beats)), patience=PATIENCE, why="the beat goes with its worker")
    assert (await only_message(database)).state is MessageState.SENDING
    bad_carrier.answers = lambda asked: (200, {"code": "0", "id": "G"})
    (tmp_path / "offset").write_text("40")
    start_worker()
    await in_state(database, MessageState.UNKNOWN)
    (tmp_path / "offset").write_text("4000")
    await say(database, key="another")
    await until(lambda: len(bad_carrier.asked) == 2, patience=PATIENCE)
    found = {m.dedupe_key: (m.state, m.attempts) for m in await messages(database)}
    assert found["job:1:taken"] == (MessageState.UNKNOWN, 1)


async def test_a_worker_that_is_stopped_in_order_writes_what_became_of_it(
    database: Database, bad_carrier: BadCarrier, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    bad_carrier.slow_then = (1.5, (200, {"code": "0", "id": "G1"}))
    worker = start_worker()
    await ready(tmp_path / "0")
    await say(database)
    await until(lambda: bad_carrier.asked, patience=PATIENCE, why="the gateway is asked")
    worker.send_signal(signal.SIGTERM)
    await until(lambda: worker.poll() is not None, patience=PATIENCE, why="it ends")
    message = await only_message(database)
    assert (message.state, message.provider_id, len(bad_carrier.asked)) == (MessageState.SENT, "G1", 1)


async def test_two_workers_send_each_message_once(
    database: Database, bad_carrier: BadCarrier, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    bad_carrier.slow_then = (0.05, (200, {"code": "0", "id": "G"}))
    for _ in range(2):
        start_worker()
    for number in range(2):
        await ready(tmp_path / str(number))
    for number in range(60):
        await say(database, key=f"job:{number}", params={"item": f"理发{number}", "area": "王府口社区", "when": "明天9:30"})
    await in_state(database, MessageState.SENT)
    texts = Counter(asked.query["content"] for asked in bad_carrier.asked)
    assert (len(texts), set(texts.values())) == (60, {1})
