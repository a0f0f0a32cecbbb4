"""The one source of time. In mode `test` all processes' clocks are set at once through ONEKEY_CLOCK_OFFSET_FILE (a file that holds seconds)."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_offset = timedelta()
_passed = timedelta()
_offset_file = os.environ.get("ONEKEY_CLOCK_OFFSET_FILE", "") if os.environ.get("ONEKEY_MODE") == "test" else ""


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


def steady() -> float:
    """Seconds that pass however the clock is set, also while the machine sleeps: what `now` gains over it, somebody has set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) + _passed.total_seconds()


def shift(by: timedelta) -> None:
    """Time passes for this process: tests, and whoever writes a demo's past."""
    global _offset, _passed
    _offset += by
    _passed += by


def set_by(by: timedelta) -> None:
    """Somebody sets this process's clock: no time passes. Tests."""
    global _offset
    _offset += by


def reset() -> None:
    global _offset, _passed
    _offset = _passed = timedelta()


def today(timezone: str) -> date:
    """The date of the people served (settings.timezone): an age changes at their midnight, not at Greenwich's."""
    return now().astimezone(ZoneInfo(timezone)).date()
