"""One-time codes by the clock: RFC 6238 over RFC 4226, as every authenticator app makes them (SHA-1, six digits, thirty seconds). No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP = 30
DIGITS = 6
DRIFT = 1  # a telephone's clock may be one step behind or ahead
SECRET_BYTES = 20  # as long as SHA-1's result (RFC 4226, section 4)


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def code_of(secret: str, step: int) -> str:
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: str, code: str, at: datetime, *, after: int) -> int | None:
    """The step whose code this is. Only steps later than `after` count: a code that has been used, or an older one, opens nothing."""
    now = step_of(at)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):  # all of them, so that the time taken tells nothing
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def uri(secret: str, *, account: str, issuer: str) -> str:
    """What the QR code holds, and what opens an authenticator app on a telephone."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
