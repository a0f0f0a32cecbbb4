"""The draw of those whom a person asks, drawn again: whoever supervises sees that nobody was chosen, and nobody left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.queries import get_values, list_counting
from callcenter.outreach.models import CallPlan
from callcenter.outreach.rules import is_drawn
from callcenter.outreach.states import Way
from callcenter.settings import get_settings


@dataclass(frozen=True, slots=True)
class Draw:
    """`wrong`: numbers at which a person asks and the draw says no, or the other way round. `missing`: numbers that nobody has."""

    seed: str
    percent: int
    since: datetime | None  # of the share that counts now; what was drawn with another one is not drawn again
    numbers: int
    drawn: int
    wrong: tuple[int, ...]
    missing: tuple[int, ...]


def draw_again(seed: str, percent: int, since: datetime | None, found: Iterable[tuple[int, bool]]) -> Draw:
    """`found`: the numbers, each with whether a person asks."""
    by_person = dict(found)
    wrong = tuple(sorted(number for number, drawn in by_person.items() if drawn != is_drawn(seed, number, percent)))
    every = range(min(by_person), max(by_person) + 1) if by_person else range(0)
    missing = tuple(number for number in every if number not in by_person)
    return Draw(seed, percent, since, len(by_person), sum(by_person.values()), wrong, missing)


async def check_draw(session: AsyncSession) -> Draw:
    settings = get_settings()
    percent = int((await get_values(session, settings)).number("sample_share"))
    change = (await list_counting(session)).get("sample_share")
    since = change.valid_from if change is not None else None
    numbered = select(CallPlan.sample_no, CallPlan.way).where(CallPlan.sample_no.is_not(None))
    if since is not None:
        numbered = numbered.where(CallPlan.planned_at >= since)
    rows = await session.execute(numbered)
    return draw_again(settings.sample_seed, percent, since, ((row.sample_no or 0, row.way is Way.PERSON) for row in rows))
