"""One line of the doctor's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNSET = "unset"  # not set up, or not to be seen from here: nobody's fault


MARKS = {State.RIGHT: "✓", State.WRONG: "✗", State.UNSET: "–"}


@dataclass(frozen=True, slots=True)
class Finding:
    what: str  # one word or two, the same at every run
    state: State
    words: str
    todo: str = ""  # of what is wrong: always something

    def line(self) -> str:
        return f"{MARKS[self.state]} {self.what}: {self.words}" + (f" → {self.todo}" if self.todo else "")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def right(what: str, words: str) -> Finding:
    return Finding(what, State.RIGHT, words)


def wrong(what: str, words: str, todo: str) -> Finding:
    return Finding(what, State.WRONG, words, todo)


def unset(what: str, words: str, todo: str = "") -> Finding:
    return Finding(what, State.UNSET, words, todo)


def ago(seconds: float) -> str:
    """An age as people say it."""
    for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
