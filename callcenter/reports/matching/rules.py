"""The three-way match of a day's presses. Pure: no I/O, no clock; three lists in, differences out, whatever the lists' order.

A press belongs to the day on which it began by the PBX's clock; a call that the record does not know, to the day on which we received it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.calls.states import LIVE, CallKind, CallState
from callcenter.cases.states import OPEN, CaseState

PRESSES = frozenset({CallKind.SOS, CallKind.SERVICE, CallKind.JOB, CallKind.DAILY})  # those that somebody made to us
TO_A_PERSON = frozenset({CallKind.SOS, CallKind.SERVICE})
ANSWERED = frozenset({"answered", "fallback_answered"})  # events
SPOKEN = timedelta(seconds=5)  # whoever hangs up in the moment of the answer may stand as either
STILL = timedelta(minutes=5)  # the record's end of a call may reach us a little later


class Cause(StrEnum):
    RECORD_NOT_READ = "record_not_read"
    PRESS_WITHOUT_CALL = "press_without_call"
    TWO_CALLS = "two_calls"
    CALL_WITHOUT_PRESS = "call_without_press"
    CALL_WITHOUT_EVENTS = "call_without_events"
    NOT_ENDED = "not_ended"
    ANSWERED_AND_ABANDONED = "answered_and_abandoned"
    ANSWERED_BY_ANOTHER = "answered_by_another"
    NOBODY_ANSWERED = "nobody_answered"
    CALL_WITHOUT_CASE = "call_without_case"
    CASE_LEFT_ALONE = "case_left_alone"


@dataclass(frozen=True, slots=True)
class PbxPress:
    """As the PBX wrote it down by itself."""

    pbx: str
    channel_id: str
    at: datetime
    ended_at: datetime | None = None
    answered_by: str = ""  # in the PBX's own fallback: account or duty number
    joined_at: datetime | None = None  # when she first stood in a bridge
    tells_joins: bool = True  # this kind of PBX writes it down
    caller: str = ""


@dataclass(frozen=True, slots=True)
class OurCall:
    """A row of calls with what its events say."""

    id: uuid.UUID
    pbx: str
    channel_id: str
    kind: CallKind
    state: CallState
    received_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    agent_id: uuid.UUID | None = None
    case_id: uuid.UUID | None = None
    events: frozenset[str] = frozenset()  # kinds


@dataclass(frozen=True, slots=True)
class OurCase:
    id: uuid.UUID
    number: str
    state: CaseState
    has_owner: bool  # or somebody has its call-back
    outcome: str
    deadline_at: datetime  # its own, or that of its open call-back: the later one
    open_orders: int = 0  # it waits for them, and they have deadlines of their own


@dataclass(frozen=True, slots=True)
class Difference:
    cause: Cause
    at: datetime
    pbx: str = ""
    channel_id: str = ""
    call_ids: tuple[uuid.UUID, ...] = ()
    case_id: uuid.UUID | None = None
    case_number: str = ""
    caller: str = ""  # only of a press that no call of ours knows: somebody must call back
    count: int = 1  # calls that it stands for


@dataclass(frozen=True, slots=True)
class Matched:
    presses: int  # that reached the PBX
    calls: int
    cases: int
    differences: tuple[Difference, ...]

    @property
    def all_accounted(self) -> bool:
        return not self.differences


def match(
    presses: Iterable[PbxPress],
    calls: Iterable[OurCall],
    cases: Iterable[OurCase],
    *,
    read: Collection[str],
    start: datetime,
    end: datetime,
    now: datetime,
    accounts: Mapping[str, uuid.UUID],
) -> Matched:
    """`read`: names of the PBXs whose record was read, also of those that have no press. `accounts`: whose telephone a name in the record is, as far as
    it is still known (agents' accounts are renewed). The lists may hold more than the day, so that each side finds its counterpart.
    """
    by_press = {(press.pbx, press.channel_id): press for press in presses}
    inbound = [call for call in calls if call.kind in PRESSES]
    of_press, alone = _pair(by_press, inbound)
    of_day = {key: press for key, press in by_press.items() if start <= press.at < end}
    alone = [call for call in alone if start <= call.received_at < end]
    paired = [(press, call) for key, press in of_day.items() for call in of_press[key]]
    ours = [*(call for _, call in paired), *alone]
    by_case = {case.id: case for case in cases}
    differences = [
        *_of_presses(of_day, of_press),
        *_unknown_to_pbx(alone, read),
        *(found for press, call in paired for found in _disagreeing(press, call, accounts, now)),
        *(found for call in ours for found in _of_call(call, by_case)),
        *_left_alone(ours, by_case, now),
    ]
    cases_of_day = {call.case_id for call in ours if call.case_id in by_case}
    named = (replace(d, case_number=by_case[d.case_id].number) if d.case_id in by_case else d for d in differences)
    ordered = sorted(named, key=lambda d: (d.at, d.cause, d.channel_id, d.case_number, d.pbx))
    return Matched(len(of_day), len(ours), len(cases_of_day), tuple(ordered))


def _pair(
    presses: Mapping[tuple[str, str], PbxPress], calls: Iterable[OurCall]
) -> tuple[dict[tuple[str, str], list[OurCall]], list[OurCall]]:
    """Each press with its calls, and the calls of no press. A call under a PBX's name that has no such press is that of another PBX's press by
    the same channel: two voices have written one press down."""
    by_channel: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in presses:
        by_channel[key[1]].append(key)
    of_press: dict[tuple[str, str], list[OurCall]] = {key: [] for key in presses}
    alone: list[OurCall] = []
    for call in sorted(calls, key=lambda c: (c.received_at, str(c.id))):
        key = (call.pbx, call.channel_id)
        others = by_channel[call.channel_id]
        if key in presses:
            of_press[key].append(call)
        elif len(others) == 1:
            of_press[others[0]].append(call)
        else:
            alone.append(call)
    return of_press, alone


def _of_presses(presses: Mapping[tuple[str, str], PbxPress], of_press: Mapping[tuple[str, str], list[OurCall]]) -> Iterator[Difference]:
    for key, press in presses.items():
        found = of_press[key]
        if not found:
            yield Difference(Cause.PRESS_WITHOUT_CALL, press.at, press.pbx, press.channel_id, caller=press.caller)
        elif len(found) > 1:
            case_id = next((call.case_id for call in found if call.case_id), None)
            ids = tuple(call.id for call in found)
            yield Difference(Cause.TWO_CALLS, press.at, press.pbx, press.channel_id, ids, case_id, count=len(ids))


def _unknown_to_pbx(calls: Iterable[OurCall], read: Collection[str]) -> Iterator[Difference]:
    """What the record does not know; of a record that could not be read that is said once."""
    unread: dict[str, list[OurCall]] = defaultdict(list)
    for call in calls:
        if call.pbx in read:
            yield _about(Cause.CALL_WITHOUT_PRESS, call)
        else:
            unread[call.pbx].append(call)
    for pbx, theirs in unread.items():
        yield Difference(Cause.RECORD_NOT_READ, min(call.received_at for call in theirs), pbx, count=len(theirs))


def _disagreeing(press: PbxPress, call: OurCall, accounts: Mapping[str, uuid.UUID], now: datetime) -> Iterator[Difference]:
    if call.state in LIVE:
        if press.ended_at is not None and press.ended_at < now - STILL:
            yield _about(Cause.NOT_ENDED, call)
        return
    if call.kind not in TO_A_PERSON:
        return
    ended_at = press.ended_at or call.ended_at
    joined = press.joined_at is not None and ended_at is not None and ended_at - press.joined_at >= SPOKEN
    if call.state is CallState.ABANDONED or call.answered_at is None:
        if press.answered_by or joined or call.events & ANSWERED:
            yield _about(Cause.ANSWERED_AND_ABANDONED, call)
        return
    answerer = accounts.get(press.answered_by)
    if answerer is not None and call.agent_id != answerer:
        yield _about(Cause.ANSWERED_BY_ANOTHER, call)
    never_joined = press.tells_joins and press.joined_at is None and not press.answered_by
    talked = call.ended_at is not None and call.ended_at - call.answered_at >= SPOKEN
    if (never_joined and talked) or not call.events & ANSWERED:
        yield _about(Cause.NOBODY_ANSWERED, call)


def _of_call(call: OurCall, cases: Mapping[uuid.UUID, OurCase]) -> Iterator[Difference]:
    """A dialog's caller who wanted no person has no case."""
    if not call.events:
        yield _about(Cause.CALL_WITHOUT_EVENTS, call)
    if (call.kind in TO_A_PERSON or call.state is CallState.ABANDONED) and call.case_id not in cases:
        yield _about(Cause.CALL_WITHOUT_CASE, call)


def _left_alone(calls: Iterable[OurCall], cases: Mapping[uuid.UUID, OurCase], now: datetime) -> Iterator[Difference]:
    """Once for each case, at its first press of the day."""
    seen: set[uuid.UUID] = set()
    for call in sorted(calls, key=lambda c: (c.received_at, str(c.id))):
        case = cases.get(call.case_id) if call.case_id else None
        if case is None or case.id in seen:
            continue
        seen.add(case.id)
        if case.state in OPEN and not case.has_owner and not case.outcome and not case.open_orders and case.deadline_at < now:
            yield _about(Cause.CASE_LEFT_ALONE, call)


def _about(cause: Cause, call: OurCall) -> Difference:
    return Difference(cause, call.received_at, call.pbx, call.channel_id, (call.id,), call.case_id)
