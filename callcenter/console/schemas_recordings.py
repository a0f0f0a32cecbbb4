"""Recorded conversations over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel

from callcenter.calls.recordings.states import RecordingState
from callcenter.calls.states import CallKind


class RecordingView(BaseModel):
    id: uuid.UUID
    call_id: uuid.UUID
    kind: CallKind
    part: int  # from 1; a call that broke off and went on has several
    state: RecordingState
    why: str  # of a failed one: no_bridge, not_begun, no_file, no_sound, disk_full, not_kept, lost
    started_at: datetime
    seconds: float | None
    sha256: str  # of the WAV, "" when there is none
    people: list[str]  # who of ours spoke, in the order in which they joined
    keep_until: datetime | None
    deleted_at: datetime | None


class Recordings(BaseModel):
    recordings: list[RecordingView]  # in the order in which they were spoken


class Waveform(BaseModel):
    seconds: float
    peaks: list[float]  # 0..1, 600 at most, each the loudest of its piece
