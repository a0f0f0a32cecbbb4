"""A real Asterisk for tests, on free ports, with everything it writes in a temp folder."""

from __future__ import annotations

import asyncio
import csv
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from callcenter.settings import Settings, Timings
from callcenter.telephony import sound
from callcenter.telephony.asterisk import local
from callcenter.telephony.asterisk.ari import AriClient, AriNotFound
from callcenter.telephony.sip import Message
from callcenter.telephony.softphone import Address, Softphone
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
# a machine may stand still for a second or two, and no press shall be lost to us by that; nor a command
TIMINGS = Timings(claim=2.0, guard=5, guard_renew=1.0, service_ring=3, duty_ring=3, command=6.0, probe_every=0.0, self_test_every=0.0)
PATIENCE = 40.0  # s: only says when a wait is given up, on however slow a machine


def make_settings(home: Path, **changes: Any) -> Settings:
    start = random.randrange(22_000, 31_000, 2)
    values: dict[str, Any] = {
        "mode": "test",
        "home": home,
        "cache": ROOT / ".cache",
        "host": "127.0.0.1",
        "sip_port": free_port(),
        "ari_port": free_port(),
        "rtp_start": start,
        "rtp_end": start + 600,
        "trunk_contact": f"127.0.0.1:{free_port()}",
        "timings": TIMINGS,
    }
    return Settings(**(values | changes))


class Pbx:
    """The running Asterisk, and shortcuts for tests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asterisk = local.Running(settings)
        # tones that can be told apart, and are over sooner than the sentences
        for prompt, frequency in (("fallback_record", 600), ("goodbye_short", 700), ("out_of_order", 850)):
            sound.write_wav(self.asterisk.layout.sounds / f"onekey/{prompt}.wav", sound.tone(frequency, 0.5))

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.settings.sip_port)

    @property
    def trunk_port(self) -> int:
        """Where numbers that the PBX dials arrive."""
        return int(self.settings.trunk_contact.rsplit(":", 1)[1])

    @property
    def recordings(self) -> Path:
        return self.asterisk.layout.recordings

    def client(self, app: str = "tests") -> AriClient:
        password = self.settings.ari_password.get_secret_value()
        return AriClient(self.settings.ari_base, self.settings.ari_user, password, [app])

    async def put(self, kind: str, name: str, **fields: str) -> None:
        async with self.client() as ari:
            await connected(ari)
            await ari.put(
                f"/asterisk/config/dynamic/res_pjsip/{kind}/{name}",
                {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]},
            )

    async def put_desk(self, name: str, contact_port: int) -> None:
        """A telephone that needs no REGISTER, for SIPp."""
        await self.put("auth", name, auth_type="userpass", username=name, password="desk")
        await self.put("aor", name, contact=f"sip:{name}@127.0.0.1:{contact_port}")
        media = {"media_address": "127.0.0.1", "bind_rtp_to_media_address": "yes"}
        await self.put(
            "endpoint",
            name,
            auth=name,
            aors=name,
            context="refused",
            disallow="all",
            allow="alaw",
            direct_media="no",
            transport="transport-udp",
            **media,
        )

    async def set_fallback(self, agents: str = "", duty: str = "") -> None:
        async with self.client() as ari:
            await connected(ari)
            for key, value in (("agents", agents), ("duty", duty)):
                await ari.post("/asterisk/variable", variable=f"DB(onekey/{key})", value=value)

    def cel(self) -> list[list[str]]:
        file = self.asterisk.layout.cel
        return list(csv.reader(file.read_text().splitlines())) if file.exists() else []

    def forget_presses(self) -> None:
        """Asterisk opens the file anew for each line."""
        if self.asterisk.layout.cel.exists():
            self.asterisk.layout.cel.write_text("")

    def forget_recordings(self) -> None:
        """The plain files: whoever keeps them may have been killed before they were deleted, and their rows went with their test's database."""
        for file in self.recordings.glob("*.wav"):
            file.unlink(missing_ok=True)

    async def channels(self) -> list[dict[str, Any]]:
        async with self.client() as ari:
            found: list[dict[str, Any]] = await ari.fetch("/channels")
            return found

    async def trunk_is_reachable(self) -> bool:
        return await self.is_reachable("trunk")

    async def is_reachable(self, endpoint: str) -> bool:
        async with self.client() as ari:
            return any(e["resource"] == endpoint and e["state"] == "online" for e in await ari.fetch("/endpoints/PJSIP"))

    async def hang_up_all(self) -> None:
        async with self.client() as ari:
            await connected(ari)
            for kind in ("channels", "bridges"):
                for it in await ari.fetch(f"/{kind}"):
                    with suppress(AriNotFound):
                        await ari.delete(f"/{kind}/{it['id']}")
            for _ in range(250):  # what it still writes about them belongs to this test
                if not await ari.fetch("/channels"):
                    break
                await asyncio.sleep(0.02)


class Carrier(Softphone):
    """The trunk's far side. Counts the PBX's questions whether the carrier is there."""

    probes = 0

    def _asked(self, message: Message, addr: Address) -> None:
        super()._asked(message, addr)
        self.probes += message.method == "OPTIONS"


@asynccontextmanager
async def outside_phone(pbx: Pbx) -> AsyncIterator[Softphone]:
    """The trunk's far side: whatever number the PBX dials rings here. The PBX has asked for it anew, and knows that it is there."""
    async with Carrier(port=pbx.trunk_port, name="outside") as phone:
        await until(lambda: phone.probes)
        await until_async(pbx.trunk_is_reachable)
        yield phone


async def connected(ari: AriClient, timeout: float = PATIENCE) -> None:
    await until(lambda: ari.connected, timeout)


async def until(true: Callable[[], object], timeout: float = PATIENCE, what: str = "") -> None:
    """Poll, every 20 ms."""
    async with asyncio.timeout(timeout):
        while not true():
            await asyncio.sleep(0.02)


async def until_async(true: Callable[[], Awaitable[object]], timeout: float = PATIENCE) -> None:
    async with asyncio.timeout(timeout):
        while not await true():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_nodes(*names: str, **changes: Any) -> AsyncIterator[dict[str, Pbx]]:
    """Several that are one PBX (ONEKEY_PBX_NODES), each in a home of its own; what they dial goes to one carrier."""
    with tempfile.TemporaryDirectory(prefix="onekey-test-nodes-") as folder:
        shared = {"trunk_contact": f"127.0.0.1:{free_port()}"} | changes
        alone = {name: make_settings(Path(folder) / name, **shared) for name in names}
        listed = [
            {"name": name, "ari": one.ari_base, "home": str(one.pbx_home), "sip": f"127.0.0.1:{one.sip_port}"}
            for name, one in alone.items()
        ]
        together = {"pbx_nodes": json.dumps(listed)}
        pbxs = {name: Pbx(one.model_copy(update=together | {"pbx_node": name})) for name, one in alone.items()}
        try:
            for pbx in pbxs.values():
                await asyncio.to_thread(local.ensure_installed, pbx.settings, lambda line: print(line, file=sys.stderr))
                await pbx.asterisk.start()
            yield pbxs
        finally:
            for pbx in pbxs.values():
                await pbx.asterisk.stop()
                pbx.asterisk.clean_up()


@asynccontextmanager
async def running_pbx(**changes: Any) -> AsyncIterator[Pbx]:
    with tempfile.TemporaryDirectory(prefix="onekey-test-pbx-") as folder:
        settings = make_settings(Path(folder), **changes)
        await asyncio.to_thread(local.ensure_installed, settings, lambda line: print(line, file=sys.stderr))
        pbx = Pbx(settings)
        await pbx.asterisk.start()
        try:
            yield pbx
        finally:
            await pbx.asterisk.stop()
            pbx.asterisk.clean_up()
