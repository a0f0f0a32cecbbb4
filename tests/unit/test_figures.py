"""The definitions of the figures against a day made by hand, whose results are known."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.states import CallKind
from callcenter.reports.files import harmless, percent
from callcenter.reports.rules import (
    BY_KEY,
    DEFINITIONS,
    After,
    Became,
    CallBack,
    Fate,
    Press,
    Said,
    Share,
    Talk,
    became,
    bounds_of,
    figures,
    reached_again,
    tally,
    waits,
    work_of,
)
from callcenter.reports.satisfaction.rules import DEFINITIONS as SATISFACTION

TZ = "Asia/Shanghai"
DAY = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight of 2 March there
NOW = DAY + timedelta(hours=14)
ANN, BEA = uuid.UUID(int=1), uuid.UUID(int=2)


def press(
    hours: float, kind: CallKind = CallKind.SOS, *, answered: float | None = None, gone: float | None = None, **more: object
) -> Press:
    """Received so many hours after midnight; answered or gone so many seconds later."""
    at = DAY + timedelta(hours=hours)
    after = {"answered_at": answered, "ended_at": gone if gone is not None else (answered + 60 if answered is not None else None)}
    moments = {name: at + timedelta(seconds=s) if s is not None else None for name, s in after.items()}
    return Press(uuid.uuid4(), kind, at, moments["answered_at"], moments["ended_at"], **more)  # type: ignore[arg-type]


# SOS: answered after 4, 10, 10.5, 15, 61 and (by the PBX alone) 190 s; hung up after 3 s and 30 s; one waits for 8 s.
SOS = [
    press(8, answered=4, agent_id=ANN),
    press(8.5, answered=10, agent_id=ANN),
    press(9, answered=10.5, agent_id=BEA),
    press(9, answered=15, agent_id=BEA),
    press(20, answered=61),
    press(21, answered=190, in_fallback=True),
    press(10, gone=3, reached_again_at=DAY + timedelta(hours=10, seconds=63)),  # called back 60 s after
    press(11, gone=30, reached_again_at=DAY + timedelta(hours=11, seconds=91)),  # 61 s after
    press(11.5, gone=30),  # never
    press(12, gone=30, has_number=False),
    press(14 - 8 / 3600),  # waits
]
# Service: answered after 12, 15 and 16 s; hung up after 4.9 s and 5 s; one has waited for 20 s.
SERVICE = [
    press(8, CallKind.SERVICE, answered=12, agent_id=ANN),
    press(8, CallKind.SERVICE, answered=15, agent_id=ANN),
    press(8, CallKind.SERVICE, answered=16, agent_id=BEA),
    press(13, CallKind.SERVICE, gone=4.9),
    press(13, CallKind.SERVICE, gone=5),
    press(14 - 20 / 3600, CallKind.SERVICE),
]
MADE = [*SOS, *SERVICE]


@pytest.mark.parametrize(
    "key,n,of,excluded,met",
    [
        # 6 answered, 3 gone after 30 s; the one of 3 s is apart, the one that waits is not yet late
        ("sos_10", 2, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_15", 4, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_60", 4, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_nfpa_10", 2, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_tsa_60", 4, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_tsa_180", 5, 9, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
        ("sos_called_back_60", 1, 3, {Fate.NO_NUMBER: 1}, False),
        # the one that has waited for 20 s is late for 10 and 15 s, not for 60 s
        ("service_10", 0, 5, {Fate.SHORT_HANG_UP: 1}, None),
        ("service_15", 2, 5, {Fate.SHORT_HANG_UP: 1}, False),
        ("service_60", 3, 4, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, None),
        ("service_connected", 3, 4, {Fate.SHORT_HANG_UP: 1, Fate.STILL_WAITING: 1}, False),
    ],
)
def test_the_day_made_by_hand(key: str, n: int, of: int, excluded: dict[Fate, int], met: bool | None) -> None:
    found = {figure.definition.key: figure for figure in figures(MADE, NOW, TZ, {})}[key]
    assert (found.share, dict(found.excluded), found.is_met) == (Share(n, of), excluded, met)


def test_hours_are_those_of_the_people_served_and_make_up_the_day() -> None:
    found = {figure.definition.key: figure for figure in figures(MADE, NOW, TZ, {})}["sos_15"]
    assert {hour: (s.n, s.of) for hour, s in enumerate(found.hours) if s.of} == {
        8: (2, 2),
        9: (2, 2),
        11: (0, 2),
        12: (0, 1),
        20: (0, 1),
        21: (0, 1),
    }
    assert sum(s.n for s in found.hours) == found.share.n and sum(s.of for s in found.hours) == found.share.of


def test_what_was_not_measured_is_neither_good_nor_bad() -> None:
    for figure in figures([], NOW, TZ, {}):
        assert (figure.share.value, figure.is_met) == (None, None)


def test_the_centres_own_target_counts_where_it_has_one_and_a_standards_does_not_move() -> None:
    found = {f.definition.key: f for f in figures(SOS, NOW, TZ, {"target_sos_10": 0.2, "target_service_15": 0.5})}
    assert (found["sos_10"].target, found["sos_10"].is_met) == (0.2, True)
    assert found["sos_nfpa_10"].target == 0.90 and found["service_connected"].target == 0.95


def test_nothing_is_hidden() -> None:
    """Every call of a line is in the figure or is left out with a reason."""
    for figure in figures(MADE, NOW, TZ, {}):
        if not figure.definition.call_back:
            assert figure.share.of + sum(figure.excluded.values()) == sum(p.kind is figure.definition.kind for p in MADE)


@given(st.lists(st.tuples(st.floats(0, 400), st.booleans()), max_size=40))
def test_longer_limits_never_give_fewer(calls: list[tuple[float, bool]]) -> None:
    presses = [press(1, answered=s) if joined else press(1, gone=s) for s, joined in calls]
    found = {f.definition.key: f for f in figures(presses, NOW, TZ, {})}
    assert found["sos_10"].share.n <= found["sos_15"].share.n <= found["sos_60"].share.n <= found["sos_tsa_180"].share.n
    assert len({found[key].share.of for key in ("sos_10", "sos_15", "sos_60", "sos_tsa_180")}) == 1


def test_tallies_and_waits() -> None:
    whole = tally(MADE)
    assert (whole.received, whole.sos, whole.answered, whole.within_10, whole.within_15) == (17, 11, 9, 2, 6)
    assert (whole.missed, whole.short) == (6, 2)
    sos = waits(SOS)
    assert (sos.n, sos.median, sos.p90, sos.longest) == (6, 10.5, 190.0, 190.0)
    assert waits([]).median is None


def test_an_agents_day() -> None:
    case = uuid.uuid4()

    def at(seconds: float) -> datetime:
        return DAY + timedelta(hours=8, seconds=seconds)

    talks = [
        Talk(ANN, case, at(4), at(64), outbound=False),
        Talk(ANN, case, at(100), at(140), outbound=True),
        Talk(ANN, uuid.uuid4(), at(500), at(520), outbound=False),
    ]
    said = [
        Said(ANN, case, at(60)),  # while she talked: no wrap-up
        Said(BEA, case, at(70)),  # somebody else's
        Said(ANN, case, at(84)),
        Said(ANN, case, at(141 + 3600)),  # an hour after: not this call's
    ]
    work = work_of(MADE, talks, said)
    ann, bea = work[ANN], work[BEA]
    assert (ann.answered, ann.within_10, ann.called_back) == (4, 2, 1)
    assert (ann.talks, ann.talk_average, ann.wrap_ups) == ([60, 40, 20], 40, [20])
    assert (bea.answered, bea.within_10, bea.talk_average, bea.wrap_up_average) == (3, 0, None, None)


def test_what_became_of_a_missed_call() -> None:
    missed = press(8, gone=30)
    at = missed.received_at
    reached = After(at + timedelta(seconds=80), at + timedelta(seconds=90), outbound=True)
    tried = After(at + timedelta(seconds=60), None, outbound=True)
    again = After(at + timedelta(seconds=300), at + timedelta(seconds=310), outbound=False)
    gave_up = After(at + timedelta(seconds=40), None, outbound=False)
    late, soon, done = (CallBack(False, NOW), CallBack(False, NOW + timedelta(seconds=1)), CallBack(True, NOW))
    assert became(missed, [tried, reached, again], done, NOW) is Became.CALLED_BACK
    assert became(missed, [gave_up, again], done, NOW) is Became.PRESSED_AGAIN
    assert became(missed, [tried], late, NOW) is Became.OVERDUE
    assert became(missed, [tried], soon, NOW) is Became.WAITS
    assert became(missed, [], done, NOW) is Became.SETTLED
    assert became(missed, [], None, NOW) is Became.NOTHING
    assert became(press(8, gone=30, has_number=False), [], None, NOW) is Became.NO_NUMBER
    # a try counts from its beginning, a further press from its answer, one given up not at all
    assert reached_again(missed, [gave_up, reached, tried]) == tried.at
    assert reached_again(missed, [gave_up, again]) == again.answered_at
    assert reached_again(missed, [gave_up]) is None


def test_a_day_is_the_centres_own() -> None:
    assert bounds_of(date(2026, 3, 2), date(2026, 3, 2), TZ) == (DAY, DAY + timedelta(days=1))
    start, end = bounds_of(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")  # clocks go forward
    assert end - start == timedelta(hours=23)


@pytest.mark.parametrize(
    "value,text", [(None, "–"), (0.9496, "94.9%"), (0.95, "95.0%"), (0.9999, "99.9%"), (1.0, "100.0%"), (0.29, "29.0%"), (0.0, "0.0%")]
)
def test_a_share_is_never_rounded_up_to_its_target(value: float | None, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize("cell", ["=1+1", "+8613812345678", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("王**") == "王**"


def test_the_published_words_are_those_of_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs" / "figures.md").read_text()
    for definition in DEFINITIONS:
        target = "–" if definition.target is None else f"≥{percent(definition.target)}"
        source = definition.source.en if definition.source else "–"
        assert f"| `{definition.key}` | {definition.title.en} | {target} | {source} |" in text
        assert definition.formula.en.replace(f" {definition.seconds} s", " X s") in text or definition.formula.en in text
    assert len(BY_KEY) == len(DEFINITIONS)
    for satisfaction in SATISFACTION:
        assert f"| `{satisfaction.key}` | {satisfaction.title.en} | {satisfaction.title.zh} | {satisfaction.formula.en} |" in text
