"""The walk, the choice, the replay, the command: pure, or on files alone."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from callcenter.commands.protocols import command
from callcenter.elders.models import Ability, Hearing, Living
from callcenter.emergency.protocols import library
from callcenter.emergency.protocols.choosing import Traits, choose
from callcenter.emergency.protocols.graph import ways
from callcenter.emergency.protocols.reading import Read, read_text
from callcenter.emergency.protocols.replay import Verdict, Was, replay
from callcenter.emergency.protocols.rules import (
    DONE,
    Due,
    Given,
    NoSuchAnswer,
    NotOnTheWay,
    Standing,
    known_before,
    next_step,
    walk,
    why_not_outside,
)
from callcenter.emergency.protocols.schema import Protocol, Step
from callcenter.emergency.states import EmergencyKind

PACKAGED = {one.code: one for one in library.load(library.PACKAGED).protocols}
FALL = PACKAGED["fall"]
HER = Traits(uuid.UUID(int=7), "XF-0007", Living.ALONE, Ability.MODERATE, Hearing.HARD, ("高龄", "低保"), True)


# --- the walk --------------------------------------------------------------------------------------------------------------------------


def answers(*said: str) -> list[Given]:
    """In the order of the way, from its first step; `-` skips."""
    found: list[Given] = []
    for word in said:
        current = walk(FALL, found).current
        assert current is not None
        found.append(Given(current.code, "", skipped=True) if word == "-" else Given(current.code, word))
    return found


def test_what_stands_and_what_runs() -> None:
    seen = walk(FALL, answers("clear", "-"))
    found = {one.step.code: (one.standing, one.answer) for one in seen.seen}
    assert found["conscious"] == (Standing.DONE, "clear")
    assert found["memory"] == (Standing.SKIPPED, "")
    assert (seen.current.code if seen.current else "", seen.due) == ("call_120", (Due("call_120", 20),))
    assert found["stroke"] == (Standing.OFF_PATH, ""), "who skips it counts as having hit her head"
    assert found["watch"] == (Standing.PENDING, "")
    assert [step.code for step in seen.way] == ["conscious", "memory"]
    with pytest.raises(AttributeError):
        seen.current = None  # type: ignore[misc]


def test_a_step_that_comes_again_counts_its_last_time() -> None:
    way = answers("none", "done", "awake", "done", "done", "open", "going", "same", "-", "same")
    watch = next(one for one in walk(FALL, way).seen if one.step.code == "watch")
    assert (watch.standing, watch.times) == (Standing.CURRENT, 3)


def test_answers_to_another_protocol_are_told_apart() -> None:
    with pytest.raises(NotOnTheWay, match="step 1 was memory, but conscious was to come"):
        walk(FALL, [Given("memory", "fine")])
    with pytest.raises(NoSuchAnswer, match="conscious has no answer maybe"):
        walk(FALL, [Given("conscious", "maybe")])
    ended = answers("clear", "fine", "fine", "fine", "none", "helper", "done", "ok", "done", "done")
    assert walk(FALL, ended).current is None
    with pytest.raises(NotOnTheWay, match="nothing was to come"):
        walk(FALL, [*ended, Given("watch", "same")])


def test_why_nobody_was_called_is_known() -> None:
    risen = FALL.step("risen")
    assert risen is not None
    assert why_not_outside(risen, answer="ok").startswith("清醒，没碰头")
    assert why_not_outside(risen, answer="dizzy") == ""
    down = FALL.step("stay_down")
    assert down is not None and "只是起不来" in why_not_outside(down, answer=DONE)


def test_only_what_is_asked_once_is_taken_over() -> None:
    door, speak = PACKAGED["breathing"].step("door"), PACKAGED["breathing"].step("speak")
    assert door is not None and speak is not None
    before = {"door": Given("door", "key"), "speak": Given("speak", "none")}
    assert known_before(door, before) == Given("door", "key")
    assert known_before(speak, before) is None, "how she is changes"
    assert known_before(door, {"door": Given("door", "", skipped=True)}) is None
    assert known_before(door, {"door": Given("door", "ajar")}) is None


@settings(max_examples=300, deadline=None)
@for_all(st.sampled_from(sorted(PACKAGED)), st.randoms(use_true_random=False))
def test_any_person_who_answers_comes_to_an_end_or_goes_round_by_her_own_answer(code: str, chance: object) -> None:
    """A walk by chance: every step is one of the file's, the standings are whole, and it ends, or the same question is answered again and again."""
    protocol = PACKAGED[code]
    choice = chance.choice  # type: ignore[attr-defined]
    so_far: list[Given] = []
    for _ in range(400):
        seen = walk(protocol, so_far)
        assert [one.step for one in seen.seen] == list(protocol.steps)
        assert sum(one.standing is Standing.CURRENT for one in seen.seen) == (seen.current is not None)
        assert [step.code for step in seen.way] == [one.step for one in so_far]
        if seen.current is None:
            assert seen.way[-1].ends and not [one for one in seen.seen if one.standing is Standing.PENDING]
            return
        step = seen.current
        options = [Given(step.code, answer.code) for answer in step.answers] or [Given(step.code)]
        so_far.append(choice([*options, Given(step.code, "", skipped=True)]))
        after = next_step(protocol, step, answer=so_far[-1].answer, skipped=so_far[-1].skipped)
        assert after is None or after.code in {target for target, _ in ways(step)}
    last = [one.step for one in so_far[-40:]]
    assert any(protocol.step(name).answers for name in last if protocol.step(name)), "round and round without a person"  # type: ignore[union-attr]


# --- the choice ------------------------------------------------------------------------------------------------------------------------


def fall_for(code: str, whom: object, kind: str = "fall") -> Protocol:
    return Protocol.model_validate({**FALL.model_dump(mode="json", by_alias=True), "code": code, "for": whom, "kind": kind})


def chosen(*protocols: Protocol, elder: Traits | None = HER) -> str:
    found = choose([FALL, *protocols], EmergencyKind.FALL, elder)
    return found.code if found else ""


def test_own_over_group_over_default() -> None:
    group = fall_for("a_group", {"group": {"living": ["alone"]}})
    own = fall_for("her_own", {"elder": "XF-0007"})
    assert chosen() == "fall"
    assert chosen(group) == "a_group"
    assert chosen(group, own) == "her_own"
    assert chosen(group, own, elder=None) == "fall", "nobody knows yet who she is"


def test_the_nearer_group_and_then_the_alphabet() -> None:
    wide = fall_for("a_wide", {"group": {"living": ["alone", "empty_nest"]}})
    near = fall_for("z_near", {"group": {"living": ["alone"], "hearing": ["hard"], "wandering": True}})
    twin = fall_for("b_wide", {"group": {"category": ["特困", "低保"]}})
    assert chosen(wide, near) == "z_near"
    assert chosen(twin, wide) == chosen(wide, twin) == "a_wide"


def test_her_id_is_nearer_than_her_card() -> None:
    by_card, by_id = fall_for("a_card", {"elder": "XF-0007"}), fall_for("b_id", {"elder": str(HER.id)})
    assert chosen(by_card, by_id) == "b_id"
    assert chosen(fall_for("x", {"elder": "XF-0008"})) == "fall"


@pytest.mark.parametrize(
    "group",
    [
        {"living": ["with_family"]},
        {"ability": ["severe", "complete_loss"]},
        {"hearing": ["aid"]},
        {"category": ["特困"]},
        {"wandering": False},
    ],
)
def test_who_is_not_of_the_group_gets_another(group: dict[str, object]) -> None:
    assert chosen(fall_for("a_group", {"group": group})) == "fall"


def test_another_kind_is_no_choice() -> None:
    assert chosen(fall_for("her_own", {"elder": "XF-0007"}, kind="lost")) == "fall"
    assert choose([FALL], EmergencyKind.FIRE, HER) is None


# --- the replay ------------------------------------------------------------------------------------------------------------------------


def walked(*said: str, seconds: float = 5) -> list[Was]:
    given = answers(*said)
    found = []
    for i, one in enumerate(given):
        step = FALL.step(one.step)
        assert step is not None
        after = walk(FALL, given[: i + 1]).current
        found.append(Was(step, one.answer, one.skipped, seconds, after.code if after else ""))
    return found


def changed(code: str, **fields: object) -> Protocol:
    steps: list[Step] = [step.model_copy(update=fields) if step.code == code else step for step in FALL.steps]
    return FALL.model_copy(update={"steps": tuple(steps), "version": 2})


def verdicts(done: list[Was], protocol: Protocol, *, ended: bool = False) -> dict[str, tuple[Verdict, ...]]:
    return {row.code: row.verdicts for row in replay(done, protocol, ended=ended).rows}


def test_the_same_version_is_the_same() -> None:
    done = walked("clear", "-", "done", "awake", "done")
    found = replay(done, FALL, ended=False)
    assert [row.verdicts for row in found.rows] == [(Verdict.SAME,)] * 5 and found.stopped_at == ""


def test_other_deadlines_and_words_are_told_and_what_would_have_been_late() -> None:
    done = walked("clear", "head", seconds=15)
    assert verdicts(done, changed("memory", within=30))["memory"] == (Verdict.DEADLINE,)
    assert verdicts(done, changed("memory", within=10))["memory"] == (Verdict.DEADLINE, Verdict.TOO_LATE)
    asked = FALL.steps[0].ask
    assert asked is not None
    assert verdicts(done, changed("conscious", ask=asked.model_copy(update={"zh": "听得见吗？"})))["conscious"] == (Verdict.WORDS,)


def test_a_question_that_nobody_asked_stops_it_and_what_hangs_on_it_is_open() -> None:
    memory = FALL.step("memory")
    assert memory is not None
    elsewhere = tuple(one.model_copy(update={"to": "where"}) if one.code == "head" else one for one in memory.answers)
    found = replay(walked("clear", "head", "done", "awake"), changed("memory", answers=elsewhere), ended=False)
    assert [(row.code, row.verdicts) for row in found.rows] == [
        ("conscious", (Verdict.SAME,)),
        ("memory", (Verdict.GOES_ELSEWHERE,)),
        ("where", (Verdict.NEW,)),
        ("call_120", (Verdict.OPEN,)),
        ("state", (Verdict.OPEN,)),
    ]
    assert found.stopped_at == "where"


def test_an_answer_that_is_none_any_more_stops_it_too() -> None:
    memory = FALL.step("memory")
    assert memory is not None
    fewer = tuple(one for one in memory.answers if one.code != "head")
    found = replay(walked("clear", "head"), changed("memory", answers=fewer, if_skipped="blank"), ended=False)
    assert found.stopped_at == "memory" and found.rows[-1].would is not None and found.rows[-1].would.answer == ""


def test_what_would_not_have_come_is_missing_and_an_act_counts_as_done() -> None:
    still = changed("call_120", to="hand_over_120")
    found = verdicts(walked("none", "done", "awake", "done", "done", "open"), still)
    assert found["state"] == found["still"] == (Verdict.MISSING,)
    assert found["hand_over_120"] == (Verdict.SAME,)


# --- the command -----------------------------------------------------------------------------------------------------------------------


def test_check_says_what_is_wrong_by_line_with_a_code(tmp_path: Path) -> None:
    fine = CliRunner().invoke(command, ["check"])
    assert (fine.exit_code, fine.output) == (0, f"{len(PACKAGED)} protocols may be used, 0 faults\n")
    words = (library.PACKAGED / "fall.yaml").read_text(encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(words.replace("within: 20", "within: soon", 1), encoding="utf-8")
    line = 1 + words[: words.index("within: 20")].count("\n")
    bad = CliRunner().invoke(command, ["check", str(tmp_path)])
    assert bad.exit_code == 1
    assert f"{tmp_path}/ours.yaml:{line}: step 1: within: a whole number is wanted" in bad.output
    assert "0 protocols may be used, 1 faults" in bad.output
    nowhere = CliRunner().invoke(command, ["check", str(tmp_path / "none")])
    assert nowhere.exit_code == 2


def test_list_shows_what_is_in_force() -> None:
    told = CliRunner().invoke(command, ["list"])
    assert told.exit_code == 0
    assert "fall\t1\tfall\t跌倒\teverybody\t26\t(packaged) fall.yaml" in told.output.splitlines()


def test_replay_with_a_file_that_is_none_looks_at_no_case(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("code: x\n", encoding="utf-8")
    told = CliRunner().invoke(command, ["replay", "261126-1001", "--with", str(tmp_path / "bad.yaml")])
    assert told.exit_code == 1 and "version is missing" in told.output


def test_a_protocol_s_content_reads_back_as_it_was() -> None:
    for one in library.load(library.PACKAGED).read:
        assert Protocol.model_validate(one.content) == one.protocol
    again = read_text((library.PACKAGED / "fall.yaml").read_text(encoding="utf-8"), Path("fall.yaml"))
    assert isinstance(again, Read) and again.protocol == FALL
