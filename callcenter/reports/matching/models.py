"""What a night's match has found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base


class PressMatch(Base):
    """One for each day, of the centre's time zone, whichever worker came first. Append-only."""

    __tablename__ = "press_matches"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    presses: Mapped[int]  # that reached the PBX
    calls: Mapped[int]
    cases: Mapped[int]
    found: Mapped[int]  # differences, also those that are too many to be kept
    differences: Mapped[list[dict[str, Any]]]  # reports/matching/rules.Difference
