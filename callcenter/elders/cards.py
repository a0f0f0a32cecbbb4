"""Rows → what goes over the wire, whole or masked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from callcenter.elders.models import Elder, ElderContact, ElderNumber, Sex
from callcenter.elders.rules import age_on, danger_flags, door_text, mask_id_number, mask_name
from callcenter.elders.schemas import CardContact, CardNumber, CardWorker, ElderCard, ElderHit, Health
from callcenter.kit.phone import mask, pretty
from callcenter.kit.pinyin import surname
from callcenter.regions.models import GridWorker

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


def salutation(name: str, sex: Sex) -> str:
    """王阿姨, 李叔叔: as a kind agent greets somebody of her parents' age."""
    return surname(name) + {Sex.FEMALE: "阿姨", Sex.MALE: "叔叔"}.get(sex, "老人家")


def card(row: AnyRow, numbers: Sequence[ElderNumber], contacts: Sequence[ElderContact], *, full: bool, today: date) -> ElderCard:
    elder: Elder = row[0]
    worker: GridWorker | None = row[4]
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
        funding=elder.funding,
        risk=elder.risk,
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
            CardWorker(name=worker.name, number=worker.number, text=pretty(worker.number), role=worker.role) if worker and full else None
        ),
    )
