"""When a figure of the benchmarks has broken down, and when it is only worse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.bench.figure import Figure, charts, page


def figure(value: float, bar: float | None, *, ratio: float | None = None, more_is_better: bool = False) -> Figure:
    return Figure("name", "what", value, "ms", bar, "", None, ratio, more_is_better=more_is_better)


@pytest.mark.parametrize(
    ("one", "collapsed"),
    [
        (figure(99.0, 10.0), False),  # missed, and no more than that
        (figure(101.0, 10.0), True),
        (figure(5000.0, 5.0, ratio=8.6), False),  # the ratio counts where there is one
        (figure(1.0, 5.0, ratio=51.0), True),
        (figure(60.0, 500.0, more_is_better=True), False),
        (figure(49.0, 500.0, more_is_better=True), True),
        (figure(0.0, 0.99, more_is_better=True), True),
        (figure(9e9, None), False),
    ],
)
def test_ten_times_worse_than_its_bar(one: Figure, collapsed: bool) -> None:
    assert one.collapsed is collapsed


@pytest.mark.parametrize(
    ("one", "share"),
    [
        (figure(5.0, 10.0), 0.5),
        (figure(500.0, 5.0, ratio=10.0), 2.0),
        (figure(1000.0, 500.0, more_is_better=True), 0.5),
        (figure(0.0, 0.99, more_is_better=True), float("inf")),
        (figure(7.0, None), None),
    ],
)
def test_the_share_of_its_bar_is_less_where_it_is_better(one: Figure, share: float | None) -> None:
    assert one.of_bar == share


def test_the_page_draws_what_has_a_bar_and_where_presses_break() -> None:
    rates = [
        Figure(f"presses_{rate}", "what", ms, "ms", None, "app_queue", native, ms / native)
        for rate, ms, native in ((10, 70.6, 11.0), (40, 10569.2, 45.0))
    ]
    drawn = "\n".join(charts([figure(5.0, 10.0), figure(0.0, 0.99, more_is_better=True), *rates]))
    assert '["name", "name"]' in drawn and "bar [0.5, 2]" in drawn
    assert 'x-axis "presses a second" ["10", "40"]' in drawn and "bar [70.6, 10569.2]" in drawn and "line [11, 45]" in drawn
    assert drawn.count("```mermaid") == 2
    assert charts([figure(7.0, None)]) == []
    assert "```mermaid" in page([figure(5.0, 10.0)], datetime.now(UTC))


def test_one_that_could_not_be_measured_takes_no_other_with_it() -> None:
    written = page([figure(5.0, 10.0)], datetime.now(UTC), ["outside_leg: 120 is not called in"])
    assert "| `name`: what | 5 ms |" in written and "- **not measured** in this run: outside_leg: 120 is not called in" in written
