"""What a protocol's answers tell a crew, said by each answer in its file."""

from __future__ import annotations

import pytest

from callcenter.emergency.outside.packet import ANSWERS
from callcenter.emergency.protocols import library
from callcenter.emergency.protocols.condition import condition

PROTOCOLS = {one.code: one for one in library.load(library.PACKAGED).protocols}


def test_they_tell_what_a_packet_has_a_place_for() -> None:
    told = {name for p in PROTOCOLS.values() for step in p.steps for answer in step.answers for name in answer.tells}
    assert told == set(ANSWERS)


@pytest.mark.parametrize(
    "given,told",
    [
        ([], {}),
        ([("fall", "where", "hurts")], {}),
        ([("fall", "conscious", "clear")], {"conscious": "yes", "breathing": "yes"}),
        (
            [("fall", "conscious", "clear"), ("fall", "state", "helper"), ("breathing", "look", "none")],
            {"conscious": "no", "breathing": "no"},
        ),
        ([("breathing", "look", "none"), ("breathing", "cpr_watch", "back")], {"conscious": "yes", "breathing": "yes"}),
        ([("fall", "watch", "same"), ("fall", "watch", "worse")], {"conscious": "unknown", "breathing": "unknown"}),
    ],
)
def test_the_last_word_counts(given: list[tuple[str, str, str]], told: dict[str, str]) -> None:
    steps = [(step, answer) for code, name, answer in given if (step := PROTOCOLS[code].step(name)) is not None]
    assert len(steps) == len(given) and condition(steps) == told
