"""The voice process: the only writer to one PBX. Holds the lease, or waits for it as a hot spare."""

from __future__ import annotations

import asyncio
import signal

import structlog
import uvloop

from callcenter.calls.engine import Engine
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.kit.ready import say_ready
from callcenter.settings import Settings
from callcenter.telephony.asterisk.adapter import AsteriskTelephony

log = structlog.get_logger()
LOST_LEASE = 75  # exit code: the supervisor starts us again, as the spare


async def wait_for_lease(lease: Lease, every: float) -> None:
    while True:
        try:
            if await lease.try_acquire():
                return
        except Exception as error:
            log.warning("lease_not_asked", error=type(error).__name__)
        say_ready()  # a spare that waits is a spare that works
        await asyncio.sleep(every)


async def voice(settings: Settings) -> int:
    database = Database.of(settings, pool_size=20)
    lease = Lease(database, f"voice:{settings.pbx_name}", ttl=settings.timings.lease)
    await wait_for_lease(lease, settings.timings.lease / 4)
    engine = Engine(settings, database, AsteriskTelephony(settings), lease)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop)
    log.info("voice_holds_lease", epoch=lease.epoch)
    telling = asyncio.create_task(_tell_ready(engine))
    held = await engine.run()
    telling.cancel()
    await database.close()
    return 0 if held else LOST_LEASE


async def _tell_ready(engine: Engine) -> None:
    await engine.connected.wait()
    say_ready()


def main(settings: Settings) -> int:
    return uvloop.run(voice(settings))
