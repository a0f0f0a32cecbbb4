"""Types of fields that pydantic reads too generously by itself."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _no_number(value: object) -> object:
    """pydantic takes a number for seconds since midnight, or since 1970: a slip, never what somebody meant."""
    if isinstance(value, (int, float)):
        raise ValueError("write it as text: 09:00, 2026-11-30, 2026-11-30T09:00:00+08:00")
    return value


Clock = Annotated[time, BeforeValidator(_no_number)]
Day = Annotated[date, BeforeValidator(_no_number)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
