"""States and severities of a case (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

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
