"""What a deed is worth, and where weeks, months and years end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.centre.rules import effective
from callcenter.points.earning.preview import Looked, preview
from callcenter.points.earning.rules import (
    completes_week,
    left_of,
    month_of,
    numbers_of,
    points_for,
    points_for_hours,
    step_due,
    week_of,
    year_of,
)
from callcenter.points.earning.states import Nothing, Rule
from callcenter.points.ledger.rules import expiry
from callcenter.settings import get_settings


def test_the_schemes_own_numbers() -> None:
    numbers = numbers_of(effective(get_settings(), {}))
    assert (numbers.rate_bp, numbers.pending_days, numbers.months) == (100, 7, 24)
    assert (numbers.daily, numbers.week_bonus, numbers.week_cap) == (1, 3, 10)
    assert (numbers.follow_up, numbers.follow_up_cap, numbers.referral, numbers.referrals, numbers.volunteering) == (2, 10, 100, 12, 10)


@pytest.mark.parametrize(
    ("fen", "rate_bp", "points"),
    [(4_900, 100, 49), (4_999, 100, 49), (99, 100, 0), (100, 100, 1), (0, 300, 0), (10_000, 50, 50), (10_000, 300, 300), (199, 50, 0),
     (200, 50, 1), (33, 300, 0)],
)  # fmt: skip
def test_of_what_she_pays_the_rate_rounded_down(fen: int, rate_bp: int, points: int) -> None:
    assert points_for(fen, rate_bp) == points


@pytest.mark.parametrize(
    ("half_hours", "an_hour", "points"), [(1, 10, 5), (2, 10, 20 // 2), (3, 10, 15), (1, 5, 2), (2, 5, 5), (16, 10, 80)]
)
def test_hours_of_volunteering(half_hours: int, an_hour: int, points: int) -> None:
    assert points_for_hours(half_hours, an_hour) == points


@pytest.mark.parametrize(("reckon", "units", "rate"), [(points_for, -1, 100), (points_for, 1, -1), (points_for_hours, -1, 10)])
def test_nothing_is_worth_less_than_nothing(reckon: Callable[[int, int], int], units: int, rate: int) -> None:
    with pytest.raises(ValueError, match="never negative"):
        reckon(units, rate)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 12, 31), (date(2026, 12, 28), date(2027, 1, 3))),  # over the year's end
        (date(2027, 1, 3), (date(2026, 12, 28), date(2027, 1, 3))),
        (date(2027, 1, 4), (date(2027, 1, 4), date(2027, 1, 10))),
        (date(2028, 2, 29), (date(2028, 2, 28), date(2028, 3, 5))),
    ],
)
def test_a_week_goes_from_monday_to_sunday(day: date, week: tuple[date, date]) -> None:
    assert week_of(day) == week


def test_months_and_years_end_where_they_end() -> None:
    assert month_of(date(2028, 2, 29)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert month_of(date(2027, 2, 1)) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_of(date(2026, 12, 31)) == (date(2026, 12, 1), date(2026, 12, 31))
    assert year_of(date(2028, 2, 29)) == (date(2028, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("earned", "last"),
    [
        (date(2026, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2030, 2, 28)),
        (date(2026, 12, 31), date(2028, 12, 31)),
        (date(2026, 1, 1), date(2028, 1, 31)),
    ],
)
def test_points_last_to_the_end_of_a_month(earned: date, last: date) -> None:
    assert expiry(earned, 24) == last


@pytest.mark.parametrize(("left", "step"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None)])
def test_she_is_told_sixty_thirty_and_seven_days_before(left: int, step: int | None) -> None:
    assert step_due(left) == step


def test_every_seventh_day_running() -> None:
    first = date(2028, 2, 25)  # over the 29th
    assert [n for n in range(1, 22) if completes_week(first, first + timedelta(days=n - 1))] == [7, 14, 21]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_cap_that_was_lowered_leaves_nothing(cap: int, used: int) -> None:
    assert left_of(cap, used) == max(0, cap - used)


@given(st.integers(1, 5_000_000), st.integers(0, 300), st.lists(st.integers(1, 500_000), max_size=12))
def test_refunds_in_however_many_steps_end_at_zero(fen: int, rate_bp: int, refunds: list[int]) -> None:
    amount, taken, kept = points_for(fen, rate_bp), 0, fen
    for refund in [*refunds, fen]:
        kept -= min(kept, refund)
        now = amount - taken - points_for(kept, rate_bp)  # what `take_back` takes
        assert now >= 0
        taken += now
        assert amount - taken == points_for(kept, rate_bp)  # she keeps what she would have had for that alone
    assert taken == amount


NUMBERS = numbers_of(effective(get_settings(), {}))
FEBRUARY = date(2028, 2, 1), date(2028, 2, 29)
SOMEBODY = uuid.UUID(int=1)


def looked(rule: Rule, day: date, amount: int, base: int = 1, **fields: Any) -> Looked:
    usual: dict[str, Any] = {"member": SOMEBODY, "reversed_amount": 0, "reason": "", "agreed_bp": None}
    return Looked(rule=rule, day=day, amount=amount, base=base, **{**usual, **fields})


def test_what_a_month_would_have_cost() -> None:
    rows = [
        looked(Rule.FOLLOW_UP, date(2028, 1, 31), 2),  # another month
        looked(Rule.CONSUMPTION, date(2028, 2, 1), 49, 4_900),
        looked(Rule.CONSUMPTION, date(2028, 2, 2), 98, 4_900, agreed_bp=200),
        looked(Rule.CONSUMPTION, date(2028, 2, 3), 0, 4_900, reason=Nothing.NOT_ALLIED),
        looked(Rule.CONSUMPTION, date(2028, 2, 4), 40, 4_000, reversed_amount=40),
        looked(Rule.PURCHASE, date(2028, 2, 29), 100, 10_000, reversed_amount=50),
        looked(Rule.VOLUNTEERING, date(2028, 2, 29), 15, 3),
    ]
    same, other = preview(rows, NUMBERS, *FEBRUARY), preview(rows, replace(NUMBERS, rate_bp=300, volunteering=20), *FEBRUARY)
    assert all(cost.points == cost.would for cost in same.values())
    assert (same[Rule.FOLLOW_UP].deeds, same[Rule.CONSUMPTION].points, same[Rule.PURCHASE].points) == (0, 147, 50)
    assert (other[Rule.CONSUMPTION].would, other[Rule.PURCHASE].would, other[Rule.VOLUNTEERING].would) == (147 + 98, 150, 30)


@given(st.lists(st.integers(0, 59), max_size=80), st.integers(0, 5), st.integers(0, 12))
def test_no_sequence_of_days_passes_the_weeks_cap(days: list[int], daily: int, cap: int) -> None:
    begin = date(2027, 12, 27)
    rows = [looked(Rule.DAILY, begin + timedelta(days=n), 0, reason=Nothing.CAP) for n in sorted(days)]
    numbers = replace(NUMBERS, daily=daily, week_cap=cap)
    for week in range(9):
        first = begin + timedelta(days=7 * week)
        assert preview(rows, numbers, first, first + timedelta(days=6))[Rule.DAILY].would <= cap
