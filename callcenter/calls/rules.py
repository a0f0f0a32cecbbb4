"""Who is rung, when, in which order. Pure: no I/O, no clock; times are datetimes given by the caller. Source: docs/decisions.md "Answering"."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.accounts.roles import Role
from callcenter.calls.states import AgentState, CallKind
from callcenter.cases.states import Severity
from callcenter.settings import Timings

# Escalation steps of an SOS that nobody has answered.
AGENTS, SUPERVISORS, DUTY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting call as the rules see it."""

    id: uuid.UUID
    kind: CallKind
    received_at: datetime
    risk: int
    in_front: bool
    escalation: int
    ringing: frozenset[uuid.UUID]  # agents whose telephones ring for it
    tried: frozenset[uuid.UUID]  # agents who were rung for it and did not answer
    refused: frozenset[uuid.UUID] = frozenset()  # agents who declined just now, or whose telephone failed: not rung again at once
    dialect: str = ""  # what she speaks, when her profile says so


@dataclass(frozen=True, slots=True)
class Available:
    """An agent as the rules see it."""

    id: uuid.UUID
    role: Role
    state: AgentState
    idle_since: datetime
    ringing_for: uuid.UUID | None
    ringing_for_sos: bool
    dialects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    call_id: uuid.UUID
    agent_ids: tuple[uuid.UUID, ...]


def severity_of(kind: CallKind) -> Severity:
    return Severity.E0 if kind == CallKind.SOS else Severity.N1


def queue_order(call: Waiting) -> tuple[int, int, datetime, int, datetime]:
    """SOS first; then who was cut off in mid-call; then the oldest; the elder's risk breaks ties of the same minute."""
    minute = call.received_at.replace(second=0, microsecond=0)
    return (0 if call.kind == CallKind.SOS else 1, 0 if call.in_front else 1, minute, -call.risk, call.received_at)


def choose(calls: Iterable[Waiting], agents: Iterable[Available]) -> list[Offer]:
    """Whom to ring now, for all waiting calls together. An SOS rings all idle agents (after 10 s also supervisors), and takes over telephones
    that ring for a service call; a service call rings the agent who is idle longest and has not let it ring before, of these rather one who
    speaks the elder's dialect (it never waits for one). Who declined is left in peace for a moment. Several SOS share: each telephone goes to
    the one that rings at the fewest, so that the first does not leave the second without any.
    """
    queue = sorted(calls, key=queue_order)
    idle = sorted((a for a in agents if a.state in (AgentState.IDLE, AgentState.RINGING)), key=lambda a: (a.idle_since, a.id))
    alarms = [call for call in queue if call.kind == CallKind.SOS]
    given: dict[uuid.UUID, list[uuid.UUID]] = {call.id: [] for call in queue}
    busy: set[uuid.UUID] = {a.id for a in idle if a.ringing_for is not None}
    for agent in idle:
        if agent.ringing_for is not None and agent.ringing_for_sos:
            continue
        may_ring = [
            c for c in alarms if (agent.role != Role.SUPERVISOR or c.escalation >= SUPERVISORS) and agent.id not in c.ringing | c.refused
        ]
        if may_ring:
            call = min(may_ring, key=lambda c: len(c.ringing) + len(given[c.id]))  # of equals the first in the queue
            given[call.id].append(agent.id)
            busy.add(agent.id)
    for call in queue:
        if call.kind == CallKind.SOS or call.ringing:
            continue
        free = [a for a in idle if a.id not in busy | call.refused and a.role == Role.AGENT]
        fresh = [a for a in free if a.id not in call.tried] or free
        if fresh:
            chosen = next((a for a in fresh if call.dialect and call.dialect in a.dialects), fresh[0])
            given[call.id].append(chosen.id)
            busy.add(chosen.id)
    return [Offer(call.id, tuple(given[call.id])) for call in queue if given[call.id]]


def escalated(kind: CallKind, escalation: int) -> int:
    """The step after this one. A service call has no supervisors' step."""
    return min(DUTY, escalation + 1) if kind == CallKind.SOS else DUTY


def next_escalation(kind: CallKind, escalation: int, received_at: datetime, timings: Timings) -> datetime | None:
    """When the next step is due after `escalation` has been reached; None: no further step. A dialog's caller, handed on, waits like a service call."""
    if kind == CallKind.SOS:
        step = {AGENTS: timings.sos_supervisors, SUPERVISORS: timings.sos_duty}.get(escalation)
    elif kind != CallKind.OUTBOUND:
        step = {AGENTS: timings.service_duty}.get(escalation)
    else:
        step = None
    return received_at + timedelta(seconds=step) if step is not None else None
