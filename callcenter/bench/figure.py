"""One measured figure, and the page that all of them make."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

COLLAPSE = 10  # so many times worse than its bar is no noise, whatever else the machine does


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    what: str  # in words, for the page
    figure: float
    unit: str
    bar: float | None  # None: nothing is asked, it is only told
    against: str  # what it was measured against; "" when the bar stands alone
    against_figure: float | None
    ratio: float | None  # figure / against_figure
    note: str = ""
    more_is_better: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the bar is reached; it is compared with the ratio where there is one."""
        if self.bar is None:
            return None
        value = self.ratio if self.ratio is not None else self.figure
        return value >= self.bar if self.more_is_better else value <= self.bar

    @property
    def collapsed(self) -> bool:
        if self.bar is None:
            return False
        value = self.ratio if self.ratio is not None else self.figure
        return value * COLLAPSE < self.bar if self.more_is_better else value > self.bar * COLLAPSE

    @property
    def of_bar(self) -> float | None:
        """1 at its bar, less is better, whichever way the bar lies; None without one."""
        if not self.bar:
            return None
        value = self.ratio if self.ratio is not None else self.figure
        if self.more_is_better:
            return self.bar / value if value else math.inf
        return value / self.bar

    def as_json(self) -> dict[str, Any]:
        against = None if not self.against else {"what": self.against, "figure": self.against_figure}
        return {"name": self.name, "figure": self.figure, "unit": self.unit, "bar": self.bar, "against": against, "ratio": self.ratio}


def compared(
    name: str, what: str, figure: float, unit: str, *, bar: float | None, against: str, against_figure: float, note: str = ""
) -> Figure:
    """A figure beside another one of the same run."""
    ratio = round(figure / against_figure, 2) if against_figure else None
    return Figure(name, what, round(figure, 2), unit, bar, against, round(against_figure, 2), ratio, note)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed (nearest rank); 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))] if ordered else 0.0


def page(figures: Sequence[Figure], at: datetime, failed: Sequence[str] = ()) -> str:
    """docs/benchmarks.md."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Every figure is a ratio to something measured in the same run on the same machine, or has a bar that stands alone.",
        "",
        f"Last run: {at:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; "
        "everything (Asterisk, PostgreSQL, Valkey, our processes, the telephones and consoles that measure) shares these cores.",
        "",
        "| figure | measured | against | ratio | bar | |",
        "|---|---|---|---|---|---|",
    ]
    for f in figures:
        against = f"{f.against}: {f.against_figure:g} {f.unit}" if f.against else ""
        sign = "≥" if f.more_is_better else "≤"
        bar = "" if f.bar is None else f"{sign} {f.bar:g}{' ×' if f.ratio is not None else ''}"
        verdict = {None: "", True: "holds", False: "**missed**"}[f.holds]
        ratio = "" if f.ratio is None else f"{f.ratio:g} ×"
        lines.append(f"| `{f.name}`: {f.what} | {f.figure:g} {f.unit} | {against} | {ratio} | {bar} | {verdict} |")
    notes = [f"- `{f.name}`: {f.note}" for f in figures if f.note] + [f"- **not measured** in this run: {line}" for line in failed]
    return "\n".join([*lines, *charts(figures), *(["", *notes] if notes else []), ""])


def charts(figures: Sequence[Figure]) -> list[str]:
    """Mermaid's, which the forge draws: every figure beside its bar, and where presses a second break, ours and the PBX's own queue."""
    beside = [(f.name, f.of_bar) for f in figures if f.of_bar is not None]
    rates = [(f.name.removeprefix("presses_"), f) for f in figures if f.name.startswith("presses_") and f.against_figure is not None]
    made: list[str] = []
    if beside:
        made += _chart(
            "Of its bar: 1 is at the bar, less is better, 2 is twice the bar or worse", [name for name, _ in beside], "",
            lying=True, bar=[min(2.0, share) for _, share in beside],
        )  # fmt: skip
    if rates:
        made += _chart(
            "Press to ring, p99 in ms: bars are ours, the line is app_queue", [rate for rate, _ in rates], "presses a second",
            bar=[f.figure for _, f in rates], line=[f.against_figure or 0.0 for _, f in rates],
        )  # fmt: skip
    return made


def _chart(title: str, names: Sequence[str], below: str, *, lying: bool = False, **series: Sequence[float]) -> list[str]:
    across = f'"{below}" ' if below else ""
    drawn = [f"  {kind} [{', '.join(f'{round(value, 2):g}' for value in values)}]" for kind, values in series.items()]
    words = ", ".join(f'"{name}"' for name in names)
    return [
        "",
        "```mermaid",
        "xychart-beta horizontal" if lying else "xychart-beta",
        f'  title "{title}"',
        f"  x-axis {across}[{words}]",
        *drawn,
        "```",
    ]
