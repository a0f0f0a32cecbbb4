"""The one source of time. Tests shift it for all processes at once through ONEKEY_CLOCK_OFFSET_FILE (a file that holds seconds)."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_offset = timedelta()
_offset_file = os.environ.get("ONEKEY_CLOCK_OFFSET_FILE", "")


def now() -> datetime:
    """The time, aware, UTC."""
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    if not _offset_file:
        return _offset
    try:
        return timedelta(seconds=float(Path(_offset_file).read_text() or 0))
    except (OSError, ValueError):
        return _offset


def shift(by: timedelta) -> None:
    """Tests only: move this process's time."""
    global _offset
    _offset += by


def reset() -> None:
    global _offset
    _offset = timedelta()


def today(timezone: str) -> date:
    """The date of the people served (settings.timezone): an age changes at their midnight, not at Greenwich's."""
    return now().astimezone(ZoneInfo(timezone)).date()
