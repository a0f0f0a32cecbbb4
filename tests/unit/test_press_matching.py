"""The three-way match: a day on which everything agrees says nothing, and whatever is done to one of the three accounts is found, and nothing else."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.states import CallKind, CallState
from callcenter.cases.states import CaseState
from callcenter.reports.matching.queries import as_difference, as_row
from callcenter.reports.matching.rules import Cause, Difference, Matched, OurCall, OurCase, PbxPress, match
from callcenter.reports.matching.words import WORDS, said
from callcenter.reports.rules import bounds_of

DAY = date(2026, 11, 26)
START, END = bounds_of(DAY, DAY, "Asia/Shanghai")
NOW = END + timedelta(hours=1)
ANN, BEA = uuid.UUID(int=1), uuid.UUID(int=2)
WHOLE = timedelta(seconds=60)


@dataclass
class Day:
    presses: list[PbxPress] = field(default_factory=list)
    calls: list[OurCall] = field(default_factory=list)
    cases: list[OurCase] = field(default_factory=list)

    def put(self, n: int, how: str, at: datetime) -> None:
        """One press as it goes when all is well."""
        channel, case_id = f"1800000000.{n}", uuid.UUID(int=1000 + n)
        press = PbxPress("pbx1", channel, at, at + WHOLE, caller="07103456789")
        call = OurCall(
            uuid.UUID(int=2000 + n), "pbx1", channel, CallKind.SOS, CallState.ENDED, at + timedelta(milliseconds=4), at + timedelta(seconds=8),
            at + WHOLE, ANN, case_id, frozenset({"received", "answered", "ended"}),
        )  # fmt: skip
        case = OurCase(case_id, f"261126-{n}", CaseState.RESOLVED, True, "helped", at + timedelta(minutes=1))
        if how == "answered":
            press = replace(press, joined_at=at + timedelta(seconds=8))
        elif how == "fallback":
            press = replace(press, answered_by="agent7", joined_at=at + timedelta(seconds=9))
            call = replace(call, events=frozenset({"received", "fallback_answered"}))
        elif how == "abandoned":  # a call-back is open and has time yet
            call = replace(call, state=CallState.ABANDONED, answered_at=None, agent_id=None, events=frozenset({"received", "abandoned"}))
            case = replace(case, state=CaseState.WAITING, has_owner=False, outcome="", deadline_at=NOW + timedelta(minutes=5))
        elif how == "dialog":  # a worker checked in
            call = replace(call, kind=CallKind.JOB, case_id=None, answered_at=None, agent_id=None, events=frozenset({"received", "dialog"}))
        self.presses.append(press)
        self.calls.append(call)
        if how != "dialog":
            self.cases.append(case)

    def match(self, read: frozenset[str] = frozenset({"pbx1"})) -> Matched:
        return match(self.presses, self.calls, self.cases, read=read, start=START, end=END, now=NOW, accounts={"agent7": ANN})


def causes(day: Day) -> list[Cause]:
    return [one.cause for one in day.match().differences]


def a_day(*hows: str) -> Day:
    day = Day()
    for n, how in enumerate(hows):
        day.put(n, how, START + timedelta(minutes=n + 1))
    return day


# What may have gone wrong with one press, and the causes that are listed for it. Each works on the lists' item `n`.
def _no_call(day: Day, n: int) -> None:
    day.calls = [c for c in day.calls if c.channel_id != day.presses[n].channel_id]


def _no_press(day: Day, n: int) -> None:
    day.presses[n] = replace(day.presses[n], at=START - timedelta(days=3))


def _call(**changes: object) -> Callable[[Day, int], None]:
    def do(day: Day, n: int) -> None:
        channel = day.presses[n].channel_id
        day.calls = [replace(c, **changes) if c.channel_id == channel else c for c in day.calls]  # type: ignore[arg-type]

    return do


def _case(**changes: object) -> Callable[[Day, int], None]:
    def do(day: Day, n: int) -> None:
        day.cases = [replace(c, **changes) if c.number == f"261126-{n}" else c for c in day.cases]  # type: ignore[arg-type]

    return do


def _twice(day: Day, n: int) -> None:
    (call,) = [c for c in day.calls if c.channel_id == day.presses[n].channel_id]
    day.calls.append(replace(call, id=uuid.UUID(int=9000 + n), pbx="pbx2"))


def _no_case(day: Day, n: int) -> None:
    day.cases = [c for c in day.cases if c.number != f"261126-{n}"]


def _alone(day: Day, n: int) -> None:
    _case(state=CaseState.WAITING, has_owner=False, outcome="", deadline_at=NOW - timedelta(seconds=1))(day, n)


FAULTS: dict[str, tuple[Callable[[Day, int], None], Cause]] = {
    "no call": (_no_call, Cause.PRESS_WITHOUT_CALL),
    "two calls": (_twice, Cause.TWO_CALLS),
    "no events": (_call(events=frozenset(), state=CallState.ABANDONED, answered_at=None), Cause.CALL_WITHOUT_EVENTS),
    "live": (_call(state=CallState.TALKING, ended_at=None), Cause.NOT_ENDED),
    "abandoned": (_call(state=CallState.ABANDONED, answered_at=None), Cause.ANSWERED_AND_ABANDONED),
    "another": (_call(agent_id=BEA), Cause.ANSWERED_BY_ANOTHER),
    "no case": (_no_case, Cause.CALL_WITHOUT_CASE),
    "case alone": (_alone, Cause.CASE_LEFT_ALONE),
}
HOWS = ("answered", "fallback", "abandoned", "dialog")


def applies(fault: str, how: str) -> bool:
    """Where it is a fault at all."""
    if fault in ("no case", "case alone"):
        return how != "dialog"
    if fault == "another":
        return how == "fallback"  # of a call of ours the record does not say who joined
    if fault == "abandoned":
        return how in ("answered", "fallback")
    if fault == "no events":
        return how == "abandoned"
    return True


@given(st.lists(st.sampled_from(HOWS), max_size=30), st.randoms(use_true_random=False))
def test_a_day_on_which_all_agrees(hows: list[str], chance: random.Random) -> None:
    day = a_day(*hows)
    for some in (day.presses, day.calls, day.cases):
        chance.shuffle(some)
    matched = day.match()
    assert matched.all_accounted and matched.differences == ()
    assert (matched.presses, matched.calls, matched.cases) == (len(hows), len(hows), sum(how != "dialog" for how in hows))


@given(
    st.lists(st.tuples(st.sampled_from(HOWS), st.sampled_from([*FAULTS, "none", "none"])), max_size=20), st.randoms(use_true_random=False)
)
def test_each_fault_is_found_and_nothing_else(planned: list[tuple[str, str]], chance: random.Random) -> None:
    day, wanted = a_day(*(how for how, _ in planned)), []
    for n, (how, fault) in enumerate(planned):
        if fault != "none" and applies(fault, how):
            do, cause = FAULTS[fault]
            do(day, n)
            wanted.append((day.presses[n].channel_id, cause))
    for some in (day.presses, day.calls, day.cases):
        chance.shuffle(some)
    found = day.match().differences
    assert sorted((one.channel_id, one.cause) for one in found) == sorted(wanted)
    assert day.match().presses == len(planned)
    assert [as_difference(as_row(one)) for one in found] == list(found)


def test_what_the_record_does_not_know() -> None:
    day = a_day("answered", "abandoned")
    _no_press(day, 0)
    day.presses.pop(0)
    (found,) = day.match().differences
    assert (found.cause, found.call_ids, found.case_number) == (Cause.CALL_WITHOUT_PRESS, (uuid.UUID(int=2000),), "261126-0")


def test_a_record_that_could_not_be_read_is_said_once() -> None:
    day = a_day("answered", "abandoned", "answered")
    day.presses = []
    (found,) = day.match(read=frozenset()).differences
    assert (found.cause, found.pbx, found.count) == (Cause.RECORD_NOT_READ, "pbx1", 3)
    assert Day().match(read=frozenset()).all_accounted  # nobody called: nothing is missing


def test_a_press_that_no_call_knows_tells_whom_to_call_back() -> None:
    day = a_day("answered")
    _no_call(day, 0)
    (found,) = day.match().differences
    assert found.caller == "07103456789" and "call back" in said(found)


@pytest.mark.parametrize("edge", [timedelta(), timedelta(days=1) - timedelta(milliseconds=1)])
def test_a_call_over_midnight_belongs_to_the_day_on_which_it_began(edge: timedelta) -> None:
    """We received it a few milliseconds later, which may be the next day already."""
    day = Day()
    day.put(0, "answered", START + edge)
    day.put(1, "answered", START - timedelta(milliseconds=1))
    day.put(2, "answered", END)
    matched = day.match()
    assert matched.all_accounted and (matched.presses, matched.calls) == (1, 1)


def test_a_clock_that_was_set_meanwhile_loses_no_press() -> None:
    day = a_day("answered")
    _call(received_at=START - timedelta(minutes=5))(day, 0)
    assert day.match().all_accounted and day.match().calls == 1


def test_who_hangs_up_in_the_moment_of_the_answer_may_stand_as_either() -> None:
    day = a_day("answered", "answered")
    at = START + timedelta(minutes=1)
    _call(state=CallState.ABANDONED, answered_at=None, events=frozenset({"received", "abandoned"}))(day, 0)
    day.presses[0] = replace(day.presses[0], joined_at=at + timedelta(seconds=8), ended_at=at + timedelta(seconds=9))
    day.presses[1] = replace(day.presses[1], joined_at=None)
    _call(ended_at=START + timedelta(minutes=2, seconds=9))(day, 1)
    assert causes(day) == []


def test_answered_with_us_and_nobody_was_there() -> None:
    day = a_day("answered", "answered", "answered")
    day.presses[0] = replace(day.presses[0], joined_at=None)
    _call(events=frozenset({"received"}))(day, 1)
    day.presses[2] = replace(day.presses[2], joined_at=None, tells_joins=False)  # Twilio keeps no such line
    assert [(one.channel_id[-1], one.cause) for one in day.match().differences] == [
        ("0", Cause.NOBODY_ANSWERED),
        ("1", Cause.NOBODY_ANSWERED),
    ]


def test_a_call_that_goes_on_is_no_difference_while_the_line_is_there() -> None:
    day = a_day("answered")
    _call(state=CallState.TALKING, ended_at=None)(day, 0)
    day.presses[0] = replace(day.presses[0], ended_at=None)
    assert causes(day) == []
    day.presses[0] = replace(day.presses[0], ended_at=NOW - timedelta(minutes=4))
    assert causes(day) == []


@pytest.mark.parametrize(
    "case",
    [
        {"has_owner": True},
        {"outcome": "helped"},
        {"open_orders": 1},
        {"deadline_at": NOW},
        {"state": CaseState.CLOSED},
    ],
)
def test_a_case_that_somebody_has_or_that_has_time_yet(case: dict[str, object]) -> None:
    day = a_day("abandoned")
    _alone(day, 0)
    assert causes(day) == [Cause.CASE_LEFT_ALONE]
    _case(**case)(day, 0)
    assert causes(day) == []


def test_a_case_is_listed_once_whoever_pressed_for_it() -> None:
    day = a_day("abandoned", "abandoned")
    _call(case_id=day.cases[0].id)(day, 1)
    _alone(day, 0)
    assert causes(day) == [Cause.CASE_LEFT_ALONE]
    assert day.match().cases == 1


def test_the_same_channel_at_two_machines_is_two_presses() -> None:
    day = a_day("answered")
    day.presses.append(replace(day.presses[0], pbx="pbx2"))
    day.calls.append(replace(day.calls[0], id=uuid.UUID(int=7), pbx="pbx2"))
    matched = day.match(read=frozenset({"pbx1", "pbx2"}))
    assert matched.all_accounted and matched.presses == 2


def test_a_dialogs_caller_who_waited_for_a_person_needs_a_case() -> None:
    day = a_day("dialog")
    _call(state=CallState.ABANDONED)(day, 0)
    assert causes(day) == [Cause.CALL_WITHOUT_CASE]


def test_every_cause_has_its_words() -> None:
    assert set(WORDS) == set(Cause)
    assert all("{" not in said(Difference(cause, START, count=2)) for cause in Cause)
