"""SIPp, an independent SIP implementation, as elder and as agent's telephone."""

from __future__ import annotations

import asyncio
import re
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


class Front(asyncio.DatagramProtocol):
    """Stands where the PBX expects its carrier: answers its probes (OPTIONS), which no scenario of SIPp can beside an INVITE, and hands on the rest."""

    def __init__(self, behind: int) -> None:
        self.behind = ("127.0.0.1", behind)
        self.pbx: tuple[str, int] | None = None
        self.probes = 0
        self.transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, port: int, behind: int) -> Front:
        transport, front = await asyncio.get_running_loop().create_datagram_endpoint(lambda: cls(behind), local_addr=("127.0.0.1", port))
        front.transport = transport
        return front

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport
        if addr == self.behind:
            if self.pbx:
                self.transport.sendto(data, self.pbx)
            return
        self.pbx = addr
        if not data.startswith(b"OPTIONS "):
            self.transport.sendto(data, self.behind)
            return
        self.probes += 1
        kept = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):.*$", data.replace(b"\r", b""), re.MULTILINE | re.IGNORECASE)
        self.transport.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""]), addr)
