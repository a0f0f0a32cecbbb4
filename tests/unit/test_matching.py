"""Which store, and why: gates before scores, each explained."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalog.models import SlaClass
from callcenter.dispatch.orders.matching import (
    PASSABLE,
    Candidate,
    CandidateWorker,
    Gate,
    HeldLicence,
    Out,
    Ranked,
    Wanted,
    WantedItem,
    is_open,
    match,
)

HERE = uuid.UUID(int=1)
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # Monday noon in China
HOME = (32.0304, 112.0953)
ALWAYS = [[[0, 1440]]] * 7
_serial = iter(range(100, 1 << 30))


def nurse(until: date | None = None, *, since: date | None = None, name: str = "周护士") -> CandidateWorker:
    return CandidateWorker(uuid.UUID(int=next(_serial)), name, (HeldLicence("护士执业证", since, until),))


def store(**fields: Any) -> Candidate:
    base: dict[str, Any] = {
        "id": uuid.UUID(int=next(_serial)), "name": "店", "admitted": True, "volunteers": False, "community_id": HERE, "position": HOME,
        "items": {"JZ01": 4000}, "licences": (), "workers": (CandidateWorker(uuid.UUID(int=next(_serial)), "张", ()),), "communities": (HERE,),
        "area": None, "hours": ALWAYS, "blackouts": (), "daily_capacity": 10, "at_once": 2, "jobs_that_day": 0, "jobs_now": 0, "rating": 0,
        "rating_count": 0, "offers": 0, "accepted": 0,
    }  # fmt: skip
    return Candidate(**base | fields)


def wanted(*items: WantedItem, **fields: Any) -> Wanted:
    base: dict[str, Any] = {
        "items": items or (WantedItem("JZ01"),), "community_id": HERE, "position": HOME, "sla_class": SlaClass.N1, "at": AT, "minutes": 120, "is_soon": True,
    }  # fmt: skip
    return Wanted(**base | fields)


def why_out(asked: Wanted, candidate: Candidate) -> list[Out]:
    found = match(asked, [candidate])
    return list(found.out[0].out) if found.out else []


PH06 = WantedItem("PH06", worker_licences=(frozenset({"护士执业证"}),))
PS01 = WantedItem("PS01", store_licences=(frozenset({"食品经营许可"}),), worker_licences=(frozenset({"健康证"}),))


@pytest.mark.parametrize(
    ("fields", "gate", "what"),
    [
        ({"admitted": False}, Gate.NOT_ADMITTED, ""),
        ({"items": {}}, Gate.NOT_OFFERED, "JZ01"),
        ({"volunteers": True}, Gate.VOLUNTEERS_MAY_NOT, "JZ01"),
        ({"communities": ()}, Gate.AREA, ""),
        ({"blackouts": ((date(2026, 11, 22), date(2026, 11, 25)),)}, Gate.BLACKOUT, "2026-11-25"),
        ({"hours": [[]] * 7}, Gate.CLOSED, ""),
        ({"hours": [[[840, 1080]]] * 7}, Gate.CLOSED, ""),
        ({"jobs_that_day": 10}, Gate.FULL_DAY, "10"),
        ({"jobs_now": 2}, Gate.BUSY, "2"),
    ],
)  # fmt: skip
def test_each_gate_alone_puts_a_store_out_and_is_told(fields: dict[str, Any], gate: Gate, what: str) -> None:
    assert why_out(wanted(), store()) == []
    assert why_out(wanted(), store(**fields)) == [Out(gate, what)]


def test_nursing_needs_a_nurse_with_a_valid_licence_on_the_day_of_the_job() -> None:
    """PH06 only by a provider whose worker holds a valid 护士执业证 (a hard gate)."""
    on = date(2026, 11, 23)

    def of(*workers: CandidateWorker) -> list[Out]:
        return why_out(wanted(PH06), store(items={"PH06": 15000}, workers=workers))

    assert of(nurse(on)) == []
    assert of(nurse()) == []
    lapsed = [Out(Gate.LICENCE, "护士执业证")]
    assert of(nurse(on - timedelta(days=1))) == of(nurse(since=on + timedelta(days=1))) == of() == lapsed
    # the day is the elder's: at 17:00 UTC it is the next one in China
    late = wanted(PH06, at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
    assert why_out(late, store(items={"PH06": 1}, workers=(nurse(on),))) == lapsed
    # the store's own paper is no nurse
    assert why_out(wanted(PH06), store(items={"PH06": 1}, licences=(HeldLicence("护士执业证", None, None),), workers=())) == lapsed


def test_a_meal_needs_the_stores_paper_and_a_healthy_worker() -> None:
    food, health = HeldLicence("食品经营许可", None, None), HeldLicence("健康证", None, None)
    cook = CandidateWorker(uuid.UUID(int=9), "李", (health,))
    fine = store(items={"PS01": 1200}, licences=(food,), workers=(cook,))
    assert why_out(wanted(PS01), fine) == []
    assert why_out(wanted(PS01), dataclasses.replace(fine, licences=())) == [Out(Gate.LICENCE, "食品经营许可")]
    assert why_out(wanted(PS01), dataclasses.replace(fine, workers=(dataclasses.replace(cook, licences=()),))) == [
        Out(Gate.LICENCE, "健康证")
    ]


def test_one_worker_must_hold_all_that_one_visit_needs() -> None:
    both = WantedItem("X", worker_licences=(frozenset({"甲"}), frozenset({"乙"})))
    a, b = (CandidateWorker(uuid.UUID(int=i), "", (HeldLicence(kind, None, None),)) for i, kind in ((1, "甲"), (2, "乙")))
    assert why_out(wanted(both), store(items={"X": 1}, workers=(a, b))) == [Out(Gate.LICENCE, "甲"), Out(Gate.LICENCE, "乙")]


def test_volunteers_take_what_the_catalogue_lets_them() -> None:
    assert why_out(wanted(WantedItem("JZ01", volunteers_may=True)), store(volunteers=True)) == []


def test_an_elders_word_stands() -> None:
    one = store()
    assert why_out(wanted(refused=frozenset({one.id})), one) == [Out(Gate.REFUSED_BY_ELDER)]


def test_an_area_drawn_on_the_map_counts_instead_of_communities() -> None:
    ring = [[112.09, 32.02], [112.10, 32.02], [112.10, 32.04], [112.09, 32.04], [112.09, 32.02]]
    drawn = store(communities=(), area={"type": "Polygon", "coordinates": [ring]})
    assert why_out(wanted(), drawn) == []
    assert why_out(wanted(position=(32.05, 112.0953)), drawn) == [Out(Gate.AREA)]
    assert why_out(wanted(position=None), drawn) == [Out(Gate.AREA)]


def test_an_emergency_asks_also_who_is_closed_but_nobody_without_papers() -> None:
    closed = store(items={"JJ04": 0}, hours=[[]] * 7)
    aid = WantedItem("JJ04", worker_licences=(frozenset({"应急员"}),))
    assert why_out(wanted(WantedItem("JJ04"), sla_class=SlaClass.E0), closed) == []
    assert why_out(wanted(aid, sla_class=SlaClass.E0), closed) == [Out(Gate.LICENCE, "应急员")]


def test_what_a_store_does_now_does_not_count_for_next_week() -> None:
    assert why_out(wanted(is_soon=False, at=AT + timedelta(days=7)), store(jobs_now=5)) == []


def test_the_ranking_explains_itself() -> None:
    near = store(name="近", position=(32.0360, 112.0953), rating=480, rating_count=50)
    far = store(name="远", position=(32.0700, 112.0953), rating=500, rating_count=50)
    found = match(wanted(served={near.id: 6}), [far, near])
    assert [r.name for r in found.ranked] == ["近", "远"]
    best = found.ranked[0]
    assert best.metres == 623
    told = {part.name: part.value for part in best.parts}
    assert told == {"distance": 623, "rating": 4.8, "load": 0, "acceptance": None, "known": 6}
    assert best.score == pytest.approx(sum(part.points for part in best.parts))
    assert best.price_fen == 4000


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"rating": 490, "rating_count": 30}, {"rating": 200, "rating_count": 30}),
        ({"rating": 480, "rating_count": 100}, {"rating": 500, "rating_count": 1}),  # one five-star rating is not a hundred good ones
        ({"jobs_that_day": 0}, {"jobs_that_day": 8}),
        ({"offers": 20, "accepted": 19}, {"offers": 20, "accepted": 2}),
    ],
)
def test_what_makes_a_store_better(better: dict[str, Any], worse: dict[str, Any]) -> None:
    good, bad = store(**better), store(**worse)
    assert [r.store_id for r in match(wanted(), [bad, good]).ranked] == [good.id, bad.id]


def test_who_speaks_her_dialect_and_whom_she_asks_for() -> None:
    plain, speaks = store(), store(workers=(CandidateWorker(uuid.UUID(int=5), "王", (), frozenset({"襄阳话"})),))
    assert match(wanted(dialect="襄阳话"), [plain, speaks]).ranked[0].store_id == speaks.id
    asked_for = store(position=(32.07, 112.0953))
    assert match(wanted(prefers=asked_for.id), [plain, asked_for]).ranked[0].store_id == asked_for.id


def test_a_supervisor_passes_some_gates_and_it_is_told_which() -> None:
    shut = store(hours=[[]] * 7)
    found = match(wanted(), [shut], past=[shut.id]).of(shut.id)
    assert isinstance(found, Ranked)
    assert found.passed == (Out(Gate.CLOSED),)
    closed_for_good: list[dict[str, Any]] = [{"admitted": False}, {"items": {}}]
    for fields in closed_for_good:
        other = store(hours=[[]] * 7, **fields)
        assert match(wanted(), [other], past=[other.id]).ranked == []
    assert Gate.LICENCE not in PASSABLE and Gate.REFUSED_BY_ELDER not in PASSABLE and Gate.NOT_ADMITTED not in PASSABLE


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(8, 29, False), (8, 30, True), (11, 59, True), (12, 0, False), (14, 0, True), (23, 0, False)]
)
def test_opening_hours(hour: int, minute: int, expected: bool) -> None:
    hours = [[[510, 720], [840, 1080]]] * 5 + [[], []]
    assert is_open(hours, datetime(2026, 11, 23, hour, minute)) is expected  # noqa: DTZ001  a Monday, local
    assert not is_open(hours, datetime(2026, 11, 28, hour, minute))  # noqa: DTZ001  a Saturday


@given(
    st.lists(
        st.builds(
            store,
            admitted=st.booleans(),
            items=st.sampled_from([{"JZ01": 1}, {}]),
            communities=st.sampled_from([(HERE,), ()]),
            hours=st.sampled_from([ALWAYS, [[]] * 7]),
            jobs_that_day=st.integers(0, 12),
            rating=st.integers(0, 500),
            rating_count=st.integers(0, 100),
            position=st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.floats(-180, 180))),
        ),
        max_size=12,
    )
)
def test_nobody_is_lost_nobody_passes_a_gate_and_order_of_asking_does_not_matter(stores: list[Candidate]) -> None:
    found, turned = match(wanted(), stores), match(wanted(), list(reversed(stores)))
    assert sorted([str(r.store_id) for r in found.ranked] + [str(r.store_id) for r in found.out]) == sorted(str(s.id) for s in stores)
    assert [r.store_id for r in found.ranked] == [r.store_id for r in turned.ranked]
    by_id = {s.id: s for s in stores}
    for ranked in found.ranked:
        chosen = by_id[ranked.store_id]
        assert chosen.admitted and chosen.items and chosen.communities and chosen.hours == ALWAYS and chosen.jobs_that_day < 10
    assert all(r.out for r in found.out)
    assert all(a.score >= b.score - 0.1 for a, b in zip(found.ranked, found.ranked[1:], strict=False))
