"""All checks of a house, side by side."""

from __future__ import annotations

import asyncio

from callcenter.doctor.finding import Finding
from callcenter.doctor.machine import check_certificates, check_disk, check_push, check_rtp, check_secrets
from callcenter.doctor.rows import check_database
from callcenter.doctor.services import check_asterisk, check_bus
from callcenter.kit import clock
from callcenter.settings import Settings


async def examine_house(settings: Settings) -> list[Finding]:
    """In the order in which a press needs them."""
    asterisk, database, bus, sound, certificates = await asyncio.gather(
        check_asterisk(settings),
        check_database(settings),
        check_bus(settings),
        asyncio.to_thread(check_rtp, settings),
        asyncio.to_thread(check_certificates, settings, clock.now()),
    )
    return [*asterisk, sound, *database, *bus, *check_disk(settings), *certificates, check_push(settings), *check_secrets(settings)]
