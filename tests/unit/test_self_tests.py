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
