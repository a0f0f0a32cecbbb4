"""The text message for whoever supervises by the rota now: a complaint is overdue. Its number and what was missed, nothing else."""

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
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.states import Deadline
from callcenter.settings import get_settings

GOOD_FOR = timedelta(hours=2)
MISSED = {Deadline.ACKNOWLEDGE: "一小时内没人受理", Deadline.SOLVE: "三个工作日内没办结"}


async def text_supervisors(session: AsyncSession, complaint: Complaint) -> None:
    """Once for each missed deadline and round. At any hour: who is on duty is awake. A fixed line is left out; the console tells them all the same."""
    settings = get_settings()
    turns = on_duty(await read_rota(session), clock.now(), ZoneInfo(settings.timezone))
    numbers = await numbers_of_people(session)
    for person_id in dict.fromkeys(turn.person_id for turn in turns if turn.level is Level.SUPERVISOR):
        number = numbers.get(person_id, "")
        if not takes_texts(normalise(number, settings)):
            continue
        await queue_message(
            session,
            dedupe_key=f"complaint:{complaint.id}:{complaint.rounds}:{complaint.overdue_told}:{person_id}",
            channel=Channel.SMS,
            to=number,
            template="complaint_overdue",
            params={"number": complaint.number, "what": MISSED[Deadline(complaint.overdue_told)]},
            about=About("complaint", str(complaint.id)),
            deadline=clock.now() + GOOD_FOR,
        )
