"""The protocols that come with the program: nothing wrong, every way ends, life comes first; and what a bad file is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.calls.defaults import OUTCOMES
from callcenter.emergency.outside.states import EMERGENCY_AGENCIES, Agency
from callcenter.emergency.protocols import library
from callcenter.emergency.protocols.choosing import choose
from callcenter.emergency.protocols.graph import ways
from callcenter.emergency.protocols.reading import Problem, Read, content_of, digest, read_file, read_text
from callcenter.emergency.protocols.rules import DONE, Given, Standing, walk
from callcenter.emergency.protocols.schema import Act, Protocol, Step
from callcenter.emergency.states import EmergencyKind

LIBRARY = library.load(library.PACKAGED)
BY_KIND = {one.kind: one for one in LIBRARY.protocols if one.whom == "default"}
MOST_TIMES = 2  # a way goes round a circle once and comes out


def all_ways(protocol: Protocol) -> Iterator[list[Given]]:
    """Every way from the first step to an end, by every answer and by skipping, no answer given more than twice."""

    def go(so_far: list[Given]) -> Iterator[list[Given]]:
        current = walk(protocol, so_far).current
        if current is None:
            yield so_far
            return
        for choice in [Given(current.code, answer.code) for answer in current.answers] or [Given(current.code)]:
            if so_far.count(choice) < MOST_TIMES - 1:
                yield from go([*so_far, choice])

    yield from go([])


def test_nothing_is_wrong_with_them_and_every_kind_has_one() -> None:
    assert LIBRARY.problems == ()
    assert set(BY_KIND) == set(EmergencyKind)


@pytest.mark.parametrize("protocol", LIBRARY.protocols, ids=lambda one: str(one.code))
def test_every_step_is_on_a_way_that_ends(protocol: Protocol) -> None:
    """From each step, by whatever answers, an end can be reached; and the walk says so of every step."""
    targets: dict[str, set[str]] = {step.code: {target for target, _ in ways(step)} for step in protocol.steps}
    ends = {step.code for step in protocol.steps if step.ends}
    while True:
        more = {code for code, to in targets.items() if to & ends} - ends
        if not more:
            break
        ends |= more
    assert ends == set(targets)


@pytest.mark.parametrize("protocol", LIBRARY.protocols, ids=lambda one: str(one.code))
def test_every_end_is_an_act_and_skipping_everything_comes_to_one_or_waits_for_a_person(protocol: Protocol) -> None:
    given: list[Given] = []
    seen: set[str] = set()
    while (current := walk(protocol, given).current) is not None:
        if current.code in seen:
            assert current.answers, "who skips it goes round, and each time somebody decides"
            return
        seen.add(current.code)
        given.append(Given(current.code, "", skipped=True))
    assert protocol.step(given[-1].step).act is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["fault", "false_alarm", "intruder", "chest_pain"])
def test_every_way_by_every_answer_ends(kind: str) -> None:
    ways_to_end = 0
    for given in all_ways(BY_KIND[EmergencyKind(kind)]):
        final = walk(BY_KIND[EmergencyKind(kind)], given)
        assert final.current is None and final.due == ()
        assert final.way[-1].ends
        ways_to_end += 1
        if ways_to_end == 3000:
            break
    assert ways_to_end > 5


# who answers what in the worst case → seconds until outside help, counted by the deadlines; E0: linked within 2 minutes
WORST = {
    "fall": ["none"],
    "chest_pain": ["hurts"],
    "breathing": ["none"],
    "bleeding": ["heavy"],
    "fire": ["fire", "blocked"],
    "intruder": ["inside"],
    "mental": ["doing", "yes"],
    "silent": ["moans"],
    "unknown": ["moans"],
}


@pytest.mark.parametrize(("kind", "answers"), WORST.items(), ids=WORST)
def test_help_is_called_within_two_minutes_even_when_every_step_takes_its_whole_time(kind: str, answers: list[str]) -> None:
    protocol, left, seconds = BY_KIND[EmergencyKind(kind)], list(answers), 0
    given: list[Given] = []
    while True:
        current = walk(protocol, given).current
        assert current is not None
        seconds += current.within
        if current.act is Act.CALL_OUTSIDE and current.agency in EMERGENCY_AGENCIES:
            break
        given.append(Given(current.code, left.pop(0) if current.answers else DONE))
    assert seconds <= 120 and not left


def test_what_they_say_is_what_the_house_knows() -> None:
    outcomes = {code for code, _, _ in OUTCOMES}
    items = set(
        re.findall(
            r"^([A-Z]{2}\d{2}),", (library.PACKAGED.parents[2] / "catalog" / "data" / "catalog.csv").read_text(encoding="utf-8"), re.M
        )
    )
    steps = [step for protocol in LIBRARY.protocols for step in protocol.steps]
    assert {step.outcome for step in steps if step.outcome} <= outcomes
    assert {step.item for step in steps if step.item} <= items


def test_nobody_of_hers_is_sent_to_an_intruder_before_the_police_are_there() -> None:
    protocol = BY_KIND[EmergencyKind.INTRUDER]
    assert [rung.agency for rung in protocol.ladder] == [Agency.POLICE]
    for given in all_ways(protocol):
        codes = [step.code for step in walk(protocol, given).way]
        if "contacts" in codes:
            assert codes.index("contacts") > codes.index("after")
        assert not any(step.act is Act.DOOR_CHECK for step in protocol.steps)


def test_a_question_is_short_enough_to_be_read_aloud() -> None:
    longest = max((step for p in LIBRARY.protocols for step in p.steps if step.ask), key=lambda step: len(step.ask.zh if step.ask else ""))
    assert len(longest.ask.zh if longest.ask else "") <= 40
    spoken = [t for p in LIBRARY.protocols for s in p.steps for t in (s.ask, s.info, s.say) if t is not None]
    assert not [t.zh for t in spoken if re.search(r"[,?!;]", t.zh)], "Chinese has its own punctuation"


def test_changed_words_are_a_new_version() -> None:
    """Who edits a file raises its version; then the line here is changed with it."""
    known = {
        line.split()[0]: (int(line.split()[1]), line.split()[2])
        for line in Path(__file__).with_name("protocol_versions.txt").read_text(encoding="utf-8").splitlines()
    }
    assert {one.protocol.code: (one.protocol.version, one.sha256) for one in LIBRARY.read} == known


# --- bad files ---------------------------------------------------------------------------------------------------------------------

GOOD = """\
code: mine
version: 1
kind: fall
title: {zh: "跌倒", en: Fall}
for: default
agencies: [120]
ladder:
  - {who: key_holders, wait: 60}
  - {who: outside, agency: 120}
steps:
  - code: first
    ask: {zh: "您听得见吗？", en: "Can you hear me?"}
    within: 10
    answers:
      - {code: yes, text: {zh: "听得见", en: Yes}, to: call}
      - {code: no, text: {zh: "听不见", en: No}, to: call}
    if_skipped: no
  - {code: call, act: call_outside, agency: 120, within: 20, to: told}
  - {code: told, info: {zh: "救护车来了", en: It is coming}, within: 20, to: close}
  - {code: close, act: close, outcome: helped, within: 60}
"""


def told(text: str) -> list[str]:
    found = read_text(text, Path("mine.yaml"))
    return [str(problem) for problem in found] if isinstance(found, list) else []


def test_a_good_file_is_read_and_no_and_yes_stay_words() -> None:
    found = read_text(GOOD, Path("mine.yaml"))
    assert isinstance(found, Read)
    assert [answer.code for answer in found.protocol.steps[0].answers] == ["yes", "no"]
    assert found.protocol.agencies == (Agency.AMBULANCE,)
    again = Protocol.model_validate(content_of(found.protocol))
    assert again == found.protocol and digest(content_of(again)) == found.sha256


BAD = [
    ("version: 1", "version: 0", "mine.yaml:2: version: 0 is less than 1"),
    ("kind: fall", "kind: falls", "mine.yaml:3: kind: 'falls' is none of 'unknown', 'fall'"),
    ("kind: fall", "kind: fall\nowner: me", "mine.yaml:4: owner is not known here"),
    ("version: 1\n", "", "mine.yaml:1: version is missing"),
    ("version: 1\n", "version: 1\nversion: 2\n", "mine.yaml:3: version stands here twice"),
    ("en: Fall}", 'en: "跌"}', "mine.yaml:4: en holds Chinese"),
    ('zh: "跌倒"', "zh: Fall", "mine.yaml:4: zh holds no Chinese"),
    (", en: Fall}", "}", "mine.yaml:4: en is missing"),
    ("for: default", "for: nobody", "mine.yaml:5: for: default, {group: …} or {elder: …} is wanted"),
    ("for: default", "for: {group: {}}", "mine.yaml:5: a group that names nothing is everybody; write `for: default`"),
    ("agencies: [120]", "agencies: [911]", "mine.yaml:6: agencies: '911' is none of '120'"),
    ("agencies: [120]", "agencies: [110]", "mine.yaml:18: call calls 120, which is not among agencies"),
    ("  - {who: outside, agency: 120}\n", "", "mine.yaml:1: ladder: the last rung is outside, a task that a person clicks"),
    ("{who: outside, agency: 120}", "{who: outside}", "mine.yaml:9: the rung outside says which agency"),
    ("{who: outside, agency: 120}", "{who: outside, agency: 12345}", "mine.yaml:9: 12345 takes no emergency"),
    ("您听得见吗？", "听" * 41, "mine.yaml:11: step 1: a question has 41 characters in Chinese; at most 40"),
    ("    within: 10\n", "", "mine.yaml:11: step 1: within is missing"),
    ("    within: 10\n", "    within: 2\n", "mine.yaml:13: step 1: within: 2 is less than 5"),
    (
        "    if_skipped: no\n",
        "",
        "mine.yaml:11: step 1: if_skipped is missing: the answer that a skipped step counts as, the more careful one",
    ),
    ("if_skipped: no", "if_skipped: never", "mine.yaml:11: step 1: if_skipped: there is no answer never"),
    ('      - {code: no, text: {zh: "听不见", en: No}, to: call}\n', "", "mine.yaml:11: step 1: a question has two answers or more"),
    ("- {code: no, text", "- {code: yes, text", "mine.yaml:11: step 1: two answers are called yes"),
    ("en: No}, to: call}", "en: No}, to: nowhere}", "mine.yaml:16: first, answer no: nowhere is no step"),
    ("to: told}", "to: close}", "mine.yaml:19: no way leads to told"),
    ("to: told}", "to: call}", "mine.yaml:18: call comes back to itself without a question in between"),
    (", to: close}", "}", "mine.yaml:19: step 3: nothing comes after it: a way ends in an act, so that it is clear what is done"),
    ("code: told", "code: call", "mine.yaml:19: a second step is called call"),
    ("act: call_outside, agency: 120", "act: call_outside", "mine.yaml:18: step 2: call_outside needs agency"),
    ("act: call_outside, agency: 120", "act: dance", "mine.yaml:18: step 2: act: 'dance' is none of 'call_outside'"),
    ("act: call_outside, agency: 120", "act: call_contacts", "mine.yaml:20: a way comes to close without outside help"),
    ("outcome: helped", "outcome: helped, item: PH06", "mine.yaml:20: step 4: close has no item"),
    (
        "outcome: helped, within: 60",
        "outcome: helped, within: 60, to: told",
        "mine.yaml:20: step 4: close ends the protocol; nothing comes after it",
    ),
    ("outcome: helped", "say: {zh: 好, en: Good}", "mine.yaml:20: step 4: close needs outcome"),
    ("info: {", "info: {zh: 好, en: Good}, ask: {", "mine.yaml:19: step 3: a step is one of ask, act, info; this one is ask and info"),
    ("code: first", "code: First", "mine.yaml:11: step 1: code: 'First' is no code: small letters, digits and _"),
    ("act: close, outcome: helped", "act: change_protocol, kind: fall", "mine.yaml:20: close: it changes to fall, which it is already"),
    ("code: mine", "code: [mine", "mine.yaml:2: no YAML"),
    ("code: mine", "code: &a mine", ""),
    ("version: 1", "version: *a", "mine.yaml:2: no YAML: & and * are not read, write it out"),
    ("version: 1", "version: !!python/name:os.system x", "mine.yaml:2: tag:yaml.org,2002:python/name:os.system means nothing here"),
]


@pytest.mark.parametrize(("was", "becomes", "says"), BAD, ids=[f"{i}" for i in range(len(BAD))])
def test_what_is_wrong_is_said_by_line_and_in_plain_words(was: str, becomes: str, says: str) -> None:
    assert was in GOOD
    found = told(GOOD.replace(was, becomes, 1))
    if says:
        assert any(line.startswith(says) for line in found), found
    else:
        assert found == []


def test_the_example_of_the_manual_may_be_used() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs/protocols.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", manual, re.S)
    assert told(example) == []


def test_a_circle_without_a_way_out_is_found() -> None:
    endless = GOOD.replace("en: Yes}, to: call}", "en: Yes}, to: first}").replace("en: No}, to: call}", "en: No}, to: first}")
    assert "mine.yaml:11: from first no way comes to an end" in told(endless)


def test_a_reason_not_to_call_counts_as_help() -> None:
    without = GOOD.replace("act: call_outside, agency: 120", "act: call_contacts")
    why = ', no_outside: {zh: "人没事", en: She is well}'
    assert told(without.replace("outcome: helped", "outcome: helped" + why)) == []
    assert told(without.replace("en: Yes}, to: call", "en: Yes}, to: call" + why)) != [], "the other answer leads there without a reason"


def test_no_file_is_read_that_is_none(tmp_path: Path) -> None:
    for name, content, says in (
        ("empty.yaml", b"", "empty"),
        ("list.yaml", b"- 1\n", "a protocol is a list of names with values: code, version, kind, \xe2\x80\xa6".encode("latin-1").decode()),
        ("latin.yaml", "code: \xe9".encode("latin-1"), "not written in UTF-8"),
        ("large.yaml", b"#" * (library.PACKAGED.stat().st_size + 300_000), "larger than 256 kB; no protocol is"),
    ):
        (tmp_path / name).write_bytes(content)
        found = read_file(tmp_path / name)
        assert isinstance(found, list) and found[0].message == says
    missing = read_file(tmp_path / "none.yaml")
    assert missing == [Problem(tmp_path / "none.yaml", 0, "cannot be read: No such file or directory")]


# --- folders -----------------------------------------------------------------------------------------------------------------------


def test_a_centre_s_file_takes_the_place_of_ours_and_a_bad_one_does_not(tmp_path: Path) -> None:
    (tmp_path / "fall.yaml").write_text(GOOD, encoding="utf-8")
    found = library.load(library.PACKAGED, tmp_path)
    assert found.problems == ()
    assert found.get("fall") is None and choose(found.protocols, EmergencyKind.FALL, None).code == "mine"  # type: ignore[union-attr]
    (tmp_path / "fall.yaml").write_text(GOOD.replace("within: 10", "within: x"), encoding="utf-8")
    found = library.load(library.PACKAGED, tmp_path)
    assert [str(p) for p in found.problems] == [f"{tmp_path}/fall.yaml:13: step 1: within: a whole number is wanted"]
    assert choose(found.protocols, EmergencyKind.FALL, None).code == "fall"  # type: ignore[union-attr]


def test_files_are_held_against_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(GOOD.replace("code: mine", "code: other"), encoding="utf-8")
    messages = [str(p) for p in library.load(tmp_path).problems]
    assert messages == [
        f"{tmp_path}/b.yaml:1: {tmp_path}/a.yaml is called mine too",
        f"{tmp_path}/b.yaml:5: {tmp_path}/a.yaml is for the same people and the same kind",
        f"{tmp_path}/c.yaml:5: {tmp_path}/a.yaml is for the same people and the same kind",
    ]
    (tmp_path / "b.yaml").unlink()
    (tmp_path / "c.yaml").write_text(
        GOOD.replace("code: mine", "code: other")
        .replace("kind: fall", "kind: lost")
        .replace("code: close, act: close, outcome: helped", "code: close, act: change_protocol, kind: mental"),
        encoding="utf-8",
    )
    assert [str(p) for p in library.load(tmp_path).problems] == [f"{tmp_path}/c.yaml:20: close: there is no protocol for mental"]


def test_what_is_asked_once_is_the_same_step_everywhere() -> None:
    shapes: dict[str, set[object]] = {}
    for protocol in LIBRARY.protocols:
        for step in protocol.steps:
            if step.once:
                shapes.setdefault(step.code, set()).add(shape(step))
    assert shapes and all(len(found) == 1 for found in shapes.values())


def shape(step: Step) -> object:
    return step.act, step.agency, tuple(answer.code for answer in step.answers)


def test_a_shelf_reads_again_what_has_changed(tmp_path: Path) -> None:
    shelf = library.Shelf((tmp_path,))
    assert shelf.library().protocols == ()
    (tmp_path / "fall.yaml").write_text(GOOD, encoding="utf-8")
    first = shelf.library()
    assert [one.code for one in first.protocols] == ["mine"]
    assert shelf.library() is first
    (tmp_path / "fall.yaml").write_text(GOOD.replace("version: 1", "version: 12"), encoding="utf-8")
    assert shelf.library().protocols[0].version == 12
    assert library.Shelf((tmp_path / "none",)).library().problems[0].message.startswith("the folder cannot be read")


def test_a_step_that_was_skipped_goes_the_careful_way() -> None:
    protocol = read_text(GOOD, Path("mine.yaml"))
    assert isinstance(protocol, Read)
    found = walk(protocol.protocol, [Given("first", "", skipped=True)])
    assert [(seen.step.code, seen.standing) for seen in found.seen] == [
        ("first", Standing.SKIPPED),
        ("call", Standing.CURRENT),
        ("told", Standing.PENDING),
        ("close", Standing.PENDING),
    ]
