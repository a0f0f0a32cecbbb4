"""What a centre sets for itself. Rows are only ever added: what counted on a day can be asked for ever."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base


class SettingChange(Base):
    """One change of one value. Of several, that with the latest `valid_from` counts, then the latest written. Append-only."""

    __tablename__ = "centre_settings"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))  # NULL: the default of the environment again
    valid_from: Mapped[datetime]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    by_name: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (Index("ix_centre_settings_key_valid_from", "key", "valid_from"),)
