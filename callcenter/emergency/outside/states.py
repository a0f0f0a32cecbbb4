"""Agencies, and the states of what is handed over to them (docs/handover-api.md)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from callcenter.kit.states import Transitions


class Agency(StrEnum):
    AMBULANCE = "120"
    POLICE = "110"
    FIRE = "119"
    GAS = "gas"  # the local company's hotline for leaks
    CITY_LINE = "12345"  # takes complaints and questions, never an emergency


EMERGENCY_AGENCIES = frozenset(Agency) - {Agency.CITY_LINE}


class HandoverOutState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # with a reason
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    CLOSED = "closed"  # with an outcome


_S = HandoverOutState
# A crew that is on its way has accepted, whoever forgot to say so: steps may be skipped, never taken back.
HANDOVER_OUT = Transitions[HandoverOutState](
    "hand-over to outside help",
    {
        _S.OFFERED: {_S.ACCEPTED, _S.REJECTED, _S.DISPATCHED, _S.ARRIVED, _S.CLOSED},
        _S.ACCEPTED: {_S.REJECTED, _S.DISPATCHED, _S.ARRIVED, _S.CLOSED},
        _S.DISPATCHED: {_S.REJECTED, _S.ARRIVED, _S.CLOSED},
        _S.ARRIVED: {_S.CLOSED},
        _S.REJECTED: set(),
        _S.CLOSED: set(),
    },
)
OPEN_OUT = frozenset({_S.OFFERED, _S.ACCEPTED, _S.DISPATCHED, _S.ARRIVED})
ON_THE_WAY = (_S.OFFERED, _S.ACCEPTED, _S.DISPATCHED, _S.ARRIVED, _S.CLOSED)  # in their order

ACCEPT_WITHIN = timedelta(minutes=2)  # E0: outside help linked (docs/decisions.md "Service levels")


class Source(StrEnum):
    """Who told a state."""

    AGENT = "agent"
    CREW = "crew"
    CITY = "city"
    SYSTEM = "system"  # the emergency is over


class ReportKind(StrEnum):
    """What comes in from outside: a state, or what became of a link."""

    OPENED = "opened"
    REFUSED = "refused"  # a second browser, or a second telephone, tried the link
    READ = "read"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    CLOSED = "closed"


OF_STATE = {ReportKind(state.value): state for state in HandoverOutState if state is not _S.OFFERED}


class DeliveryState(StrEnum):
    """Of what a city's interface is told."""

    DUE = "due"
    DONE = "done"
    FAILED = "failed"  # tried as often as we try: a person telephones
    SUPERSEDED = "superseded"  # something newer is told instead


class CityState(StrEnum):
    """Whether the city's interface has what we have."""

    NONE = "none"  # it has no interface, or was never told
    WAITING = "waiting"
    REACHED = "reached"
    NOT_REACHED = "not_reached"
