"""SIPp, an independent SIP implementation, as elder and as agent's telephone."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent


def sipp_binary() -> str:
    """SIPp from the tools of this checkout, else from PATH."""
    try:
        from callcenter.local.packages import tool
    except ImportError:
        found = shutil.which("sipp")
        if found is None:
            raise RuntimeError("SIPp is needed for this test: apt install sip-tester") from None
        return found
    return str(tool("sipp"))


class Sipp:
    """One SIPp process running a scenario of this folder. `result` is its exit code: 0 = every step came as written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, scenario: str, port: int, media_port: int, *arguments: str, target: str = "127.0.0.1", cwd: Path = HERE) -> Sipp:
        process = await asyncio.create_subprocess_exec(
            sipp_binary(),
            *("-sf", str(HERE / scenario), "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media_port)),
            *("-nostdin", *arguments, target),
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return cls(process)

    async def result(self, timeout: float = 30.0) -> int:
        async with asyncio.timeout(timeout):
            return await self.process.wait()

    async def stop(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
