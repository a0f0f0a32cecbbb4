"""States of a bill and of a claim list."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class BillState(StrEnum):
    MADE = "made"  # nobody is asked for it yet; a bill that the elder alone pays stays so
    CLAIMED = "claimed"  # all that payers owe of it stands in closed claim lists
    PAID = "paid"  # and those are paid
    REVERSED = "reversed"


BILL = Transitions[BillState](
    "bill",
    {
        BillState.MADE: {BillState.CLAIMED, BillState.REVERSED},
        BillState.CLAIMED: {BillState.PAID, BillState.MADE, BillState.REVERSED},  # made again: a payer refused, it is claimed once more
        BillState.PAID: {BillState.REVERSED},
        BillState.REVERSED: set(),
    },
)


class ClaimState(StrEnum):
    OPEN = "open"  # not a row yet: what a payer would be asked for now
    CLOSED = "closed"  # a snapshot: its lines never change again
    SENT = "sent"
    PAID = "paid"


CLAIM = Transitions[ClaimState](
    "claim",
    {
        ClaimState.OPEN: {ClaimState.CLOSED},
        ClaimState.CLOSED: {ClaimState.SENT},
        ClaimState.SENT: {ClaimState.PAID},
        ClaimState.PAID: set(),
    },
)
