"""A whole centre for one measurement: `callcenter run` in a folder of its own, agents at their consoles with SIP telephones, and beside them the
same number of telephones behind Asterisk's own app_queue.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database
from callcenter.settings import Settings

AGENTS = 20
NATIVE_LINE, OUR_LINE = "800800", "12349"
ANSWER_AFTER = 0.02  # s
Say = Callable[[str], None]


class BenchFailed(RuntimeError):
    """The centre could not be brought up; the text says why."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def process_of(run: int, name: str) -> int:
    """The process id of the voice, worker … that the run has started."""
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == run and name in (process / "cmdline").read_bytes().decode().split("\0"):
                return int(process.name)
    raise BenchFailed(f"the run has no {name}")


@dataclass
class BenchCentre:
    home: Path
    url: str
    pbx: tuple[str, int]
    owner_url: str
    trunk_port: int  # where numbers that the centre dials arrive
    pid: int  # of the run
    callers: list[str] = field(default_factory=list)  # elders' numbers, as a carrier sends them
    agents: list[StampedPhone] = field(default_factory=list)
    desks: list[httpx.AsyncClient] = field(default_factory=list)  # the same agents, signed in
    members: list[StampedPhone] = field(default_factory=list)  # behind app_queue
    pops: dict[str, int] = field(default_factory=dict)  # caller → ns when the first console had her card
    read_pops: bool = True

    def rung(self, line: str, caller: str) -> int | None:
        phones = self.agents if line == OUR_LINE else self.members
        return min((phone.rung[caller] for phone in phones if caller in phone.rung), default=None)

    def forget_caller(self, caller: str) -> None:
        for phone in (*self.agents, *self.members):
            phone.rung.pop(caller, None)

    def forget(self) -> None:
        """Every call is over. Telephones still hold those whose 200 crossed the PBX's CANCEL."""
        self.pops.clear()
        for phone in (*self.agents, *self.members):
            phone.rung.clear()
            for call in phone.calls.values():
                call.move("ended")
            phone.calls.clear()


def native_queue(home: Path, ports: list[int]) -> None:
    """Files beside our own configuration: a queue of telephones with fixed addresses, dialled by its own number on the same trunk."""
    etc = home / "asterisk/etc"
    (etc / "extra").mkdir(parents=True)
    names = [f"member{n}" for n in range(len(ports))]
    members = "\n".join(f"member => PJSIP/{name}" for name in names)
    (etc / "queues.conf").write_text(
        f"[general]\nautofill=yes\n[bench]\nstrategy=rrmemory\ntimeout=30\nretry=1\nringinuse=no\nautofill=yes\n{members}\n"
    )
    (etc / "extra/modules.conf").write_text("load = app_queue.so\n")
    (etc / "extra/extensions.conf").write_text(f"[from-trunk](+)\nexten => {NATIVE_LINE},1,Queue(bench,r)\n same => n,Hangup()\n")
    (etc / "extra/pjsip.conf").write_text(
        "\n".join(
            f"[{name}]\ntype=endpoint\naors={name}\nauth={name}\ncontext=refused\ndisallow=all\nallow=alaw\ndirect_media=no\ntransport=transport-udp\n"
            f"media_address=127.0.0.1\nbind_rtp_to_media_address=yes\n[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={os.urandom(8).hex()}\n"
            f"[{name}]\ntype=aor\ncontact=sip:{name}@127.0.0.1:{port}\n"
            for name, port in zip(names, ports, strict=True)
        )
    )


@asynccontextmanager
async def running_centre(settings: Settings, say: Say) -> AsyncIterator[BenchCentre]:
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="onekey-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        home = folder / "home"
        member_ports = [free_port(socket.SOCK_DGRAM) for _ in range(AGENTS)]
        native_queue(home, member_ports)
        say("a centre of its own is started")
        centre = await _start(stack, settings, home, folder / "run.log")
        stack.push_async_callback(_stop_phones, centre)
        for n, port in enumerate(member_ports):
            centre.members.append(await stack.enter_async_context(StampedPhone(port=port, name=f"member{n}", answer_after=ANSWER_AFTER)))
        await _people(centre)
        say(f"{AGENTS} agents sign in, open their consoles and register their telephones")
        for n in range(AGENTS):
            await _agent_at_work(stack, centre, f"bench{n}")
        await _all_idle(centre)
        yield centre


async def _start(stack: AsyncExitStack, settings: Settings, home: Path, log: Path) -> BenchCentre:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
    ports = {f"{name}_PORT": free_port() for name in ("HTTP", "STORES", "PUBLIC", "ARI")} | {"SIP_PORT": free_port(socket.SOCK_DGRAM)}
    trunk_port = free_port(socket.SOCK_DGRAM)
    env = {
        **clean,
        **{f"ONEKEY_{name}": str(port) for name, port in ports.items()},
        "ONEKEY_HOME": str(home),
        "ONEKEY_CACHE": str(settings.cache.resolve()),
        "ONEKEY_MODE": "test",
        "ONEKEY_AGENT_PHONES": "sip",
        "ONEKEY_TRUNK_CONTACT": f"127.0.0.1:{trunk_port}",
        "ONEKEY_AUTOMATIC_CALLS": "20",
        "ONEKEY_TRUNK_LINES": "60",
        "ONEKEY_TIMINGS__WRAP_UP": "0",  # calls follow each other at once
    }
    argv = [sys.executable, "-P", "-c", "from callcenter.cli import main; main(prog_name='callcenter')", "run"]
    with log.open("wb") as file:
        process = await asyncio.to_thread(
            subprocess.Popen, argv, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )

    def stop() -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)

    stack.callback(stop)
    deadline = time.monotonic() + 240
    while not (home / "demo.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchFailed(f"the centre did not come up:\n{await asyncio.to_thread(log.read_text, errors='replace')}")
        await asyncio.sleep(0.2)
    owner = json.loads(await asyncio.to_thread((home / "env.json").read_text))["DATABASE_URL"]
    return BenchCentre(
        home, f"http://127.0.0.1:{ports['HTTP_PORT']}", ("127.0.0.1", ports["SIP_PORT"]), owner, trunk_port=trunk_port, pid=process.pid
    )


async def _people(centre: BenchCentre) -> None:
    database = Database(centre.owner_url, pool_size=1)
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO users (id, username, name, role, password_hash, active, dialects, created_at) "
                "SELECT gen_random_uuid(), 'bench' || n, '坐席' || n, 'agent', password_hash, true, '[]', now() "
                "FROM users, generate_series(0, :last) n WHERE username = 'agent1'"
            ),
            {"last": AGENTS - 1},
        )
        numbers = await session.execute(
            text("SELECT e164 FROM elder_numbers GROUP BY e164 HAVING count(*) = 1 AND e164 LIKE '+86710%' ORDER BY e164 LIMIT 800")
        )
        centre.callers = ["0" + number.removeprefix("+86") for number in numbers.scalars()]
    await database.close()


async def _agent_at_work(stack: AsyncExitStack, centre: BenchCentre, username: str) -> None:
    http = await stack.enter_async_context(httpx.AsyncClient(base_url=centre.url, timeout=30))
    answer = await http.post("/api/auth/sign-in", json={"username": username, "password": DEMO_PASSWORD})
    answer.raise_for_status()
    http.headers["X-CSRF-Token"] = answer.json()["csrf"]
    account = (await http.post("/api/phone")).raise_for_status().json()
    cookie = f"onekey_session={http.cookies['onekey_session']}"
    url = centre.url.replace("http", "ws") + "/ws/console"
    console = await stack.enter_async_context(connect(url, additional_headers={"Cookie": cookie}, origin=Origin(centre.url), max_size=None))
    reading = asyncio.create_task(_read(centre, console))
    stack.callback(reading.cancel)
    centre.desks.append(http)
    phone = StampedPhone(name=account["account"], secret=account["secret"], answer_after=ANSWER_AFTER)
    centre.agents.append(await stack.enter_async_context(phone))
    await phone.register(centre.pbx, expires=600)
    await console.send(orjson.dumps({"type": "phone", "state": "registered"}).decode())


async def _read(centre: BenchCentre, console: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            raw = await console.recv(decode=False)
            at = time.time_ns()
            if not centre.read_pops or b'"topic":"call"' not in raw[:80] or b'"pop":{' not in raw:
                continue
            call = orjson.loads(raw)["data"]
            if call and call["pop"]:
                centre.pops.setdefault(re.sub(r"\D", "", call["caller_number"]), at)


async def _all_idle(centre: BenchCentre) -> None:
    database = Database(centre.owner_url, pool_size=1)
    try:
        for _ in range(150):
            async with database.transaction() as session:
                idle = (await session.execute(text("SELECT count(*) FROM agent_presence WHERE state = 'idle' AND phone_ok"))).scalar_one()
            if idle >= AGENTS:
                return
            await asyncio.sleep(0.2)
    finally:
        await database.close()
    raise BenchFailed(f"only {idle} of {AGENTS} agents are ready")


async def _stop_phones(centre: BenchCentre) -> None:
    for phone in (*centre.agents, *centre.members):
        for call in list(phone.calls.values()):
            call.move("ended")
