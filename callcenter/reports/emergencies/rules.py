"""How long things took, from the press. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Span(StrEnum):
    """In the order in which they ought to come."""

    ANSWERED = "answered"  # a person of ours spoke with her
    OUTSIDE = "outside"  # 120, 110, 119 … was on the line, or had the hand-over
    TAKER = "taker"  # a contact or a grid worker was reached
    DOOR = "door"  # somebody was at the door


# seconds from the press; docs/decisions.md "Answering" and "Service levels". A taker has none of its own.
TARGETS: dict[Span, float | None] = {Span.ANSWERED: 10, Span.OUTSIDE: 120, Span.TAKER: None, Span.DOOR: 900}


@dataclass(frozen=True, slots=True)
class Marks:
    """What may end a span; None: it did not happen."""

    answered: Iterable[datetime | None]
    outside: Iterable[datetime | None]
    taker: Iterable[datetime | None]
    door: Iterable[datetime | None]


@dataclass(frozen=True, slots=True)
class Took:
    span: Span
    seconds: float | None  # None: it did not happen, or is still to come
    target: float | None

    @property
    def met(self) -> bool | None:
        """None: nothing to compare."""
        return None if self.target is None or self.seconds is None else self.seconds <= self.target


def spans(pressed_at: datetime, marks: Marks) -> list[Took]:
    """By the first that came, from the press on. What is older belongs to an earlier press of the same case."""
    given = {Span.ANSWERED: marks.answered, Span.OUTSIDE: marks.outside, Span.TAKER: marks.taker, Span.DOOR: marks.door}
    found = []
    for span, moments in given.items():
        after = [at for at in moments if at is not None and at >= pressed_at]
        found.append(Took(span, (min(after) - pressed_at).total_seconds() if after else None, TARGETS[span]))
    return found
