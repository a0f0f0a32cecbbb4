"""What may become of a call, a case, a task: each table is whole, and a move that is not in it is refused with the state it met."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from callcenter.calls.states import CALL, LIVE, WAITING, CallState
from callcenter.cases.states import CASE, OPEN, TASK, CaseState, TaskState
from callcenter.kit.errors import IllegalMove
from callcenter.kit.states import Transitions
from callcenter.messaging.states import MESSAGE, OVER, MessageState

MACHINES: list[tuple[Transitions[Any], type[StrEnum]]] = [(CALL, CallState), (CASE, CaseState), (TASK, TaskState), (MESSAGE, MessageState)]


def reachable(machine: Transitions[Any], start: StrEnum) -> set[StrEnum]:
    seen, todo = {start}, [start]
    while todo:
        for found in machine.table[todo.pop()] - seen:
            seen.add(found)
            todo.append(found)
    return seen


@pytest.mark.parametrize("machine,states", MACHINES, ids=lambda value: getattr(value, "aggregate", ""))
def test_every_state_stands_in_its_table(machine: Transitions[Any], states: type[StrEnum]) -> None:
    assert set(machine.table) == set(states)
    assert {to for tos in machine.table.values() for to in tos} <= set(states)
    assert not any(state in tos for state, tos in machine.table.items()), "staying is no move"


@pytest.mark.parametrize("machine,states", MACHINES, ids=lambda value: getattr(value, "aggregate", ""))
def test_every_move_is_allowed_or_refused_as_the_table_says(machine: Transitions[Any], states: type[StrEnum]) -> None:
    for old in states:
        for new in states:
            if machine.allows(old, new):
                machine.check(old, new)
                continue
            with pytest.raises(IllegalMove) as refused:
                machine.check(old, new)
            error = refused.value
            assert (error.status, error.code) == (409, "illegal_move")
            assert error.message == f"a {machine.aggregate} that is {old} cannot become {new}"
            assert error.details == {
                "aggregate": machine.aggregate, "state": str(old), "wanted": str(new), "possible": sorted(map(str, machine.table[old])),
            }  # fmt: skip


def test_a_call_that_is_over_stays_over() -> None:
    over = set(CallState) - LIVE
    assert over == {CallState.ENDED, CallState.ABANDONED}
    assert not any(CALL.table[state] for state in over)


def test_every_live_call_can_end_and_every_call_can_be_reached() -> None:
    assert reachable(CALL, CallState.RINGING) == set(CallState) - {CallState.DIALOG}
    assert reachable(CALL, CallState.DIALOG) >= {
        CallState.QUEUED,
        CallState.TALKING,
        CallState.DIALPLAN,
    }  # calls that a program carries begin there
    assert all(CALL.allows(state, CallState.ENDED) for state in LIVE)


def test_only_who_spoke_to_nobody_has_abandoned() -> None:
    before = {state for state in CallState if CALL.allows(state, CallState.ABANDONED)}
    assert before == {CallState.RINGING, CallState.DIALPLAN} | WAITING


def test_whoever_waits_may_fall_to_the_dialplan_and_come_back() -> None:
    assert all(CALL.allows(state, CallState.DIALPLAN) for state in WAITING | {CallState.RINGING, CallState.TALKING})
    assert CALL.allows(CallState.DIALPLAN, CallState.QUEUED) and not CALL.allows(CallState.DIALPLAN, CallState.TALKING)


def test_a_vanished_browser_sends_a_call_back_to_the_queue() -> None:
    assert CALL.allows(CallState.TALKING, CallState.QUEUED) and CALL.allows(CallState.HELD, CallState.QUEUED)
    assert not CALL.allows(CallState.OFFERED, CallState.HELD)


def test_a_case_can_always_be_closed_and_opened_again() -> None:
    assert reachable(CASE, CaseState.NEW) == set(CaseState)
    assert all(CASE.allows(state, CaseState.CLOSED) for state in OPEN)
    assert all(CASE.allows(state, CaseState.OWNED) for state in set(CaseState) - OPEN)
    assert not any(CASE.allows(state, CaseState.NEW) for state in set(CaseState) - OPEN), "what somebody has dealt with is not new"


def test_a_call_back_that_is_done_is_done() -> None:
    assert reachable(TASK, TaskState.OPEN) == set(TaskState)
    assert TASK.table[TaskState.DONE] == frozenset()
    assert TASK.allows(TaskState.DOING, TaskState.OPEN), "nobody was reached"


def test_a_message_that_may_have_gone_out_is_never_sent_again() -> None:
    assert reachable(MESSAGE, MessageState.QUEUED) == set(MessageState)
    for state in OVER | {MessageState.SENT}:
        assert not reachable(MESSAGE, state) & {MessageState.QUEUED, MessageState.SENDING}
    assert MESSAGE.table[MessageState.DELIVERED] == frozenset()


def test_an_unknown_state_is_refused() -> None:
    class Other(StrEnum):
        LOST = "lost"

    assert not CALL.allows(Other.LOST, CallState.ENDED)  # type: ignore[arg-type]
    with pytest.raises(IllegalMove):
        CALL.check(CallState.ENDED, Other.LOST)  # type: ignore[arg-type]
