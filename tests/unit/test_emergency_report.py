"""Spans from the press; who stands on the sheet of risks; words on paper are those of the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.elders.models import Ability, Living, Presence
from callcenter.elders.schemas import Health
from callcenter.reports.emergencies import words
from callcenter.reports.emergencies.pdf import _seconds
from callcenter.reports.emergencies.rules import Marks, Span, spans
from callcenter.reports.risk_sheet.rules import Why, reasons

PRESSED = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
WEB = Path(__file__).parents[2] / "agents_ui" / "src" / "i18n"


def after(seconds: float) -> datetime:
    return PRESSED + timedelta(seconds=seconds)


def test_the_first_that_came_counts_and_nothing_of_before() -> None:
    took = spans(PRESSED, Marks(answered=[after(30), after(7.5), after(-60)], outside=[None, after(121)], taker=[], door=[after(900)]))
    assert [(one.span, one.seconds, one.met) for one in took] == [
        (Span.ANSWERED, 7.5, True),
        (Span.OUTSIDE, 121.0, False),
        (Span.TAKER, None, None),
        (Span.DOOR, 900.0, True),
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 s"), (7.34, "7.3 s"), (-12, "-12.0 s"), (60, "1:00"), (125.9, "2:05"), (-90, "-1:30"), (3725, "1:02:05")]
)
def test_seconds_as_people_read_them(seconds: float, text: str) -> None:
    assert _seconds(seconds) == text


def test_the_timeline_on_paper_has_the_words_of_the_console() -> None:
    told: dict[str, str] = {}
    for file, begin in (("zh-words.ts", "  entry: {"), ("pages/emergency.ts", "const entry = {")):
        text = (WEB / file).read_text(encoding="utf-8")
        block = text[text.index(begin) :]
        block = block[: block.index("\n  }," if begin.startswith(" ") else "\n};")]
        told |= {key: value for key, _, value in re.findall(r"^\s+(\w+):\s+(['\"])(.*)\2,$", block, flags=re.MULTILINE)}
    assert {kind: word.zh for kind, word in words.ENTRIES.items()}.items() <= told.items()  # a kind that is new stands there by its code


def given(**more: object) -> list[Why]:
    facts: dict[str, object] = {
        "risk": 0, "living": Living.WITH_FAMILY, "ability": Ability.INTACT, "wandering": False, "presence": Presence.HOME, "health": None,
    }  # fmt: skip
    return reasons(**(facts | more))  # type: ignore[arg-type]


def test_who_stands_on_the_sheet_and_why() -> None:
    assert given() == []
    assert given(risk=3) == [Why.HIGH_RISK]
    assert given(living=Living.ALONE, risk=1) == [] and given(living=Living.ALONE, risk=2) == [Why.ALONE]
    assert given(ability=Ability.COMPLETE_LOSS, wandering=True) == [Why.WANDERING, Why.SEVERE]
    assert given(health=Health(medication=["家庭氧疗 每日15小时"])) == [Why.MACHINE]
    assert given(health=Health(notes="每周三次透析"), risk=3) == [Why.MACHINE, Why.HIGH_RISK]
    assert given(risk=3, presence=Presence.IN_HOSPITAL) == [] and given(risk=3, presence=Presence.AWAY) == []
