"""Who is on duty at a time. Pure: no I/O, no clock.

Shifts are written by the wall clock of the centre and turned into instants of UTC at once; everything after that compares instants, so a night with
23 or 25 hours has neither gap nor overlap where one shift ends as the next begins.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)
LOOK_AHEAD = 8  # days in which "next" is looked for: a weekly pattern comes round within them


class Level(StrEnum):
    """In the order in which they are rung."""

    SUPERVISOR = "supervisor"
    STREET = "street"
    TECHNICAL = "technical"


_ORDER = {level: i for i, level in enumerate(Level)}
ALWAYS = frozenset({Level.SUPERVISOR})  # somebody must be there at every hour; elsewhere hours without anybody may be meant


@dataclass(frozen=True, slots=True)
class Shift:
    id: uuid.UUID
    person_id: uuid.UUID
    level: Level
    region_id: uuid.UUID | None
    weekdays: frozenset[int]
    starts: int
    ends: int
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Exceptional:
    on_date: date
    shift_id: uuid.UUID | None
    person_id: uuid.UUID | None
    level: Level
    region_id: uuid.UUID | None
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Rota:
    shifts: tuple[Shift, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's duty from one instant to another."""

    person_id: uuid.UUID
    level: Level
    region_id: uuid.UUID | None
    starts_at: datetime
    ends_at: datetime
    shift_id: uuid.UUID | None = None
    instead: bool = False  # an exception put this person there


class ProblemKind(StrEnum):
    GAP = "gap"  # nobody of this level
    OVERLAP = "overlap"  # two people where one was meant
    DOUBLE = "double"  # one person in two places


@dataclass(frozen=True, slots=True)
class Problem:
    kind: ProblemKind
    level: Level
    region_id: uuid.UUID | None
    starts_at: datetime
    ends_at: datetime
    person_ids: tuple[uuid.UUID, ...] = field(default=())

    @property
    def serious(self) -> bool:
        return self.kind is ProblemKind.GAP and self.level in ALWAYS


def instant(day: date, minute: int, zone: tzinfo) -> datetime:
    """A wall clock's time as an instant. One that the clock skips counts from before the change, one that comes twice is the first."""
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone).astimezone(UTC)


def turns(rota: Rota, first: date, last: date, zone: tzinfo) -> list[Turn]:
    """What begins on these local days, in order."""
    changed = {(e.shift_id, e.on_date): e for e in rota.exceptions if e.shift_id is not None}
    found: list[Turn] = []
    for offset in range((last - first).days + 1):
        day = first + offset * DAY
        for shift in rota.shifts:
            if (
                day.weekday() not in shift.weekdays
                or (shift.valid_from and day < shift.valid_from)
                or (shift.valid_to and day > shift.valid_to)
            ):
                continue
            other = changed.get((shift.id, day))
            person = shift.person_id if other is None else other.person_id
            if person is not None:
                span = _span(day, shift.starts, shift.ends, zone)
                found.append(Turn(person, shift.level, shift.region_id, *span, shift.id, other is not None))
        for extra in rota.exceptions:
            if extra.shift_id is None and extra.on_date == day and extra.person_id is not None:
                found.append(Turn(extra.person_id, extra.level, extra.region_id, *_span(day, extra.starts, extra.ends, zone), None, True))
    return sorted((t for t in found if t.starts_at < t.ends_at), key=lambda t: (t.starts_at, _rank(t)))


def on_duty(rota: Rota, at: datetime, zone: tzinfo) -> list[Turn]:
    """Who is on at this instant, in the order in which they are rung. The beginning counts, the end does not."""
    day = at.astimezone(zone).date()
    return sorted((t for t in turns(rota, day - DAY, day, zone) if t.starts_at <= at < t.ends_at), key=_rank)


def next_on_duty(rota: Rota, at: datetime, zone: tzinfo) -> list[Turn]:
    """The next turn of each level and region that has one."""
    day = at.astimezone(zone).date()
    found: dict[tuple[Level, uuid.UUID | None], Turn] = {}
    for turn in turns(rota, day, day + LOOK_AHEAD * DAY, zone):
        if turn.starts_at > at:
            found.setdefault((turn.level, turn.region_id), turn)
    return sorted(found.values(), key=lambda t: (t.starts_at, _rank(t)))


def ring_order(on: Iterable[Turn], numbers: Mapping[uuid.UUID, str], always: Sequence[str]) -> list[str]:
    """Whose telephones ring: those on duty, then the plain list, which is always there. Each once."""
    return list(dict.fromkeys([*(numbers[turn.person_id] for turn in on if turn.person_id in numbers), *always]))


def problems(rota: Rota, first: date, last: date, zone: tzinfo) -> list[Problem]:
    """What a careful reader would ask about these local days, before the rota is kept. In order of time."""
    begin, end = instant(first, 0, zone), instant(last + DAY, 0, zone)
    all_turns = [t for t in turns(rota, first - DAY, last, zone) if t.ends_at > begin]
    places = {
        (s.level, s.region_id)
        for s in rota.shifts
        if not (s.valid_to and s.valid_to < first) and not (s.valid_from and s.valid_from > last)
    }
    places |= {(t.level, t.region_id) for t in all_turns}
    found: list[Problem] = []
    for level, region_id in places:
        here = [t for t in all_turns if (t.level, t.region_id) == (level, region_id)]
        covered = begin
        for turn in here:
            if turn.starts_at > covered:
                found.append(Problem(ProblemKind.GAP, level, region_id, covered, turn.starts_at))
            covered = max(covered, turn.ends_at)
        if covered < end:
            found.append(Problem(ProblemKind.GAP, level, region_id, covered, end))
        found += [Problem(ProblemKind.OVERLAP, level, region_id, *both, who) for both, who in _meetings(here) if who[0] != who[1]]
    for person_id in {t.person_id for t in all_turns}:
        hers = [t for t in all_turns if t.person_id == person_id]
        found += [Problem(ProblemKind.DOUBLE, hers[0].level, hers[0].region_id, *both, (person_id,)) for both, _ in _meetings(hers)]
    return sorted(found, key=lambda p: (p.starts_at, p.kind, _ORDER[p.level], str(p.region_id)))


def _meetings(of: Sequence[Turn]) -> list[tuple[tuple[datetime, datetime], tuple[uuid.UUID, uuid.UUID]]]:
    """Pairs that share some time. `of` is sorted by its beginnings."""
    found = []
    for i, one in enumerate(of):
        for other in of[i + 1 :]:
            if other.starts_at >= one.ends_at:
                break
            found.append(((other.starts_at, min(one.ends_at, other.ends_at)), (one.person_id, other.person_id)))
    return found


def _span(day: date, starts: int, ends: int, zone: tzinfo) -> tuple[datetime, datetime]:
    return instant(day, starts, zone), instant(day if ends > starts else day + DAY, ends, zone)


def _rank(turn: Turn) -> tuple[int, bool, datetime, str]:
    return _ORDER[turn.level], turn.region_id is not None, turn.starts_at, str(turn.person_id)
