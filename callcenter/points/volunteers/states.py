"""States of a volunteer and of a visit. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class VolunteerState(StrEnum):
    APPLIED = "applied"
    TRAINED = "trained"
    ACTIVE = "active"  # is asked
    SUSPENDED = "suspended"  # is not asked for a while; what she accepted she may still do
    LEFT = "left"  # keeps her coins


VOLUNTEER: Transitions[VolunteerState] = Transitions(
    "volunteer",
    {
        VolunteerState.APPLIED: {VolunteerState.TRAINED, VolunteerState.LEFT},
        VolunteerState.TRAINED: {VolunteerState.ACTIVE, VolunteerState.LEFT},
        VolunteerState.ACTIVE: {VolunteerState.SUSPENDED, VolunteerState.LEFT},
        VolunteerState.SUSPENDED: {VolunteerState.ACTIVE, VolunteerState.LEFT},
        VolunteerState.LEFT: {VolunteerState.APPLIED},
    },
)


class VisitState(StrEnum):
    ASKED = "asked"  # on the list, from which any suitable volunteer takes it (接单)
    OFFERED = "offered"  # one volunteer is asked: named by the elder (点单) or chosen by the centre (派单)
    ACCEPTED = "accepted"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CONFIRMED = "confirmed"  # by the elder, or decided by a supervisor: the hours count
    DISPUTED = "disputed"  # a supervisor decides
    REFUSED = "refused"  # decided: nothing counts
    CANCELLED = "cancelled"


VISIT: Transitions[VisitState] = Transitions(
    "volunteer_visit",
    {
        VisitState.ASKED: {VisitState.OFFERED, VisitState.ACCEPTED, VisitState.CANCELLED},
        VisitState.OFFERED: {VisitState.ACCEPTED, VisitState.ASKED, VisitState.CANCELLED},
        VisitState.ACCEPTED: {VisitState.CHECKED_IN, VisitState.ASKED, VisitState.CANCELLED},
        VisitState.CHECKED_IN: {VisitState.CHECKED_OUT, VisitState.DISPUTED},
        VisitState.CHECKED_OUT: {VisitState.CONFIRMED, VisitState.DISPUTED},
        VisitState.DISPUTED: {VisitState.CONFIRMED, VisitState.REFUSED},
        VisitState.CONFIRMED: set(),
        VisitState.REFUSED: set(),
        VisitState.CANCELLED: set(),
    },
)
OVER = frozenset({VisitState.CONFIRMED, VisitState.REFUSED, VisitState.CANCELLED})
AT_WORK = frozenset({VisitState.ACCEPTED, VisitState.CHECKED_IN})


class Way(StrEnum):
    NAMED = "named"  # 点单
    ASSIGNED = "assigned"  # 派单
    TAKEN = "taken"  # 接单


class Pays(StrEnum):
    COINS = "coins"  # hers, reserved when she asks
    FREE = "free"  # she has none, or keeps them; the volunteer's hours count all the same
