"""How a step of a run stands, and how a run ended (docs/protocols.md)."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class StepState(StrEnum):
    PENDING = "pending"  # it is this step's turn
    DONE = "done"
    SKIPPED = "skipped"
    TAKEN_BACK = "taken_back"  # a wrong click; it was asked anew
    OFF_PATH = "off_path"  # behind a step that was taken back, or its protocol was left before its turn was over


STEP = Transitions[StepState](
    "step",
    {
        StepState.PENDING: {StepState.DONE, StepState.SKIPPED, StepState.OFF_PATH},
        StepState.DONE: {StepState.TAKEN_BACK, StepState.OFF_PATH},
        StepState.SKIPPED: {StepState.TAKEN_BACK, StepState.OFF_PATH},
        StepState.TAKEN_BACK: set(),
        StepState.OFF_PATH: set(),
    },
)
BEHIND = (StepState.DONE, StepState.SKIPPED)  # the way that was walked


class RunEnd(StrEnum):
    NOT = ""  # it goes on
    FINISHED = "finished"  # its last step is behind it
    CHANGED = "changed"  # another protocol took over
    CLOSED = "closed"  # its emergency was closed
