"""States of a planned call, why it is made, and how it ended."""

from __future__ import annotations

from enum import StrEnum

from callcenter.calls.dialogs.states import How
from callcenter.kit.states import Transitions


class Purpose(StrEnum):
    JOB = "job"  # how was the job?
    EMERGENCY = "emergency"  # how is she, after the emergency?
    COMPLAINT = "complaint"  # is it mended?
    CARE = "care"  # a plan's regular call
    CAMPAIGN = "campaign"  # a list: heat, cold, power cut, vaccination
    MEDICINE = "medicine"
    DAILY = "daily"  # her "I am fine" of today did not come


SATISFACTION = frozenset({Purpose.JOB, Purpose.EMERGENCY, Purpose.COMPLAINT})


class Way(StrEnum):
    KEYS = "keys"  # a program asks, she presses a key
    PERSON = "person"


class PlanState(StrEnum):
    DUE = "due"  # waits for its hour
    CALLING = "calling"  # an attempt is with voice
    MESSAGED = "messaged"  # not reached by telephone: a text message was sent, its answer is awaited
    BY_PERSON = "by_person"  # on the agents' list
    DONE = "done"
    DROPPED = "dropped"  # nobody is called about it any more; `drop_reason` says why


class Result(StrEnum):
    RATED = "rated"
    UNRATED = "unrated"  # reached, and no key
    FINE = "fine"  # "I am fine", or the reminder heard
    HELP = "help"  # she wanted a person, and got one or is called back
    SPOKEN = "spoken"  # an agent spoke with her; a rating may stand beside it
    NOT_REACHED = "not_reached"


class Why(StrEnum):
    """Why a plan goes the way it goes."""

    STANDARD = "standard"
    SAMPLE = "sample"  # drawn: a person asks
    EMERGENCY = "emergency"
    COMPLAINT = "complaint"
    FIRST_ORDER = "first_order"
    ALWAYS = "always"  # items after which a person always asks
    NOT_REACHED = "not_reached"  # attempts and message brought nothing
    REPLIED = "replied"  # by text message, in words that a person reads
    ASKED_FOR_PERSON = "asked_for_person"
    CARE_PLAN = "care_plan"
    CAMPAIGN = "campaign"
    MISSED_DAILY = "missed_daily"


class Drop(StrEnum):
    DECEASED = "deceased"
    DEPARTED = "departed"  # moved away, merged into another profile, or away for too long
    NO_NUMBER = "no_number"
    EMERGENCY_NUMBER = "emergency_number"
    TOO_LATE = "too_late"
    STOPPED = "stopped"  # by a person, with a word
    OBSOLETE = "obsolete"  # what it was about is no more: cancelled, or asked otherwise


S = PlanState
PLAN = Transitions[PlanState](
    "call plan",
    {
        S.DUE: {S.CALLING, S.BY_PERSON, S.DONE, S.DROPPED},
        S.CALLING: {S.DUE, S.MESSAGED, S.BY_PERSON, S.DONE, S.DROPPED},
        S.MESSAGED: {S.BY_PERSON, S.DONE, S.DROPPED},
        S.BY_PERSON: {S.DUE, S.DONE, S.DROPPED},
        S.DONE: set(),
        S.DROPPED: set(),
    },
)
OPEN = frozenset({S.DUE, S.CALLING, S.MESSAGED, S.BY_PERSON})


class AttemptState(StrEnum):
    CALLING = "calling"
    ANSWERED = "answered"  # somebody picked up
    SPOKEN = "spoken"  # with a result
    SILENT = "silent"  # picked up, and no key: a mailbox, or somebody who did not know what to do
    HUNG_UP = "hung_up"  # before a key
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"


A = AttemptState
_ENDS = {A.SPOKEN, A.SILENT, A.HUNG_UP, A.NO_ANSWER, A.BUSY, A.FAILED, A.CANCELLED}
ATTEMPT = Transitions[AttemptState]("attempt", {A.CALLING: {A.ANSWERED, *_ENDS}, A.ANSWERED: _ENDS, **{end: set() for end in _ENDS}})
ON_THE_LINE = frozenset({A.CALLING, A.ANSWERED})
ENDED_AS = {
    How.FINISHED: A.SILENT,
    How.HANDED_ON: A.SPOKEN,
    How.HUNG_UP: A.HUNG_UP,
    How.NO_ANSWER: A.NO_ANSWER,
    How.BUSY: A.BUSY,
    How.FAILED: A.FAILED,
    How.EXPIRED: A.FAILED,
    How.CANCELLED: A.CANCELLED,
    How.INTERRUPTED: A.FAILED,
}
