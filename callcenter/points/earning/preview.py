"""What a month would have cost with other numbers: its deeds are reckoned again, nothing is posted. Pure."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from callcenter.points.earning.rules import PERIODS, Numbers, left_of, points_for, points_for_hours
from callcenter.points.earning.states import OF_STORES, Nothing, Rule

NEVER = frozenset(
    {Nothing.NOT_ALLIED, Nothing.NOT_HERSELF, Nothing.SAME_DAY, Nothing.TAKEN_BACK, Nothing.CLOSED}
)  # whatever the numbers are
_BUDGET = {Rule.DAILY: "week", Rule.WEEK_BONUS: "week", Rule.FOLLOW_UP: "month", Rule.REFERRAL: "year"}  # who shares a cap


@dataclass(frozen=True, slots=True)
class Looked:
    """A row of `points_earnings`, as far as it matters here; of `member` by the profile that is kept."""

    rule: Rule
    member: uuid.UUID
    day: date
    base: int
    amount: int
    reversed_amount: int
    reason: str
    agreed_bp: int | None  # the store's own rate


@dataclass(slots=True)
class Cost:
    deeds: int = 0
    points: int = 0  # what stands of them
    would: int = 0


def preview(rows: Iterable[Looked], numbers: Numbers, first: date, last: date) -> dict[Rule, Cost]:
    """Of the days from `first` to `last`. `rows`: by day, with those before `first` whose week, month or year is the same: they use up caps."""
    costs = {rule: Cost() for rule in Rule}
    used: dict[tuple[str, uuid.UUID, date], int] = defaultdict(int)
    for row in rows:
        would = _worth(row, numbers, used)
        if first <= row.day <= last:
            cost = costs[row.rule]
            kept = row.amount - row.reversed_amount
            cost.deeds += 1
            cost.points += kept
            cost.would += would * kept // row.amount if row.reversed_amount else would
    return costs


def _worth(row: Looked, numbers: Numbers, used: dict[tuple[str, uuid.UUID, date], int]) -> int:
    if row.reason in NEVER:
        return 0
    if row.rule in OF_STORES:
        return points_for(row.base, numbers.rate_bp if row.agreed_bp is None else row.agreed_bp)
    if row.rule is Rule.VOLUNTEERING:
        return points_for_hours(row.base, numbers.volunteering)
    place = (_BUDGET[row.rule], row.member, PERIODS[row.rule](row.day)[0])
    if row.rule is Rule.REFERRAL:
        if used[place] >= numbers.referrals or (row.reversed_amount and row.reversed_amount == row.amount):
            return 0
        used[place] += 1
        return numbers.referral
    wanted, cap = {
        Rule.DAILY: (numbers.daily, numbers.week_cap),
        Rule.WEEK_BONUS: (numbers.week_bonus, numbers.week_cap),
        Rule.FOLLOW_UP: (numbers.follow_up, numbers.follow_up_cap),
    }[row.rule]
    amount = min(wanted, left_of(cap, used[place]))
    used[place] += amount
    return amount
