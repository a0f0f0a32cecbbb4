"""Whole units, first in first out, months. Pure."""

from __future__ import annotations

import calendar
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from callcenter.kit.errors import Conflict, Invalid
from callcenter.points.ledger.models import MOST


class NotEnough(Conflict):
    """There are not so many."""

    code = "not_enough"


@dataclass(frozen=True, slots=True)
class Leg:
    """A posting to be: into the account, or out of it when `amount` is below zero."""

    account_id: uuid.UUID
    amount: int
    lot_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """So much of one lot lies in an account."""

    lot_id: uuid.UUID | None
    amount: int


def check_units(amount: object) -> int:
    """A whole number of units, at least one. Invalid `bad_units` for fractions, bools, nothing, less than nothing, and more than any book holds."""
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= MOST:
        raise Invalid("give a whole number of units, 1 or more", code="bad_units", details={"least": 1, "most": MOST})
    return amount


def take_first(held: Iterable[Held], amount: int) -> list[Held]:
    """Of lots in their order (the first to expire comes first). Conflict `not_enough`."""
    taken, left = [], amount
    for one in held:
        if left and one.amount > 0:
            now = min(one.amount, left)
            taken.append(Held(one.lot_id, now))
            left -= now
    if left:
        raise NotEnough("there are not so many", details={"wanted": amount, "there": amount - left})
    return taken


def move(source: uuid.UUID, target: uuid.UUID, parts: Iterable[Held]) -> list[Leg]:
    """Both legs of each part."""
    if source == target:
        raise Invalid("from an account to itself moves nothing", code="same_account")
    return [leg for part in parts for leg in (Leg(source, -part.amount, part.lot_id), Leg(target, part.amount, part.lot_id))]


def check_legs(legs: Sequence[Leg]) -> list[Leg]:
    """Sums of each account and lot, in the sequence in which all lock (by account). Invalid `unbalanced` unless every lot sums to zero."""
    by_place: dict[tuple[uuid.UUID, uuid.UUID | None], int] = defaultdict(int)
    by_lot: dict[uuid.UUID | None, int] = defaultdict(int)
    for leg in legs:
        if type(leg.amount) is not int:
            raise Invalid("a posting is a whole number of units", code="bad_units", details={"least": 1, "most": MOST})
        by_place[leg.account_id, leg.lot_id] += leg.amount
        by_lot[leg.lot_id] += leg.amount
    if any(by_lot.values()):
        raise Invalid("the postings do not sum to zero", code="unbalanced")
    made = [Leg(account, amount, lot) for (account, lot), amount in by_place.items() if amount]
    if any(abs(leg.amount) > MOST for leg in made):
        raise Invalid("that is more than any book holds", code="bad_units", details={"least": 1, "most": MOST})
    if len(made) < 2:
        raise Invalid("nothing would move", code="unbalanced")
    return sorted(made, key=lambda leg: (leg.account_id, leg.lot_id or leg.account_id))


def fingerprint(*asked: object) -> bytes:
    """Of a request: the same key with another one is a conflict, not a replay."""
    return hashlib.sha256(orjson.dumps([str(one) for one in asked])).digest()


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def expiry(earned: date, months: int) -> date:
    """The end of the month so many months later: of 2026-02-28 and 24, 2028-02-29."""
    index = earned.year * 12 + earned.month - 1 + months
    return month_end(date(index // 12, index % 12 + 1, 1))
