"""What we need of any carrier of messages. No word here belongs to one carrier.

A carrier is asked once for each attempt. Its errors say one thing above all: whether the message may have gone out. Every coroutine raises the
errors below and nothing else; whatever else comes out of an adapter is taken as `OutcomeUnknown`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Capability(StrEnum):
    IDEMPOTENT = "idempotent"  # the same Outgoing.id twice is sent once
    STATUS = "status"  # tells by its own id what became of a message
    FIND = "find"  # tells by our id whether it ever took it


class Failure(StrEnum):
    """Why a message did not go out, or may not have. Kept in its row."""

    BAD_NUMBER = "bad_number"
    REFUSED = "refused"
    BLOCKED = "blocked"  # the recipient does not want it
    GONE = "gone"  # the subscription is no more; never use it again
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    MISCONFIGURED = "misconfigured"  # our credentials or address, not this message
    TIMED_OUT = "timed_out"
    UNCLEAR = "unclear"  # an answer that says neither yes nor no
    UNDELIVERED = "undelivered"  # the carrier gave up
    NO_CARRIER = "no_carrier"
    GIVEN_UP = "given_up"  # tried as often as we try


class MessagingError(Exception):
    """`carrier_code`: the carrier's own word for it, for whoever asks the carrier."""

    def __init__(self, failure: Failure, carrier_code: str = "") -> None:
        super().__init__(failure)
        self.failure = failure
        self.carrier_code = carrier_code[:60]


class TemporaryFailure(MessagingError):
    """Certainly not sent; may be tried again."""


class PermanentFailure(MessagingError):
    """Certainly not sent, and would not be next time."""


class OutcomeUnknown(MessagingError):
    """The request went out and no clear answer came back. Sent again only where the carrier is idempotent or says that it never took it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    id: uuid.UUID  # ours
    to: str  # sms: E.164; push: a subscription (push.Subscription.as_text)
    text: str
    template: str
    params: Mapping[str, str]
    expires_at: datetime  # worth nothing afterwards


@dataclass(frozen=True, slots=True)
class Accepted:
    provider_id: str  # "" when the carrier gives none


class DeliveryStatus(StrEnum):
    SENT = "sent"  # the carrier has it
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    status: DeliveryStatus
    provider_id: str = ""
    carrier_code: str = ""


class Carrier(Protocol):
    name: str
    capabilities: frozenset[Capability]

    async def send(self, message: Outgoing) -> Accepted: ...

    async def status(self, provider_id: str) -> Delivery:
        """With Capability.STATUS. MessagingError when the carrier does not say."""

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        """With Capability.FIND. None: the carrier certainly never took it."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about: a kind and an id of the domain above, plain."""

    kind: str
    id: str


class Channel(StrEnum):
    SMS = "sms"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Carriers:
    """One for each channel that this process can reach."""

    by_channel: Mapping[Channel, Carrier] = field(default_factory=dict)

    def get(self, channel: Channel) -> Carrier | None:
        return self.by_channel.get(channel)

    async def close(self) -> None:
        for carrier in self.by_channel.values():
            await carrier.close()
