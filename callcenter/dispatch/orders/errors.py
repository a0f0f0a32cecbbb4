"""Refusals of dispatch, each with what the asker may do."""

from __future__ import annotations

from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound, Recorded


class OrderNotFound(NotFound):
    code = "order_not_found"


class OfferGone(Conflict):
    """The job is not to be had any more: `details.why` is taken, expired, cancelled, changed, declined."""

    code = "offer_gone"


class GateClosed(Conflict):
    """The store does not pass a gate (any more); `details.out` says which."""

    code = "gate_closed"


class NotYourJob(Forbidden):
    code = "not_your_job"


class CodeWrong(Recorded, Invalid):
    """`details.left`: how many tries are left."""

    code = "code_wrong"


class CodeLocked(Conflict):
    """Too many wrong codes. An agent makes a new one when she has spoken with the elder."""

    code = "code_locked"


class ProofKnown(Conflict):
    """This proof stands already; nothing is counted twice."""

    code = "proof_known"


class TooFar(Invalid):
    code = "too_far"
