"""Who watches, and when an alarm goes to the next level. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.accounts.roles import Role
from callcenter.calls.states import AgentState
from callcenter.emergency.states import Level

OWNER_WITHIN = timedelta(seconds=60)  # no press without an owner (docs/decisions.md "Answering")
OWNER, WATCH = "owner", "watch"  # deadlines of every emergency
ARRIVAL = "arrival"  # somebody has said that she goes: at the door by then


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at a console, as the choice sees her."""

    id: uuid.UUID
    role: Role
    state: AgentState
    since: datetime
    in_region: bool = False  # a supervisor of the elder's region
    watches: int = 0  # emergencies that she owns or watches already


def choose_watcher(people: Iterable[Colleague], *, but: Collection[uuid.UUID]) -> uuid.UUID | None:
    """The second person of an emergency: rather a supervisor of the elder's region, then any supervisor, then an agent; of these who has the
    fewest emergencies, who does not talk, who is in this state longest. Nobody who is offline.
    """

    def order(one: Colleague) -> tuple[int, int, int, datetime, uuid.UUID]:
        rank = (0 if one.in_region else 1) if one.role is Role.SUPERVISOR else 2
        return rank, one.watches, int(one.state in (AgentState.TALKING, AgentState.RINGING)), one.since, one.id

    there = [one for one in people if one.state is not AgentState.OFFLINE and one.id not in but and one.role is not Role.ADMIN]
    return min(there, key=order).id if there else None


def next_level_at(level: int, due_at: datetime, *, supervisors: timedelta, duty: timedelta) -> datetime | None:
    """When the level after this one is told. The first, to all agents, at the deadline itself; `supervisors` and `duty` count from there."""
    after = {0: timedelta(), Level.AGENTS: supervisors, Level.SUPERVISORS: max(supervisors, duty)}.get(level)
    return due_at + after if after is not None else None
