"""Two profiles of one person made into one, and taken apart again exactly.

Here is what belongs to the profile itself: fields, numbers, contacts, photograph, checks, grants. Cases and calls lie above this domain: whoever
calls this moves them in the same transaction and hands their ids over, so that undoing moves just those back. History and consents are
ledgers and stay where they were written; readers ask for the kept profile's and those merged into it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.actions import contacts_of, lock_elder, numbers_of, touch_elder
from callcenter.elders.history import write_change
from callcenter.elders.models import (
    MAX_NUMBERS,
    Ability,
    AccessGrant,
    Elder,
    ElderContact,
    ElderNumber,
    Hearing,
    Living,
    NumberSource,
    Presence,
    Sex,
)
from callcenter.elders.queries import get_elder_summaries, get_hits
from callcenter.elders.record_schemas import Candidate, MergeView
from callcenter.elders.records import CheckState, ElderMerge, ElderPhoto, NotTheSame, TelephoneCheck
from callcenter.elders.rules import age_on, risk_score
from callcenter.elders.schemas import FallRisk, Health
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.phone import pretty
from callcenter.regions.queries import within
from callcenter.settings import get_settings

UNDO_FOR = timedelta(days=30)


class Columns(BaseModel):
    """What a merge may change of a profile."""

    model_config = ConfigDict(from_attributes=True)

    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    id_number: str | None = None
    id_number_index: str | None = None
    card_number: str | None = None
    grid_id: uuid.UUID | None = None
    street_address: str = ""
    building: str = ""
    unit: str = ""
    door: str = ""
    floor: int | None = None
    has_lift: bool | None = None
    entrance_hint: str = ""
    latitude: float | None = None
    longitude: float | None = None
    household_registration: str = ""
    living: Living = Living.UNKNOWN
    categories: list[str] = []
    ability: Ability = Ability.NOT_ASSESSED
    ability_on: date | None = None
    health: dict[str, Any] | None = None
    hearing: Hearing = Hearing.UNKNOWN
    dialect: str = ""
    wandering: bool = False
    preferred_hospital: str = ""
    family_doctor: str = ""
    family_doctor_number: str = ""
    risk: int = 0


class NumberRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    elder_id: uuid.UUID
    e164: str
    position: int
    label: str
    source: NumberSource
    learned_at: datetime


class ContactRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    elder_id: uuid.UUID
    position: int
    name: str
    relation: str
    number: str
    has_key: bool
    key_note: str
    is_guardian: bool
    valid_from: date | None
    valid_to: date | None


class Side(BaseModel):
    columns: Columns
    numbers: list[NumberRow]
    contacts: list[ContactRow]


class Moved(BaseModel):
    """Rows of other tables that point at the kept profile since the merge."""

    photo: bool = False
    checks: list[uuid.UUID] = []
    grants: list[uuid.UUID] = []
    merged_before: list[uuid.UUID] = []  # profiles that had been merged into the one that is merged now
    cases: list[uuid.UUID] = []
    tasks: list[uuid.UUID] = []
    calls: list[uuid.UUID] = []


class Record(BaseModel):
    kept_before: Side
    kept_after: Side
    merged_before: Side
    moved: Moved
    left_numbers: list[str]


async def merge_profiles(
    session: AsyncSession,
    actor: Actor,
    *,
    kept_id: uuid.UUID,
    merged_id: uuid.UUID,
    kept_version: int,
    merged_version: int,
    reason: str,
) -> ElderMerge:
    """The kept profile's own words win; what it lacks it takes from the other. `finish_merge` adds what was moved above this domain."""
    if kept_id == merged_id:
        raise Invalid("these are one profile already", code="merge_same", details={"field": "merged_id"})
    first, second = [await lock_elder(session, i) for i in sorted((kept_id, merged_id))]  # in one order, or two merges wait for each other
    kept, merged = (first, second) if first.id == kept_id else (second, first)
    if (kept.version, merged.version) != (kept_version, merged_version):
        raise Conflict("one of them has been changed since; look again", code="elder_changed", details={})
    if Presence.DECEASED in (kept.presence, merged.presence) and kept.presence is not merged.presence:
        raise Conflict("one of them is recorded as deceased and the other is not; settle that first", code="merge_deceased")
    before, other = await _side(session, kept), await _side(session, merged)
    moved = Moved()
    await _empty(session, merged, other)
    _fill(kept, before.columns, other.columns, same_community=kept.community_id == merged.community_id)
    left = await _join_numbers(session, kept, before, other)
    await _join_contacts(session, kept, before, other)
    kept.risk = _risk(kept)
    await _move_rows(session, kept.id, merged, moved)
    await touch_elder(session, kept)
    merged.version += 1
    merged.updated_at = clock.now()
    merged.merged_into, merged.search = kept.id, ""
    row = ElderMerge(
        kept_id=kept.id,
        merged_id=merged.id,
        at=clock.now(),
        actor_id=actor.id,
        actor_name=actor.name,
        reason=reason,
        record=Record(
            kept_before=before,
            kept_after=await _side(session, kept),
            merged_before=other,
            moved=moved,
            left_numbers=left,
        ).model_dump(mode="json"),
    )
    session.add(row)
    await session.flush()
    await write_change(session, actor, kept, "merge", {"merged": [None, merged.name]})
    await write_change(session, actor, merged, "merged_away", {})
    await audit(session, actor, "elder:merge", kept.id, details={"merged": str(merged.id)})
    return row


async def finish_merge(
    session: AsyncSession, merge: ElderMerge, *, cases: Collection[uuid.UUID], tasks: Collection[uuid.UUID], calls: Collection[uuid.UUID]
) -> None:
    record = Record.model_validate(merge.record)
    record.moved.cases, record.moved.tasks, record.moved.calls = list(cases), list(tasks), list(calls)
    merge.record = record.model_dump(mode="json")
    await session.flush()


async def undo_merge(session: AsyncSession, actor: Actor, merge_id: uuid.UUID) -> tuple[ElderMerge, Moved]:
    """Both profiles as they were; what was done to the kept one elsewhere since stays. Conflict when what the merge wrote was changed since.

    The caller moves back the cases, tasks and calls of the answer.
    """
    ids = (await session.execute(select(ElderMerge.kept_id, ElderMerge.merged_id).where(ElderMerge.id == merge_id))).one_or_none()
    if ids is None:
        raise NotFound("there is no such merge", code="merge_not_found")
    rows = await session.scalars(
        select(Elder)
        .where(Elder.id.in_(tuple(ids)))
        .order_by(Elder.id)
        .with_for_update(key_share=True)
        .options(undefer(Elder.health), undefer(Elder.id_number), undefer(Elder.search))
        .execution_options(populate_existing=True)
    )
    locked = {elder.id: elder for elder in rows}
    kept, merged = locked[ids.kept_id], locked[ids.merged_id]
    merge = await session.scalar(
        select(ElderMerge)
        .where(ElderMerge.id == merge_id)
        .with_for_update()
        .options(undefer(ElderMerge.record))
        .execution_options(populate_existing=True)
    )
    assert merge is not None
    if merge.undone_at is not None:
        raise Conflict("this merge was undone already", code="merge_undone")
    if clock.now() > merge.at + UNDO_FOR:
        raise Conflict("a merge can be undone for 30 days", code="merge_too_old")
    if kept.merged_into is not None:
        raise Conflict(
            "the kept profile was merged further; undo that first", code="elder_merged", details={"elder_id": str(kept.merged_into)}
        )
    record = Record.model_validate(merge.record)
    changed = _differ(record.kept_after, await _side(session, kept), record.kept_before)
    if changed:
        raise Conflict(
            "what the merge brought was changed since; it can't be taken back any more",
            code="merge_not_undoable",
            details={"fields": changed},
        )
    await session.execute(delete(ElderNumber).where(ElderNumber.elder_id.in_(list(locked))).execution_options(synchronize_session="fetch"))
    await session.execute(
        delete(ElderContact).where(ElderContact.elder_id.in_(list(locked))).execution_options(synchronize_session="fetch")
    )
    _write(kept, record.kept_before.columns, only=_changed_columns(record))
    await session.flush()  # an ID number is given back before the other takes it
    _write(merged, record.merged_before.columns)
    merged.merged_into = None
    for side in (record.kept_before, record.merged_before):
        session.add_all(ElderNumber(**row.model_dump()) for row in side.numbers)
        session.add_all(ElderContact(**row.model_dump()) for row in side.contacts)
    await session.flush()
    await _move_back(session, kept.id, merged.id, record.moved)
    for elder in (kept, merged):
        elder.risk = _risk(elder)
        await touch_elder(session, elder)
        await write_change(session, actor, elder, "unmerge", {})
    merge.undone_at, merge.undone_by, merge.undone_name = clock.now(), actor.id, actor.name
    await session.flush()
    await audit(session, actor, "elder:unmerge", kept.id, details={"merged": str(merged.id)})
    return merge, record.moved


# --- parts -----------------------------------------------------------------------------------------------------------


async def _side(session: AsyncSession, elder: Elder) -> Side:
    return Side(
        columns=Columns.model_validate(elder),
        numbers=[NumberRow.model_validate(n) for n in await numbers_of(session, elder.id)],
        contacts=[ContactRow.model_validate(c) for c in await contacts_of(session, elder.id)],
    )


def _write(elder: Elder, columns: Columns, only: Collection[str] | None = None) -> None:
    for name in Columns.model_fields:
        if only is None or name in only:
            setattr(elder, name, getattr(columns, name))


def _changed_columns(record: Record) -> set[str]:
    before, after = record.kept_before.columns, record.kept_after.columns
    return {name for name in Columns.model_fields if getattr(before, name) != getattr(after, name)} - {"risk"}


def _differ(after: Side, now: Side, before: Side) -> list[str]:
    """Which parts that the merge wrote are not as it left them."""
    changed = [
        name
        for name in Columns.model_fields
        if name != "risk"
        and getattr(after.columns, name) != getattr(before.columns, name)
        and getattr(now.columns, name) != getattr(after.columns, name)
    ]
    if now.numbers != after.numbers:
        changed.append("numbers")
    if now.contacts != after.contacts:
        changed.append("contacts")
    return changed


async def _empty(session: AsyncSession, merged: Elder, other: Side) -> None:
    """Its ID and card may be taken over, its numbers and contacts are given out anew; what finds no place comes back to it."""
    merged.id_number = merged.id_number_index = merged.card_number = None
    await session.execute(delete(ElderNumber).where(ElderNumber.elder_id == merged.id).execution_options(synchronize_session="fetch"))
    await session.execute(delete(ElderContact).where(ElderContact.elder_id == merged.id).execution_options(synchronize_session="fetch"))
    await session.flush()


def _fill(kept: Elder, before: Columns, other: Columns, *, same_community: bool) -> None:
    blank = Columns()
    address = {"grid_id", "street_address", "building", "unit", "door", "floor", "has_lift", "entrance_hint", "latitude", "longitude"}
    apart = {"health", "categories", "wandering", "risk", "id_number_index", "ability_on", "family_doctor_number"}
    takes_address = same_community and not (before.street_address or before.building or before.door)
    for name in Columns.model_fields:
        if name in apart or (name in address and not takes_address):
            continue
        if getattr(before, name) == getattr(blank, name):
            setattr(kept, name, getattr(other, name))
    if kept.id_number != before.id_number:
        kept.id_number_index = other.id_number_index
    if kept.ability != before.ability:
        kept.ability_on = other.ability_on
    if kept.family_doctor != before.family_doctor:
        kept.family_doctor_number = before.family_doctor_number or other.family_doctor_number
    kept.wandering = before.wandering or other.wandering
    kept.categories = list(dict.fromkeys([*before.categories, *other.categories]))
    kept.health = _joined_health(before.health, other.health)


def _joined_health(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> dict[str, Any] | None:
    """No illness and no allergy is lost."""
    if not ours or not theirs:
        return ours or theirs
    mine, other = Health.model_validate(ours), Health.model_validate(theirs)
    return Health(
        chronic_illness=_both(mine.chronic_illness, other.chronic_illness),
        medication=_both(mine.medication, other.medication),
        allergies=_both(mine.allergies, other.allergies),
        blood_type=mine.blood_type or other.blood_type,
        implants=_both(mine.implants, other.implants),
        fall_risk=other.fall_risk if mine.fall_risk is FallRisk.UNKNOWN else mine.fall_risk,
        notes="\n".join(dict.fromkeys(note for note in (mine.notes, other.notes) if note))[:2000],
    ).model_dump(mode="json")


def _both(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*ours, *theirs]))[:30]


async def _join_numbers(session: AsyncSession, kept: Elder, before: Side, other: Side) -> list[str]:
    """Those without a place stay with the merged profile, so that a press from them still finds her; returns them."""
    mine = {row.e164 for row in before.numbers}
    free = [p for p in range(1, MAX_NUMBERS + 1) if p not in {row.position for row in before.numbers}]
    left = []
    for row in other.numbers:
        if row.e164 in mine:
            continue
        if free:
            row = row.model_copy(update={"elder_id": kept.id, "position": free.pop(0)})
        else:
            left.append(pretty(row.e164))
        session.add(ElderNumber(**row.model_dump()))
    await session.flush()
    return left


async def _join_contacts(session: AsyncSession, kept: Elder, before: Side, other: Side) -> None:
    mine = {contact.number: contact for contact in await contacts_of(session, kept.id)}
    position = max((row.position for row in before.contacts), default=0)
    for row in other.contacts:
        if row.number in mine:
            same = mine[row.number]
            same.has_key, same.is_guardian = same.has_key or row.has_key, same.is_guardian or row.is_guardian
            same.key_note = same.key_note or row.key_note
            continue
        position += 1
        session.add(ElderContact(**row.model_copy(update={"elder_id": kept.id, "position": position}).model_dump()))
    await session.flush()


async def _move_rows(session: AsyncSession, kept_id: uuid.UUID, merged: Elder, moved: Moved) -> None:
    has_photo = await session.scalar(select(ElderPhoto.id).where(ElderPhoto.elder_id == kept_id))
    if not has_photo:
        gone = await session.scalars(
            update(ElderPhoto).where(ElderPhoto.elder_id == merged.id).values(elder_id=kept_id).returning(ElderPhoto.id)
        )
        moved.photo = bool(gone.all())
    for model, ids, more in (
        (TelephoneCheck, moved.checks, TelephoneCheck.state != CheckState.WAITING),
        (AccessGrant, moved.grants, or_(AccessGrant.until.is_(None), AccessGrant.until > clock.now())),
    ):
        rows = await session.execute(
            update(model)
            .where(model.elder_id == merged.id, more)
            .values(elder_id=kept_id)
            .returning(model.id)
            .execution_options(synchronize_session=False)
        )
        ids += [row.id for row in rows]
    before = await session.execute(
        update(Elder)
        .where(Elder.merged_into == merged.id)
        .values(merged_into=kept_id)
        .returning(Elder.id)
        .execution_options(synchronize_session="fetch")
    )
    moved.merged_before += [row.id for row in before]


async def _move_back(session: AsyncSession, kept_id: uuid.UUID, merged_id: uuid.UUID, moved: Moved) -> None:
    if moved.photo:
        await session.execute(update(ElderPhoto).where(ElderPhoto.elder_id == kept_id).values(elder_id=merged_id))
    for model, ids in ((TelephoneCheck, moved.checks), (AccessGrant, moved.grants)):
        await session.execute(
            update(model)
            .where(model.id.in_(ids), model.elder_id == kept_id)
            .values(elder_id=merged_id)
            .execution_options(synchronize_session=False)
        )
    await session.execute(
        update(Elder)
        .where(Elder.id.in_(moved.merged_before), Elder.merged_into == kept_id)
        .values(merged_into=merged_id)
        .execution_options(synchronize_session="fetch")
    )


def _risk(elder: Elder) -> int:
    return risk_score(
        Health.model_validate(elder.health) if elder.health else None,
        age=age_on(elder.birth_date, clock.today(get_settings().timezone)),
        living=elder.living,
        ability=elder.ability,
        wandering=elder.wandering,
    )


async def kept_of(session: AsyncSession, merge_id: uuid.UUID) -> uuid.UUID:
    found = await session.scalar(select(ElderMerge.kept_id).where(ElderMerge.id == merge_id))
    if found is None:
        raise NotFound("there is no such merge", code="merge_not_found")
    return found


# --- lists -------------------------------------------------------------------------------------------------------------

# Two valid ID numbers are two people, whatever else is alike.
_PAIRS = text(
    """
    WITH pairs AS (
        SELECT a.id AS first, b.id AS second, 'name_birth' AS why FROM elders a
        JOIN elders b ON b.name = a.name AND b.birth_date = a.birth_date AND b.id > a.id
        WHERE a.merged_into IS NULL AND b.merged_into IS NULL
        UNION ALL
        SELECT a.id, b.id, 'name_number' FROM elder_numbers n
        JOIN elder_numbers m ON m.e164 = n.e164 AND m.elder_id > n.elder_id
        JOIN elders a ON a.id = n.elder_id JOIN elders b ON b.id = m.elder_id AND b.name = a.name
        WHERE a.merged_into IS NULL AND b.merged_into IS NULL
        UNION ALL
        SELECT a.id, b.id, 'name_door' FROM elders a
        JOIN elders b ON b.name = a.name AND b.community_id = a.community_id AND b.building = a.building AND b.unit = a.unit AND b.door = a.door
            AND b.id > a.id
        WHERE a.door <> '' AND a.merged_into IS NULL AND b.merged_into IS NULL
    )
    SELECT p.first, p.second, array_agg(DISTINCT p.why) AS why FROM pairs p
    JOIN elders a ON a.id = p.first JOIN elders b ON b.id = p.second
    WHERE NOT (a.id_number_index IS NOT NULL AND b.id_number_index IS NOT NULL)
      AND a.community_id = ANY (:communities) AND b.community_id = ANY (:communities)
      AND NOT EXISTS (SELECT 1 FROM elders_not_the_same s WHERE s.first_id = p.first AND s.second_id = p.second)
    GROUP BY p.first, p.second ORDER BY count(DISTINCT p.why) DESC, p.first LIMIT 100
    """
)


async def list_candidates(session: AsyncSession, region_ids: Sequence[uuid.UUID]) -> list[Candidate]:
    """Of these regions; the surest first."""
    communities = list(await session.scalars(within(region_ids)))
    pairs = (await session.execute(_PAIRS, {"communities": communities})).all()
    ids = list(dict.fromkeys(i for pair in pairs for i in (pair.first, pair.second)))
    hits = {hit.id: hit for hit in await get_hits(session, ids, {}, full_ids=ids)}
    return [Candidate(first=hits[pair.first], second=hits[pair.second], why=pair.why) for pair in pairs]


async def mark_not_the_same(session: AsyncSession, actor: Actor, *, first_id: uuid.UUID, second_id: uuid.UUID) -> None:
    """Harmless twice."""
    first, second = sorted((first_id, second_id))
    if first == second:
        raise Invalid("these are one profile", code="merge_same", details={"field": "second_id"})
    row = pg_insert(NotTheSame).values(first_id=first, second_id=second, at=clock.now(), actor_id=actor.id)
    fresh = await session.execute(row.on_conflict_do_nothing().returning(NotTheSame.first_id))
    if fresh.first() is not None:
        await audit(session, actor, "elder:not_the_same", first, details={"other": str(second)})


async def list_merges(session: AsyncSession, *, kept_ids: Collection[uuid.UUID] | None = None, limit: int = 100) -> list[MergeView]:
    """Newest first."""
    statement = select(ElderMerge).order_by(ElderMerge.at.desc()).limit(limit).options(undefer(ElderMerge.record))
    if kept_ids is not None:
        statement = statement.where(ElderMerge.kept_id.in_(kept_ids))
    merges = (await session.scalars(statement)).all()
    ids = {i for merge in merges for i in (merge.kept_id, merge.merged_id)}
    people = await get_elder_summaries(session, ids, full_ids=ids)
    found = []
    for merge in merges:
        record = Record.model_validate(merge.record)
        found.append(
            MergeView(
                id=merge.id,
                kept=people[merge.kept_id],
                merged=people[merge.merged_id],
                at=merge.at,
                by=merge.actor_name,
                reason=merge.reason,
                undo_until=merge.at + UNDO_FOR,
                undone_at=merge.undone_at,
                undone_by=merge.undone_name,
                cases=len(record.moved.cases),
                left_numbers=record.left_numbers,
            )
        )
    return found
