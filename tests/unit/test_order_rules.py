"""Deadlines, proofs, visits, distances of orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalog.models import Category, SlaClass
from callcenter.dispatch.orders.actions.plans import next_day
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.rules import (
    HouseRules,
    answer_within,
    deadlines,
    metres_between,
    most_urgent,
    proofs_hold,
    proofs_needed,
    visit_counts,
    what_is_missing,
)
from callcenter.dispatch.orders.states import ORDER, OVER, STUCK, OrderState
from callcenter.kit.working_days import is_working_day, next_working_day

ZONE = "Asia/Shanghai"
HOUSE = HouseRules(begins=7, ends=21, at_once=5, most_refusals=3, proof_metres=200)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # Monday 12:00 in China


def at_local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("sla", "accept", "arrive"),
    [
        (SlaClass.E0, timedelta(minutes=2), timedelta(minutes=15)),
        (SlaClass.U1, timedelta(minutes=10), timedelta(minutes=60)),
        (SlaClass.U2, timedelta(minutes=30), timedelta(hours=4)),
        (SlaClass.N1, timedelta(hours=2), timedelta(hours=48)),
    ],
)
def test_deadlines_of_each_class(sla: SlaClass, accept: timedelta, arrive: timedelta) -> None:
    found = deadlines(sla, at=NOON, wanted_from=None, timezone=ZONE, house=HOUSE)
    assert (found.accept_by - NOON, found.arrive_by - NOON) == (accept, arrive)


def test_planned_jobs_are_accepted_within_a_working_day() -> None:
    friday = at_local(27, 10)
    found = deadlines(SlaClass.N2, at=friday, wanted_from=None, timezone=ZONE, house=HOUSE)
    assert found.accept_by == at_local(30, 21)
    assert found.arrive_by == friday + timedelta(days=7)


def test_a_same_day_job_placed_at_night_begins_in_the_morning() -> None:
    for placed in (at_local(23, 22), at_local(24, 3)):
        found = deadlines(SlaClass.U2, at=placed, wanted_from=None, timezone=ZONE, house=HOUSE)
        assert (found.accept_by, found.arrive_by) == (at_local(24, 7, 30), at_local(24, 11))


def test_the_day_of_dispatch() -> None:
    assert HOUSE.next_beginning(at_local(23, 7), ZONE) is None and HOUSE.next_beginning(at_local(23, 20, 59), ZONE) is None
    assert HOUSE.next_beginning(at_local(23, 21), ZONE) == HOUSE.next_beginning(at_local(24, 6, 59), ZONE) == at_local(24, 7)
    always = HouseRules(begins=0, ends=24, at_once=5, most_refusals=3, proof_metres=200)
    assert all(always.next_beginning(at_local(23, hour), ZONE) is None for hour in range(24))


def test_an_agreed_time_is_the_doors_deadline() -> None:
    tomorrow = at_local(24, 9)
    found = deadlines(SlaClass.N1, at=NOON, wanted_from=tomorrow, timezone=ZONE, house=HOUSE)
    assert (found.accept_by, found.arrive_by) == (NOON + timedelta(hours=2), tomorrow + timedelta(minutes=15))
    soon = deadlines(SlaClass.N1, at=NOON, wanted_from=NOON + timedelta(minutes=30), timezone=ZONE, house=HOUSE)
    assert soon.accept_by == NOON + timedelta(minutes=30)
    now = deadlines(SlaClass.N1, at=NOON, wanted_from=NOON, timezone=ZONE, house=HOUSE)
    assert now.accept_by == NOON + timedelta(minutes=2)


def test_an_offer_stands_a_third_of_the_time_when_one_is_asked_after_the_other() -> None:
    by = NOON + timedelta(minutes=30)
    assert answer_within(SlaClass.U2, at=NOON, accept_by=by, assigned=True) == timedelta(minutes=10)
    assert answer_within(SlaClass.U2, at=NOON, accept_by=by, assigned=False) == timedelta(minutes=30)
    assert answer_within(SlaClass.E0, at=NOON, accept_by=NOON + timedelta(minutes=2), assigned=True) == timedelta(minutes=2)
    assert answer_within(SlaClass.U2, at=NOON, accept_by=NOON - timedelta(hours=1), assigned=True) == timedelta(seconds=30)


def test_the_most_urgent_item_sets_the_class() -> None:
    assert most_urgent([SlaClass.N2, SlaClass.U1, SlaClass.N1]) is SlaClass.U1


def test_proofs() -> None:
    assert proofs_needed(is_subsidised=False, categories=[Category.REPAIR]) == 1
    assert proofs_needed(is_subsidised=True, categories=[Category.REPAIR]) == 2
    assert proofs_needed(is_subsidised=False, categories=[Category.REPAIR, Category.PERSONAL_CARE]) == 2
    code, tag, phone = ProofKind.SERVICE_CODE, ProofKind.DOOR_TAG, ProofKind.ELDER_PHONE
    assert proofs_hold([code], 1) and proofs_hold([code, phone], 2) and proofs_hold([tag, code], 2)
    assert not proofs_hold([], 1) and not proofs_hold([tag], 1) and not proofs_hold([code], 2) and not proofs_hold([code, code], 2)


def test_a_visit_counts_from_four_fifths_of_its_time() -> None:
    assert visit_counts(96, 120) and not visit_counts(95, 120)
    began = NOON
    both = [(phase, ProofKind.SERVICE_CODE) for phase in Phase]

    def missing(minutes: int, *, timed: bool = True, proofs: list[tuple[Phase, ProofKind]] = both) -> list[str]:
        ended = began + timedelta(minutes=minutes)
        return what_is_missing(proofs, needed=1, checked_in_at=began, checked_out_at=ended, booked=60, timed=timed)

    assert missing(48) == [] and missing(47) == ["too_short"] and missing(1, timed=False) == []
    assert missing(60, proofs=[]) == ["check_in_proofs", "check_out_proofs"]
    assert missing(60, proofs=[both[0]]) == ["check_out_proofs"]


def test_distances() -> None:
    assert metres_between((32.0304, 112.0953), (32.0304, 112.0953)) == 0
    assert metres_between((0, 0), (0, 1)) == 111_195
    assert metres_between((32.0304, 112.0953), (32.0360, 112.0953)) == 623


@given(
    st.lists(st.integers(0, 6), min_size=1, unique=True),
    st.integers(1, 6),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.integers(0, 200),
)
def test_days_of_a_plan(weekdays: list[int], every: int, first: date, later: int) -> None:
    after = first + timedelta(days=later)
    found = next_day(weekdays, every, first=first, last=None, after=after)
    assert found is not None and found > after and found >= first and found.weekday() in weekdays
    monday = first - timedelta(days=first.weekday())
    assert ((found - monday).days // 7) % every == 0
    for skipped in range(1, (found - after).days):  # nothing lies between
        day = after + timedelta(days=skipped)
        assert day.weekday() not in weekdays or ((day - monday).days // 7) % every
    assert next_day(weekdays, every, first=first, last=found - timedelta(days=1), after=after) is None


def test_holidays_are_no_working_days() -> None:
    assert not is_working_day(date(2026, 10, 1)) and is_working_day(date(2026, 11, 26))
    assert next_working_day(date(2026, 9, 30)) > date(2026, 10, 1)
    assert is_working_day(date(2035, 1, 1)) == (date(2035, 1, 1).weekday() < 5)  # past what is published


def test_every_state_can_end_and_nothing_leaves_the_end_but_a_dispute() -> None:
    for state in OrderState:
        seen, todo = {state}, [state]
        while todo:
            new = ORDER.table[todo.pop()] - seen
            seen |= new
            todo += new
        assert seen & OVER, state
    assert ORDER.table[OrderState.CANCELLED] == frozenset() and ORDER.table[OrderState.SETTLED] == {OrderState.DISPUTED}
    assert all(OrderState.CANCELLED in ORDER.table[state] for state in STUCK)
    assert time(7) < time(21)
