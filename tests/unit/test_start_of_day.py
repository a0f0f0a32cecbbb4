"""When "answered today" begins: at the midnight of the people served."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.reports.rules import start_of_day


@pytest.mark.parametrize(
    "timezone,now,midnight",
    [
        ("Asia/Shanghai", "2026-11-23T15:59:59", "2026-11-22T16:00:00"),
        ("Asia/Shanghai", "2026-11-23T16:00:00", "2026-11-23T16:00:00"),
        ("Asia/Urumqi", "2026-11-23T17:00:00", "2026-11-22T18:00:00"),  # UTC+6
        ("America/New_York", "2026-11-23T01:00:00", "2026-11-22T05:00:00"),
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-28T23:00:00"),  # summer time began at two: midnight was still winter's
        ("UTC", "2026-11-23T00:00:00", "2026-11-23T00:00:00"),
    ],
)
def test_a_day_begins_where_the_people_are(timezone: str, now: str, midnight: str) -> None:
    found = start_of_day(datetime.fromisoformat(now).replace(tzinfo=UTC), timezone)
    assert found == datetime.fromisoformat(midnight).replace(tzinfo=UTC) and found.tzinfo is UTC
