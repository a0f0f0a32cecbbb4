"""Whom a rung calls. Pure: reads and clocks come from outside."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from callcenter.emergency.ladder.schemas import Rung
from callcenter.emergency.ladder.states import Order, Rungs, Who

# Ours: outside help is in front of a person two minutes after the ladder began (rules.md, E0).
DEFAULT = (
    Rung(who=Rungs.KEY_HOLDERS),
    Rung(who=Rungs.CONTACTS),
    Rung(who=Rungs.GRID_WORKER),
    Rung(who=Rungs.OUTSIDE),
)
OF_CONTACTS = frozenset({Rungs.KEY_HOLDERS, Rungs.CONTACTS})  # rungs that a further round repeats
OUTSIDE_FAILED = "outside_failed"  # an alarm: they were called, and it came to nothing
OUTSIDE = "outside"  # the deadline by which a person has brought in outside help, or has said that none is needed
CALL_BACK = "call_back"  # the deadline by which somebody has spoken with her
CLICKED, CALLED_BACK = 0, -1  # "rungs" of calls outside any ladder
SHORT_TALK = timedelta(seconds=5)  # hung up so soon after the answer: she has said nothing
MOST_CALL_BACKS = 2  # by the system after one press: the second when she picked up and was gone before an agent came


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be called. `number` in its one form, or as it was written when it can't be dialled."""

    who: Who
    name: str
    relation: str
    number: str
    contact_id: uuid.UUID | None = None
    worker_id: uuid.UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or self.valid_to >= on)


def whom_to_call(rung: Rungs, people: Iterable[Person], *, own: Collection[str], called: Collection[str], on: date) -> list[Person]:
    """In their order, each number once: not her own, none that this round has called before, nobody outside of her dates. A number of two contacts is
    called for the first of them; key-holders go before others on a rung that is for all contacts.
    """
    wanted = {
        Rungs.KEY_HOLDERS: {Who.KEY_HOLDER},
        Rungs.CONTACTS: {Who.KEY_HOLDER, Who.CONTACT},
        Rungs.GRID_WORKER: {Who.GRID_WORKER},
        Rungs.OUTSIDE: set[Who](),
    }[rung]
    left = set(own) | set(called)
    chosen: list[Person] = []
    for person in sorted((p for p in people if p.who in wanted and p.is_valid(on)), key=lambda p: p.who is not Who.KEY_HOLDER):
        if person.number not in left:
            left.add(person.number)
            chosen.append(person)
    return chosen


def rung_lasts(rung: Rung, people: int) -> timedelta:
    """From its beginning to the next rung, when nobody answers sooner."""
    return timedelta(seconds=rung.wait_s * (max(1, people) if rung.how is Order.IN_ORDER else 1))


def of_next_round(rungs: Sequence[Rung]) -> list[Rung]:
    """Contacts are called again; an order is placed and a countdown is begun once."""
    return [rung for rung in rungs if rung.who in OF_CONTACTS]


def deadline_code(round_: int, rung: int) -> str:
    return f"ladder:{round_}.{rung}"


def is_short(answered_at: datetime, ended_at: datetime) -> bool:
    return ended_at - answered_at < SHORT_TALK
