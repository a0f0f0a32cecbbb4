"""Rows → what goes over the wire, whole or masked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from callcenter.elders.lacks.kinds import Lack
from callcenter.elders.lacks.models import ElderLacks
from callcenter.elders.lacks.rules import to_ask
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Sex
from callcenter.elders.records import DeathReport
from callcenter.elders.rules import age_on, danger_flags, door_text, mask_id_number, mask_name
from callcenter.elders.schemas import (
    AddressCheck,
    CardContact,
    CardNumber,
    CardWorker,
    DeathReported,
    ElderCard,
    ElderHit,
    Health,
    MatchedContact,
    Profile,
    ProfileContact,
)
from callcenter.kit.phone import mask, pretty
from callcenter.kit.pinyin import surname
from callcenter.regions.models import GridWorker
from callcenter.settings import get_settings

AnyRow = Row[*tuple[Any, ...]]


def place(*names: str | None) -> str:
    return "·".join(name for name in names if name)


def summary_fields(row: AnyRow, *, full: bool, today: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "full": full,
        "name": row.name if full else mask_name(row.name),
        "sex": row.sex,
        "age": age_on(row.birth_date, today),
        "community_id": row.community_id,
        "place": place(row.district, row.street, row.community),
        "living": row.living,
        "presence": row.presence,
        "risk": row.risk,
    }


def hit(row: AnyRow, *, full: bool, today: date) -> ElderHit:
    door = door_text(row.building, row.unit, row.door) if full else (f"{row.building}栋" if row.building else "")
    return ElderHit(
        **summary_fields(row, full=full, today=today),
        address=" ".join(part for part in (row.street_address, door) if part),
        numbers=[pretty(number) if full else mask(number) for number in row.numbers or []],
        card_number=(row.card_number or "") if full else "",
    )


def matched_contact(relation: str, name: str, number: str, *, full: bool) -> MatchedContact:
    return MatchedContact(relation=relation, name=name if full else mask_name(name), text=pretty(number) if full else mask(number))


def local_date(at: datetime | None) -> date | None:
    return at.astimezone(ZoneInfo(get_settings().timezone)).date() if at else None


def salutation(name: str, sex: Sex) -> str:
    """王阿姨, 李叔叔: as a kind agent greets somebody of her parents' age."""
    return surname(name) + {Sex.FEMALE: "阿姨", Sex.MALE: "叔叔"}.get(sex, "老人家")


def card(row: AnyRow, numbers: Sequence[ElderNumber], contacts: Sequence[ElderContact], *, full: bool, today: date) -> ElderCard:
    elder: Elder = row[0]
    worker: GridWorker | None = row[7]
    lacks: ElderLacks | None = row[8]
    health = Health.model_validate(elder.health) if full and elder.health else None
    return ElderCard(
        id=elder.id,
        version=elder.version,
        full=full,
        name=elder.name if full else mask_name(elder.name),
        salutation=salutation(elder.name, elder.sex),
        sex=elder.sex,
        age=age_on(elder.birth_date, today),
        birth_date=elder.birth_date if full else None,
        id_number=mask_id_number(elder.id_number) if full and elder.id_number else "",
        card_number=(elder.card_number or "") if full else "",
        living=elder.living,
        categories=list(elder.categories) if full else [],
        ability=elder.ability,
        ability_on=elder.ability_on if full else None,
        presence=elder.presence,
        presence_since=elder.presence_since,
        presence_until=elder.presence_until,
        presence_place=(elder.presence_place or "") if full else "",
        death_reported=row[6],
        funding=elder.funding,
        risk=elder.risk,
        has_photo=row[4] and full,
        verified_on=local_date(row[5]),
        community_id=elder.community_id,
        place=place(row[1], row[2], row[3]),
        address=elder.street_address,
        door=door_text(elder.building, elder.unit, elder.door) if full else elder.building,
        floor=elder.floor if full else None,
        has_lift=elder.has_lift if full else None,
        entrance_hint=elder.entrance_hint if full else "",
        latitude=elder.latitude if full else None,
        longitude=elder.longitude if full else None,
        danger=danger_flags(health, wandering=elder.wandering) if full else [],
        health=health,
        hearing=elder.hearing,
        dialect=elder.dialect,
        wandering=elder.wandering if full else False,
        preferred_hospital=elder.preferred_hospital if full else "",
        family_doctor=elder.family_doctor if full else "",
        family_doctor_number=elder.family_doctor_number if full else "",
        numbers=[
            CardNumber(
                id=n.id, number=n.e164 if full else "", text=pretty(n.e164) if full else mask(n.e164), position=n.position, label=n.label
            )
            for n in numbers
        ],
        contacts=[
            CardContact(
                id=c.id,
                name=c.name,
                relation=c.relation,
                number=c.number,
                text=pretty(c.number),
                has_key=c.has_key,
                key_note=c.key_note,
                is_guardian=c.is_guardian,
            )
            for c in contacts
        ],
        grid_worker=(
            CardWorker(id=worker.id, name=worker.name, number=worker.number, text=pretty(worker.number), role=worker.role)
            if worker and full
            else None
        ),
        to_ask=to_ask([Lack(lack) for lack in lacks.lacks], lacks.grade) if lacks and full else [],
    )


def profile_of(
    row: AnyRow,
    numbers: Sequence[ElderNumber],
    contacts: Sequence[ElderContact],
    death: DeathReport | None,
    *,
    asked_id: uuid.UUID,
    updated_by: str,
    today: date,
) -> Profile:
    """Whole, for the form. The ID number alone stays masked."""
    elder: Elder = row[0]
    health = Health.model_validate(elder.health) if elder.health else None
    same = (
        "id", "version", "created_at", "updated_at", "name", "risk", "sex", "birth_date", "card_number", "community_id", "grid_id", "street_address",
        "building", "unit", "door", "floor", "has_lift", "entrance_hint", "latitude", "longitude", "household_registration", "living", "ability",
        "ability_on", "hearing", "dialect", "wandering", "preferred_hospital", "family_doctor", "family_doctor_number", "funding", "presence",
        "presence_since", "presence_until",
    )  # fmt: skip
    return Profile(
        **{name: getattr(elder, name) for name in same},
        asked_id=asked_id,
        presence_place=elder.presence_place or "",
        updated_by=updated_by,
        salutation=salutation(elder.name, elder.sex),
        age=age_on(elder.birth_date, today),
        id_number=mask_id_number(elder.id_number) if elder.id_number else "",
        place=place(row[1], row[2], row[3]),
        categories=list(elder.categories),
        health=health,
        danger=danger_flags(health, wandering=elder.wandering),
        numbers=[CardNumber(id=n.id, number=n.e164, text=pretty(n.e164), position=n.position, label=n.label) for n in numbers],
        contacts=[
            ProfileContact(
                id=c.id,
                name=c.name,
                relation=c.relation,
                number=c.number,
                text=pretty(c.number),
                has_key=c.has_key,
                key_note=c.key_note,
                is_guardian=c.is_guardian,
                valid_from=c.valid_from,
                valid_to=c.valid_to,
            )
            for c in contacts
        ],
        death=DeathReported(
            died_on=death.died_on,
            note=death.note,
            reported_at=death.reported_at,
            reported_by=death.reported_name,
            confirmed_at=death.confirmed_at,
            confirmed_by=death.confirmed_name,
        )
        if death
        else None,
        has_photo=row[4],
        verified_on=local_date(row[5]),
        address_check=AddressCheck(grade=row[7].grade, lacks=[Lack(lack) for lack in row[7].lacks]) if row[7] else None,
    )
