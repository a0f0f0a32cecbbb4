"""Words of families and approvals. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class Proof(StrEnum):
    """How somebody was seen to belong to the family."""

    HOUSEHOLD_BOOK = "household_book"
    ID_CARDS = "id_cards"
    MARRIAGE = "marriage"
    KNOWN = "known"  # to a community worker, who is named


class LeftWhy(StrEnum):
    ASKED = "asked"  # she or the family asked for it
    WRONG = "wrong"
    DEATH = "death"
    MERGED = "merged"  # her profile is part of another one


class Deed(StrEnum):
    GIFT = "gift"
    DONATION = "donation"
    INHERITANCE = "inheritance"
    GOODS = "goods"  # an order of a partner's goods
    COUNTER = "counter"  # a spending at a store's counter


class ApprovalState(StrEnum):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


APPROVAL: Transitions[ApprovalState] = Transitions(
    "approval",
    {
        ApprovalState.ASKED: {ApprovalState.DONE, ApprovalState.REFUSED, ApprovalState.EXPIRED},
        ApprovalState.DONE: set(),
        ApprovalState.REFUSED: set(),
        ApprovalState.EXPIRED: set(),
    },
)
