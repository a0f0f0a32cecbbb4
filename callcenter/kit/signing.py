"""How outside systems that nobody signs in for prove themselves: a city's interface, a store's till. Figures: docs/handover-api.md. Pure."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOCKS_APART = timedelta(minutes=5)  # a signature older, or further ahead, is refused
SHORTEST, LONGEST = 8, 100  # characters of an event's id


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came: the three headers, the path that was called, the body."""

    event_id: str
    timestamp: str
    signature: str
    path: str
    body: bytes

    def by(self, secret: str, now: datetime) -> bool:
        has_event = SHORTEST <= len(self.event_id) <= LONGEST
        return is_signed(
            secret, self.signature, timestamp=self.timestamp, event_id=self.event_id, path=self.path, body=self.body, now=now
        ) and has_event  # fmt: skip


def sign(secret: str, *, timestamp: str, event_id: str, path: str, body: bytes) -> str:
    """HMAC-SHA256 over four lines: seconds since 1970, the event, the path that is called, the body. Hexadecimal."""
    head = f"{timestamp}\n{event_id}\n{path}\n".encode()
    return hmac.new(secret.encode(), head + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, given: str, *, timestamp: str, event_id: str, path: str, body: bytes, now: datetime) -> bool:
    """Whoever has no secret is not believed, nor is an old signature."""
    if not secret or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > CLOCKS_APART.total_seconds():
        return False
    made = sign(secret, timestamp=timestamp, event_id=event_id, path=path, body=body)
    return hmac.compare_digest(made.encode(), given.removeprefix("v1=").encode())
