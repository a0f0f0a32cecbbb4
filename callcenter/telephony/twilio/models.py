"""What lives at Twilio. A channel's row is deleted two days after its end: the call itself stands in `calls`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, word


class Sort(StrEnum):
    PRESS = "press"
    LEG = "leg"


class Where(StrEnum):
    KNOCKING = "knocking"  # a press that nobody has claimed
    OURS = "ours"
    FALLBACK = "fallback"  # Twilio and `public` alone bring the caller to a person


class Stage(StrEnum):
    RINGING_IN = "ringing_in"
    RINGING_OUT = "ringing_out"
    UP = "up"
    ENDED = "ended"


class Hears(StrEnum):
    """What a channel that is in no bridge hears."""

    SILENCE = "silence"
    RINGING = "ringing"
    MUSIC = "music"


class CarrierChannel(Base):
    __tablename__ = "carrier_channels"

    id: Mapped[str] = mapped_column(primary_key=True)  # the port's: of a press tw-<CallSid>, of a leg as the engine named it
    sid: Mapped[str | None] = mapped_column(unique=True)  # CallSid; None while Twilio is asked for the leg
    sort: Mapped[Sort] = mapped_column(word(Sort))
    place: Mapped[Where] = mapped_column(word(Where))
    stage: Mapped[Stage] = mapped_column(word(Stage))
    hears: Mapped[Hears] = mapped_column(word(Hears), default=Hears.SILENCE)
    caller: Mapped[str]
    called: Mapped[str]
    bridge: Mapped[str] = mapped_column(default="")
    held_in: Mapped[str] = mapped_column(default="")  # the bridge that it comes back to
    muted: Mapped[bool] = mapped_column(default=False)
    playing: Mapped[dict[str, Any] | None]  # {"id": …, "prompts": […]}
    sequence: Mapped[int] = mapped_column(default=-1)  # of the last status that was believed
    guard_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    cause: Mapped[str] = mapped_column(default="")
    fell_back: Mapped[bool] = mapped_column(default=False)
    answered_by: Mapped[str] = mapped_column(default="")  # who spoke with the caller in the fallback
    answered_at: Mapped[datetime | None]
    message_sid: Mapped[str] = mapped_column(default="")  # of the recording that the caller left in the fallback
    change: Mapped[int] = mapped_column(BigInteger, default=0)  # rises with every change of a press that its history tells of

    __table_args__ = (
        Index("ix_carrier_channels_live", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_carrier_channels_change", "change", postgresql_where=text("sort = 'press'")),
    )


class CarrierEvent(Base):
    """News for the engine, in order. Without numbers and names."""

    __tablename__ = "carrier_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # the same callback twice is one event
    kind: Mapped[str]
    channel_id: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    told: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_carrier_events_untold", "id", postgresql_where=text("NOT told")),)


class CarrierFallback(Base):
    """Whom Twilio rings when none of our programs takes a call. One row."""

    __tablename__ = "carrier_fallback"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    accounts: Mapped[list[str]]
    duty: Mapped[list[str]]


class CarrierTape(Base):
    """A recording at Twilio, until its file has been fetched from there."""

    __tablename__ = "carrier_tapes"

    name: Mapped[str] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(default="")
    call_sid: Mapped[str]
    bridge: Mapped[str]
    began_at: Mapped[datetime]
    seconds: Mapped[float | None]  # None: it runs
