"""What voice knows right now: calls, legs, agents. Each is mirrored in a row; memory decides, rows remember."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callcenter.accounts.roles import Role
from callcenter.calls.rules import Available, Waiting
from callcenter.calls.states import CALL, WAITING, AgentState, CallKind, CallState, LegKind, LegState
from callcenter.cases.states import Severity


@dataclass(slots=True)
class LiveLeg:
    id: uuid.UUID
    call_id: uuid.UUID
    kind: LegKind
    agent_id: uuid.UUID | None
    number: str
    state: LegState
    started_at: datetime
    deadline_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: str = ""

    @property
    def channel_id(self) -> str:
        """Derived, so that after a restart the channel is found again."""
        return f"leg-{self.id}"

    def row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "call_id": self.call_id,
            "channel_id": self.channel_id,
            "kind": self.kind,
            "agent_id": self.agent_id,
            "number": self.number,
            "state": self.state,
            "started_at": self.started_at,
            "deadline_at": self.deadline_at,
            "ringing_at": self.ringing_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "cause": self.cause,
        }


@dataclass(slots=True)
class LiveCall:
    id: uuid.UUID
    kind: CallKind
    state: CallState
    channel_id: str | None
    caller_key: str | None
    caller_raw: str
    called: str
    severity: Severity
    received_at: datetime
    version: int = 1
    case_id: uuid.UUID | None = None
    elder_id: uuid.UUID | None = None
    shared_elder_ids: list[str] = field(default_factory=list)
    task_id: uuid.UUID | None = None
    risk: int = 0
    agent_id: uuid.UUID | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    in_front: bool = False
    voice_answered: bool = False
    reassure_at: datetime | None = None
    escalate_at: datetime | None = None
    escalation: int = 0
    return_until: datetime | None = None
    # memory only
    claimed: bool = False
    dialect: str = ""  # of the elder, as her profile says
    legs: dict[uuid.UUID, LiveLeg] = field(default_factory=dict)  # not ended
    tried: set[uuid.UUID] = field(default_factory=set)
    refused: set[uuid.UUID] = field(default_factory=set)
    guard_due: datetime | None = None
    playing: bool = False  # a sentence is being said to the caller
    duty_next: int = 0
    waiting_since: datetime | None = None  # for this wait (a call can come back to the queue)
    ending_leg: uuid.UUID | None = None  # an agent's leg that we end ourselves, so its end is no vanishing

    @property
    def bridge_id(self) -> str:
        return f"call-{self.id}"

    @property
    def playback_id(self) -> str:
        return f"wait-{self.id}"

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_outbound(self) -> bool:
        return self.kind == CallKind.OUTBOUND

    def move(self, to: CallState) -> None:
        if self.state != to:
            CALL.check(self.state, to)
            self.state = to

    def leg_of(self, channel_id: str) -> LiveLeg | None:
        return next((leg for leg in self.legs.values() if leg.channel_id == channel_id), None)

    def ringing_agents(self) -> frozenset[uuid.UUID]:
        return frozenset(leg.agent_id for leg in self.legs.values() if leg.state == LegState.RINGING and leg.agent_id)

    def talking_leg(self) -> LiveLeg | None:
        return next((leg for leg in self.legs.values() if leg.state == LegState.ANSWERED and leg.kind != LegKind.PARTY), None)

    def party_leg(self) -> LiveLeg | None:
        return next((leg for leg in self.legs.values() if leg.kind == LegKind.PARTY), None)

    def waiting_view(self) -> Waiting:
        return Waiting(
            self.id, self.kind, self.received_at, self.risk, self.in_front, self.escalation, self.ringing_agents(),
            frozenset(self.tried), frozenset(self.refused), self.dialect,
        )  # fmt: skip

    def row(self) -> dict[str, Any]:
        """The mutable columns. Writing them all makes every write complete by itself and harmless twice."""
        return {
            "version": self.version,
            "state": self.state,
            "channel_id": self.channel_id,
            "case_id": self.case_id,
            "agent_id": self.agent_id,
            "queued_at": self.queued_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "end_reason": self.end_reason,
            "in_front": self.in_front,
            "voice_answered": self.voice_answered,
            "reassure_at": self.reassure_at,
            "escalate_at": self.escalate_at,
            "escalation": self.escalation,
            "return_until": self.return_until,
        }


@dataclass(slots=True)
class LiveAgent:
    id: uuid.UUID
    name: str
    role: Role
    state: AgentState
    since: datetime
    version: int = 0
    wanted: str = "idle"
    reason: str = ""
    account: str = ""
    reachable: bool = False
    checked_at: datetime | None = None
    console_alive: bool = False
    call_id: uuid.UUID | None = None
    wrap_up_until: datetime | None = None
    idle_since: datetime | None = None
    dialects: frozenset[str] = frozenset()
    leaving: bool = False  # disabled as soon as she is free: nothing new is rung
    signed_out: bool = False  # the sign-in that her telephone belongs to has ended

    def row(self) -> dict[str, Any]:
        return {
            "agent_id": self.id,
            "version": self.version,
            "wanted": self.wanted,
            "state": self.state,
            "reason": self.reason,
            "since": self.since,
            "call_id": self.call_id,
            "phone_ok": self.reachable,
            "phone_checked_at": self.checked_at,
            "wrap_up_until": self.wrap_up_until,
            "idle_since": self.idle_since,
        }


class Board:
    def __init__(self) -> None:
        self.calls: dict[uuid.UUID, LiveCall] = {}
        self.agents: dict[uuid.UUID, LiveAgent] = {}

    def by_channel(self, channel_id: str) -> tuple[LiveCall, LiveLeg | None] | None:
        """The call of a channel, and the leg when it is not the elder's own."""
        if channel_id.startswith("leg-"):
            for call in self.calls.values():
                if (leg := call.leg_of(channel_id)) is not None:
                    return call, leg
        for call in self.calls.values():
            if call.channel_id == channel_id:
                return call, None
        return None

    def agent_of_account(self, account: str) -> LiveAgent | None:
        return next((agent for agent in self.agents.values() if agent.account == account), None) if account else None

    def ringing_for(self, agent_id: uuid.UUID) -> LiveCall | None:
        return next((call for call in self.calls.values() if agent_id in call.ringing_agents()), None)

    def available(self) -> list[Available]:
        """Agents whose telephone may be rung: signed in, console alive, telephone reachable."""
        found = []
        for agent in self.agents.values():
            if agent.leaving or not (agent.reachable and agent.console_alive) or agent.state not in (AgentState.IDLE, AgentState.RINGING):
                continue
            call = self.ringing_for(agent.id) if agent.state == AgentState.RINGING else None
            if call is not None and call.is_outbound:
                continue  # the agent's own click-to-call is not taken away
            found.append(
                Available(
                    agent.id,
                    agent.role,
                    agent.state,
                    agent.idle_since or agent.since,
                    call.id if call else None,
                    call is not None and call.kind == CallKind.SOS,
                    agent.dialects,
                )
            )
        return found

    def waiting(self, now: datetime) -> list[Waiting]:
        """Calls to be offered: claimed, not kept for a browser that may come back."""
        return [
            c.waiting_view()
            for c in self.calls.values()
            if c.is_waiting and c.claimed and not c.is_outbound and (c.return_until is None or c.return_until <= now)
        ]
