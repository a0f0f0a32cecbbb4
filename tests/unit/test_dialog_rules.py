"""Listening to keys, and what can be spoken: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import prompts
from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.listening import MOST_REPEATS, Listening, Now
from callcenter.calls.dialogs.protocol import Step, Then
from callcenter.calls.dialogs.states import DIALOG, OPEN, STATE_OF, DialogState, How

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def listening(**step: object) -> Listening:
    return Listening(Step(say=("x",), **step), first_key=10, next_key=5)  # type: ignore[arg-type]


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_one_key_answers_at_once_also_in_mid_sentence() -> None:
    it = listening(allowed="12")
    assert it.key("1", NOON) == Now.ANSWER and it.entered == "1"
    assert it.key("2", NOON) == Now.NOTHING, "answered: what comes now is too late"
    assert it.spoken(NOON) == Now.NOTHING and it.tick(after(60)) == Now.NOTHING


def test_a_key_for_a_person_is_not_lost_while_the_handler_is_asked() -> None:
    it = listening(allowed="149", meanwhile="9")
    assert it.key("4", NOON) == Now.ANSWER and it.kept == ""
    assert [it.key(key, NOON) for key in "19*1"] == [Now.NOTHING] * 4
    assert (it.entered, it.kept) == ("4", "9")
    following = listening(allowed="149", meanwhile="9")
    assert following.key(it.kept, NOON) == Now.ANSWER and following.entered == "9"
    ending = listening(then=Then.HANG_UP)
    assert ending.key("9", NOON) == Now.NOTHING, "what ends is said to its end"


def test_said_twice_then_it_is_silence() -> None:
    it = listening()
    assert it.tick(after(100)) == Now.NOTHING, "the sentence is not over"
    assert it.spoken(NOON) == Now.NOTHING
    assert it.tick(after(9.9)) == Now.NOTHING
    assert it.tick(after(10)) == Now.SAY_AGAIN
    assert it.spoken(after(14)) == Now.NOTHING
    assert it.tick(after(23.9)) == Now.NOTHING
    assert it.tick(after(24)) == Now.SILENCE


@pytest.mark.parametrize(("pressed", "entered"), [("2468#", "2468"), ("246810", "246810"), ("13*2468#", "2468")])
def test_a_code_ends_with_the_hash_or_when_it_is_full(pressed: str, entered: str) -> None:
    it = listening(keys=6)
    said = [it.key(key, NOON) for key in pressed]
    assert said[-1] == Now.ANSWER and it.entered == entered
    assert Now.ANSWER not in said[:-1]


def test_a_code_without_the_hash_ends_with_a_pause() -> None:
    it = listening(keys=6)
    it.spoken(NOON)
    assert [it.key(key, after(1)) for key in "246"] == [Now.BEEP] * 3
    assert it.tick(after(5.9)) == Now.NOTHING and it.tick(after(6)) == Now.ANSWER
    assert it.entered == "246"


def test_a_key_that_answers_by_itself_only_when_it_is_the_first() -> None:
    assert listening(keys=6, at_once="0").key("0", NOON) == Now.ANSWER
    it = listening(keys=6, at_once="0")
    assert [it.key("1", NOON), it.key("0", NOON)] == [Now.BEEP, Now.BEEP]


def test_wrong_keys_hear_it_again_and_the_third_is_silence() -> None:
    it = listening(allowed="12")
    assert [it.key(key, NOON) for key in "93#"] == [Now.WRONG, Now.WRONG, Now.SILENCE]


def test_again_as_often_as_one_likes_within_reason() -> None:
    it = listening()
    assert {it.key("*", NOON) for _ in range(MOST_REPEATS)} == {Now.SAY_AGAIN}
    assert it.key("*", NOON) == Now.SILENCE


@pytest.mark.parametrize("then", [Then.HANG_UP, Then.TO_AGENT])
def test_a_last_word_hears_no_key(then: Then) -> None:
    it = listening(then=then)
    assert it.key("1", NOON) == Now.NOTHING and it.spoken(NOON) == Now.FINISH and it.spoken(NOON) == Now.NOTHING


def test_a_step_survives_its_row() -> None:
    step = Step(say=("a", "b"), then=Then.HANG_UP, keys=4, outcome="done", error=True)
    assert Step.of(step.row()) == step


def test_every_end_is_a_state_that_stays() -> None:
    assert set(STATE_OF) == set(How)
    assert not any(DIALOG.table[state] for state in STATE_OF.values())
    assert set(STATE_OF.values()) | OPEN == set(DialogState)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (0, "number_0"), (42, "number_42"), (100, "number_1 hundred"), (105, "number_1 hundred number_0 number_5"),
        (112, "number_1 hundred number_1 number_12"), (1050, "number_1 thousand number_0 number_50"), (2300, "number_2 thousand number_3 hundred"),
        (10_000, "number_1 ten_thousand"), (10_012, "number_1 ten_thousand number_0 number_1 number_12"),
        (120_500, "number_12 ten_thousand number_0 number_5 hundred"),
        (105_000, "number_10 ten_thousand number_5 thousand"), (100_000_000, ""), (-1, ""),
    ],
)  # fmt: skip
def test_numbers(value: int, names: str) -> None:
    assert speech.number(value) == tuple(names.split())


def test_hours_days_money_codes() -> None:
    assert speech.hour(time(15, 22)) == ("afternoon", "hour_3", "minute_20")
    assert speech.hour(time(12, 0)) == ("noon", "hour_12")
    assert speech.day(date(2026, 3, 3), date(2026, 3, 2)) == ("tomorrow",)
    assert speech.day(date(2026, 12, 31), date(2026, 3, 2)) == ("month_12", "day_31")
    assert speech.hour(time(5, 59)) == ("small_hours", "hour_5", "minute_55")
    assert speech.day(date(2026, 3, 1), date(2026, 3, 2)) == ("yesterday",)
    assert speech.digits("102") == ("digit_1", "digit_0", "digit_2")


@pytest.mark.parametrize(
    ("cents", "said"),
    [
        (8000, "八十元"), (1250, "十二元五角"), (1205, "十二元零五分"), (1255, "十二元五角五分"), (50, "五角"), (5, "五分"), (55, "五角五分"), (0, "零元"),
        (123_456_78, "十二万三千四百五十六元七角八分"), (-1, ""), (10_000_000_000, ""),
    ],
)  # fmt: skip
def test_money_as_it_is_said(cents: int, said: str) -> None:
    assert speech.words_of(speech.yuan(cents)) == said


def value_of(said: str) -> int:
    """The number that somebody who hears it understands."""
    total = part = digit = 0
    for letter in said:
        if letter in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(letter)
        elif letter == "万":
            total, part, digit = (part + digit) * 10_000, 0, 0
        else:
            part, digit = part + (digit or 1) * {"十": 10, "百": 100, "千": 1000}[letter], 0
    return total + part + digit


@given(value=st.integers(0, speech.MOST))
def test_who_hears_a_number_understands_it(value: int) -> None:
    assert value_of(speech.words_of(speech.number(value))) == value


@given(cents=st.integers(0, speech.MOST * 100 + 99))
def test_who_hears_an_amount_understands_it(cents: int) -> None:
    said = speech.words_of(speech.yuan(cents))
    whole, yuan, rest = said.rpartition("元")
    jiao, has_jiao, fen = rest.rpartition("角")
    assert value_of(whole) * 100 + value_of(jiao) * 10 + value_of(fen.rstrip("分")) == cents
    assert "零零" not in said and not said.endswith("零") and (yuan or has_jiao or fen)


@given(at=st.times(), now=st.dates(date(2026, 1, 1), date(2027, 1, 1)), days=st.integers(-30, 400))
def test_a_moment_is_understood(at: time, now: date, days: int) -> None:
    names = speech.moment(datetime.combine(now + timedelta(days=days), at, UTC), datetime.combine(now, time(12), UTC))
    assert set(speech.sayable(names)) == set(names)
    *_, hour = (name for name in names if name.startswith("hour_"))
    shown = int(hour.removeprefix("hour_"))
    assert {"small_hours", "morning", "noon", "afternoon", "evening"} & set(names)
    assert shown == (at.hour if at.hour <= 12 else at.hour - 12)


def test_all_that_can_be_put_together_is_recorded() -> None:
    names = {name for n in [*range(20_000), speech.MOST] for name in speech.number(n)}
    names |= {name for cents in range(2_000) for name in speech.yuan(cents)}
    names |= {name for h in range(24) for m in range(60) for name in speech.hour(time(h, m))}
    names |= {name for n in range(366) for name in speech.day(date(2028, 1, 1) + timedelta(days=n), date(2027, 1, 1))}
    names |= {"today", "tomorrow", "day_after_tomorrow", "yuan", *speech.digits("0123456789"), speech.BEEP, speech.ERROR_TONE}
    assert set(speech.sayable(sorted(names))) == names
    assert speech.service("ZL01") == ("item_ZL01",) and speech.service("XX99") == ()
    assert len(speech.text("施营社区")) == 1 and speech.text("没有录过的话") == ()
    assert speech.seconds(("beep", "job_greeting")) == pytest.approx(0.2 + prompts.lengths()["job_greeting"])
