"""When the key's own press calls for an alarm."""

from __future__ import annotations

import pytest

from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.calls.self_tests.watching import calls_for_alarm


@pytest.mark.parametrize(
    "newest_first,alarm",
    [
        ([], False),
        ([(Outcome.PASSED, "")], False),
        ([(Outcome.FAILED, "not_heard")], False),
        ([(Outcome.FAILED, "nobody_tried")], True),
        ([(Outcome.FAILED, ""), (Outcome.PASSED, "")], False),
        ([(Outcome.PASSED, ""), (Outcome.FAILED, "")], False),
        ([(Outcome.SLOW, ""), (Outcome.FAILED, "")], True),
    ],
)
def test_what_is_an_alarm(newest_first: list[tuple[Outcome, str]], alarm: bool) -> None:
    assert calls_for_alarm([SelfTest(outcome=outcome, reason=reason) for outcome, reason in newest_first]) is alarm


def test_of_two_nodes_that_are_tried_in_turn_each_counts_for_itself() -> None:
    tests = [SelfTest(pbx=pbx, outcome=outcome, reason="") for pbx, outcome in (("a", Outcome.FAILED), ("b", Outcome.PASSED)) for _ in "12"]
    in_turn = [tests[0], tests[2], tests[1], tests[3]]
    assert calls_for_alarm(in_turn), "a has failed twice, whatever b did between"
    assert not calls_for_alarm(in_turn[1:]) and not calls_for_alarm(in_turn[:2])
