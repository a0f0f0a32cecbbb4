from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId
from callcenter.regions.models import Region


class RiskSheet(HasId, Base):
    """A sheet of today's risks that somebody had printed: who, when, of where, why. Append-only. What stood on it is not kept."""

    __tablename__ = "risk_sheets"

    serial: Mapped[int] = mapped_column(BigInteger, Identity())  # as it stands on every page
    region_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id))
    at: Mapped[datetime]
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: by the command
    made_name: Mapped[str]
    reason: Mapped[str] = mapped_column(EncryptedText("risk_sheets.reason"))
    elders: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_risk_sheets_at", "at"),)
