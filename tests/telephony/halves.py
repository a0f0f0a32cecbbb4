"""A centre of two halves on one database: an Asterisk, a voice and an api each, as processes that can be killed; agents on SIP telephones at either."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast
from urllib.error import URLError

from sqlalchemy import text

from callcenter.kit.db import Database
from callcenter.local.children import callcenter_argv
from callcenter.telephony.softphone import Call, Softphone
from tests.house import AgentAtWork, House, start_afresh
from tests.ports import free_port
from tests.telephony.pbx import PATIENCE, TIMINGS, Pbx, running_nodes, until, until_async

NODE_LOST = 4.0  # s


class Half:
    """What dies together."""

    def __init__(self, name: str, pbx: Pbx, app_url: str, shared: Path) -> None:
        self.name, self.pbx, self.port = name, pbx, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = pbx.settings
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
        durations = {f"ONEKEY_TIMINGS__{name.upper()}": str(value) for name, value in settings.timings.model_dump().items()}
        self.env = {
            **clean,
            **durations,
            "ONEKEY_MODE": "test",
            "ONEKEY_HOME": str(settings.home),
            "ONEKEY_RECORDINGS_DIR": str(shared / "recordings"),
            "ONEKEY_HTTP_PORT": str(self.port),
            "ONEKEY_ARI_PORT": str(settings.ari_port),
            "ONEKEY_SIP_PORT": str(settings.sip_port),
            "ONEKEY_TRUNK_CONTACT": settings.trunk_contact,
            "ONEKEY_PBX_NODES": settings.pbx_nodes,
            "ONEKEY_PBX_NODE": name,
            "ONEKEY_AGENT_PHONES": "sip",
            "ONEKEY_APP_DATABASE_URL": app_url,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def ready_file(self, name: str) -> Path:
        return self.pbx.settings.home / f"ready-{name}"

    def start(self, name: str) -> None:
        ready = self.ready_file(name)
        ready.unlink(missing_ok=True)
        with (self.pbx.settings.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                callcenter_argv(name), env=self.env | {"ONEKEY_READY_FILE": str(ready)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    async def up(self, *names: str) -> None:
        for name in names:
            self.start(name)
        for name in names:
            await until_async(lambda name=name: self.is_ready(name))  # type: ignore[misc]

    async def is_ready(self, name: str) -> bool:
        assert self.processes[name].poll() is None, self.log(name)
        return self.ready_file(name).exists() if name != "api" else await asyncio.to_thread(self.answers)

    def answers(self) -> bool:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self.url}/readyz", timeout=2) as answer:
                return int(answer.status) == 200
        except (URLError, OSError):
            return False

    def log(self, name: str) -> str:
        return (self.pbx.settings.home / f"{name}.log").read_text()

    async def kill(self) -> None:
        """Asterisk, voice and api at once, by -9."""
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
        await self.pbx.asterisk.stop(at_once=True)
        for process in self.processes.values():
            await asyncio.to_thread(process.wait, PATIENCE)
        self.processes.clear()

    async def come_back(self) -> None:
        await self.pbx.asterisk.start()
        await self.up("voice", "api")

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            process.wait(PATIENCE)


class AgentAtHalf(AgentAtWork):
    """At this half's console; her telephone is registered at its PBX."""

    def __init__(self, half: Half, username: str) -> None:
        super().__init__(cast(House, None), username, half.url)
        self.half, self.phone = half, Softphone()

    async def plug_in_phone(self) -> None:
        answer = await self.http.post("/api/phone")
        assert answer.status_code == 200, answer.text
        login = answer.json()
        self.account = login["account"]
        self.phone = await Softphone(name=login["account"], secret=login["secret"]).__aenter__()
        await self.phone.register(self.half.pbx.address)
        await self.say({"type": "phone", "state": "registered"})

    async def moves_to(self, half: Half) -> None:
        """What a page does whose server is gone and whose address leads to another: console and telephone are laid anew by the same sign-in."""
        await self.close_console()
        await self._unplug()
        self.half, self.url = half, half.url
        self.http.base_url = self.url
        await self.open_console()
        await self.plug_in_phone()

    async def answers(self) -> tuple[Call, uuid.UUID]:
        """The telephone's call, and which it is. What rang before and was given to another is over."""
        while (call := await self.phone.wait_call(PATIENCE)).state == "ended":
            continue
        await call.answer()
        assert call.invite
        return call, uuid.UUID(call.invite.get("X-OneKey-Call"))

    async def _unplug(self) -> None:
        with suppress(Exception):  # its PBX may be dead
            await self.phone.__aexit__(None, None, None)

    async def leave(self) -> None:
        await self._unplug()
        await super().leave()


class Halves:
    def __init__(self, halves: dict[str, Half], owner: Database, stack: AsyncExitStack) -> None:
        self.a, self.b, self.owner, self.stack = halves["a"], halves["b"], owner, stack

    async def rows(self, statement: str) -> list[Any]:
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement))).all())

    async def sees(self, statement: str) -> Any:
        await until_async(lambda: self.rows(statement))
        return (await self.rows(statement))[0]

    async def agent(self, half: Half, username: str) -> AgentAtHalf:
        agent = AgentAtHalf(half, username)
        self.stack.push_async_callback(agent.leave)
        await agent.goes_on_duty()
        return agent

    async def presses(self, half: Half, number: str, called: str = "1234900") -> Call:
        phone = await self.stack.enter_async_context(Softphone())
        return await phone.call(called, half.pbx.address, number)

    async def leader(self) -> Half:
        """Whose voice has the application at Asterisk."""
        (row,) = await self.rows("SELECT epoch FROM leases WHERE name LIKE 'voice:%'")
        wanted = f"epoch={row.epoch}"
        for half in (self.a, self.b):
            if any(
                "voice_holds_lease" in line and (wanted in line or f'"epoch": {row.epoch}' in line)
                for line in half.log("voice").splitlines()
            ):
                return half
        raise AssertionError("no voice leads")


async def talk(one: Call, other: Call, says: int, hears: int) -> None:
    """Each hears the other's tone from now on."""
    one.media.play_tone(says)
    other.media.play_tone(hears)
    one.media.forget()
    other.media.forget()
    await until(lambda: one.media.level(hears) > 0.1 and other.media.level(says) > 0.1, what=f"{says} and {hears} Hz are heard")


@asynccontextmanager
async def two_halves(owner_url: str, app_url: str, shared: Path) -> AsyncIterator[Halves]:
    owner = Database(owner_url, pool_size=2)
    async with owner.transaction() as session:
        await start_afresh(session)
    timings = TIMINGS.model_copy(
        update={"node_lost": NODE_LOST, "guard": 20, "guard_renew": 5.0, "service_ring": 30.0, "console_gone": 8.0}
    )
    async with running_nodes("a", "b", timings=timings) as pbxs:
        for name, other in (("a", "b"), ("b", "a")):
            await until_async(lambda at=name, of=other: pbxs[at].is_reachable(f"peer-{of}"))  # type: ignore[misc]
        halves = {name: Half(name, pbx, app_url, shared) for name, pbx in pbxs.items()}
        try:
            await halves["a"].up("voice")
            await asyncio.gather(halves["a"].up("api"), halves["b"].up("voice", "api", "relay"))
            async with AsyncExitStack() as stack:
                yield Halves(halves, owner, stack)
        finally:
            for half in halves.values():
                half.stop()
                print(f"voice at {half.name}:\n{half.log('voice')[-6000:]}", file=sys.stderr)  # shown with a test that failed
            await owner.close()
