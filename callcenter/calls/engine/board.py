"""What voice knows right now: calls, legs, agents. Each is mirrored in a row; memory decides, rows remember."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcenter.accounts.roles import Role
from callcenter.calls.rules import Available, Waiting
from callcenter.calls.states import CALL, WAITING, AgentState, CallKind, CallState, LegKind, LegState, PartyRole, Place
from callcenter.cases.states import Severity

BARGE = "barge"  # the mode of a supervisor whom everybody hears (supervision.Mode)


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
    role: PartyRole = PartyRole.OTHER
    code: str = ""
    ref_id: uuid.UUID | None = None
    asked_by_id: uuid.UUID | None = None
    place: Place = Place.MAIN
    muted: bool = False
    mode: str = ""
    early_at: datetime | None = None
    ear: str = ""  # memory only; of a supervisor: the channel by which she hears

    def shift(self, by: timedelta) -> None:
        self.deadline_at += by

    @property
    def channel_id(self) -> str:
        """Derived, so that after a restart the channel is found again."""
        return f"leg-{self.id}"

    @property
    def consult_id(self) -> str:
        """The bridge in which an agent speaks with this party alone."""
        return f"consult-{self.id}"

    @property
    def is_ringing(self) -> bool:
        return self.state == LegState.RINGING

    @property
    def is_on(self) -> bool:
        return self.state == LegState.ANSWERED

    @property
    def is_staff(self) -> bool:
        """One of ours who speaks for the centre: an agent, or a duty telephone."""
        return self.kind in (LegKind.AGENT, LegKind.DUTY)

    @property
    def is_called_in(self) -> bool:
        """Somebody was called by a click; not a telephone that rings because the call waits."""
        return self.asked_by_id is not None or self.kind == LegKind.PARTY

    def row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "call_id": self.call_id,
            "channel_id": self.channel_id,
            "kind": self.kind,
            "role": self.role,
            "code": self.code,
            "ref_id": self.ref_id,
            "asked_by_id": self.asked_by_id,
            "place": self.place,
            "muted": self.muted,
            "mode": self.mode,
            "early_at": self.early_at,
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


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a leg is for, as the timeline tells it. No name and no number."""

    role: PartyRole = PartyRole.OTHER
    code: str = ""
    ref_id: uuid.UUID | None = None


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
    caller_left_at: datetime | None = None
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
    claiming: asyncio.Task[None] | None = None
    dialect: str = ""  # of the elder, as her profile says
    legs: dict[uuid.UUID, LiveLeg] = field(default_factory=dict)  # not ended
    tried: set[uuid.UUID] = field(default_factory=set)
    refused: set[uuid.UUID] = field(default_factory=set)
    guard_due: datetime | None = None
    playing: bool = False  # a sentence is being said to the caller
    duty_next: int = 0
    duty_round: float = 0.0  # when its first telephone was rung, by the steady clock
    waiting_since: datetime | None = None  # for this wait (a call can come back to the queue)
    target: Who = field(default_factory=Who)  # of a call that an agent makes: who is rung when her own telephone is picked up
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)  # one command at a time puts parties from bridge to bridge

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
    def rings_as(self) -> CallKind:
        """How agents are rung for it: an elder or a contact whom a program has called in an emergency waits like an SOS."""
        return CallKind.SOS if self.kind == CallKind.AUTOMATIC and self.severity == Severity.E0 else self.kind

    @property
    def is_of_helper(self) -> bool:
        """Its far side is no elder but somebody who was called because of her: the case stays whose it is, and she need not be called back."""
        leg = self.leg_of(self.channel_id) if self.channel_id else None
        return leg is not None and leg.role in (PartyRole.CONTACT, PartyRole.GRID_WORKER)

    @property
    def is_outbound(self) -> bool:
        return self.kind == CallKind.OUTBOUND

    def shift(self, by: timedelta) -> None:
        """The clock was set: what is due comes after as long a wait as it would have. When it came in is told by its row as it was then."""
        self.received_at += by
        for name in ("reassure_at", "escalate_at", "return_until", "guard_due", "waiting_since"):
            if (at := getattr(self, name)) is not None:
                setattr(self, name, at + by)
        for leg in self.legs.values():
            leg.shift(by)

    def move(self, to: CallState) -> None:
        if self.state != to:
            CALL.check(self.state, to)
            self.state = to

    def leg_of(self, channel_id: str) -> LiveLeg | None:
        return next((leg for leg in self.legs.values() if leg.channel_id == channel_id), None)

    def ringing_agents(self) -> frozenset[uuid.UUID]:
        return frozenset(leg.agent_id for leg in self.legs.values() if leg.state == LegState.RINGING and leg.agent_id)

    @property
    def is_dialling(self) -> bool:
        """A call that an agent makes, until the far side has answered."""
        return self.is_outbound and self.answered_at is None

    def owner_leg(self) -> LiveLeg | None:
        """Of the agent (or duty telephone) whose call it is: she may do with it what she wants."""
        return next((leg for leg in self.legs.values() if leg.is_on and leg.is_staff and leg.agent_id == self.agent_id), None)

    def staff_legs(self) -> list[LiveLeg]:
        return [leg for leg in self.legs.values() if leg.is_on and leg.is_staff]

    def has_barged_in(self) -> bool:
        """A supervisor speaks with everybody. She is no side of the conversation, but while she speaks nobody is left alone."""
        return any(leg.kind == LegKind.SUPERVISOR and leg.is_on and leg.mode == BARGE for leg in self.legs.values())

    def leg_of_agent(self, agent_id: uuid.UUID) -> LiveLeg | None:
        return next((leg for leg in self.legs.values() if leg.is_on and leg.is_staff and leg.agent_id == agent_id), None)

    def caller_leg(self) -> LiveLeg | None:
        """The caller's leg, where we have called her; None when she has called us."""
        return self.leg_of(self.channel_id) if self.channel_id else None

    @property
    def caller_is_on(self) -> bool:
        """The line that the call began with is there (of a call that we make: it has been picked up)."""
        if self.channel_id is None or self.caller_left_at is not None:
            return False
        leg = self.caller_leg()
        return leg.is_on if leg else not self.is_outbound

    def party_legs(self) -> list[LiveLeg]:
        """Numbers outside that have answered, but for the caller's own line."""
        return [leg for leg in self.legs.values() if leg.is_on and leg.kind == LegKind.PARTY and leg.channel_id != self.channel_id]

    def invited(self) -> list[LiveLeg]:
        """Who was called in and rings, but for the caller's own line."""
        return [leg for leg in self.legs.values() if leg.is_ringing and leg.is_called_in and leg.channel_id != self.channel_id]

    def far_channels(self) -> list[str]:
        """Lines that are not ours: the caller's first."""
        caller = [self.channel_id] if self.caller_is_on and self.channel_id else []
        return caller + [leg.channel_id for leg in self.party_legs()]

    def company_of(self, leg: LiveLeg | None) -> int:
        """How many others there are for this one, with those who still ring."""
        return len(self.far_channels()) + len([x for x in self.staff_legs() if x is not leg]) + len(self.invited())

    @property
    def waiting_channel(self) -> str | None:
        """Who waits when nobody of ours is on: the caller, else who was left over. Before anybody has answered always the caller's line."""
        return next(iter(self.far_channels()), None) if self.answered_at is not None else self.channel_id

    @property
    def is_of_trunk(self) -> bool:
        """The caller has called us and is on: the PBX's guard and fallback are for her."""
        return self.channel_id is not None and self.caller_left_at is None and self.kind not in (CallKind.OUTBOUND, CallKind.AUTOMATIC)

    @property
    def trunk_channels(self) -> int:
        """Lines of the carrier that it takes: the caller's, and each number outside that rings or talks. Agents' own telephones take none."""
        outside = sum(leg.kind in (LegKind.PARTY, LegKind.DUTY) for leg in self.legs.values())
        return outside + (1 if self.is_of_trunk else 0)

    def waiting_view(self) -> Waiting:
        return Waiting(
            self.id, self.rings_as, self.received_at, self.risk, self.in_front, self.escalation, self.ringing_agents(),
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
            "caller_left_at": self.caller_left_at,
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
    problem: str = ""  # what probes of her telephone have shown: out of rotation until one passes (telephony.port.Probed)
    probe_failures: int = 0  # in a row
    console_alive: bool = False
    call_id: uuid.UUID | None = None
    wrap_up_until: datetime | None = None
    idle_since: datetime | None = None
    dialects: frozenset[str] = frozenset()
    leaving: bool = False  # disabled as soon as she is free: nothing new is rung
    listens: uuid.UUID | None = None  # a supervisor: to this call
    signed_out: bool = False  # the sign-in that her telephone belongs to has ended

    def shift(self, by: timedelta) -> None:
        for name in ("wrap_up_until", "idle_since"):
            if (at := getattr(self, name)) is not None:
                setattr(self, name, at + by)

    @property
    def is_ready(self) -> bool:
        """Her telephone is there, and nothing has shown that it carries no sound."""
        return self.reachable and not self.problem

    def row(self) -> dict[str, Any]:
        return {
            "agent_id": self.id,
            "version": self.version,
            "wanted": self.wanted,
            "state": self.state,
            "reason": self.reason,
            "since": self.since,
            "call_id": self.call_id,
            "phone_ok": self.is_ready,
            "phone_problem": self.problem,
            "probe_failures": self.probe_failures,
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
        """Agents whose telephone may be rung: signed in, console alive, telephone reachable and, as far as is known, well.

        When there is none of these, the doubtful ones: who presses loses nothing by a telephone that rings for nobody, and a fault of ours may have
        failed them all.
        """
        reachable = [agent for agent in self.agents.values() if agent.reachable]
        return self._available([agent for agent in reachable if agent.is_ready]) or self._available(reachable)

    def _available(self, agents: Iterable[LiveAgent]) -> list[Available]:
        found = []
        for agent in agents:
            if agent.leaving or not agent.console_alive or agent.state not in (AgentState.IDLE, AgentState.RINGING):
                continue
            call = self.ringing_for(agent.id) if agent.state == AgentState.RINGING else None
            if call is not None and call.is_dialling:
                continue  # the agent's own click-to-call is not taken away
            found.append(
                Available(
                    agent.id,
                    agent.role,
                    agent.state,
                    agent.idle_since or agent.since,
                    call.id if call else None,
                    call is not None and call.rings_as == CallKind.SOS,
                    agent.dialects,
                )
            )
        return found

    def waiting(self, now: datetime) -> list[Waiting]:
        """Calls to be offered: claimed, not kept for a browser that may come back."""
        return [
            c.waiting_view()
            for c in self.calls.values()
            if c.is_waiting and c.claimed and not c.is_dialling and (c.return_until is None or c.return_until <= now)
        ]
