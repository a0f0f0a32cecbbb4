from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class HandoverState(StrEnum):
    DRAFT = "draft"
    SIGNED_BY_LEAVING = "signed_by_leaving"
    ACCEPTED = "accepted"


HANDOVER = Transitions[HandoverState](
    "hand-over",
    {
        HandoverState.DRAFT: {HandoverState.SIGNED_BY_LEAVING},
        HandoverState.SIGNED_BY_LEAVING: {HandoverState.ACCEPTED},
        HandoverState.ACCEPTED: set(),
    },
)
