"""Whether an entitlement counts on a day, and for what. Pure. A month is its first day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Protocol


class Terms(Protocol):
    """What decides it of an entitlement."""

    @property
    def items(self) -> list[str]: ...
    @property
    def categories(self) -> list[str]: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_of(month_of(month) + timedelta(days=31))


def last_day(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def is_valid(terms: Terms, on: date) -> bool:
    return terms.valid_from <= on and (terms.valid_to is None or on <= terms.valid_to)


def covers_item(terms: Terms, code: str, category: str) -> bool:
    """Named itself, or of a category that is; with neither named, everything."""
    return code in terms.items or category in terms.categories or not (terms.items or terms.categories)


def covers_any(terms: Iterable[Terms], wanted: Collection[tuple[str, str]], on: date) -> bool:
    """`wanted`: (code, category) of the items."""
    return any(is_valid(one, on) and covers_item(one, *item) for one in terms for item in wanted)
