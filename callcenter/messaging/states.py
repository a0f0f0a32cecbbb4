"""What may become of a message."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # committed before the carrier is asked
    SENT = "sent"  # the carrier has it
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"  # its deadline came first; it was not sent
    UNKNOWN = "unknown"  # may have gone out; never sent again


MESSAGE = Transitions[MessageState](
    "message",
    {
        MessageState.QUEUED: {MessageState.SENDING, MessageState.FAILED, MessageState.EXPIRED},
        MessageState.SENDING: {
            MessageState.QUEUED,  # certainly not sent, or the carrier takes the same id once only
            MessageState.SENT,
            MessageState.DELIVERED,  # its news overtook our own commit
            MessageState.FAILED,
            MessageState.EXPIRED,
            MessageState.UNKNOWN,
        },
        MessageState.SENT: {MessageState.DELIVERED, MessageState.FAILED},
        MessageState.UNKNOWN: {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED},  # late news
        MessageState.FAILED: {MessageState.DELIVERED},  # a receipt weighs more than a carrier that has given up
        MessageState.DELIVERED: set(),
        MessageState.EXPIRED: set(),
    },
)
OVER = frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.EXPIRED, MessageState.UNKNOWN})
