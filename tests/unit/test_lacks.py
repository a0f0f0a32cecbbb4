"""What an ambulance would lack at her door: each rule by itself, and what they make of her together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from callcenter.elders.lacks.kinds import WEIGHTS, Grade, Lack
from callcenter.elders.lacks.rules import Contact, Facts, is_estate, judge, to_ask
from callcenter.elders.models import Hearing, Living
from callcenter.elders.schemas import FallRisk, Health
from callcenter.regions.geometry import metres_outside
from callcenter.settings import Settings

TODAY = date(2026, 11, 26)
DAUGHTER = Contact("+8613900006781", has_key=True, valid_from=None, valid_to=None)
WHOLE = Facts(
    street_address="施营路18号 施营小区",
    building="3",
    unit="2",
    door="501",
    floor=5,
    has_lift=False,
    entrance_hint="从北门进",
    has_position=True,
    metres_outside=0.0,
    living=Living.ALONE,
    hearing=Hearing.HARD,
    health=Health(chronic_illness=["冠心病"]),
    preferred_hospital="襄阳市中心医院",
    has_grid=True,
    numbers=["+867103456789"],
    contacts=[DAUGHTER],
)


def lacks(facts: Facts) -> list[Lack]:
    return list(judge(facts, today=TODAY, settings=Settings()).lacks)


def grade(facts: Facts) -> Grade:
    return judge(facts, today=TODAY, settings=Settings()).grade


def test_nothing_is_missing() -> None:
    assert (lacks(WHOLE), grade(WHOLE)) == ([], Grade.READY)


@pytest.mark.parametrize(
    ("changed", "lack", "makes"),
    [
        ({"street_address": ""}, Lack.STREET, Grade.NOT_FINDABLE),
        ({"building": ""}, Lack.BUILDING, Grade.NOT_FINDABLE),
        ({"door": ""}, Lack.DOOR, Grade.NOT_FINDABLE),
        ({"metres_outside": 301.0}, Lack.POSITION_FAR, Grade.GAPS),
        ({"contacts": [replace(DAUGHTER, has_key=False)]}, Lack.KEY, Grade.GAPS),
        ({"numbers": []}, Lack.NUMBER, Grade.GAPS),
        ({"numbers": ["8888", "12349"]}, Lack.NUMBER_FORM, Grade.GAPS),
        ({"has_position": False, "metres_outside": None}, Lack.POSITION, Grade.GAPS),
        ({"entrance_hint": ""}, Lack.ENTRANCE, Grade.READY),
        ({"has_lift": None}, Lack.LIFT, Grade.GAPS),
        ({"health": None}, Lack.HEALTH, Grade.GAPS),
        ({"health": Health()}, Lack.HEALTH, Grade.GAPS),
        ({"living": Living.UNKNOWN}, Lack.LIVING, Grade.READY),
        ({"floor": None}, Lack.FLOOR, Grade.READY),
        ({"hearing": Hearing.UNKNOWN}, Lack.HEARING, Grade.READY),
        ({"preferred_hospital": ""}, Lack.HOSPITAL, Grade.READY),
        ({"has_grid": False}, Lack.GRID, Grade.READY),
    ],
)
def test_one_thing_is_missing(changed: dict[str, object], lack: Lack, makes: Grade) -> None:
    facts = replace(WHOLE, **changed)  # type: ignore[arg-type]
    assert (lacks(facts), grade(facts)) == ([lack], makes)


def test_a_contact_counts_on_its_days_only() -> None:
    yesterday, tomorrow = date(2026, 11, 25), date(2026, 11, 27)
    ended = replace(DAUGHTER, valid_to=yesterday)
    assert lacks(replace(WHOLE, contacts=[ended])) == [Lack.KEY, Lack.CONTACT, Lack.CONTACT_ENDED]
    assert lacks(replace(WHOLE, contacts=[ended, DAUGHTER])) == [Lack.CONTACT_ENDED]
    assert lacks(replace(WHOLE, contacts=[replace(DAUGHTER, valid_from=tomorrow)])) == [Lack.KEY, Lack.CONTACT]
    assert lacks(replace(WHOLE, contacts=[replace(DAUGHTER, valid_from=TODAY, valid_to=TODAY)])) == []
    assert lacks(replace(WHOLE, contacts=[replace(DAUGHTER, number="12349")])) == [Lack.CONTACT]  # a number that nobody answers


def test_with_family_nobody_else_needs_a_key() -> None:
    assert lacks(replace(WHOLE, living=Living.WITH_FAMILY, contacts=[replace(DAUGHTER, has_key=False)])) == []


def test_a_house_of_ones_own_has_neither_building_nor_door() -> None:
    house = replace(
        WHOLE, street_address="卧龙镇张湾村三组18号", building="", unit="", door="", floor=None, has_lift=None, entrance_hint=""
    )
    assert lacks(house) == []
    assert not is_estate("南苑路18号", "", "") and not is_estate("学院路3号", "", "")
    assert is_estate("长虹路6号 棉纺厂家属院", "", "") and is_estate("长虹路6号", "", "2")


@pytest.mark.parametrize(("floor", "asked"), [(2, False), (3, True), (None, False), (-1, False)])
def test_the_lift_matters_from_the_third_floor_on(floor: int | None, asked: bool) -> None:
    assert (Lack.LIFT in lacks(replace(WHOLE, floor=floor, has_lift=None))) is asked


def test_a_fall_risk_alone_is_something_known() -> None:
    assert lacks(replace(WHOLE, health=Health(fall_risk=FallRisk.HIGH))) == []


def test_what_is_asked_when_there_is_time() -> None:
    poor = replace(WHOLE, door="", has_lift=None, contacts=[], hearing=Hearing.UNKNOWN)
    judged = judge(poor, today=TODAY, settings=Settings())
    assert judged.lacks == (Lack.DOOR, Lack.KEY, Lack.CONTACT, Lack.LIFT, Lack.HEARING)
    assert judged.weight == sum(WEIGHTS[lack] for lack in judged.lacks) == 13
    assert to_ask(judged.lacks, judged.grade) == [Lack.DOOR, Lack.KEY]
    assert to_ask([Lack.HEARING], Grade.READY) == []


def test_every_lack_has_its_weight() -> None:
    assert set(WEIGHTS) == set(Lack)


def test_how_far_outside_a_place_lies() -> None:
    square = {"type": "Polygon", "coordinates": [[[112.0, 32.0], [112.01, 32.0], [112.01, 32.01], [112.0, 32.01], [112.0, 32.0]]]}
    assert metres_outside(square, 112.005, 32.005) == 0
    assert metres_outside(square, 112.005, 31.99) == pytest.approx(1112, abs=1)  # a hundredth of a degree south
    assert metres_outside(square, 112.02, 32.005) == pytest.approx(943, abs=1)  # as far east, where degrees are narrower
    assert metres_outside(square, 112.02, 32.02) == pytest.approx(1458, abs=2)  # from the corner
    two = {
        "type": "MultiPolygon",
        "coordinates": [square["coordinates"], [[[112.03, 32.0], [112.04, 32.0], [112.04, 32.01], [112.03, 32.0]]]],
    }
    assert metres_outside(two, 112.025, 32.0) == pytest.approx(471, abs=1)
