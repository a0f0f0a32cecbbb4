"""The whole centre as `callcenter run` starts it, and people who use it: elders on SIP telephones, agents in Chromium."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from playwright.async_api import Browser, BrowserContext, Error, Page, expect
from psycopg.rows import dict_row

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.settings import DEMO_SECRET
from callcenter.telephony.softphone import Softphone
from callcenter.telephony.sound import tone, write_wav
from tests.ports import free_port
from tests.telephony.pbx import Carrier, until, until_async

SOS, SERVICE = "1234900", "12349"
PATIENCE = 90.0  # s: only says when a wait is given up, on however slow a machine
expect.set_options(timeout=PATIENCE * 1000)
ALONE, COUPLE, UNKNOWN = "07103456789", "07103452468", "07103459876"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# every peer connection of the page is kept, so that a test can measure what comes out of it
KEEP_CONNECTIONS = """
(() => {
  const Real = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); window.__connections.push(this); } };
})()
"""
# amplitude of one frequency in what the page hears now (Goertzel over 0.25 s), 0 when nothing comes
MEASURE = """
async (frequency) => {
  const live = window.__connections.filter((c) => c.connectionState === 'connected').at(-1);
  const track = live?.getReceivers().map((r) => r.track).find((t) => t?.kind === 'audio');
  if (!track) return 0;
  const context = (window.__measure ??= new AudioContext());
  const analyser = context.createAnalyser();
  analyser.fftSize = 16384;
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  await new Promise((done) => setTimeout(done, 700));
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  source.disconnect();
  const w = (2 * Math.PI * frequency) / context.sampleRate;
  let s1 = 0, s2 = 0;
  for (const x of samples) { const s0 = x + 2 * Math.cos(w) * s1 - s2; s2 = s1; s1 = s0; }
  const power = s1 * s1 + s2 * s2 - 2 * Math.cos(w) * s1 * s2;
  return (2 * Math.sqrt(Math.max(0, power))) / samples.length;
}
"""


class Centre:
    """A run of its own: ports, home, short durations."""

    since: datetime  # the test that is running began: what tests before it have left is none of its own

    def __init__(self, home: Path, cache: Path) -> None:
        self.home = home
        ports = {f"{name}_PORT": free_port() for name in ("HTTP", "STORES", "PUBLIC", "SIP", "ARI")}
        self.sip_port = ports["SIP_PORT"]
        self.carrier_port = free_port()  # where calls to numbers outside go: nobody is there, unless a test listens
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONEKEY_") and k not in ("DATABASE_URL", "REDIS_URL", "ARI_URL")}
        durations = {
            "CLAIM": "2", "SERVICE_RING": "30", "WRAP_UP": "120", "AGENT_RETURN": "20", "CONSOLE_GONE": "12", "COMMAND": "20", "DUTY_RING": "10",
            "SYSTEM_CALL_BACK": "120", "SELF_TEST_EVERY": "0",
        }  # fmt: skip
        self.env = {
            **clean,
            **{f"ONEKEY_{k}": str(v) for k, v in ports.items()},
            **{f"ONEKEY_TIMINGS__{k}": v for k, v in durations.items()},
            "ONEKEY_TRUNK_CONTACT": f"127.0.0.1:{self.carrier_port}",
            "ONEKEY_HOME": str(home),
            "ONEKEY_CACHE": str(cache.resolve()),
            "ONEKEY_MODE": "test",
        }
        self.url = f"http://127.0.0.1:{ports['HTTP_PORT']}"
        self.stores_url = f"http://127.0.0.1:{ports['STORES_PORT']}"
        self.process: subprocess.Popen[bytes] | None = None
        self.said = home.parent / f"{home.name}.log"

    def start(self) -> None:
        command = [sys.executable, "-c", "from callcenter.cli import main; main(prog_name='callcenter')", "run"]
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    async def up(self, patience: float = 400) -> dict[str, Any]:
        assert self.process
        for _ in range(int(patience / 0.2)):
            if (self.home / "demo.json").exists():
                return dict(json.loads((self.home / "demo.json").read_text()))
            assert self.process.poll() is None, self.said.read_text()
            await asyncio.sleep(0.2)
        raise AssertionError(f"not up in {patience} s:\n{self.said.read_text()}")

    def stop(self) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    # -- what a test does to it ----------------------------------------------------------------------------------------------------

    def pid_of(self, name: str) -> int:
        """The process of ours with this name: a child of the run."""
        assert self.process
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                argv = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError, ValueError):
                continue
            # ours by their last word, a server by its program's name: Valkey adds its port to it, Asterisk may run by the loader and say its name behind it
            program = argv[0].split(b"/")[-1].split(b" ")[0]
            if parent == self.process.pid and (
                argv[-2:-1] == [name.encode()] or program == name.encode() or argv[1:3] == [b"--argv0", name.encode()]
            ):
                return int(entry.name)
        raise AssertionError(f"{name} does not run")

    def signal(self, name: str, number: signal.Signals) -> int:
        pid = self.pid_of(name)
        os.kill(pid, number)
        return pid

    def freeze_database(self, frozen: bool) -> None:
        """The server and all that serve a connection: nothing answers, nothing is refused, as on a machine whose disk hangs."""
        server = self.pid_of("postgres")
        children = (Path("/proc") / str(server) / "task" / str(server) / "children").read_text().split()
        for pid in (server, *map(int, children)):
            os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def log(self, name: str) -> str:
        return (self.home / "log" / f"{name}.log").read_text()

    async def is_online(self, endpoint: str) -> bool:
        """Whether Asterisk would ring it: a telephone that has registered and has answered its probe."""
        env = json.loads((self.home / "env.json").read_text())
        login = (env.get("ONEKEY_ARI_USER", "onekey"), env.get("ONEKEY_ARI_PASSWORD", DEMO_SECRET))
        async with httpx.AsyncClient(auth=login, timeout=PATIENCE) as client:
            found = (await client.get(f"http://127.0.0.1:{self.env['ONEKEY_ARI_PORT']}/ari/endpoints/PJSIP")).json()
        return any(one["resource"] == endpoint and one["state"] == "online" for one in found)

    @asynccontextmanager
    async def carrier(self, **more: Any) -> AsyncIterator[Softphone]:
        """Whatever number outside is dialled rings here. The PBX has asked for it anew, and knows that it is there."""
        async with Carrier(port=self.carrier_port, **more) as phone:
            await until(lambda: phone.probes)
            await until_async(lambda: self.is_online("trunk"))
            yield phone

    async def rows(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        url = json.loads((self.home / "env.json").read_text())["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
            return await (await connection.execute(statement, parameters)).fetchall()

    async def command(self, *words: str) -> str:
        """What `callcenter` says to somebody at this home's shell."""
        argv = [sys.executable, "-c", "from callcenter.cli import main; main()", *words]
        done = await asyncio.to_thread(subprocess.run, argv, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def until_row(self, statement: str, *parameters: Any, patience: float = PATIENCE) -> dict[str, Any]:
        """The first row as soon as there is one."""
        for _ in range(int(patience / 0.2)):
            if found := await self.rows(statement, *parameters):
                return found[0]
            await asyncio.sleep(0.2)
        raise AssertionError(f"no row within {patience} s: {statement} {parameters}")


class Agent:
    """A person at the console in Chromium."""

    def __init__(self, page: Page, context: BrowserContext, centre: Centre, username: str, url: str = "") -> None:
        self.page, self.context, self.centre, self.username = page, context, centre, username
        self.url = url or centre.url

    def part(self, test_id: str) -> Any:
        return self.page.get_by_test_id(test_id)

    async def keep_connections(self) -> None:
        await self.context.add_init_script(KEEP_CONNECTIONS)

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.url}/?rawaudio=1")
        await self.part("login-user").fill(self.username)
        await self.part("login-pass").fill(DEMO_PASSWORD)
        await self.part("login-submit").click()
        await self.phone_is_ready()

    async def phone_is_ready(self) -> None:
        await self.until_true("window.onekey?.phone.state().registration === 'registered'")
        await self.centre.until_row(
            "SELECT 1 FROM agent_presence p JOIN users u ON u.id = p.agent_id WHERE u.username = %s AND p.phone_ok AND p.state <> 'offline'",
            self.username,
        )

    async def until_true(self, script: str, patience: float = PATIENCE) -> None:
        """Playwright's own wait_for_function needs eval in the page, which our Content-Security-Policy refuses."""
        for _ in range(int(patience / 0.1)):
            try:
                if await self.page.evaluate(script):
                    return
            except Error:  # the page is being loaded
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"not within {patience} s: {script}: {await self.page.evaluate('window.onekey?.phone.state()')}")

    async def sees(self, test_id: str, text: str) -> None:
        await expect(self.part(test_id).first).to_contain_text(text)

    async def answers(self) -> None:
        await self.part("ring-answer").click()
        await self.talks()

    async def talks(self, patience: float = PATIENCE) -> None:
        await self.until_true("window.onekey?.phone.state().call?.stage === 'talking'", patience)

    async def hears(self, frequency: float) -> float:
        """Amplitude of this tone in what the agent hears, 0..1."""
        return float(await self.page.evaluate(MEASURE, frequency))

    async def until_hears(self, frequency: float, level: float = 0.1, patience: float = PATIENCE) -> float:
        best, deadline = 0.0, asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < deadline:
            best = max(best, await self.hears(frequency))
            if best > level:
                return best
            await asyncio.sleep(0.1)
        states = await self.page.evaluate("window.__connections.map((c) => [c.connectionState, c.iceConnectionState, c.signalingState])")
        raise AssertionError(f"{frequency} Hz not heard within {patience} s: {best:.3f}; connections: {states}")

    async def wraps_up(self, outcome: str = "已帮到") -> None:
        await self.part("wrapup-outcome").get_by_text(outcome, exact=True).click()
        await self.part("wrapup-save").click()


@asynccontextmanager
async def agent_at_console(browser: Browser, centre: Centre, username: str) -> AsyncIterator[Agent]:
    context = await browser.new_context(
        viewport={"width": 1366, "height": 768}, permissions=["microphone"], locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    agent = Agent(page, context, centre, username)
    await agent.keep_connections()
    await agent.sign_in()
    try:
        yield agent
    finally:
        if agent.page.url.startswith("http"):
            await agent.page.evaluate(
                "fetch('/api/auth/me').then(r => r.json()).then(m => fetch('/api/auth/sign-out', {method:'POST', headers:{'X-CSRF-Token': m.csrf}}))"
            )
        await context.close()


def write_microphone(path: Path, frequency: float) -> Path:
    """What the agents' fake microphones say: a steady tone."""
    write_wav(path, tone(frequency, 20, 0.3))
    return path
