"""States of a member. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class MemberState(StrEnum):
    ACTIVE = "active"
    FROZEN = "frozen"  # earns on, spends nothing
    CLOSED = "closed"


class FrozenWhy(StrEnum):
    LOST = "lost"  # her card or telephone
    FRAUD = "fraud"  # a review is open
    DEATH = "death"  # for heirs to claim within 180 days


MEMBER: Transitions[MemberState] = Transitions(
    "member",
    {
        MemberState.ACTIVE: {MemberState.FROZEN, MemberState.CLOSED},
        MemberState.FROZEN: {MemberState.ACTIVE, MemberState.CLOSED},
        MemberState.CLOSED: set(),
    },
)
