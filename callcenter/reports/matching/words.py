"""Each cause in plain words: what it looks like, and what may have been the matter. For the command line; the console has its own."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.reports.matching.rules import Cause, Difference

WORDS: Mapping[Cause, str] = {
    Cause.RECORD_NOT_READ: "{count} calls of a PBX whose own record could not be read here: not proved, look where it lies",
    Cause.PRESS_WITHOUT_CALL: "the PBX had this press, and no call of ours knows it: nobody has looked after her, call back",
    Cause.TWO_CALLS: "one press was written down as {count} calls",
    Cause.CALL_WITHOUT_PRESS: "a call of ours that the PBX's record does not know: the record lost it, or the call never reached the PBX",
    Cause.CALL_WITHOUT_EVENTS: "the call has no events: the row was written, its history was not",
    Cause.NOT_ENDED: "the PBX says that the line is gone, with us the call still goes on: it keeps an agent busy",
    Cause.ANSWERED_AND_ABANDONED: "by one account somebody spoke with her, by another she was abandoned",
    Cause.ANSWERED_BY_ANOTHER: "the PBX names another agent as the one who answered",
    Cause.NOBODY_ANSWERED: "our row says that it was answered, and the PBX's record or our own events know of nobody",
    Cause.CALL_WITHOUT_CASE: "a call to a person that has no case: nobody owns what became of it",
    Cause.CASE_LEFT_ALONE: "the case has neither owner nor outcome, and its deadline has passed",
}


def said(one: Difference) -> str:
    return WORDS[one.cause].format(count=one.count)
