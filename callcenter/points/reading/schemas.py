"""What of an account goes out."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel

from callcenter.points.ledger.kinds import EntryKind
from callcenter.points.members.states import FrozenWhy, MemberState


class PointsMemberView(BaseModel):
    """Where she stands. Nobody without points has one."""

    id: uuid.UUID
    version: int
    state: MemberState
    frozen_why: FrozenWhy | None
    frozen_at: datetime | None
    grace_until: date | None
    has_pin: bool
    joined_at: datetime


class Pockets(BaseModel):
    """Of one book. Time coins are counted in half hours."""

    pending: int = 0
    available: int = 0
    reserved: int = 0
    frozen: int = 0


class ExpiringPoints(BaseModel):
    on: date
    amount: int


class PointsMonth(BaseModel):
    """Points of this month so far; what was taken back is taken off."""

    earned: int
    spent: int


class PointsAccount(BaseModel):
    elder_id: uuid.UUID
    name: str  # whole: an account is read by whoever may see all of her; "": not an elder's
    member: PointsMemberView | None
    points: Pockets
    coins: Pockets
    expiring: list[ExpiringPoints]
    month: PointsMonth


class PointsMovement(BaseModel):
    """`of`: what kind of deed, a key of `words.DEEDS`; `words`: to be read aloud."""

    entry_id: uuid.UUID
    at: datetime
    day: date
    kind: EntryKind
    reverses: EntryKind | None
    of: str
    pending: bool
    amount: int
    balance_after: int
    words: str
    by: str  # "": the system by itself


class PointsMovements(BaseModel):
    """`next`: for the page after this one; none at the end."""

    movements: list[PointsMovement]
    next: str | None


class PointsMonthEnd(BaseModel):
    """`month`: its first day; `closing`: what could be spent on its last evening, of this month now; `change`: all of the month's movements together."""

    month: date
    closing: int
    change: int


class PointsMonths(BaseModel):
    months: list[PointsMonthEnd]
