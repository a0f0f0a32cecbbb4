"""SIPp, an independent SIP implementation, as elder and as agent's telephone."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

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

    def __init__(self, process: asyncio.subprocess.Process, errors: IO[bytes]) -> None:
        self.process, self._errors = process, errors

    @classmethod
    async def start(cls, scenario: str, port: int, media_port: int, *arguments: str, target: str = "127.0.0.1", cwd: Path = HERE) -> Sipp:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop
        process = await asyncio.create_subprocess_exec(
            sipp_binary(),
            *("-sf", str(HERE / scenario), "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media_port)),
            *("-nostdin", *arguments, target),
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=errors,
        )
        return cls(process, errors)

    async def result(self, timeout: float = 30.0) -> int:
        async with asyncio.timeout(timeout):
            status = await self.process.wait()
        if not self._errors.closed:
            with self._errors:
                self._errors.seek(0)
                words = self._errors.read()[-2000:].decode(errors="replace")
            if status:
                print(f"SIPp ended with {status}: {words}")  # pytest shows it with the failure
        return status

    async def stop(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        self._errors.close()
