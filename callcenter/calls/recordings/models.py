from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.recordings.states import RecordingState
from callcenter.kit.db import Base, HasId, word


class CallRecording(HasId, Base):
    """One file of a conversation. A call has several parts when it was taken up again after a break."""

    __tablename__ = "call_recordings"

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    name: Mapped[str] = mapped_column(unique=True)  # on the PBX, and of the kept file without its ending
    part: Mapped[int]  # from 1
    state: Mapped[RecordingState] = mapped_column(word(RecordingState))
    why: Mapped[str] = mapped_column(default="")  # of a failed one
    started_at: Mapped[datetime]
    seconds: Mapped[float | None]
    size: Mapped[int | None] = mapped_column(BigInteger)  # of the WAV, bytes
    sha256: Mapped[str] = mapped_column(default="")  # of the WAV
    waveform: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted: the loudest of each of POINTS pieces, a byte each
    ended_at: Mapped[datetime | None]  # saved or failed
    keep_until: Mapped[datetime | None]  # of a saved one
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("call_id", "part"),
        Index("ix_call_recordings_open", "started_at", postgresql_where=text("state = 'recording'")),
        Index("ix_call_recordings_kept", "keep_until", postgresql_where=text("state = 'saved'")),
    )
