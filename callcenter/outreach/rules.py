"""Who is asked how and when: decisions without I/O. Sources: docs/outreach.md (rules of the centre; numbers are settings)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcenter.cases.states import Severity
from callcenter.kit.working_days import next_working_day
from callcenter.outreach.states import Purpose, Way, Why

ALWAYS_BY_PERSON = frozenset({"ZL01", "PH06"})  # bathing and nursing: a person asks
GAPS = (timedelta(minutes=45), timedelta(hours=3), timedelta(hours=20))  # after the first attempt, the second …; the last is the longest
EMERGENCY_WITHIN = timedelta(hours=24)
FURTHEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Hours:
    """When the centre calls of its own accord: [start, end) of the elder's day, and on which days it does not."""

    zone: ZoneInfo
    start: int = 8
    end: int = 20
    off: Callable[[date], bool] = lambda day: False

    def allow(self, at: datetime) -> bool:
        here = at.astimezone(self.zone)
        return not self.off(here.date()) and self.start <= here.hour < self.end

    def close(self, at: datetime) -> datetime:
        """The end of the hours of the day on which `at` is."""
        day = datetime.combine(at.astimezone(self.zone).date(), time(0), self.zone)
        if self.end == 24:
            return (datetime.combine(day.date() + timedelta(days=1), time(0), self.zone)).astimezone(at.tzinfo)
        return day.replace(hour=self.end).astimezone(at.tzinfo)

    def next(self, at: datetime, *, not_before: date | None = None) -> datetime:
        """`at`, or the first moment after it at which she may be called; from the day `not_before` on."""
        here = at.astimezone(self.zone)
        if not_before is not None and here.date() < not_before:
            here = datetime.combine(not_before, time(self.start), self.zone)
        for _ in range(FURTHEST_DAYS):
            if not self.off(here.date()) and here.hour < self.end:
                begin = here if here.hour >= self.start else datetime.combine(here.date(), time(self.start), self.zone)
                return begin.astimezone(at.tzinfo)
            here = datetime.combine(here.date() + timedelta(days=1), time(self.start), self.zone)
        raise ValueError("no day within a year on which anybody is called")


@dataclass(frozen=True, slots=True)
class JobFacts:
    item_codes: tuple[str, ...]
    is_first: bool  # the elder's first finished job
    severity: Severity


@dataclass(frozen=True, slots=True)
class Chosen:
    way: Way
    why: Why


def choose_way(purpose: Purpose, job: JobFacts | None, *, drawn: bool) -> Chosen:
    """An emergency, a complaint, a first job, bathing and nursing: a person. All others by key press, but for those that are drawn."""
    if purpose is Purpose.EMERGENCY or (job is not None and job.severity is Severity.E0):
        return Chosen(Way.PERSON, Why.EMERGENCY)
    if purpose is Purpose.COMPLAINT:
        return Chosen(Way.PERSON, Why.COMPLAINT)
    if job is not None and job.is_first:
        return Chosen(Way.PERSON, Why.FIRST_ORDER)
    if job is not None and not ALWAYS_BY_PERSON.isdisjoint(job.item_codes):
        return Chosen(Way.PERSON, Why.ALWAYS)
    return Chosen(Way.PERSON, Why.SAMPLE) if drawn else Chosen(Way.KEYS, Why.STANDARD)


def is_drawn(seed: str, sample_no: int, percent: int) -> bool:
    """Of each block of 100/percent (rounded down) following numbers exactly one, at a place that the seed gives: never less than `percent`, for whoever
    counts, and the same again for whoever draws again. `sample_no` counts from 0.
    """
    if not 1 <= percent <= 100:
        raise ValueError("between 1 and 100 percent are drawn")
    size = 100 // percent
    block, place = divmod(sample_no, size)
    return int.from_bytes(hashlib.sha256(f"{seed}:{block}".encode()).digest()[:8]) % size == place


def next_attempt(attempts: int, at: datetime, hours: Hours, *, most: int, gap: timedelta | None = None) -> datetime | None:
    """When it is tried again after `attempts` (1 …) tries; None: that was the last. `gap`: instead of the growing ones."""
    if attempts >= most:
        return None
    return hours.next(at + (gap or GAPS[min(attempts, len(GAPS)) - 1]))


def text_key(plan_id: uuid.UUID) -> str:
    """Of the one text message of a plan."""
    return f"follow_up:{plan_id}"


def working_days_after(at: datetime, days: int, hours: Hours) -> datetime:
    """The end of the hours of the n-th working day after `at`'s; where they end at midnight the minute before, which still reads as that day."""
    day = at.astimezone(hours.zone).date()
    for _ in range(days):
        day = next_working_day(day)
    end = time(hours.end) if hours.end < 24 else time(23, 59)
    return datetime.combine(day, end, hours.zone).astimezone(at.tzinfo)
