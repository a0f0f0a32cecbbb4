"""States of a ladder, of each call on it, and of a duty telephone's (docs/architecture.md, "States")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.calls.dialogs.states import How
from callcenter.kit.states import Transitions


class Rungs(StrEnum):
    """Whom a rung is for."""

    KEY_HOLDERS = "key_holders"
    CONTACTS = "contacts"  # whoever of them was not called on this round's rungs before
    GRID_WORKER = "grid_worker"  # with an order for a door check
    OUTSIDE = "outside"  # a person is asked to click; no program dials


class Order(StrEnum):
    PARALLEL = "parallel"
    IN_ORDER = "in_order"


class Who(StrEnum):
    """Who one call was for."""

    KEY_HOLDER = "key_holder"
    CONTACT = "contact"
    GRID_WORKER = "grid_worker"
    ELDER = "elder"  # her own number: a press that was lost or silent


class LadderState(StrEnum):
    RUNNING = "running"
    TAKEN = "taken"  # somebody is on her way
    ENDED = "ended"  # nobody; what is left is a person's
    STOPPED = "stopped"  # by an agent with her reason, or because the emergency is over


LADDER = Transitions[LadderState](
    "ladder",
    {
        LadderState.RUNNING: {LadderState.TAKEN, LadderState.ENDED, LadderState.STOPPED},
        LadderState.TAKEN: set(),
        LadderState.ENDED: set(),
        LadderState.STOPPED: set(),
    },
)


class AttemptState(StrEnum):
    WAITING = "waiting"  # her turn comes
    CALLING = "calling"
    GOING = "going"
    CANNOT = "cannot"
    TALKS = "talks"  # wanted a person; she herself: picked up
    NO_ANSWER = "no_answer"  # nobody picked up, or somebody (a mailbox) who pressed no key
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"  # somebody else is going, or nobody is needed any more


OPEN = frozenset({AttemptState.WAITING, AttemptState.CALLING})
ATTEMPT = Transitions[AttemptState](
    "contact_attempt",
    {
        AttemptState.WAITING: {AttemptState.CALLING, AttemptState.FAILED, AttemptState.CANCELLED},
        AttemptState.CALLING: set(AttemptState) - OPEN,
        **{state: set() for state in AttemptState if state not in OPEN},
    },
)


class DutyCallState(StrEnum):
    CALLING = "calling"
    TAKEN = "taken"
    DECLINED = "declined"
    NOT_REACHED = "not_reached"
    CANCELLED = "cancelled"  # somebody has seen the alarm meanwhile


DUTY_CALL = Transitions[DutyCallState](
    "duty_call",
    {
        DutyCallState.CALLING: set(DutyCallState) - {DutyCallState.CALLING},
        **{state: set() for state in DutyCallState if state is not DutyCallState.CALLING},
    },
)

# how a call ended before anybody pressed a key
NOT_REACHED: dict[How, AttemptState] = {
    How.NO_ANSWER: AttemptState.NO_ANSWER,
    How.HUNG_UP: AttemptState.NO_ANSWER,
    How.FINISHED: AttemptState.NO_ANSWER,
    How.HANDED_ON: AttemptState.TALKS,
    How.BUSY: AttemptState.BUSY,
    How.FAILED: AttemptState.FAILED,
    How.EXPIRED: AttemptState.FAILED,
    How.INTERRUPTED: AttemptState.FAILED,
    How.CANCELLED: AttemptState.CANCELLED,
}
