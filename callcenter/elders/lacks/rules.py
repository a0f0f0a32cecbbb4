"""What an ambulance needs and what of it is missing. Pure; weights and limits are ours to choose (docs/decisions.md "Address check")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from callcenter.elders.lacks.kinds import WEIGHTS, Grade, Lack
from callcenter.elders.models import Hearing, Living
from callcenter.elders.schemas import FallRisk, Health
from callcenter.kit.phone import NumberKind, normalise
from callcenter.settings import Settings

FAR_OUTSIDE = 300.0  # metres beyond her community's boundary: the pin stands on another house
STAIRS_FROM = 3  # the lowest floor on which a stretcher crew must know about the lift


# Without one of these a crew stands in the street and asks passers-by.
NOT_FINDABLE = frozenset({Lack.STREET, Lack.BUILDING, Lack.DOOR})
COUNTS = 2  # the least weight that keeps her from being ready

_ESTATE = re.compile(r"(小区|花园|新村|家园|佳园|苑|公寓|大厦|家属院|大院|宿舍|职工楼|教师楼)(?![路街巷道])")


@dataclass(frozen=True, slots=True)
class Contact:
    number: str
    has_key: bool
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one elder, as her profile has it."""

    street_address: str
    building: str
    unit: str
    door: str
    floor: int | None
    has_lift: bool | None
    entrance_hint: str
    has_position: bool
    metres_outside: float | None  # of her community's boundary; None: no position, or no boundary drawn
    living: Living
    hearing: Hearing
    health: Health | None
    preferred_hospital: str
    has_grid: bool
    numbers: Sequence[str]
    contacts: Sequence[Contact]


@dataclass(frozen=True, slots=True)
class Judgement:
    lacks: tuple[Lack, ...]
    grade: Grade
    weight: int


def judge(facts: Facts, *, today: date, settings: Settings) -> Judgement:
    found = _lacks(facts, today, settings)
    lacks = tuple(lack for lack in Lack if lack in found)
    return Judgement(lacks, _grade_of(lacks), sum(WEIGHTS[lack] for lack in lacks))


def _grade_of(lacks: Sequence[Lack]) -> Grade:
    if NOT_FINDABLE & set(lacks):
        return Grade.NOT_FINDABLE
    return Grade.GAPS if any(WEIGHTS[lack] >= COUNTS for lack in lacks) else Grade.READY


def is_estate(street_address: str, building: str, unit: str) -> bool:
    """Several houses behind one gate: a house number alone leads to the gate only. A house of one's own needs neither building nor door."""
    return bool(building or unit or _ESTATE.search(street_address))


def to_ask(lacks: Sequence[Lack], grade: Grade) -> list[Lack]:
    """The two that matter most, to be asked when she next calls; a profile that is ready asks nothing."""
    if grade is Grade.READY:
        return []
    heaviest = sorted((lack for lack in lacks if WEIGHTS[lack] >= COUNTS), key=lambda lack: -WEIGHTS[lack])  # stable: else in their order
    return heaviest[:2]


def _lacks(facts: Facts, today: date, settings: Settings) -> set[Lack]:
    return _of_the_way(facts) | _of_the_door(facts, today) | _of_people(facts, today, settings) | _of_herself(facts)


def _of_the_way(facts: Facts) -> set[Lack]:
    found: set[Lack] = set()
    if not facts.street_address:
        found.add(Lack.STREET)
    if not facts.has_position:
        found.add(Lack.POSITION)
    elif facts.metres_outside is not None and facts.metres_outside > FAR_OUTSIDE:
        found.add(Lack.POSITION_FAR)
    if not facts.has_grid:
        found.add(Lack.GRID)
    if is_estate(facts.street_address, facts.building, facts.unit):
        if not facts.building:
            found.add(Lack.BUILDING)
        if not facts.entrance_hint:
            found.add(Lack.ENTRANCE)
    return found


def _of_the_door(facts: Facts, today: date) -> set[Lack]:
    found: set[Lack] = set()
    if is_estate(facts.street_address, facts.building, facts.unit):
        if not facts.door:
            found.add(Lack.DOOR)
        if facts.floor is None:
            found.add(Lack.FLOOR)
    if facts.floor is not None and facts.floor >= STAIRS_FROM and facts.has_lift is None:
        found.add(Lack.LIFT)
    if facts.living is Living.UNKNOWN:
        found.add(Lack.LIVING)
    if facts.living is Living.ALONE and not any(contact.has_key for contact in facts.contacts if _valid(contact, today)):
        found.add(Lack.KEY)
    return found


def _of_people(facts: Facts, today: date, settings: Settings) -> set[Lack]:
    found: set[Lack] = set()
    if not facts.numbers:
        found.add(Lack.NUMBER)
    elif not any(_reachable(number, settings) for number in facts.numbers):
        found.add(Lack.NUMBER_FORM)
    if not any(_valid(contact, today) and _reachable(contact.number, settings) for contact in facts.contacts):
        found.add(Lack.CONTACT)
    if any(contact.valid_to and contact.valid_to < today for contact in facts.contacts):
        found.add(Lack.CONTACT_ENDED)
    return found


def _of_herself(facts: Facts) -> set[Lack]:
    found: set[Lack] = set()
    if not _knows_health(facts.health):
        found.add(Lack.HEALTH)
    if facts.hearing is Hearing.UNKNOWN:
        found.add(Lack.HEARING)
    if not facts.preferred_hospital:
        found.add(Lack.HOSPITAL)
    return found


def _knows_health(health: Health | None) -> bool:
    """Anything that a doctor can use; a record in which nothing stands was never asked for."""
    if health is None:
        return False
    told = health.chronic_illness or health.medication or health.allergies or health.implants or health.blood_type or health.notes
    return bool(told) or health.fall_risk is not FallRisk.UNKNOWN


def _valid(contact: Contact, today: date) -> bool:
    return (contact.valid_from is None or contact.valid_from <= today) and (contact.valid_to is None or contact.valid_to >= today)


def _reachable(number: str, settings: Settings) -> bool:
    """A whole number of the plan: what the trunk can be given."""
    parsed = normalise(number, settings)
    return parsed is not None and parsed.kind is NumberKind.E164
