"""deploy/kamailio before two Asterisks: presses are spread, and one that dies gives way to the other within the INVITE.

No voice is there: the dialplan answers.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.local.packages import tool
from callcenter.telephony.asterisk.config import cel_of
from callcenter.telephony.softphone import Call, CallFailed, Softphone
from tests.ports import free_port
from tests.telephony.pbx import PATIENCE, ROOT, TIMINGS, Pbx, running_nodes, until

pytestmark = pytest.mark.asterisk
ELDER, SOS = "07103456789", "1234900"
PROXY_GIVES_UP = 1.5  # s: tm's fr_timer in kamailio.cfg


class Proxy:
    def __init__(self, folder: Path, carrier_port: int, nodes: dict[str, Pbx]) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.said = folder / "kamailio.log"
        self.destinations = folder / "dispatcher.list"
        lines = [f"1 sip:127.0.0.1:{pbx.settings.sip_port} 0 0" for pbx in nodes.values()] + [f"2 sip:127.0.0.1:{carrier_port} 32 0"]
        self.destinations.write_text("\n".join(lines) + "\n")
        self.folder = folder

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    async def start(self) -> None:
        program = await asyncio.to_thread(tool, "kamailio", cache=ROOT / ".cache")
        here = program.parent / "root" if program.name == "run" else Path("/")
        modules = next(here.glob("usr/lib/*/kamailio/modules"))
        argv = [
            str(program), "-f", str(ROOT / "deploy/kamailio/kamailio.cfg"), "-l", f"udp:127.0.0.1:{self.port}", "-L", f"{modules}/",
            "-A", f'LIST="{self.destinations}"', "-Y", str(self.folder), "-w", str(self.folder), "-DD", "-E", "-n", "2", "-m", "32", "-M", "4",
        ]  # fmt: skip
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: ASYNC220

    async def is_up(self) -> bool:
        """It says yes to an OPTIONS as soon as a node is there."""
        assert self.process and self.process.poll() is None, self.said.read_text()
        async with Softphone() as phone:
            call = Call(phone, "probe", self.address, None)
            call.target, call.remote, call.local = (
                f"sip:{self.address[0]}:{self.port}",
                "<sip:proxy@localhost>",
                "<sip:test@localhost>;tag=1",
            )
            try:
                return (await phone.request("OPTIONS", call)).status == 200
            except TimeoutError:
                return False

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)


@pytest_asyncio.fixture
async def nodes() -> AsyncIterator[dict[str, Pbx]]:
    async with running_nodes("a", "b", timings=TIMINGS.model_copy(update={"claim": 0.3})) as pbxs:
        yield pbxs


@pytest_asyncio.fixture
async def proxy(nodes: dict[str, Pbx], tmp_path: Path) -> AsyncIterator[Proxy]:
    opened = Proxy(tmp_path, nodes["a"].trunk_port, nodes)
    await opened.start()
    try:
        async with asyncio.timeout(PATIENCE):
            while not await opened.is_up():
                await asyncio.sleep(0.2)
        yield opened
    finally:
        opened.stop()


@asynccontextmanager
async def pressed(proxy: Proxy) -> AsyncIterator[tuple[Call, float]]:
    """A press that somebody answers, and how long that took."""
    async with Softphone() as phone:
        began = time.monotonic()
        call = await phone.call(SOS, proxy.address, ELDER)
        await call.answered(PATIENCE)
        yield call, time.monotonic() - began
        await call.hang_up()


def presses(pbx: Pbx) -> int:
    record = cel_of(pbx.settings.pbx_home)
    return record.read_text().count('"CHAN_START"') if record.exists() else 0


async def test_presses_are_spread_and_a_killed_node_gives_way_within_the_invite(proxy: Proxy, nodes: dict[str, Pbx]) -> None:
    a, b = nodes["a"], nodes["b"]
    for _ in range(4):
        async with pressed(proxy) as (call, _):
            await until(lambda call=call: call.media.received > 10, what="sound, straight from the node")  # type: ignore[misc]
    assert (presses(a), presses(b)) == (2, 2)
    await a.asterisk.stop(at_once=True)
    for _ in range(2):  # one of them is a's turn, and nobody has noticed yet
        async with pressed(proxy) as (_, seconds):
            assert seconds < PROXY_GIVES_UP + 2, "and the dialplan waits half a second for a voice"
    assert (presses(a), presses(b)) == (2, 4)
    await asyncio.sleep(5)  # by now it is known that a is away
    async with pressed(proxy) as (_, seconds):
        assert seconds < PROXY_GIVES_UP
    await a.asterisk.start()
    async with asyncio.timeout(PATIENCE):  # back after its next answer
        while presses(a) == 2:
            async with pressed(proxy):
                await asyncio.sleep(0.5)


async def test_it_ends_on_either_side(proxy: Proxy, nodes: dict[str, Pbx]) -> None:
    async with pressed(proxy) as (call, _):
        await nodes["a"].hang_up_all()
        await nodes["b"].hang_up_all()
        await call.ended(PATIENCE)  # the node's BYE


async def test_nobody_else_presses(proxy: Proxy, nodes: dict[str, Pbx]) -> None:
    async with Softphone(host="127.0.0.9") as stranger:
        call = await stranger.call(SOS, proxy.address, ELDER)
        with pytest.raises(CallFailed):
            await call.answered(PATIENCE)
        assert call.status == 403
    assert (presses(nodes["a"]), presses(nodes["b"])) == (0, 0)
