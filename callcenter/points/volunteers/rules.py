"""Half hours, days, caps, ages, kin, who may be asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.elders.rules import age_on

HALF_HOUR = timedelta(minutes=30)
ADULT = 18
GRANTED_FROM = 80  # years; elders who live alone

# 配偶或者直系亲属, as contacts write it: her husband or wife, parents, children, grandparents, grandchildren
KIN = frozenset(
    {
        "配偶", "老伴", "丈夫", "妻子", "爱人", "先生", "太太", "老公", "老婆", "父亲", "母亲", "爸爸", "妈妈", "父母", "儿子", "女儿", "长子", "次子",
        "三子", "长女", "次女", "三女", "大儿子", "二儿子", "小儿子", "大女儿", "二女儿", "小女儿", "独子", "独女", "养子", "养女", "子女", "祖父", "祖母",
        "爷爷", "奶奶", "外公", "外婆", "外祖父", "外祖母", "姥姥", "姥爷", "孙子", "孙女", "外孙", "外孙女", "外孙子",
    }
)  # fmt: skip


def half_hours_of(began: datetime, ended: datetime) -> int:
    """Whole half hours that passed, rounded down; less than one counts as nothing. Of instants, so that no change of the clock lengthens an hour."""
    return max(0, (ended - began) // HALF_HOUR)


def by_day(began: datetime, half_hours: int, timezone: str) -> dict[date, int]:
    """Each half hour belongs to the local day on which it begins."""
    zone, days = ZoneInfo(timezone), dict[date, int]()
    for turn in range(half_hours):
        day = (began + turn * HALF_HOUR).astimezone(zone).date()
        days[day] = days.get(day, 0) + 1
    return days


def capped(days: Mapping[date, int], counted: Mapping[date, int], most_a_day: int) -> dict[date, int]:
    """What counts of each day, beside what other visits have counted there; days of which nothing is left are out."""
    left = {day: min(wanted, max(0, most_a_day - counted.get(day, 0))) for day, wanted in days.items()}
    return {day: number for day, number in left.items() if number > 0}


def split_at_cap(minted: int, held: int, cap: int) -> tuple[int, int]:
    """(hers, the fund's): what goes beyond the cap is donated."""
    hers = min(minted, max(0, cap - held))
    return hers, minted - hers


def overlap(began: datetime, ended: datetime, other_began: datetime, other_ended: datetime) -> bool:
    """Touching ends do not overlap."""
    return began < other_ended and other_began < ended


def is_kin(relation: str) -> bool:
    """Spouse or direct kin; a daughter-in-law, a nephew or a neighbour is not."""
    return relation.strip() in KIN


def may_spend(birth_date: date | None, on: date, from_age: int) -> bool:
    """Whoever's age nobody knows may not."""
    age = age_on(birth_date, on)
    return age is not None and age >= from_age


def is_adult(birth_date: date, on: date) -> bool:
    return (age_on(birth_date, on) or 0) >= ADULT


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the local day, on one weekday (0 is Monday)."""

    weekday: int
    begins: int
    ends: int


def is_available(hours: Iterable[Hours], began: datetime, ended: datetime, timezone: str) -> bool:
    """One of her times holds all of it."""
    zone = ZoneInfo(timezone)
    here, there = began.astimezone(zone), ended.astimezone(zone)
    first = here.hour * 60 + here.minute
    last = there.hour * 60 + there.minute + 1440 * (there.date() - here.date()).days
    return any(one.weekday == here.weekday() and one.begins <= first and last <= one.ends for one in hours)


@dataclass(frozen=True, slots=True)
class Fits:
    """How well a volunteer fits. `out` closes the door; the rest puts her further down the list."""

    out: Sequence[str]
    minus: Sequence[str]

    @property
    def may(self) -> bool:
        return not self.out


def fits(
    *,
    is_active: bool,
    adult: bool,
    able: bool,
    herself: bool,
    busy: bool,
    near: bool,
    free: bool,
    languages: Collection[str],
    dialect: str,
) -> Fits:
    out = [word for word, holds in (
        ("not_active", is_active), ("minor", adult), ("skill", able), ("herself", not herself), ("busy", not busy),
    ) if not holds]  # fmt: skip
    speaks = not dialect or not languages or dialect in languages
    minus = [word for word, holds in (("hours", free), ("community", near), ("dialect", speaks)) if not holds]
    return Fits(out, minus)
