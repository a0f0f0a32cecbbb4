"""How often, on which day, at what hour: decisions without I/O. Days are those of the elder's zone."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callcenter.elders.models import Living
from callcenter.outreach.care.states import Rhythm
from callcenter.outreach.rules import Hours
from callcenter.outreach.states import Purpose

TRIES = 2  # of hers, before anybody else is troubled
AGAIN = {  # between the two
    Purpose.CARE: timedelta(hours=2),
    Purpose.DAILY: timedelta(minutes=15),
    Purpose.MEDICINE: timedelta(minutes=10),
    Purpose.CAMPAIGN: timedelta(hours=2),
}
MOST_CONTACTS = 3
REMINDER_LASTS = timedelta(minutes=45)  # of medicine: later it would be the wrong hour
AFTER_HOSPITAL = timedelta(weeks=4)
VISITS_UNTIL = 16  # o'clock: what comes later is a visit of the next morning
VISIT_FROM = 9
HOURS_OF_DAY = ((time(9), time(11, 30)), (time(15), time(17, 30)))  # without an agreed hour: not at meals, not at noon's nap
_STEPS = (Rhythm.QUARTERLY, Rhythm.MONTHLY, Rhythm.WEEKLY)
_MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3}
_DAYS = {Rhythm.WEEKLY: 7, Rhythm.MONTHLY: 28, Rhythm.QUARTERLY: 90}
_PATIENCE = {Rhythm.WEEKLY: timedelta(days=3), Rhythm.MONTHLY: timedelta(days=10), Rhythm.QUARTERLY: timedelta(days=20)}


def usual_rhythm(risk: int, living: Living) -> Rhythm:
    """High risk weekly, medium monthly, else quarterly; who lives alone one step more often."""
    step = (2 if risk >= 3 else 1 if risk == 2 else 0) + (living is Living.ALONE)
    return _STEPS[min(step, len(_STEPS) - 1)]


def rhythm_on(day: date, agreed: Rhythm | None, *, risk: int, living: Living, weekly_until: date | None) -> Rhythm:
    """What is agreed, or the usual one; every week for some time after hospital."""
    if weekly_until is not None and day <= weekly_until:
        return Rhythm.WEEKLY
    return agreed or usual_rhythm(risk, living)


def next_day(rhythm: Rhythm, day: date) -> date:
    """The same weekday next week; the same day of a later month, its last one when it is shorter."""
    if rhythm is Rhythm.WEEKLY:
        return day + timedelta(days=7)
    month = day.month - 1 + _MONTHS[rhythm]
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def first_day(elder_id: uuid.UUID, rhythm: Rhythm, today: date) -> date:
    """Of a plan that nobody has set: spread over the rhythm's days, so that ten thousand new plans are no day's load."""
    return today + timedelta(days=1 + elder_id.int % _DAYS[rhythm])


def patience(rhythm: Rhythm) -> timedelta:
    """How long after its moment a call of this rhythm still makes sense."""
    return _PATIENCE[rhythm]


def moment(day: date, at: time | None, elder_id: uuid.UUID, hours: Hours) -> datetime:
    """At the hour agreed; else spread over the good hours of the day, for one elder always the same."""
    return datetime.combine(day, at or spread_hour(elder_id), hours.zone)


def spread_hour(elder_id: uuid.UUID) -> time:
    """To the minute."""
    lengths = [_minutes(end) - _minutes(start) for start, end in HOURS_OF_DAY]
    place = (elder_id.int // 101) % sum(lengths)
    for (start, _), length in zip(HOURS_OF_DAY, lengths, strict=True):
        if place < length:
            return time(*divmod(_minutes(start) + place, 60))
        place -= length
    raise AssertionError("within the lengths")


def birthdays_on(day: date) -> tuple[str, ...]:
    """Months and days, MMDD, of those who celebrate on `day`: who was born on a 29 February does so on the 28th of other years."""
    own = f"{day:%m%d}"
    return (own, "0229") if own == "0228" and not calendar.isleap(day.year) else (own,)


def visit_from(now: datetime, hours: Hours) -> datetime | None:
    """None: today. The next morning when the day is nearly over."""
    here = now.astimezone(hours.zone)
    if here.hour < VISITS_UNTIL:
        return None
    return datetime.combine(here.date() + timedelta(days=1), time(VISIT_FROM), hours.zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Reachable:
    """A contact as she is valid today. `number` as it is dialled."""

    id: uuid.UUID
    number: str


def next_contact(contacts: Iterable[Reachable], *, own: Collection[str], rung: Collection[uuid.UUID]) -> Reachable | None:
    """In their order, each number once, not her own, at most so many."""
    seen, count = set(own), 0
    for contact in contacts:
        if contact.number in seen:
            continue
        seen.add(contact.number)
        count += 1
        if count > MOST_CONTACTS:
            return None
        if contact.id not in rung:
            return contact
    return None


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
