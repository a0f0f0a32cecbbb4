"""When a figure of the benchmarks has broken down, and when it is only worse."""

from __future__ import annotations

import pytest

from callcenter.bench.figure import Figure


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
