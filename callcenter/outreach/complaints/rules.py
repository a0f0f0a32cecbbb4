"""Who may see to a complaint, and when its delay is told to whom: decisions without I/O."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.outreach.complaints.states import ComplaintState, Deadline, Level

ACKNOWLEDGE_WITHIN = timedelta(hours=1)
SOLVE_WITHIN_DAYS = 3  # working days
ADMIN_AFTER = {Deadline.ACKNOWLEDGE: timedelta(hours=1), Deadline.SOLVE: timedelta(hours=24)}  # after the supervisors
WAITS_FOR = {ComplaintState.OPENED: Deadline.ACKNOWLEDGE, ComplaintState.ACKNOWLEDGED: Deadline.SOLVE}


@dataclass(frozen=True, slots=True)
class Watched:
    """Of a complaint what its deadlines ask for."""

    state: ComplaintState
    acknowledge_by: datetime
    solve_by: datetime
    told: str  # the deadline that was last told as missed
    level: int  # how high

    @property
    def deadline(self) -> Deadline | None:
        """What it waits for; None: for her word, or for nothing any more."""
        return WAITS_FOR.get(self.state)

    @property
    def due_at(self) -> datetime | None:
        match self.deadline:
            case Deadline.ACKNOWLEDGE:
                return self.acknowledge_by
            case Deadline.SOLVE:
                return self.solve_by
            case None:
                return None


def next_level(complaint: Watched, now: datetime) -> tuple[Deadline, Level] | None:
    """Whom to tell now of which missed deadline; None: nobody. One level at a time, each deadline from the bottom."""
    deadline, due_at = complaint.deadline, complaint.due_at
    if deadline is None or due_at is None:
        return None
    level = complaint.level if complaint.told == deadline else Level.NOBODY
    if level >= Level.ADMIN:
        return None
    at = due_at if level == Level.NOBODY else due_at + ADMIN_AFTER[deadline]
    return (deadline, Level(level + 1)) if now >= at else None


def is_concerned(user_id: uuid.UUID | None, concerned: Collection[uuid.UUID | None]) -> bool:
    """It is about her own work: somebody else sees to it. A program is never concerned."""
    return user_id is not None and user_id in concerned
