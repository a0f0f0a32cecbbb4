"""States of a recording."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class RecordingState(StrEnum):
    RECORDING = "recording"
    SAVED = "saved"
    FAILED = "failed"  # nothing is kept; the row says why
    DELETED = "deleted"  # its time is over; the row stays


RECORDING = Transitions[RecordingState](
    "recording",
    {
        RecordingState.RECORDING: {RecordingState.SAVED, RecordingState.FAILED},
        RecordingState.SAVED: {RecordingState.DELETED},
        RecordingState.FAILED: {RecordingState.SAVED},  # the disk has room again, and the PBX's file is still there
        RecordingState.DELETED: set(),
    },
)
