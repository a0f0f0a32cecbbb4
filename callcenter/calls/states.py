"""States of calls, legs, agents and tasks, each with its transition table (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class CallKind(StrEnum):
    SOS = "sos"
    SERVICE = "service"
    JOB = "job"  # a store or its worker talks with a program: checks in at an elder's door
    DAILY = "daily"  # an elder tells that she is fine: counted and declined, without an answer
    OUTBOUND = "outbound"  # an agent's call-back
    AUTOMATIC = "automatic"  # made by a program: a dialog, or two parties joined


class LineCarrier(StrEnum):
    """Who brings calls to a line, and carries those of programs that show its number."""

    PBX = "pbx"
    TWILIO = "twilio"


class CallState(StrEnum):
    RINGING = "ringing"  # stored, not yet ours
    QUEUED = "queued"  # ours, nobody rings
    OFFERED = "offered"  # telephones ring
    TALKING = "talking"
    HELD = "held"
    DIALOG = "dialog"  # a program carries it (calls/dialogs): no agent is asked, no console shows it
    ENDED = "ended"
    ABANDONED = "abandoned"  # the caller left before a person joined
    DIALPLAN = "dialplan"  # the PBX carries it by itself


NODE_LOST = "node_lost"  # why a call has ended: the node of the PBX that had it was away for too long

WAITING = frozenset({CallState.QUEUED, CallState.OFFERED})
SHOWN = frozenset({CallState.RINGING, CallState.QUEUED, CallState.OFFERED, CallState.TALKING, CallState.HELD, CallState.DIALPLAN})
LIVE = SHOWN | {CallState.DIALOG}

CALL = Transitions[CallState](
    "call",
    {
        CallState.RINGING: {CallState.QUEUED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        CallState.QUEUED: {CallState.OFFERED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        CallState.OFFERED: {CallState.QUEUED, CallState.TALKING, CallState.DIALPLAN, CallState.ABANDONED, CallState.ENDED},
        # an agent's browser that vanishes sends a talking call back to the queue
        CallState.TALKING: {CallState.HELD, CallState.QUEUED, CallState.ENDED, CallState.DIALPLAN},
        CallState.HELD: {CallState.TALKING, CallState.QUEUED, CallState.ENDED},
        # handed on to agents; or the PBX took over while voice was away
        CallState.DIALOG: {CallState.QUEUED, CallState.ENDED, CallState.DIALPLAN},
        # the claim came through after all, or the PBX's record says how it ended
        CallState.DIALPLAN: {CallState.QUEUED, CallState.ENDED, CallState.ABANDONED},
        CallState.ENDED: set(),
        CallState.ABANDONED: set(),
    },
)


class LegKind(StrEnum):
    AGENT = "agent"
    DUTY = "duty"
    PARTY = "party"  # a number outside: the far side of a call that we make, or somebody who was called into one
    SUPERVISOR = "supervisor"  # listens, whispers or barges in; no side of the conversation


class PartyRole(StrEnum):
    """What a leg's person is to the call."""

    AGENT = "agent"
    DUTY = "duty"
    ELDER = "elder"
    OUTSIDE = "outside"  # 120, 110, 119, gas …; `code` says which
    CONTACT = "contact"
    GRID_WORKER = "grid_worker"
    STORE = "store"
    SUPERVISOR = "supervisor"
    OTHER = "other"


class Place(StrEnum):
    """Where an answered leg is."""

    MAIN = "main"  # in the call's bridge, or on the way there
    CONSULT = "consult"  # with an agent alone, in a bridge of their own
    HELD = "held"  # hears music


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
