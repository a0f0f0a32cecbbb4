"""Names of recordings. Pure."""

from __future__ import annotations

import re
import uuid

PREFIX = "conversation-"
_NAME = re.compile(rf"{PREFIX}([0-9a-f-]{{36}})-([0-9]{{1,4}})")


def name_of(call_id: uuid.UUID, part: int) -> str:
    """Says whose it is, so that a file whose row was never written finds its call."""
    return f"{PREFIX}{call_id}-{part}"


def read_name(name: str) -> tuple[uuid.UUID, int] | None:
    """The call and the part; None for a file that is no conversation of ours."""
    found = _NAME.fullmatch(name)
    try:
        return (uuid.UUID(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
