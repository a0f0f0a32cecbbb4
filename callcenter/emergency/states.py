"""Kinds, states and levels of an emergency (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from callcenter.kit.states import Transitions


class EmergencyKind(StrEnum):
    """What it is about. Unknown until somebody has asked; each has a protocol."""

    UNKNOWN = "unknown"
    FALL = "fall"
    CHEST_PAIN = "chest_pain"
    BREATHING = "breathing"
    BLEEDING = "bleeding"
    FIRE = "fire"  # smoke and gas too
    INTRUDER = "intruder"
    LOST = "lost"
    MENTAL = "mental"
    SILENT = "silent"
    FALSE_ALARM = "false_alarm"
    FAULT = "fault"


class EmergencyState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # by a person's outcome on its case


EMERGENCY = Transitions[EmergencyState](
    "emergency",
    {
        EmergencyState.OPEN: {EmergencyState.CLOSED},
        EmergencyState.CLOSED: {EmergencyState.OPEN},  # she pressed again, or its case was opened again
    },
)


class DeadlineState(StrEnum):
    OPEN = "open"
    MET = "met"
    DROPPED = "dropped"  # nobody waits for it any more


class Level(IntEnum):
    """Whom an alarm calls. Each level of a deadline is told once."""

    AGENTS = 1
    SUPERVISORS = 2
    DUTY = 3
