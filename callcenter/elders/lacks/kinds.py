"""What may be missing of a profile for an ambulance, how much each weighs (ours), and what it makes of her."""

from __future__ import annotations

from enum import StrEnum


class Lack(StrEnum):
    """In the order in which they are told: finding her, getting in, reaching somebody, knowing her."""

    STREET = "street"
    BUILDING = "building"
    DOOR = "door"
    POSITION_FAR = "position_far"
    KEY = "key"
    NUMBER = "number"
    NUMBER_FORM = "number_form"
    CONTACT = "contact"
    POSITION = "position"
    ENTRANCE = "entrance"
    LIFT = "lift"
    HEALTH = "health"
    LIVING = "living"
    CONTACT_ENDED = "contact_ended"
    FLOOR = "floor"
    HEARING = "hearing"
    HOSPITAL = "hospital"
    GRID = "grid"


class Grade(StrEnum):
    READY = "ready"
    GAPS = "gaps"
    NOT_FINDABLE = "not_findable"


WEIGHTS: dict[Lack, int] = {
    Lack.STREET: 5,
    Lack.BUILDING: 4,
    Lack.DOOR: 4,
    Lack.POSITION_FAR: 3,
    Lack.KEY: 3,
    Lack.NUMBER: 3,
    Lack.NUMBER_FORM: 3,
    Lack.CONTACT: 3,
    Lack.POSITION: 2,
    Lack.LIFT: 2,
    Lack.HEALTH: 2,
    Lack.ENTRANCE: 1,
    Lack.LIVING: 1,
    Lack.CONTACT_ENDED: 1,
    Lack.FLOOR: 1,
    Lack.HEARING: 1,
    Lack.HOSPITAL: 1,
    Lack.GRID: 1,
}
