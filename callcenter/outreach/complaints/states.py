"""States of a complaint, and where it came from."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from callcenter.kit.states import Transitions


class ComplaintState(StrEnum):
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"  # somebody has called her, and sees to it
    SOLVED = "solved"  # so says the handler; she is asked
    CONFIRMED = "confirmed"  # so says she; or she could not be asked, and a supervisor closed it with a word
    WITHDRAWN = "withdrawn"  # by whoever complained


class Source(StrEnum):
    RATING = "rating"
    AGENT = "agent"  # told to an agent
    FAMILY = "family"
    STORE = "store"


class Deadline(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    SOLVE = "solve"


class Level(IntEnum):
    """Who is told that a deadline was missed."""

    NOBODY = 0
    SUPERVISORS = 1
    ADMIN = 2


S = ComplaintState
COMPLAINT = Transitions[ComplaintState](
    "complaint",
    {
        S.OPENED: {S.ACKNOWLEDGED, S.WITHDRAWN},
        S.ACKNOWLEDGED: {S.SOLVED, S.WITHDRAWN},
        S.SOLVED: {S.CONFIRMED, S.ACKNOWLEDGED, S.WITHDRAWN},  # not mended: again
        S.CONFIRMED: set(),
        S.WITHDRAWN: set(),
    },
)
OPEN = frozenset({S.OPENED, S.ACKNOWLEDGED, S.SOLVED})
