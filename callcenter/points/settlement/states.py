"""States of a month. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class SettlementState(StrEnum):
    OPEN = "open"  # no row: the month goes on, or nobody has closed it
    CLOSED = "closed"
    PAID = "paid"  # everybody's money has changed hands


SETTLEMENT: Transitions[SettlementState] = Transitions(
    "settlement",
    {
        SettlementState.OPEN: {SettlementState.CLOSED},
        SettlementState.CLOSED: {SettlementState.PAID},
        SettlementState.PAID: set(),
    },
)
