"""The tag at an elder's door: a QR code and, below it, the same eight digits for whoever can't scan it. Static, so it never counts alone."""

from __future__ import annotations

import re
import secrets
import uuid

from callcenter.kit.crypto import index

PREFIX = "1KEY-"
DIGITS = 8


def door_tag_of(elder_id: uuid.UUID) -> str:
    """What is printed: 1KEY-40718823. It follows from the field key and says nothing of who lives there."""
    return f"{PREFIX}{int(index(str(elder_id), 'door_tag'), 16) % 10**DIGITS:0{DIGITS}}"


def is_tag_of(elder_id: uuid.UUID, read: str) -> bool:
    """`read`: as it was scanned or typed."""
    digits = re.sub(r"\D", "", read.removeprefix(PREFIX))
    return secrets.compare_digest(digits, door_tag_of(elder_id).removeprefix(PREFIX))
