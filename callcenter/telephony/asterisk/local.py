"""An Asterisk of our own on a bare machine: installed, configured, started, asked and stopped without root.

For a supervisor: `ensure_installed`, `render`, `command`, then `wait_ready`; SIGTERM ends it. `Running` does all that for tests.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from callcenter.settings import Settings
from callcenter.telephony.asterisk import debian
from callcenter.telephony.asterisk.config import Layout, make_socket_folder, render
from callcenter.telephony.asterisk.debian import InstallError, Progress

__all__ = ["AsteriskFailed", "InstallError", "Layout", "Running", "cli", "command", "ensure_installed", "render", "wait_ready"]


class AsteriskFailed(RuntimeError):
    """It did not start; the text ends with its last words."""


def ensure_installed(settings: Settings, progress: Progress = lambda _: None) -> Path:
    """Unpack Asterisk into settings.cache unless it is there. Blocks (half a minute). Raises InstallError."""
    return debian.ensure_installed(settings.cache, progress)


def command(settings: Settings, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """argv and environment. Without arguments: run in the foreground. The packages bring their own C library, so their loader starts them."""
    root = debian.installed_root(settings.cache)
    if root is None:
        raise InstallError("Asterisk is not installed: call ensure_installed first")
    library = debian.library_folder(root)
    loader = next(iter(sorted(library.glob("ld-linux*.so.*"))), None)
    if loader is None:
        raise InstallError(f"the unpacked packages hold no program loader: remove {root.parent} and try again")
    argv = [str(loader), "--argv0", "asterisk", "--library-path", f"{library}:{root / 'usr/lib'}", str(root / "usr/sbin/asterisk")]
    layout = Layout.unpacked(settings, root)
    if not arguments:
        make_socket_folder(layout)
    argv += ["-C", str(layout.etc / "asterisk.conf"), *(arguments or ("-f",))]
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.pbx_home.resolve()),
        "LC_ALL": "C",
        "GCONV_PATH": str(library / "gconv"),
        "OPENSSL_MODULES": str(library / "ossl-modules"),
        "OPENSSL_CONF": str(root / "etc/ssl/openssl.cnf"),
    }
    return argv, env


async def cli(settings: Settings, line: str, timeout: float = 5.0) -> str:
    """One command of Asterisk's console. AsteriskFailed when it doesn't answer."""
    argv, env = command(settings, "-rx", line)
    process = await asyncio.create_subprocess_exec(
        *argv, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout)
    except TimeoutError:
        raise AsteriskFailed(f"Asterisk does not answer within {timeout} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise AsteriskFailed(output.decode(errors="replace").strip())
    return output.decode(errors="replace")


async def wait_ready(settings: Settings, timeout: float = 30.0) -> None:
    """Until every module is up. AsteriskFailed after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    last = ""
    while (left := deadline - time.monotonic()) > 0:
        try:
            last = await cli(settings, "core waitfullybooted", max(0.1, left))
        except AsteriskFailed as error:
            last = str(error)
        if "fully booted" in last:
            return
        await asyncio.sleep(0.05)
    raise AsteriskFailed(f"Asterisk is not up after {timeout:.0f} s: {last.strip()[-300:]} (log: {settings.pbx_home / 'log/messages'})")


class Running:
    """One Asterisk as a child of this process, in a session of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = render(settings)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise AsteriskFailed("not started")
        return self.process.pid

    async def start(self, timeout: float = 30.0) -> None:
        argv, env = command(self.settings)
        output = self.layout.home / "log/stdout"
        with output.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - it outlives this coroutine, and starts at once
                argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        ready = asyncio.create_task(wait_ready(self.settings, timeout))
        try:
            while not ready.done():
                await asyncio.wait({ready}, timeout=0.05)
                if self.process.poll() is not None:
                    words = output.read_text(errors="replace").strip()[-600:]
                    raise AsteriskFailed(f"Asterisk ended at once (status {self.process.returncode}): {words}")
            await ready
        finally:
            ready.cancel()

    async def stop(self, *, at_once: bool = False) -> None:
        """SIGTERM, and SIGKILL after 5 s or `at_once` (as a crash would be)."""
        process = self.process
        if process is None:
            return
        self.process = None
        for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    await asyncio.to_thread(process.wait, 5.0)
        if process.poll() is None:
            raise AsteriskFailed(f"process {process.pid} does not end")

    def clean_up(self) -> None:
        """Remove the socket folder, which lies outside the home; `render` makes it again."""
        shutil.rmtree(self.layout.run, ignore_errors=True)

    async def cli(self, line: str) -> str:
        return await cli(self.settings, line)

    def pause(self) -> None:
        """Freeze it (SIGSTOP), as a machine that swaps itself to death does. Returns when its last thread stands still."""
        os.kill(self.pid, signal.SIGSTOP)
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            while (task / "stat").read_text().rpartition(")")[2].split()[0] not in "TtZX":
                time.sleep(0.001)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)
