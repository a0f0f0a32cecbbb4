"""A profile as it was taken down → rows. No I/O: an agent's form and a file of twenty thousand lines go the same way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from callcenter.elders.models import ElderContact, ElderNumber, NumberSource, Presence, Sex
from callcenter.elders.rules import age_on, id_birth_date, id_is_male, id_number_problem, risk_score
from callcenter.elders.schemas import Health, NewContact, NewElder
from callcenter.elders.search import search_vector
from callcenter.kit import crypto, pinyin
from callcenter.kit.errors import Invalid
from callcenter.kit.ids import new_id
from callcenter.kit.phone import NumberKind, normalise
from callcenter.settings import get_settings

ID_NUMBER_COLUMN = "elders.id_number"
APART = frozenset(
    {"numbers", "contacts", "health", "id_number", "sex", "birth_date", "family_doctor_number", "categories", "presence_place"}
)


@dataclass(frozen=True, slots=True)
class MadeElder:
    elder: dict[str, Any]
    numbers: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


def make_elder(profile: NewElder, places: Sequence[str], *, now: datetime, today: date, source: NumberSource) -> MadeElder:
    """`places` of her community (`queries.places_of`). Invalid says what is wrong and in which field."""
    sex, birth_date = profile.sex, profile.birth_date
    if profile.id_number:
        check_id_number(profile.id_number)
        birth_date = birth_date or id_birth_date(profile.id_number)
        if sex is Sex.UNKNOWN:
            sex = Sex.MALE if id_is_male(profile.id_number) else Sex.FEMALE
    check_birth_date(birth_date, today)
    check_presence(profile.presence, profile.presence_since, profile.presence_until)
    numbers = list(dict.fromkeys(e164(raw, f"numbers.{i}") for i, raw in enumerate(profile.numbers)))
    contact_numbers = [e164(contact.number, f"contacts.{i}.number") for i, contact in enumerate(profile.contacts)]
    for i, contact in enumerate(profile.contacts):
        check_contact(contact, f"contacts.{i}")
    doctor = e164(profile.family_doctor_number, "family_doctor_number") if profile.family_doctor_number.strip() else ""
    reading = pinyin.of_name(profile.name)
    elder_id = new_id()
    elder = {
        **{name: getattr(profile, name) for name in NewElder.model_fields if name not in APART},
        "id": elder_id,
        "version": 1,
        "sex": sex,
        "birth_date": birth_date,
        "id_number": profile.id_number or None,
        "id_number_index": crypto.index(profile.id_number, ID_NUMBER_COLUMN) if profile.id_number else None,
        "family_doctor_number": doctor,
        "presence_place": profile.presence_place or None,
        "categories": list(dict.fromkeys(profile.categories)),
        "health": profile.health.model_dump(mode="json") if profile.health else None,
        "pinyin": reading,
        "initials": pinyin.initials(reading),
        "risk": risk_score(
            profile.health,
            age=age_on(birth_date, today),
            living=profile.living,
            ability=profile.ability,
            wandering=profile.wandering,
        ),
        "search": search_vector(
            name=profile.name,
            places=places,
            street_address=profile.street_address,
            building=profile.building,
            unit=profile.unit,
            door=profile.door,
            numbers=numbers,
            card_numbers=[profile.card_number] if profile.card_number else [],
        ),
        "created_at": now,
        "updated_at": now,
    }
    return MadeElder(
        elder,
        [
            {"id": new_id(), "elder_id": elder_id, "e164": number, "position": position, "label": "", "source": source, "learned_at": now}
            for position, number in enumerate(numbers, 1)
        ],
        [
            {
                "id": new_id(),
                "elder_id": elder_id,
                "position": position,
                **contact.model_dump(exclude={"number"}),
                "number": number,
            }
            for position, (contact, number) in enumerate(zip(profile.contacts, contact_numbers, strict=True), 1)
        ],
    )


def e164(raw: str, field: str) -> str:
    number = normalise(raw, get_settings())
    if number is None or number.kind is not NumberKind.E164:
        raise Invalid("this is no whole telephone number", code="number_invalid", details={"field": field})
    return number.value


def check_id_number(number: str) -> None:
    problem = id_number_problem(number)
    if problem:
        raise Invalid(problem, code="id_number_invalid", details={"field": "id_number"})


def check_birth_date(birth_date: date | None, today: date) -> None:
    if birth_date and not date(1880, 1, 1) <= birth_date <= today:
        raise Invalid("nobody of today was born on that day", code="birth_date_invalid", details={"field": "birth_date"})


def check_contact(contact: NewContact, field: str) -> None:
    if contact.valid_from and contact.valid_to and contact.valid_to < contact.valid_from:
        raise Invalid("the last day is before the first", code="validity_invalid", details={"field": f"{field}.valid_to"})


def check_presence(presence: Presence, since: date | None, until: date | None) -> None:
    if since and until and until < since:
        raise Invalid("she would be back before she left", code="presence_invalid", details={"field": "presence_until"})
    if presence is Presence.HOME and (since or until):
        raise Invalid("who is at home is not away until a day", code="presence_invalid", details={"field": "presence"})


# --- facts, for the history --------------------------------------------------------------------------------------------------

Facts = dict[str, Any]
PLAIN = (
    "name", "sex", "birth_date", "id_number", "card_number", "street_address", "building", "unit", "door", "floor", "has_lift", "entrance_hint",
    "latitude", "longitude", "household_registration", "living", "categories", "ability", "ability_on", "hearing", "dialect", "wandering",
    "preferred_hospital", "family_doctor", "family_doctor_number", "funding", "presence", "presence_since", "presence_until", "presence_place",
)  # fmt: skip
HEALTH = tuple(f"health.{name}" for name in Health.model_fields)
FIELDS = (*PLAIN, "community", "grid", "numbers", "contacts", *HEALTH)


def facts_of(elder: object, *, community: str, grid: str, numbers: Sequence[ElderNumber], contacts: Sequence[ElderContact]) -> Facts:
    """Everything that can be edited, as JSON, for the history. `elder`: with health and ID number loaded."""
    facts: Facts = {name: _plain(getattr(elder, name)) for name in PLAIN}
    facts |= {"community": community, "grid": grid, "presence_place": facts["presence_place"] or ""}
    facts["numbers"] = [{"number": n.e164, "label": n.label} for n in numbers]
    facts["contacts"] = [
        {
            "name": c.name,
            "relation": c.relation,
            "number": c.number,
            "has_key": c.has_key,
            "key_note": c.key_note,
            "is_guardian": c.is_guardian,
            "valid_from": _plain(c.valid_from),
            "valid_to": _plain(c.valid_to),
        }
        for c in contacts
    ]
    health = Health.model_validate(getattr(elder, "health", None) or {}).model_dump(mode="json")
    return facts | {f"health.{name}": value for name, value in health.items()}


def differences(before: Facts, after: Facts) -> dict[str, list[Any]]:
    return {name: [before.get(name), after.get(name)] for name in FIELDS if before.get(name) != after.get(name)}


def _plain(value: object) -> object:
    if isinstance(value, date | uuid.UUID):
        return str(value)
    return list(value) if isinstance(value, list) else value
