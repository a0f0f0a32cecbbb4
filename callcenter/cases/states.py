"""States and severities of a case (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.errors import IllegalMove
from callcenter.kit.states import Transitions


class CaseState(StrEnum):
    NEW = "new"
    OWNED = "owned"
    WAITING = "waiting"  # for somebody else, or for a call-back
    RESOLVED = "resolved"
    CLOSED = "closed"


class Severity(StrEnum):
    E0 = "E0"
    U1 = "U1"
    U2 = "U2"
    N1 = "N1"
    N2 = "N2"


OPEN = frozenset({CaseState.NEW, CaseState.OWNED, CaseState.WAITING})

CASE = Transitions[CaseState](
    "case",
    {
        CaseState.NEW: {CaseState.OWNED, CaseState.WAITING, CaseState.RESOLVED, CaseState.CLOSED},
        CaseState.OWNED: {CaseState.NEW, CaseState.WAITING, CaseState.RESOLVED, CaseState.CLOSED},
        CaseState.WAITING: {CaseState.OWNED, CaseState.RESOLVED, CaseState.CLOSED},
        CaseState.RESOLVED: {CaseState.CLOSED, CaseState.OWNED, CaseState.WAITING},  # reopened
        CaseState.CLOSED: {CaseState.OWNED, CaseState.WAITING},  # reopened
    },
)


class OwnerChange(StrEnum):
    TAKEN = "taken"  # by whoever asks
    GIVEN = "given"  # to somebody else, with a word
    FREED = "freed"  # back to the queue, with a deadline


# Which cases change hands, and what they are then. A case that waits (for a call-back) goes on waiting; what is over has no owner to change.
OWNER_CHANGES: dict[OwnerChange, dict[CaseState, CaseState]] = {
    OwnerChange.TAKEN: {CaseState.NEW: CaseState.OWNED, CaseState.OWNED: CaseState.OWNED, CaseState.WAITING: CaseState.OWNED},
    OwnerChange.GIVEN: {CaseState.NEW: CaseState.OWNED, CaseState.OWNED: CaseState.OWNED, CaseState.WAITING: CaseState.OWNED},
    OwnerChange.FREED: {CaseState.NEW: CaseState.NEW, CaseState.OWNED: CaseState.NEW, CaseState.WAITING: CaseState.WAITING},
}


def state_after(change: OwnerChange, state: CaseState, *, has_call_back: bool) -> CaseState:
    """IllegalMove for a case that is over. With an open call-back it waits, whoever owns it."""
    after = OWNER_CHANGES[change].get(state)
    if after is None:
        raise IllegalMove(
            f"a case that is {state} cannot be {change}",
            details={"aggregate": "case", "state": str(state), "wanted": str(change), "possible": []},
        )
    return CaseState.WAITING if has_call_back and state == CaseState.WAITING else after


class TaskState(StrEnum):
    OPEN = "open"
    DOING = "doing"
    DONE = "done"


TASK = Transitions[TaskState](
    "task",
    {
        TaskState.OPEN: {TaskState.DOING, TaskState.DONE},
        TaskState.DOING: {TaskState.OPEN, TaskState.DONE},
        TaskState.DONE: set(),
    },
)
