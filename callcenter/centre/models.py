"""What a centre sets for itself. Rows are only ever added: what counted on a day can be asked for ever."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base


class OptionKind(StrEnum):
    OUTCOME = "outcome"
    PAUSE_REASON = "pause_reason"
    SKILL = "skill"
    DIALECT = "dialect"


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


class OptionRow(Base):
    """Words to choose from. Never deleted: old cases show theirs by it."""

    __tablename__ = "options"

    kind: Mapped[str] = mapped_column(primary_key=True)  # an OptionKind
    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    label_zh: Mapped[str]
    label_en: Mapped[str]
    closes_case: Mapped[bool] = mapped_column(default=False, server_default="false")  # an outcome after which nothing is left to be done
    for_sos: Mapped[bool] = mapped_column(default=True, server_default="true")  # an outcome that an SOS may have
    retired_at: Mapped[datetime | None]  # chosen no more


class OpeningText(Base):
    """What the agent says first, by line and dialect ("": any). The last of each pair counts; without words the general one does. Append-only."""

    __tablename__ = "opening_texts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    line: Mapped[str]  # a called number, or ""
    dialect: Mapped[str]  # code of an option, or ""
    text: Mapped[str]  # to an elder who is known; "": withdrawn
    text_unknown: Mapped[str]  # to a caller who is not
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    by_name: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (Index("ix_opening_texts_line_dialect", "line", "dialect", "id"),)
