"""How much a deed is worth. Pure, whole units, rounded down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from callcenter.centre.rules import CentreValues
from callcenter.points.earning.states import Rule

WHOLE_BP = 10_000
LEAST_BP, MOST_BP = 50, 300  # what may be agreed with a store: 0.5 to 3 %
WEEK = 7
TOLD = (60, 30, 7)  # days before points expire


@dataclass(frozen=True, slots=True)
class Numbers:
    """The settings of earning, as they stood on the day of the deed."""

    rate_bp: int
    pending_days: int
    months: int
    daily: int
    week_bonus: int
    week_cap: int
    follow_up: int
    follow_up_cap: int
    referral: int
    referrals: int  # a year
    volunteering: int  # an hour


def numbers_of(values: CentreValues) -> Numbers:
    def whole(key: str) -> int:
        return int(values.number(key))

    return Numbers(
        rate_bp=round(values.number("points_rate") * 100), pending_days=whole("points_pending"), months=whole("points_months"),
        daily=whole("points_daily"), week_bonus=whole("points_week_bonus"), week_cap=whole("points_daily_week_cap"),
        follow_up=whole("points_follow_up"), follow_up_cap=whole("points_follow_up_month_cap"), referral=whole("points_referral"),
        referrals=whole("points_referrals_year"), volunteering=whole("points_volunteering"),
    )  # fmt: skip


def points_for(fen: int, rate_bp: int) -> int:
    """A hundred points are a yuan, so a point is a fen: of 49.00 yuan and 1 %, 49."""
    if fen < 0 or rate_bp < 0:
        raise ValueError("an amount is never negative")
    return fen * rate_bp // WHOLE_BP


def points_for_hours(half_hours: int, an_hour: int) -> int:
    if half_hours < 0 or an_hour < 0:
        raise ValueError("time is never negative")
    return half_hours * an_hour // 2


def left_of(cap: int, used: int) -> int:
    """`used` may be more than the cap: it was another one when that was earned."""
    return max(0, cap - used)


def week_of(day: date) -> tuple[date, date]:
    """Monday to Sunday, also where the year changes in between."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=WEEK - 1)


def month_of(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def year_of(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year, 12, 31)


PERIODS = {Rule.DAILY: week_of, Rule.WEEK_BONUS: week_of, Rule.FOLLOW_UP: month_of, Rule.REFERRAL: year_of}


def completes_week(first: date, day: date) -> bool:
    """`day` is the seventh, fourteenth … of days running that began with `first`."""
    return ((day - first).days + 1) % WEEK == 0


def step_due(days_left: int) -> int | None:
    """Which of the steps 60, 30 and 7 days before has come, the last one of them."""
    return min((step for step in TOLD if days_left <= step), default=None) if days_left >= 0 else None
