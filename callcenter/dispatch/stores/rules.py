"""Pure decisions about a store: its hours, its prices, its papers, what it lacks to be admitted. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from callcenter.catalog.licences import HeldBy
from callcenter.catalog.rules import Requirements, groups_held_by, unmet
from callcenter.dispatch.stores.models import StoreState
from callcenter.kit.errors import Invalid

DAY = 1440
MOST_SPANS = 4  # of one day
WARNED_BEFORE = (7, 30, 60)  # days; the nearest that has come is told
LAPSED = 0

Week = list[list[list[int]]]


def check_hours(week: Sequence[Sequence[Sequence[int]]]) -> Week:
    """Seven days, Monday first; of each, spans of minutes after midnight, in order and apart. Invalid `bad_hours` says which day, and why."""
    if len(week) != 7:
        raise Invalid("hours are told of seven days", code="bad_hours", details={"why": "days", "field": "hours"})
    return [[list(span) for span in _checked_day(day, spans)] for day, spans in enumerate(week)]


def _checked_day(day: int, spans: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    def refuse(why: str) -> Invalid:
        return Invalid(f"the hours of day {day + 1} are wrong: {why}", code="bad_hours", details={"why": why, "day": day, "field": "hours"})

    if len(spans) > MOST_SPANS:
        raise refuse("too_many")
    for span in spans:
        if len(span) != 2:
            raise refuse("no_span")
        opens, closes = span
        if not 0 <= opens < DAY or not 0 < closes <= DAY:
            raise refuse("no_time")
        if closes <= opens:
            raise refuse("order")
    ordered = sorted(spans, key=lambda span: span[0])
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        raise refuse("overlap")
    return ordered


def is_price_inside(price_fen: int, least_fen: int, most_fen: int) -> bool:
    return least_fen <= price_fen <= most_fen


# --- papers ------------------------------------------------------------------------------------------------------------------------


def warning_due(valid_to: date, today: date, warned: int | None) -> int | None:
    """Which warning is to go out now: 60, 30 or 7 (days ahead), 0 for "it has lapsed"; None: none, or told already. A worker that slept tells the
    latest only."""
    left = (valid_to - today).days
    reached = LAPSED if left < 0 else next((days for days in WARNED_BEFORE if left <= days), None)
    return reached if reached is not None and (warned is None or reached < warned) else None


@dataclass(frozen=True, slots=True)
class Papers:
    """Codes that are valid on a day: the store's, and of each who does jobs there."""

    of_store: frozenset[str]
    of_workers: tuple[frozenset[str], ...]

    def meet(self, requirements: Requirements) -> bool:
        """As matching's gate asks: the store's papers, and one worker who holds all that a worker must."""
        if unmet(groups_held_by(requirements, HeldBy.STORE), self.of_store):
            return False
        of_worker = groups_held_by(requirements, HeldBy.WORKER)
        return not of_worker or any(not unmet(of_worker, held) for held in self.of_workers)


def licensed_items(items: Mapping[str, Requirements], papers: Papers) -> set[str]:
    return {code for code, requirements in items.items() if papers.meet(requirements)}


# --- admission ---------------------------------------------------------------------------------------------------------------------


def lacks(
    *, keepers: int, items: Collection[str], licensed: Collection[str], has_area: bool, hours: Iterable[Sequence[object]], capacity: int
) -> list[str]:
    """Words for what stands between a store and its first job, in the order in which one mends it."""
    wanting = {
        "keeper": keepers == 0,
        "items": not items,
        "licences": bool(items) and not licensed,
        "area": not has_area,
        "hours": not any(hours),
        "capacity": capacity == 0,
    }
    return [word for word, is_wanting in wanting.items() if is_wanting]


NEEDS_REASON = frozenset({StoreState.SUSPENDED, StoreState.LEFT})
