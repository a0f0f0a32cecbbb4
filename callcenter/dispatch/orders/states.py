"""States of an order and of an offer (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class OrderState(StrEnum):
    DRAFT = "draft"
    REQUESTED = "requested"  # nobody is asked yet, or it waits for its turn
    OFFERED = "offered"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    IN_SERVICE = "in_service"  # checked in
    DONE = "done"  # checked out
    VERIFIED = "verified"  # its proofs hold
    SETTLED = "settled"  # billed
    REJECTED = "rejected"  # nobody can, or three said no: on the agents' list
    EXPIRED = "expired"  # nobody took it in time: on the agents' list
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"  # at the door, and nobody opens: an emergency door check is open
    REWORK = "rework"  # to be done again
    DISPUTED = "disputed"


S = OrderState
ORDER = Transitions[OrderState](
    "order",
    {
        S.DRAFT: {S.REQUESTED, S.CANCELLED},
        S.REQUESTED: {S.OFFERED, S.ACCEPTED, S.REJECTED, S.EXPIRED, S.CANCELLED},
        S.OFFERED: {S.REQUESTED, S.ACCEPTED, S.REJECTED, S.EXPIRED, S.CANCELLED},
        S.REJECTED: {S.REQUESTED, S.OFFERED, S.ACCEPTED, S.CANCELLED},
        S.EXPIRED: {S.REQUESTED, S.OFFERED, S.ACCEPTED, S.CANCELLED},
        # a store may give a job back (requested), and a worker may check in without having said that she is on her way
        S.ACCEPTED: {S.EN_ROUTE, S.IN_SERVICE, S.NO_ANSWER, S.REQUESTED, S.OFFERED, S.REJECTED, S.CANCELLED},
        S.EN_ROUTE: {S.IN_SERVICE, S.NO_ANSWER, S.ACCEPTED, S.REQUESTED, S.OFFERED, S.REJECTED, S.CANCELLED},
        S.NO_ANSWER: {S.EN_ROUTE, S.IN_SERVICE, S.ACCEPTED, S.CANCELLED},
        S.IN_SERVICE: {S.DONE, S.CANCELLED},
        S.DONE: {S.VERIFIED, S.REWORK, S.DISPUTED, S.CANCELLED},
        S.VERIFIED: {S.SETTLED, S.REWORK, S.DISPUTED},
        S.DISPUTED: {S.VERIFIED, S.REWORK, S.CANCELLED},
        S.REWORK: {S.ACCEPTED, S.REQUESTED, S.OFFERED, S.REJECTED, S.CANCELLED},
        S.SETTLED: {S.DISPUTED},
        S.CANCELLED: set(),
    },
)

OVER = frozenset({S.SETTLED, S.CANCELLED})
LIVE = frozenset(S) - OVER
SEEKING = frozenset({S.REQUESTED, S.OFFERED})  # looking for a store
STUCK = frozenset({S.REJECTED, S.EXPIRED})  # nobody took it: a person decides
WITH_STORE = frozenset({S.ACCEPTED, S.EN_ROUTE, S.IN_SERVICE, S.NO_ANSWER})
BEFORE_DOOR = frozenset({S.ACCEPTED, S.EN_ROUTE, S.NO_ANSWER})


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # somebody else was faster, or the order was changed or cancelled


OFFER = Transitions[OfferState](
    "offer",
    {
        OfferState.OPEN: {OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN},
        OfferState.ACCEPTED: {OfferState.WITHDRAWN},  # the job was given back, or taken away
        OfferState.DECLINED: set(),
        OfferState.EXPIRED: set(),
        OfferState.WITHDRAWN: set(),
    },
)
