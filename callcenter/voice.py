"""The voice process: the only writer to the PBX, all its nodes. Holds the lease of the whole centre, or waits for it as a hot spare."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import psycopg
import structlog
import uvloop

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.engine import Engine
from callcenter.calls.states import LineCarrier
from callcenter.dispatch.telephone import handlers
from callcenter.emergency.ladder.telephone import handlers as emergency_handlers
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.kit.ready import say_ready
from callcenter.outreach.care.daily import handlers as daily_handlers
from callcenter.outreach.care.telephone import handlers as care_handlers
from callcenter.outreach.followup.telephone import handlers as follow_up_handlers
from callcenter.points.reading.aloud import Aloud
from callcenter.settings import Settings
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.carriers import Carriers
from callcenter.telephony.nodes import Nodes
from callcenter.telephony.port import Telephony
from callcenter.telephony.twilio.adapter import TwilioTelephony
from callcenter.telephony.twilio.callbacks import PRESS_PREFIX

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


def build_dialogs(settings: Settings) -> Dialogs:
    """Who answers for which kind of conversation (calls/dialogs): domains above `calls` put their handlers in here."""
    return Dialogs(handlers() | emergency_handlers() | follow_up_handlers() | care_handlers(Aloud()) | daily_handlers())


def build_telephony(settings: Settings, database: Database, carrier_of: Callable[[str], str], lost_after: Callable[[], float]) -> Telephony:
    """The PBX, which may be several nodes; with Twilio beside it where that is set up. `carrier_of`: a line's, as it stands now. `lost_after`: seconds."""
    pbx: Telephony = AsteriskTelephony(settings)
    if settings.nodes:
        nodes = {node.name: AsteriskTelephony(settings, node=node) for node in settings.nodes}
        pbx = Nodes(settings.pbx_name, nodes, lost_after=lost_after, training=settings.has_training_phone)
    if not settings.twilio_voice:
        return pbx
    return Carriers(pbx, TwilioTelephony(settings, database), prefix=PRESS_PREFIX, carrier_of=carrier_of)


async def voice(settings: Settings) -> int:
    database = Database.of(settings, pool_size=20)
    lease = Lease(database, f"voice:{settings.pbx_name}", ttl=settings.timings.lease)
    await wait_for_lease(lease, settings.timings.lease / 4)
    telephony = build_telephony(settings, database, lambda line: carrier_of(line), lambda: lost_after())
    engine = Engine(settings, database, telephony, lease, build_dialogs(settings))

    def carrier_of(line: str) -> str:
        return engine.core.line_carriers.get(line, LineCarrier.PBX)

    def lost_after() -> float:
        return engine.core.timings.node_lost

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop)
    log.info("voice_holds_lease", epoch=lease.epoch)
    telling, tying = asyncio.create_task(_tell_ready(engine)), asyncio.create_task(_keep_tied(lease, settings.timings.lease / 4))
    held = await engine.run()
    for task in (telling, tying):
        task.cancel()
    await asyncio.gather(telling, tying, return_exceptions=True)
    await lease.untie()
    await database.close()
    return 0 if held else LOST_LEASE


async def _keep_tied(lease: Lease, every: float) -> None:
    """Killed, we are followed at once, not after the lease has run out."""
    while True:
        try:
            await lease.tie()
        except (psycopg.Error, OSError) as error:
            log.warning("lease_not_tied", error=type(error).__name__)
        await asyncio.sleep(every)


async def _tell_ready(engine: Engine) -> None:
    await engine.connected.wait()
    say_ready()


def main(settings: Settings) -> int:
    return uvloop.run(voice(settings))
