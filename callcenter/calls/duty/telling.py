"""What the house itself lacks is told to who keeps it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.duty.queries import numbers_of_people, read_rota
from callcenter.calls.duty.rules import Level, on_duty
from callcenter.kit import clock
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.settings import Settings

GOOD_FOR = timedelta(hours=1)


async def tell_on_duty(session: AsyncSession, settings: Settings, *, key: str, template: str, what: str, about: tuple[str, str]) -> None:
    """A text message for the supervisors and technicians on duty by the rota; once for each `key`."""
    now, zone = clock.now(), ZoneInfo(settings.timezone)
    turns = on_duty(await read_rota(session), now, zone)
    numbers = await numbers_of_people(session)
    for person_id in dict.fromkeys(turn.person_id for turn in turns if turn.level in (Level.SUPERVISOR, Level.TECHNICAL)):
        number = numbers.get(person_id, "")
        if takes_texts(normalise(number, settings)):
            await queue_message(
                session, dedupe_key=f"{key}:{person_id}", channel=Channel.SMS, to=number, template=template,
                params={"what": what, "time": f"{now.astimezone(zone):%H:%M}"}, about=About(*about), deadline=now + GOOD_FOR,
            )  # fmt: skip
