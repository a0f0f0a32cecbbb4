"""Writes on a profile. Each locks the elder's row, raises her version, writes history and audit in the same transaction.

The lock lets rows refer to her meanwhile (a press must not wait for a form).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.access import grant_access
from callcenter.elders.history import last_change, write_change
from callcenter.elders.lacks.actions import judge_elders
from callcenter.elders.making import (
    ID_NUMBER_COLUMN,
    Facts,
    check_birth_date,
    check_contact,
    check_id_number,
    check_presence,
    differences,
    e164,
    facts_of,
    make_elder,
)
from callcenter.elders.models import MAX_NUMBERS, Elder, ElderContact, ElderNumber, GrantReason, NumberSource, Presence, Sex
from callcenter.elders.record_schemas import ElderPresence
from callcenter.elders.records import DeathReport
from callcenter.elders.rules import age_on, id_birth_date, id_is_male, risk_score
from callcenter.elders.schemas import EditElder, Health, NewElder
from callcenter.elders.search import search_vector
from callcenter.kit import clock, crypto, pinyin
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.phone import mask
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import within
from callcenter.settings import get_settings

CREATED_FOR = timedelta(hours=1)  # whoever takes a profile down sees it this long


async def create_elder(session: AsyncSession, actor: Actor, profile: NewElder, *, source: NumberSource = NumberSource.AGENT) -> Elder:
    """Numbers in any form. Invalid says what is wrong and where; Conflict when the ID or card number is somebody's already.

    A person who makes her sees her for an hour.
    """
    settings = get_settings()
    places = await places_of(session, profile.community_id)
    await _check_grid(session, profile.grid_id, profile.community_id)
    if profile.presence is Presence.DECEASED:
        raise Invalid("a death is reported on its own", code="presence_invalid", details={"field": "presence"})
    made = make_elder(profile, places, now=clock.now(), today=clock.today(settings.timezone), source=source)
    elder = Elder(**made.elder)
    await _refuse_duplicates(session, elder.id_number_index, elder.card_number)
    session.add(elder)
    await _flush_identity(session)
    if made.numbers:
        await session.execute(insert(ElderNumber), made.numbers)
    if made.contacts:
        await session.execute(insert(ElderContact), made.contacts)
    await judge_elders(session, [elder.id])
    facts = await _facts(session, elder)
    await write_change(
        session, actor, elder, "create", {name: [None, value] for name, value in facts.items() if value not in (None, "", [])}
    )
    await audit(session, actor, "elder:create", elder.id)
    if actor.id is not None:
        await grant_access(session, user_id=actor.id, elder_id=elder.id, reason=GrantReason.CREATED, until=clock.now() + CREATED_FOR)
    return elder


async def edit_elder(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, edit: EditElder) -> Elder:
    """Changes what was sent, all or nothing. Somebody was quicker → Conflict `elder_changed` that says who, when and which fields."""
    elder = await lock_elder(session, elder_id)
    if elder.version != edit.version:
        change = await last_change(session, elder_id)
        raise Conflict(
            "somebody has changed this profile since you opened it",
            code="elder_changed",
            details={
                "version": elder.version,
                "by": change.actor_name if change else "",
                "at": (change.at if change else elder.updated_at).isoformat(),
                "fields": change.fields if change else [],
            },
        )
    before = await _facts(session, elder)
    sent = edit.model_fields_set - {"version"}
    await _write_place(session, elder, edit, sent)
    await _write_identity(session, elder, edit, sent)
    simple = sent - {
        "name", "community_id", "grid_id", "id_number", "birth_date", "sex", "card_number", "health", "numbers", "contacts", "family_doctor_number",
        "categories",
    }  # fmt: skip
    for name in simple:
        setattr(elder, name, getattr(edit, name))
    if "categories" in sent:
        elder.categories = list(dict.fromkeys(edit.categories))
    if "family_doctor_number" in sent:
        raw = edit.family_doctor_number.strip()
        elder.family_doctor_number = e164(raw, "family_doctor_number") if raw else ""
    if "health" in sent:
        elder.health = edit.health.model_dump(mode="json") if edit.health else None
    if "numbers" in sent:
        await _write_numbers(session, elder, edit)
    if "contacts" in sent:
        await _write_contacts(session, elder, edit)
    await session.flush()
    values = differences(before, await _facts(session, elder))
    if values:
        elder.risk = _risk(elder, Health.model_validate(elder.health) if elder.health else None)
        await touch_elder(session, elder)
        await write_change(session, actor, elder, "edit", values)
        await audit(session, actor, "elder:edit", elder_id, details={"fields": list(values)})
    return elder


async def learn_number(
    session: AsyncSession,
    actor: Actor,
    elder_id: uuid.UUID,
    number: str,
    source: NumberSource,
    *,
    label: str = "",
    replace: uuid.UUID | None = None,
) -> ElderNumber:
    """Harmless twice. She has three already → Conflict `too_many_numbers` that lists them: ask which to drop and pass its id as `replace`."""
    wanted = e164(number, "number")
    elder = await lock_elder(session, elder_id)
    known = await numbers_of(session, elder_id)
    for existing in known:
        if existing.e164 == wanted:
            return existing
    before = [{"number": n.e164, "label": n.label} for n in known]
    position = next((p for p in range(1, MAX_NUMBERS + 1) if p not in {n.position for n in known}), 0)
    if replace is not None:
        dropped = next((n for n in known if n.id == replace), None)
        if dropped is None:
            raise NotFound("the number to drop is not hers", code="number_not_found")
        position = dropped.position
        await session.delete(dropped)
        await session.flush()
    if not position:
        raise Conflict(
            f"she has {MAX_NUMBERS} numbers already; say which one to drop",
            code="too_many_numbers",
            details={
                "max": MAX_NUMBERS,
                "numbers": [{"id": str(n.id), "text": mask(n.e164), "label": n.label, "position": n.position} for n in known],
            },
        )
    learned = ElderNumber(elder_id=elder_id, e164=wanted, position=position, label=label, source=source, learned_at=clock.now())
    session.add(learned)
    await session.flush()
    await touch_elder(session, elder)
    await _write_number_change(session, actor, elder, before)
    await audit(session, actor, "elder:learn_number", elder_id, details={"source": source.value, "replaced": replace is not None})
    return learned


async def drop_number(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, number_id: uuid.UUID) -> None:
    elder = await lock_elder(session, elder_id)
    known = await numbers_of(session, elder_id)
    dropped = next((n for n in known if n.id == number_id), None)
    if dropped is None:
        raise NotFound("this number is not hers", code="number_not_found")
    before = [{"number": n.e164, "label": n.label} for n in known]
    await session.delete(dropped)
    await session.flush()
    await touch_elder(session, elder)
    await _write_number_change(session, actor, elder, before)
    await audit(session, actor, "elder:drop_number", elder_id)


async def correct_health(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, health: Health) -> Elder:
    """Replaces the whole record of health; her risk follows."""
    elder = await lock_elder(session, elder_id)
    before = await _facts(session, elder)
    elder.health = health.model_dump(mode="json")
    elder.risk = _risk(elder, health)
    await touch_elder(session, elder)
    await write_change(session, actor, elder, "edit", differences(before, await _facts(session, elder)))
    await audit(session, actor, "elder:correct_health", elder_id)
    return elder


# --- where she is --------------------------------------------------------------------------------------------------------------

_PRESENCE = ("presence", "presence_since", "presence_until", "presence_place")


async def set_presence(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, wanted: ElderPresence) -> Elder:
    """Home, away, in hospital. A death is reported here too: it is seen at once, and waits for a supervisor's word."""
    elder = await lock_elder(session, elder_id)
    today = clock.today(get_settings().timezone)
    if elder.presence is Presence.DECEASED:
        raise Conflict("she is recorded as deceased; take that back first", code="elder_deceased")
    check_presence(wanted.presence, wanted.since, wanted.until)
    if wanted.presence is not Presence.AWAY and wanted.until:
        raise Invalid("only who is away is back on a day", code="presence_invalid", details={"field": "presence_until"})
    if wanted.since and wanted.since > today:
        raise Invalid("this day is to come", code="presence_invalid", details={"field": "presence_since"})
    before = _presence_of(elder)
    at_home = wanted.presence is Presence.HOME
    elder.presence = wanted.presence
    elder.presence_since = None if at_home else wanted.since or today
    elder.presence_until = None if at_home else wanted.until
    elder.presence_place = None if at_home or wanted.presence is Presence.DECEASED else wanted.place or None
    if _presence_of(elder) == before:
        return elder
    if wanted.presence is Presence.DECEASED:
        session.add(
            DeathReport(
                elder_id=elder_id,
                died_on=elder.presence_since,
                note=wanted.note,
                reported_at=clock.now(),
                reported_by=actor.id,
                reported_name=actor.name,
                before=before,
            )
        )
    await touch_elder(session, elder)
    after = _presence_of(elder)
    await write_change(session, actor, elder, "presence", {n: [before[n], after[n]] for n in _PRESENCE if before[n] != after[n]})
    await audit(session, actor, "elder:set_presence", elder_id, details={"presence": wanted.presence.value})
    return elder


async def confirm_death(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    elder = await lock_elder(session, elder_id)
    report = await _open_report(session, elder_id)
    if report is None:
        raise NotFound("nobody has reported a death", code="no_death_report")
    if report.confirmed_at is not None:
        return
    report.confirmed_at, report.confirmed_by, report.confirmed_name = clock.now(), actor.id, actor.name
    await touch_elder(session, elder)
    await write_change(session, actor, elder, "death_confirmed", {})
    await audit(session, actor, "elder:death_confirmed", elder_id)


async def undo_death(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    """She lives: what stood before stands again, whether it was confirmed or not. Whose death came with an old file is at home again."""
    elder = await lock_elder(session, elder_id)
    now = _presence_of(elder)
    before: dict[str, Any] = {"presence": Presence.HOME}
    if (report := await _open_report(session, elder_id)) is not None:
        before = report.before
        report.undone_at, report.undone_by = clock.now(), actor.id
    elif elder.presence is not Presence.DECEASED:
        raise NotFound("nobody has reported a death", code="no_death_report")
    profile = NewElder.model_validate({"name": elder.name, "community_id": elder.community_id, **before})
    for name in _PRESENCE:
        setattr(elder, name, getattr(profile, name) or None)
    await touch_elder(session, elder)
    after = _presence_of(elder)
    await write_change(session, actor, elder, "death_undone", {n: [now[n], after[n]] for n in _PRESENCE if now[n] != after[n]})
    await audit(session, actor, "elder:death_undone", elder_id)


def _presence_of(elder: Elder) -> dict[str, Any]:
    dates = {name: str(value) if (value := getattr(elder, name)) else None for name in ("presence_since", "presence_until")}
    return {"presence": elder.presence.value, **dates, "presence_place": elder.presence_place or ""}


async def _open_report(session: AsyncSession, elder_id: uuid.UUID) -> DeathReport | None:
    return await session.scalar(
        select(DeathReport).where(DeathReport.elder_id == elder_id, DeathReport.undone_at.is_(None)).with_for_update()
    )


# --- parts of other actions ------------------------------------------------------------------------------------------------------


async def lock_elder(session: AsyncSession, elder_id: uuid.UUID) -> Elder:
    """With everything loaded. A profile that was merged into another one is not written any more."""
    elder = await session.scalar(
        select(Elder)
        .where(Elder.id == elder_id)
        .with_for_update(key_share=True)
        .options(undefer(Elder.search), undefer(Elder.health), undefer(Elder.id_number))
        .execution_options(populate_existing=True)
    )
    if elder is None:
        raise NotFound("no such elder", code="elder_not_found")
    if elder.merged_into is not None:
        raise Conflict("this profile was merged into another one", code="elder_merged", details={"elder_id": str(elder.merged_into)})
    return elder


async def touch_elder(session: AsyncSession, elder: Elder) -> None:
    """A new version, the words she is found by, what an ambulance would lack. Precondition: locked, numbers and contacts flushed."""
    elder.version += 1
    elder.updated_at = clock.now()
    elder.search = (await _search_words(session, [elder]))[elder.id]
    await session.flush()
    await judge_elders(session, [elder.id])


async def follow_places(session: AsyncSession, region_id: uuid.UUID) -> int:
    """A region here has another name or another parent: who lives there or below is found by the new words. Returns how many."""
    followed = 0
    for community_id in (await session.scalars(within([region_id]))).all():
        there = select(Elder).where(Elder.community_id == community_id, Elder.merged_into.is_(None)).order_by(Elder.id)
        elders = (await session.scalars(there.with_for_update(key_share=True))).all()
        words = await _search_words(session, elders)
        for elder in elders:
            elder.search = words[elder.id]
            followed += 1
        await session.flush()
    return followed


async def _search_words(session: AsyncSession, elders: Sequence[Elder]) -> dict[uuid.UUID, str]:
    """What each of these, all of one community, is found by; cards of profiles that were merged into hers too."""
    if not elders:
        return {}
    ids = [elder.id for elder in elders]
    places = await places_of(session, elders[0].community_id, retired_too=True)
    numbers: dict[uuid.UUID, list[str]] = {}
    for elder_id, number in await session.execute(select(ElderNumber.elder_id, ElderNumber.e164).where(ElderNumber.elder_id.in_(ids))):
        numbers.setdefault(elder_id, []).append(number)
    cards = {elder.id: [elder.card_number] if elder.card_number else [] for elder in elders}
    old = select(Elder.merged_into, Elder.card_number).where(Elder.merged_into.in_(ids), Elder.card_number.is_not(None))
    for kept_id, card in await session.execute(old):
        if kept_id and card:
            cards[kept_id].append(card)
    return {
        elder.id: search_vector(
            name=elder.name,
            places=places,
            street_address=elder.street_address,
            building=elder.building,
            unit=elder.unit,
            door=elder.door,
            numbers=numbers.get(elder.id, []),
            card_numbers=cards[elder.id],
        )
        for elder in elders
    }


async def numbers_of(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[ElderNumber]:
    return (await session.scalars(select(ElderNumber).where(ElderNumber.elder_id == elder_id).order_by(ElderNumber.position))).all()


async def contacts_of(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[ElderContact]:
    return (await session.scalars(select(ElderContact).where(ElderContact.elder_id == elder_id).order_by(ElderContact.position))).all()


async def places_of(session: AsyncSession, community_id: uuid.UUID, *, retired_too: bool = False) -> list[str]:
    """The community's place as people say it and as it is written: ["樊城中原施营", "樊城区中原街道施营社区"]."""
    chain = await _chain(session, community_id)
    if not chain or chain[-1].level is not RegionLevel.COMMUNITY or (chain[-1].retired_at is not None and not retired_too):
        raise Invalid("no such community", code="community_not_found", details={"field": "community_id"})
    return ["".join(r.short_name for r in chain), "".join(r.name for r in chain)]


async def _chain(session: AsyncSession, region_id: uuid.UUID) -> list[Region]:
    chain: list[Region] = []
    region = await session.get(Region, region_id)
    while region is not None:
        chain.insert(0, region)
        region = await session.get(Region, region.parent_id) if region.parent_id else None
    return chain


async def _facts(session: AsyncSession, elder: Elder) -> Facts:
    community = "·".join(r.short_name for r in await _chain(session, elder.community_id))
    grid = await session.get(Region, elder.grid_id) if elder.grid_id else None
    return facts_of(
        elder,
        community=community,
        grid=grid.name if grid else "",
        numbers=await numbers_of(session, elder.id),
        contacts=await contacts_of(session, elder.id),
    )


async def _write_number_change(session: AsyncSession, actor: Actor, elder: Elder, before: list[dict[str, str]]) -> None:
    after = [{"number": n.e164, "label": n.label} for n in await numbers_of(session, elder.id)]
    await write_change(session, actor, elder, "number", {"numbers": [before, after]})


async def _write_place(session: AsyncSession, elder: Elder, edit: EditElder, sent: set[str]) -> None:
    if "community_id" in sent and edit.community_id != elder.community_id:
        await places_of(session, edit.community_id)
        elder.community_id, elder.grid_id = edit.community_id, None
    if "grid_id" in sent:
        await _check_grid(session, edit.grid_id, elder.community_id)
        elder.grid_id = edit.grid_id


async def _write_identity(session: AsyncSession, elder: Elder, edit: EditElder, sent: set[str]) -> None:
    if "name" in sent:
        if not edit.name:
            raise Invalid("she has a name", code="name_missing", details={"field": "name"})
        elder.name = edit.name
        elder.pinyin = pinyin.of_name(edit.name)
        elder.initials = pinyin.initials(elder.pinyin)
    if "birth_date" in sent:
        check_birth_date(edit.birth_date, clock.today(get_settings().timezone))
        elder.birth_date = edit.birth_date
    if "sex" in sent:
        elder.sex = edit.sex
    if "id_number" in sent and edit.id_number:
        check_id_number(edit.id_number)
        index = crypto.index(edit.id_number, ID_NUMBER_COLUMN)
        if index != elder.id_number_index:
            await _refuse_duplicates(session, index, None)
            elder.id_number, elder.id_number_index = edit.id_number, index
        elder.birth_date = elder.birth_date or id_birth_date(edit.id_number)
        if elder.sex is Sex.UNKNOWN:
            elder.sex = Sex.MALE if id_is_male(edit.id_number) else Sex.FEMALE
    elif "id_number" in sent:
        elder.id_number = elder.id_number_index = None
    if "card_number" in sent and edit.card_number != elder.card_number:
        await _refuse_duplicates(session, None, edit.card_number)
        elder.card_number = edit.card_number
    await _flush_identity(session)


async def _write_numbers(session: AsyncSession, elder: Elder, edit: EditElder) -> None:
    known = {n.id: n for n in await numbers_of(session, elder.id)}
    rows: list[dict[str, Any]] = []
    for i, wanted in enumerate(edit.numbers):
        number = e164(wanted.number, f"numbers.{i}.number")
        if number in {row["e164"] for row in rows}:
            raise Invalid("this number stands there twice", code="number_twice", details={"field": f"numbers.{i}.number"})
        old = known.get(wanted.id) if wanted.id else None
        row: dict[str, Any] = {"elder_id": elder.id, "e164": number, "position": i + 1, "label": wanted.label}
        same = old is not None and old.e164 == number
        if old is not None:
            row["id"] = old.id
        row["source"] = old.source if old is not None and same else NumberSource.AGENT
        row["learned_at"] = old.learned_at if old is not None and same else clock.now()
        rows.append(row)
    if len({row["id"] for row in rows if "id" in row}) != sum("id" in row for row in rows):
        raise Invalid("an id stands there twice", code="number_twice", details={"field": "numbers"})
    await session.execute(delete(ElderNumber).where(ElderNumber.elder_id == elder.id).execution_options(synchronize_session="fetch"))
    session.add_all(ElderNumber(**row) for row in rows)
    await session.flush()


async def _write_contacts(session: AsyncSession, elder: Elder, edit: EditElder) -> None:
    known = {c.id for c in await contacts_of(session, elder.id)}
    rows: list[dict[str, Any]] = []
    for i, wanted in enumerate(edit.contacts):
        check_contact(wanted, f"contacts.{i}")
        row = wanted.model_dump(exclude={"number", "id"}) | {"number": e164(wanted.number, f"contacts.{i}.number")}
        if wanted.id in known:
            known.discard(wanted.id)
            row["id"] = wanted.id
        rows.append({"elder_id": elder.id, "position": i + 1, **row})
    await session.execute(delete(ElderContact).where(ElderContact.elder_id == elder.id).execution_options(synchronize_session="fetch"))
    session.add_all(ElderContact(**row) for row in rows)
    await session.flush()


async def _check_grid(session: AsyncSession, grid_id: uuid.UUID | None, community_id: uuid.UUID) -> None:
    if grid_id is None:
        return
    grid = await session.get(Region, grid_id)
    if grid is None or grid.level is not RegionLevel.GRID or grid.parent_id != community_id:
        raise Invalid("no such grid in this community", code="grid_not_found", details={"field": "grid_id"})


async def _refuse_duplicates(session: AsyncSession, id_number_index: str | None, card_number: str | None) -> None:
    """For a clear answer; the unique constraints decide when two do it at once."""
    if id_number_index and (found := await session.scalar(select(Elder.id).where(Elder.id_number_index == id_number_index))):
        raise Conflict(
            "somebody has this ID number already", code="id_number_taken", details={"elder_id": str(found), "field": "id_number"}
        )
    if card_number and (found := await session.scalar(select(Elder.id).where(Elder.card_number == card_number))):
        raise Conflict(
            "somebody has this card number already", code="card_number_taken", details={"elder_id": str(found), "field": "card_number"}
        )


async def _flush_identity(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        for name in ("id_number", "card_number"):
            if f"uq_elders_{name}" in str(error.orig):
                raise Conflict("somebody has it already", code=f"{name}_taken", details={"field": name}) from None
        raise


def _risk(elder: Elder, health: Health | None) -> int:
    age = age_on(elder.birth_date, clock.today(get_settings().timezone))
    return risk_score(health, age=age, living=elder.living, ability=elder.ability, wandering=elder.wandering)
