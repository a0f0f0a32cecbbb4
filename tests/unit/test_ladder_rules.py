"""Whom a rung calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from callcenter.calls.dialogs.states import How
from callcenter.emergency.ladder.rules import DEFAULT, Person, is_short, of_next_round, rung_lasts, whom_to_call
from callcenter.emergency.ladder.schemas import Rung, StartLadder
from callcenter.emergency.ladder.states import ATTEMPT, NOT_REACHED, OPEN, AttemptState, Order, Rungs, Who
from callcenter.emergency.protocols.calling import as_called
from callcenter.emergency.protocols.library import PACKAGED, load

TODAY = date(2026, 11, 26)
DAUGHTER = Person(Who.CONTACT, "刘敏", "女儿", "+8613900006781")
NEIGHBOUR = Person(Who.KEY_HOLDER, "陈秀珍", "邻居", "+8613700006782")
WORKER = Person(Who.GRID_WORKER, "何平", "", "+8613600006783")


def called(rung: Rungs, *people: Person, own: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> list[str]:
    return [person.name for person in whom_to_call(rung, people, own=own, called=before, on=TODAY)]


def test_each_rung_has_its_people_and_key_holders_go_first() -> None:
    everybody = (DAUGHTER, NEIGHBOUR, WORKER)
    assert called(Rungs.KEY_HOLDERS, *everybody) == ["陈秀珍"]
    assert called(Rungs.CONTACTS, *everybody) == ["陈秀珍", "刘敏"]
    assert called(Rungs.CONTACTS, *everybody, before=(NEIGHBOUR.number,)) == ["刘敏"]
    assert called(Rungs.GRID_WORKER, *everybody) == ["何平"]
    assert called(Rungs.OUTSIDE, *everybody) == []


def test_one_number_is_one_call_and_hers_is_none() -> None:
    same = Person(Who.CONTACT, "刘敏的丈夫", "女婿", DAUGHTER.number)
    assert called(Rungs.CONTACTS, DAUGHTER, same, NEIGHBOUR, own=(NEIGHBOUR.number,)) == ["刘敏"]
    as_worker = Person(Who.GRID_WORKER, "刘敏", "", DAUGHTER.number)
    assert called(Rungs.GRID_WORKER, as_worker, before=(DAUGHTER.number,)) == []


@pytest.mark.parametrize(
    "first,last,there",
    [(None, None, True), (TODAY, TODAY, True), (TODAY + timedelta(1), None, False), (None, TODAY - timedelta(1), False)],
)
def test_nobody_outside_of_her_dates(first: date | None, last: date | None, there: bool) -> None:
    one = Person(Who.CONTACT, "李姐", "保姆", "+8613911112222", valid_from=first, valid_to=last)
    assert called(Rungs.CONTACTS, one) == (["李姐"] if there else [])


def test_how_long_a_rung_lasts() -> None:
    assert rung_lasts(Rung(who=Rungs.CONTACTS, wait_s=30), 4) == timedelta(seconds=30)
    assert rung_lasts(Rung(who=Rungs.CONTACTS, how=Order.IN_ORDER, wait_s=30), 4) == timedelta(seconds=120)
    in_all = sum((rung_lasts(rung, 3) for rung in DEFAULT), timedelta())
    assert in_all == timedelta(minutes=2), "outside help within two minutes (rules.md, E0)"
    assert [rung.who for rung in of_next_round(DEFAULT)] == [Rungs.KEY_HOLDERS, Rungs.CONTACTS]


def test_every_protocols_ladder_can_be_called() -> None:
    for read in load(PACKAGED).read:
        rungs = [as_called(rung) for rung in read.protocol.ladder]
        assert [str(rung.who) for rung in rungs] == [str(rung.who) for rung in read.protocol.ladder]
        assert (rungs[-1].who, rungs[-1].agency != "") == (Rungs.OUTSIDE, True)


def test_a_short_talk_is_a_silent_press() -> None:
    at = datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert is_short(at, at + timedelta(seconds=4.9)) and not is_short(at, at + timedelta(seconds=5))


def test_every_end_of_a_call_is_an_end_of_the_attempt() -> None:
    assert set(NOT_REACHED) == set(How)
    assert not set(NOT_REACHED.values()) & OPEN
    for state in set(AttemptState) - OPEN:
        assert not ATTEMPT.table[state] and ATTEMPT.allows(AttemptState.CALLING, state)


@pytest.mark.parametrize("bad", [{"rungs": []}, {"rungs": [{"who": "120"}]}, {"rungs": [{"who": "contacts", "ring_s": 1}]}, {"rounds": 9}])
def test_bad_ladders_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StartLadder.model_validate(bad)
