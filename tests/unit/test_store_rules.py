"""A store's hours, prices, papers: one by one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from callcenter.dispatch.stores.rules import Papers, check_hours, is_price_inside, lacks, licensed_items, warning_due
from callcenter.kit.errors import Invalid

OPEN = [[480, 1080]]
TODAY = date(2026, 11, 26)


def test_hours_are_put_in_order() -> None:
    assert check_hours([[[840, 1080], [480, 720]], *[[]] * 6]) == [[[480, 720], [840, 1080]], *[[]] * 6]
    assert check_hours([[[0, 1440]]] * 7) == [[[0, 1440]]] * 7
    assert check_hours([[[480, 720], [720, 1080]], *[[]] * 6])[0] == [[480, 720], [720, 1080]]  # they touch


@pytest.mark.parametrize(
    ("monday", "why"),
    [
        ([[480, 480]], "order"),
        ([[1080, 480]], "order"),
        ([[480, 1441]], "no_time"),
        ([[-1, 480]], "no_time"),
        ([[1440, 1440]], "no_time"),
        ([[480]], "no_span"),
        ([[480, 800], [799, 1080]], "overlap"),
        ([[480, 1080], [500, 510]], "overlap"),
        ([[i * 10, i * 10 + 5] for i in range(5)], "too_many"),
    ],
)
def test_hours_that_can_not_be(monday: list[list[int]], why: str) -> None:
    with pytest.raises(Invalid) as told:
        check_hours([OPEN, monday, *[OPEN] * 5])
    assert (told.value.code, told.value.details) == ("bad_hours", {"why": why, "day": 1, "field": "hours"})


def test_a_week_has_seven_days() -> None:
    for days in (0, 6, 8):
        with pytest.raises(Invalid):
            check_hours([OPEN] * days)


def test_prices() -> None:
    assert [is_price_inside(price, 3000, 5000) for price in (2999, 3000, 5000, 5001)] == [False, True, True, False]


@pytest.mark.parametrize(("left", "told"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, 0), (-500, 0)])
def test_a_warning_is_due(left: int, told: int | None) -> None:
    assert warning_due(TODAY + timedelta(days=left), TODAY, None) == told


def test_each_warning_once_and_of_those_slept_through_the_latest_only() -> None:
    ends, day = TODAY + timedelta(days=90), TODAY
    warned: int | None = None
    said: list[tuple[int, int]] = []
    for _ in range(120):
        if (step := warning_due(ends, day, warned)) is not None:
            warned, said = step, [*said, (step, (ends - day).days)]
        day += timedelta(days=1)
    assert said == [(60, 60), (30, 30), (7, 7), (0, -1)]
    assert warning_due(ends, ends - timedelta(days=5), 60) == 7
    assert warning_due(ends, ends + timedelta(days=5), 60) == 0


def test_papers_meet_what_items_ask_for() -> None:
    meals = (("food_business",), ("health_certificate",))
    nursing = (("registered_nurse",),)
    care = (("elder_carer",), ("health_certificate",))  # of one and the same
    items = {"PS01": meals, "PH06": nursing, "ZL99": care}
    held = Papers(frozenset({"food_business"}), (frozenset({"health_certificate"}), frozenset({"elder_carer"})))
    assert licensed_items(items, held) == {"PS01"}
    assert licensed_items(items, Papers(frozenset(), (frozenset({"health_certificate", "elder_carer"}),))) == {"ZL99"}
    assert licensed_items(items, Papers(frozenset(), ())) == set()


def test_what_a_store_lacks() -> None:
    assert lacks(keepers=0, items=(), licensed=(), has_area=False, hours=[[]] * 7, capacity=0) == [
        "keeper", "items", "area", "hours", "capacity",
    ]  # fmt: skip
    assert lacks(keepers=1, items={"PH06"}, licensed=(), has_area=True, hours=[OPEN], capacity=1) == ["licences"]
    assert lacks(keepers=1, items={"PH06"}, licensed={"PH06"}, has_area=True, hours=[OPEN], capacity=1) == []
