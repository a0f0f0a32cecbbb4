"""Who is on duty when: nights, exceptions, changes of the clock, and what is asked before a rota is kept."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.duty.rules import (
    Exceptional,
    Level,
    Problem,
    ProblemKind,
    Rota,
    Shift,
    Turn,
    next_on_duty,
    on_duty,
    problems,
    ring_order,
    turns,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ANNA, BEN, CARL = (uuid.UUID(int=i) for i in (1, 2, 3))
STREET = uuid.UUID(int=99)
ALL_DAYS = frozenset(range(7))
MONDAY = date(2026, 3, 2)


def shift(
    person: uuid.UUID, starts: int, ends: int, *, days: frozenset[int] = ALL_DAYS, level: Level = Level.SUPERVISOR, region: uuid.UUID | None = None,
    first: date | None = None, last: date | None = None, number: int = 0,
) -> Shift:  # fmt: skip
    return Shift(uuid.UUID(int=1000 + number), person, level, region, days, starts * 60, ends * 60, first, last)


DAY, NIGHT = shift(ANNA, 8, 20, number=1), shift(BEN, 20, 8, number=2)
ROTA = Rota((DAY, NIGHT))


def at(hour: int, minute: int = 0, day: date = MONDAY, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


def who(rota: Rota, when: datetime, zone: ZoneInfo = SHANGHAI) -> list[uuid.UUID]:
    return [turn.person_id for turn in on_duty(rota, when, zone)]


def test_the_night_goes_over_midnight_and_the_border_belongs_to_the_next() -> None:
    assert who(ROTA, at(7, 59)) == [BEN]
    assert who(ROTA, at(8)) == [ANNA]
    assert who(ROTA, at(19, 59)) == [ANNA]
    assert who(ROTA, at(20)) == [BEN]
    assert who(ROTA, at(0)) == [BEN]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    sunday_night = Rota((shift(ANNA, 20, 8, days=frozenset({6})),))
    assert who(sunday_night, at(3, day=MONDAY)) == [ANNA]  # Monday 3:00 is Sunday's night
    assert who(sunday_night, at(21, day=MONDAY)) == []


def test_from_and_to_the_same_hour_is_a_whole_day() -> None:
    whole = Rota((shift(ANNA, 8, 8, days=frozenset({0})),))
    assert who(whole, at(7, 59)) == []
    assert who(whole, at(8)) == who(whole, at(7, 59, day=MONDAY + timedelta(days=1))) == [ANNA]


def test_days_before_and_after_its_time_are_not_its() -> None:
    week = Rota((shift(ANNA, 8, 20, first=MONDAY, last=MONDAY + timedelta(days=1)),))
    assert [who(week, at(12, day=MONDAY + timedelta(days=i))) for i in (-1, 0, 1, 2)] == [[], [ANNA], [ANNA], []]


def test_somebody_else_does_one_shift_and_another_falls_out() -> None:
    swapped = Exceptional(MONDAY, DAY.id, CARL, Level.SUPERVISOR, None, 0, 0)
    nobody = Exceptional(MONDAY, NIGHT.id, None, Level.SUPERVISOR, None, 0, 0)
    rota = Rota(ROTA.shifts, (swapped, nobody))
    assert who(rota, at(12)) == [CARL]
    assert on_duty(rota, at(12), SHANGHAI)[0].instead
    assert who(rota, at(21)) == []
    assert who(rota, at(3, day=MONDAY + timedelta(days=1))) == []  # the rest of that night
    assert who(rota, at(21, day=MONDAY + timedelta(days=1))) == [BEN]


def test_one_more_shift_on_a_day() -> None:
    extra = Exceptional(MONDAY, None, CARL, Level.STREET, STREET, 22 * 60, 2 * 60)
    rota = Rota(ROTA.shifts, (extra,))
    assert who(rota, at(23)) == who(rota, at(1, 59, day=MONDAY + timedelta(days=1))) == [BEN, CARL]
    assert who(rota, at(2, day=MONDAY + timedelta(days=1))) == [BEN]


def test_the_order_of_ringing_is_by_level_then_the_whole_centre_first() -> None:
    rota = Rota((
        shift(ANNA, 0, 0, level=Level.TECHNICAL, number=1), shift(BEN, 0, 0, level=Level.STREET, region=STREET, number=2),
        shift(CARL, 0, 0, number=3),
    ))  # fmt: skip
    assert who(rota, at(12)) == [CARL, BEN, ANNA]
    numbers = {ANNA: "+8613700000001", BEN: "+8613700000002", CARL: "+8613700000003"}
    on = on_duty(rota, at(12), SHANGHAI)
    assert ring_order(on, numbers, ["+8613700000009", "+8613700000002"]) == [
        "+8613700000003", "+8613700000002", "+8613700000001", "+8613700000009",
    ]  # fmt: skip
    assert ring_order(on, {CARL: "110"}, []) == ["110"]  # whose telephone is not known cannot be rung
    assert ring_order([], numbers, ["+8613700000009"]) == ["+8613700000009"]


def test_who_comes_next() -> None:
    (turn,) = next_on_duty(ROTA, at(12), SHANGHAI)
    assert (turn.person_id, turn.starts_at) == (BEN, at(20).astimezone(UTC))
    once_a_week = Rota((shift(ANNA, 8, 9, days=frozenset({0})),))
    assert [t.starts_at for t in next_on_duty(once_a_week, at(8), SHANGHAI)] == [at(8, day=MONDAY + timedelta(days=7)).astimezone(UTC)]


def test_the_night_in_which_the_clock_goes_back_has_neither_gap_nor_overlap() -> None:
    night = date(2026, 10, 24)  # 3:00 becomes 2:00 on the 25th
    rota = Rota((shift(ANNA, 20, 2, number=1), shift(BEN, 2, 8, number=2), shift(CARL, 8, 20, number=3)))
    assert problems(rota, night, night + timedelta(days=2), BERLIN) == []
    hours = [t.ends_at - t.starts_at for t in turns(rota, night, night + timedelta(days=1), BERLIN) if t.person_id == BEN]
    assert hours == [timedelta(hours=6), timedelta(hours=7)]
    first_half_past_two = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)
    assert who(rota, first_half_past_two, BERLIN) == who(rota, first_half_past_two.replace(fold=1), BERLIN) == [BEN]


def test_a_shift_that_begins_in_the_hour_which_the_clock_skips() -> None:
    night = date(2026, 3, 28)  # 2:00 becomes 3:00 on the 29th
    rota = Rota((shift(ANNA, 20, 2, number=1), shift(BEN, 2, 20, number=2)))
    assert problems(rota, night, night + timedelta(days=2), BERLIN) == []
    assert who(rota, datetime(2026, 3, 29, 0, 59, tzinfo=UTC), BERLIN) == [ANNA]
    assert who(rota, datetime(2026, 3, 29, 1, 0, tzinfo=UTC), BERLIN) == [BEN]


def test_a_gap_of_those_who_must_always_be_there_is_serious() -> None:
    rota = Rota((DAY, shift(BEN, 20, 7, number=2), shift(CARL, 9, 17, level=Level.TECHNICAL, number=3)))
    found = problems(rota, MONDAY, MONDAY, SHANGHAI)
    gap = Problem(ProblemKind.GAP, Level.SUPERVISOR, None, at(7).astimezone(UTC), at(8).astimezone(UTC))
    assert gap in found and gap.serious
    technical = [p for p in found if p.level is Level.TECHNICAL]
    assert [(p.kind, p.serious) for p in technical] == [(ProblemKind.GAP, False), (ProblemKind.GAP, False)]
    assert len(found) == 3


def test_two_where_one_was_meant_and_one_in_two_places() -> None:
    rota = Rota((DAY, NIGHT, shift(CARL, 19, 21, number=3), shift(ANNA, 10, 11, level=Level.STREET, region=STREET, number=4)))
    found = [(p.kind, p.person_ids) for p in problems(rota, MONDAY, MONDAY, SHANGHAI) if p.kind is not ProblemKind.GAP]
    assert found == [(ProblemKind.DOUBLE, (ANNA,)), (ProblemKind.OVERLAP, (ANNA, CARL)), (ProblemKind.OVERLAP, (CARL, BEN))]


def test_no_rota_no_questions() -> None:
    assert problems(Rota(), MONDAY, MONDAY, SHANGHAI) == []
    assert on_duty(Rota(), at(12), SHANGHAI) == next_on_duty(Rota(), at(12), SHANGHAI) == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439), st.sets(st.integers(0, 6), min_size=1)), min_size=1, max_size=4),
    st.integers(0, 20_000),
)
def test_a_gap_is_where_nobody_is_on_duty(spans: list[tuple[int, int, set[int]]], minutes: int) -> None:
    """At any minute: nobody is on duty exactly where a gap was told. In a zone and weeks with a change of the clock."""
    shifts = tuple(
        Shift(uuid.UUID(int=i), ANNA, Level.SUPERVISOR, None, frozenset(days), starts, ends) for i, (starts, ends, days) in enumerate(spans)
    )
    first = date(2026, 10, 19)
    moment = datetime(2026, 10, 18, 22, tzinfo=UTC) + timedelta(minutes=minutes)
    gaps = [p for p in problems(Rota(shifts), first, first + timedelta(days=14), BERLIN) if p.kind is ProblemKind.GAP]
    assert any(g.starts_at <= moment < g.ends_at for g in gaps) == (on_duty(Rota(shifts), moment, BERLIN) == [])


def test_a_turn_is_an_instant_of_utc() -> None:
    (turn,) = on_duty(Rota((DAY,)), at(12), SHANGHAI)
    assert turn == Turn(ANNA, Level.SUPERVISOR, None, datetime(2026, 3, 2, 0, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC), DAY.id)
