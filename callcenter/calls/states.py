"""States of calls, legs, agents and tasks, each with its transition table (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class CallKind(StrEnum):
    SOS = "sos"
    SERVICE = "service"
    OUTBOUND = "outbound"


class CallState(StrEnum):
    RINGING = "ringing"  # stored, not yet ours
    QUEUED = "queued"  # ours, nobody rings
    OFFERED = "offered"  # telephones ring
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"
    ABANDONED = "abandoned"  # the caller left before a person joined
    DIALPLAN = "dialplan"  # the PBX carries it by itself


WAITING = frozenset({CallState.QUEUED, CallState.OFFERED})
LIVE = frozenset({CallState.RINGING, CallState.QUEUED, CallState.OFFERED, CallState.TALKING, CallState.HELD, CallState.DIALPLAN})

CALL = Transitions[CallState](
    "call",
    {
        CallState.RINGING: {CallState.QUEUED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        CallState.QUEUED: {CallState.OFFERED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        CallState.OFFERED: {CallState.QUEUED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        # an agent's browser that vanishes sends a talking call back to the queue
        CallState.TALKING: {CallState.HELD, CallState.QUEUED, CallState.ENDED, CallState.DIALPLAN},
        CallState.HELD: {CallState.TALKING, CallState.QUEUED, CallState.ENDED},
        # the claim came through after all, or the PBX's record says how it ended
        CallState.DIALPLAN: {CallState.QUEUED, CallState.ENDED, CallState.ABANDONED},
        CallState.ENDED: set(),
        CallState.ABANDONED: set(),
    },
)


class LegKind(StrEnum):
    AGENT = "agent"
    DUTY = "duty"
    PARTY = "party"  # the far side of an outbound call


class LegState(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AgentState(StrEnum):
    OFFLINE = "offline"
    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
