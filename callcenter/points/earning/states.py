"""Words of earning. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class Rule(StrEnum):
    CONSUMPTION = "consumption"  # a settled bill's self-paid part
    PURCHASE = "purchase"  # reported by an allied store
    DAILY = "daily"  # she has told that she is fine
    WEEK_BONUS = "week_bonus"  # seven days running
    FOLLOW_UP = "follow_up"  # she has answered, whatever the rating
    REFERRAL = "referral"  # whom she invited has paid for the first time
    VOLUNTEERING = "volunteering"


OF_STORES = frozenset({Rule.CONSUMPTION, Rule.PURCHASE})  # the store answers for these points, the centre for the rest


class EarningState(StrEnum):
    PENDING = "pending"  # hers, and not to be spent yet
    AVAILABLE = "available"
    REVERSED = "reversed"  # all of it was taken back


EARNING: Transitions[EarningState] = Transitions(
    "earning",
    {
        EarningState.PENDING: {EarningState.AVAILABLE, EarningState.REVERSED},
        EarningState.AVAILABLE: {EarningState.REVERSED},
        EarningState.REVERSED: set(),
    },
)


class ReportState(StrEnum):
    """What became of a sale, or a refund, that a store's counter has told."""

    NEW = "new"  # written down; nobody has looked whose card it is
    BOOKED = "booked"
    REFUSED = "refused"


REPORT: Transitions[ReportState] = Transitions(
    "purchase report",
    {
        ReportState.NEW: {ReportState.BOOKED, ReportState.REFUSED},
        ReportState.BOOKED: set(),
        ReportState.REFUSED: set(),  # the same receipt may be told anew
    },
)


class Nothing(StrEnum):
    """Why a deed that was looked at earned nothing, or less than its rule says."""

    CAP = "cap"  # the week, the month, the year is full
    NOT_ALLIED = "not_allied"  # the store was no partner of the scheme on that day
    NOT_HERSELF = "not_herself"  # others paid, others answered
    SAME_DAY = "same_day"  # that day has earned already
    TAKEN_BACK = "taken_back"  # before anybody had looked
    CLOSED = "closed"  # her account
    SET_TO_NONE = "set_to_none"  # the rule gave nothing on that day
    TOO_LITTLE = "too_little"  # less than one point
