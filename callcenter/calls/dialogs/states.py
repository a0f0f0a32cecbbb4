"""States of a call that a program carries, and how it can end."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class DialogState(StrEnum):
    REQUESTED = "requested"  # not yet rung
    RINGING = "ringing"
    TALKING = "talking"  # somebody hears the program; two parties: they are joined
    DONE = "done"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    EXPIRED = "expired"  # not rung before its deadline
    CANCELLED = "cancelled"


OPEN = frozenset({DialogState.REQUESTED, DialogState.RINGING, DialogState.TALKING})
ON_THE_LINE = frozenset({DialogState.RINGING, DialogState.TALKING})

DIALOG = Transitions[DialogState](
    "dialog",
    {
        DialogState.REQUESTED: {DialogState.RINGING, DialogState.EXPIRED, DialogState.CANCELLED, DialogState.FAILED},
        DialogState.RINGING: {
            DialogState.TALKING,
            DialogState.DONE,  # hung up before the first word
            DialogState.NO_ANSWER,
            DialogState.BUSY,
            DialogState.FAILED,
            DialogState.CANCELLED,
        },
        DialogState.TALKING: {DialogState.DONE, DialogState.FAILED},
        DialogState.DONE: set(),
        DialogState.NO_ANSWER: set(),
        DialogState.BUSY: set(),
        DialogState.FAILED: set(),
        DialogState.EXPIRED: set(),
        DialogState.CANCELLED: set(),
    },
)


class How(StrEnum):
    """How it ended, as `Dialog.ended` is told, once."""

    FINISHED = "finished"  # a step said hang_up
    HANDED_ON = "handed_on"  # a step said to_agent
    HUNG_UP = "hung_up"  # the far side, before the dialog was over
    NO_ANSWER = "no_answer"
    BUSY = "busy"  # or declined
    FAILED = "failed"  # not reachable, or something of ours failed
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # while it rang; who cancels before that knows it already
    INTERRUPTED = "interrupted"  # voice was away, and the line was gone when it came back


STATE_OF = {
    How.FINISHED: DialogState.DONE,
    How.HANDED_ON: DialogState.DONE,
    How.HUNG_UP: DialogState.DONE,
    How.NO_ANSWER: DialogState.NO_ANSWER,
    How.BUSY: DialogState.BUSY,
    How.FAILED: DialogState.FAILED,
    How.EXPIRED: DialogState.EXPIRED,
    How.CANCELLED: DialogState.CANCELLED,
    How.INTERRUPTED: DialogState.FAILED,
}
