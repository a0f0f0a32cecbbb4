"""All reads of elders. What is read of health data must be audited by the route that shows it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, exists, func, or_, select
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import TSQUERY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, undefer

from callcenter.elders.cards import card, hit, matched_contact, profile_of, summary_fields
from callcenter.elders.lacks.models import ElderLacks
from callcenter.elders.making import ID_NUMBER_COLUMN
from callcenter.elders.models import AccessGrant, Elder, ElderContact, ElderNumber, GrantReason, Presence, Sex
from callcenter.elders.record_schemas import DirectoryFilter
from callcenter.elders.records import CheckState, DeathReport, ElderChange, ElderPhoto, TelephoneCheck
from callcenter.elders.rules import id_number_problem
from callcenter.elders.schemas import ElderCard, ElderHit, ElderSummary, Profile
from callcenter.elders.search import number_tails, search_query
from callcenter.kit import clock, crypto
from callcenter.kit.db import Asked, read_together
from callcenter.kit.errors import NotFound
from callcenter.regions.models import GridWorker, Region
from callcenter.regions.queries import within, worker_for
from callcenter.settings import get_settings

# How many matches of a search are looked at before they are put in order: a search for 王 must not sort ten thousand.
SEARCH_WINDOW = 400

_Community, _Street, _District = aliased(Region), aliased(Region), aliased(Region)


@dataclass(frozen=True, slots=True)
class CallerMatch:
    """Who may be calling: what the queue needs, and nothing that has to be decrypted."""

    id: uuid.UUID
    name: str
    sex: Sex
    birth_date: date | None
    community_id: uuid.UUID
    risk: int  # 0..3
    wandering: bool
    presence: Presence
    number: str  # the one that matched
    dialect: str = ""


def asked_by_number(numbers: Sequence[str]) -> Asked:
    """`find_elders_by_number` for `read_together`; its rows go to `match_numbers`. The hot path of every press: one indexed statement, without the ORM."""
    return Asked(
        "SELECT e.id, e.name, e.sex, e.birth_date, e.community_id, e.risk, e.wandering, e.presence, n.e164, e.dialect "
        "FROM elder_numbers n JOIN elders o ON o.id = n.elder_id JOIN elders e ON e.id = coalesce(o.merged_into, o.id) "
        "WHERE n.e164 = ANY (%(numbers)s) ORDER BY e.birth_date, e.id",
        {"numbers": list(numbers)},
    )


def match_numbers(rows: Iterable[Any], numbers: Sequence[str]) -> list[CallerMatch]:
    matches = [
        CallerMatch(r.id, r.name, Sex(r.sex), r.birth_date, r.community_id, r.risk, r.wandering, Presence(r.presence), r.e164, r.dialect)
        for r in rows
    ]
    for number in numbers:
        of_number = list({m.id: m for m in matches if m.number == number}.values())  # hers, and a profile's that was merged into hers
        if of_number:
            return [m for m in of_number if m.presence is not Presence.DECEASED] or of_number
    return []


async def find_elders_by_number(session: AsyncSession, numbers: Sequence[str]) -> list[CallerMatch]:
    """Elders of the first of these E.164 numbers that belongs to anybody (`phone.candidates` gives them in order).

    Two for a couple's telephone, in the order of age, the older first. The dead are left out, unless nobody else has the number.
    """
    if not numbers:
        return []
    (rows,) = await read_together(session, asked_by_number(numbers))
    return match_numbers(rows, numbers)


async def find_elders_by_contact_number(session: AsyncSession, numbers: Sequence[str]) -> list[CallerMatch]:
    """Elders one of whose contacts has this number: a daughter calls about her mother. Valid contacts only."""
    today = _today()
    rows = await session.execute(
        select(
            Elder.id,
            Elder.name,
            Elder.sex,
            Elder.birth_date,
            Elder.community_id,
            Elder.risk,
            Elder.wandering,
            Elder.presence,
            ElderContact.number,
        )
        .join(ElderContact, ElderContact.elder_id == Elder.id)
        .where(ElderContact.number.in_(list(numbers)), _valid_on(today))
        .order_by(Elder.birth_date, Elder.id)
    )
    return [CallerMatch(*row) for row in rows]


async def get_elder(session: AsyncSession, elder_id: uuid.UUID) -> Elder:
    elder = await session.get(Elder, elder_id)
    if elder is None:
        raise _not_found()
    return elder


async def get_elder_card(session: AsyncSession, elder_id: uuid.UUID, *, full: bool = True) -> ElderCard:
    cards = await get_elder_cards(session, [elder_id], full=full)
    if not cards:
        raise _not_found()
    return cards[0]


async def get_elder_cards(session: AsyncSession, elder_ids: Sequence[uuid.UUID], *, full: bool = True) -> list[ElderCard]:
    """Everything the screen pop needs, in three statements for any number of elders, in the order asked for; unknown ids are left out."""
    if not elder_ids:
        return []
    worker = GridWorker.id == worker_for(Elder.community_id, Elder.grid_id, _today())
    whole = _with_place(
        select(
            Elder, _District.short_name, _Street.short_name, _Community.short_name, _HAS_PHOTO, _VERIFIED_AT, _DEATH_REPORTED, GridWorker,
            ElderLacks,
        )
    )  # fmt: skip
    statement = whole.outerjoin(GridWorker, worker).outerjoin(ElderLacks, ElderLacks.elder_id == Elder.id).where(Elder.id.in_(elder_ids))
    if full:  # health is not even fetched for those who may not see it
        statement = statement.options(undefer(Elder.health), undefer(Elder.id_number))
    rows = {row[0].id: row for row in await session.execute(statement.execution_options(populate_existing=True))}
    kept = {i: row[0].merged_into for i, row in rows.items() if row[0].merged_into is not None}
    if kept:  # asked for by an old id: the profile that was kept answers
        cards = {c.id: c for c in await get_elder_cards(session, list(dict.fromkeys(kept.get(i, i) for i in elder_ids)), full=full)}
        return [cards[kept.get(i, i)] for i in elder_ids if kept.get(i, i) in cards]
    numbers = await session.scalars(select(ElderNumber).where(ElderNumber.elder_id.in_(elder_ids)).order_by(ElderNumber.position))
    by_elder: dict[uuid.UUID, list[ElderNumber]] = {}
    for number in numbers:
        by_elder.setdefault(number.elder_id, []).append(number)
    contacts: dict[uuid.UUID, list[ElderContact]] = {}
    if full:
        found = await session.scalars(
            select(ElderContact)
            .where(ElderContact.elder_id.in_(elder_ids), _valid_on(_today()))
            .order_by(ElderContact.has_key.desc(), ElderContact.position)
        )
        for contact in found:
            contacts.setdefault(contact.elder_id, []).append(contact)
    today = _today()
    return [card(rows[i], by_elder.get(i, []), contacts.get(i, []), full=full, today=today) for i in elder_ids if i in rows]


async def get_elder_summaries(
    session: AsyncSession, elder_ids: Iterable[uuid.UUID], *, full_ids: Collection[uuid.UUID] = frozenset()
) -> dict[uuid.UUID, ElderSummary]:
    """For lists and queues, one statement. Those not in `full_ids` are masked (王**)."""
    wanted = list(set(elder_ids))
    if not wanted:
        return {}
    today = _today()
    rows = await session.execute(_with_place(select(*_SUMMARY)).where(Elder.id.in_(wanted)))
    return {row.id: ElderSummary(**summary_fields(row, full=row.id in full_ids, today=today)) for row in rows}


async def search_elders(
    session: AsyncSession,
    text: str,
    *,
    region_ids: Collection[uuid.UUID] | None = None,
    limit: int = 20,
    full: bool = False,
    full_ids: Collection[uuid.UUID] = frozenset(),
) -> list[ElderHit]:
    """By name, pinyin, initials, any number (whole or its last four digits or more), address, door, card, or the whole ID number.

    `region_ids`: only elders there or below. `full`: unmasked for all, `full_ids`: for these. The closest names come first.
    """
    conditions = [] if region_ids is None else [_in_scope(region_ids)]
    ids, contacts = await _find(session, text.strip(), conditions, limit)
    return await _hits(session, ids, contacts, full=full, full_ids=full_ids)


async def list_directory(
    session: AsyncSession, wanted: DirectoryFilter, text: str = "", *, offset: int = 0, limit: int = 50
) -> tuple[list[uuid.UUID], dict[uuid.UUID, ContactMatch], int]:
    """Who passes the filter, by pinyin, and how many there are; with `text` the best matches among them. `get_hits` makes lines of them."""
    conditions = filter_conditions(wanted, everybody=bool(text))
    if text:
        ids, contacts = await _find(session, text, conditions, offset + limit)
        return ids[offset:], contacts, len(ids)
    total = await session.scalar(select(func.count()).select_from(Elder).where(*conditions)) or 0
    page = select(Elder.id).where(*conditions).order_by(Elder.pinyin, Elder.id).offset(offset).limit(limit)
    return list(await session.scalars(page)), {}, total


async def get_hits(
    session: AsyncSession, ids: Sequence[uuid.UUID], contacts: dict[uuid.UUID, ContactMatch], *, full_ids: Collection[uuid.UUID]
) -> list[ElderHit]:
    return await _hits(session, ids, contacts, full=False, full_ids=full_ids)


def filter_conditions(wanted: DirectoryFilter, *, everybody: bool = False) -> list[ColumnElement[bool]]:
    """Who has died is listed only when asked for (`everybody`: also)."""
    conditions: list[ColumnElement[bool]] = [Elder.merged_into.is_(None)]
    if wanted.region_id is not None:
        conditions.append(_in_scope([wanted.region_id]))
    if wanted.category:
        conditions.append(Elder.categories.contains([wanted.category]))
    if wanted.presence is not None:
        conditions.append(Elder.presence == wanted.presence)
    elif not everybody:
        conditions.append(Elder.presence != Presence.DECEASED)
    if wanted.risk is not None:
        conditions.append(Elder.risk == wanted.risk)
    if wanted.living is not None:
        conditions.append(Elder.living == wanted.living)
    return conditions


async def list_categories(session: AsyncSession) -> list[str]:
    """Those in use, the commonest first."""
    found = await session.execute(
        sql_text("SELECT word, count(*) FROM elders, jsonb_array_elements_text(categories) word GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50")
    )
    return [word for word, _ in found]


async def get_profile(session: AsyncSession, elder_id: uuid.UUID) -> Profile:
    """For whoever may see all of her; an id that was merged answers with the profile that was kept."""
    elder = await get_elder(session, elder_id)
    row = (
        await session.execute(
            _with_place(
                select(
                    Elder,
                    _District.short_name,
                    _Street.short_name,
                    _Community.short_name,
                    _HAS_PHOTO,
                    _VERIFIED_AT,
                    _DEATH_REPORTED,
                    ElderLacks,
                )
            )
            .outerjoin(ElderLacks, ElderLacks.elder_id == Elder.id)
            .where(Elder.id == (elder.merged_into or elder_id))
            .options(undefer(Elder.health), undefer(Elder.id_number))
            .execution_options(populate_existing=True)
        )
    ).one()
    kept: Elder = row[0]
    contacts = await session.scalars(select(ElderContact).where(ElderContact.elder_id == kept.id).order_by(ElderContact.position))
    death = await session.scalar(select(DeathReport).where(DeathReport.elder_id == kept.id, DeathReport.undone_at.is_(None)))
    by = await session.scalar(
        select(ElderChange.actor_name)
        .where(ElderChange.elder_id == kept.id)
        .order_by(ElderChange.at.desc(), ElderChange.id.desc())
        .limit(1)
    )
    return profile_of(
        row, await list_numbers(session, kept.id), contacts.all(), death, asked_id=elder_id, updated_by=by or "", today=_today()
    )


async def current_id(session: AsyncSession, elder_id: uuid.UUID) -> uuid.UUID:
    """The profile that is kept for this id, which may be an old one. NotFound when there never was one."""
    elder = await get_elder(session, elder_id)
    return elder.merged_into or elder_id


async def current_ids(session: AsyncSession, elder_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Each of these ids with that of the profile that is kept for it: itself, but for what was merged."""
    merged = await session.execute(select(Elder.id, Elder.merged_into).where(Elder.id.in_(elder_ids), Elder.merged_into.is_not(None)))
    old = {row.id: row.merged_into for row in merged}
    return {i: old.get(i, i) for i in elder_ids}


async def has_access(session: AsyncSession, user_id: uuid.UUID, elder_id: uuid.UUID) -> bool:
    """Whether an open grant (live call, owned case, broken glass) shows this elder's whole card to this user now."""
    return elder_id in await list_accessible(session, user_id, [elder_id])


async def list_accessible(session: AsyncSession, user_id: uuid.UUID, elder_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these elders that the user may see whole."""
    return set(await list_open_reasons(session, user_id, elder_ids))


async def list_open_reasons(
    session: AsyncSession, user_id: uuid.UUID, elder_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, set[GrantReason]]:
    """Why the user may see which of these elders now, by open grants."""
    found: dict[uuid.UUID, set[GrantReason]] = {}
    if elder_ids:
        statement = select(AccessGrant.elder_id, AccessGrant.reason).where(
            AccessGrant.user_id == user_id, AccessGrant.elder_id.in_(elder_ids), _open_at(clock.now())
        )
        for elder_id, reason in await session.execute(statement):
            found.setdefault(elder_id, set()).add(reason)
    return found


async def list_numbers(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[ElderNumber]:
    return (await session.scalars(select(ElderNumber).where(ElderNumber.elder_id == elder_id).order_by(ElderNumber.position))).all()


async def is_in_regions(session: AsyncSession, elder_id: uuid.UUID, region_ids: Collection[uuid.UUID]) -> bool:
    """A supervisor's scope: whether she lives in one of these regions or below."""
    return elder_id in await list_within(session, [elder_id], region_ids)


async def list_within(session: AsyncSession, elder_ids: Collection[uuid.UUID], region_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these elders who live in one of these regions or below. A region may also be a single grid."""
    if not elder_ids or not region_ids:
        return set()
    scope = within(region_ids)
    return set(
        await session.scalars(select(Elder.id).where(Elder.id.in_(elder_ids), Elder.community_id.in_(scope) | Elder.grid_id.in_(scope)))
    )


# --- parts -----------------------------------------------------------------------------------------------------------


_SUMMARY = (
    Elder.id,
    Elder.name,
    Elder.sex,
    Elder.birth_date,
    Elder.community_id,
    Elder.living,
    Elder.presence,
    Elder.risk,
    _District.short_name.label("district"),
    _Street.short_name.label("street"),
    _Community.short_name.label("community"),
)


_HAS_PHOTO = exists().where(ElderPhoto.elder_id == Elder.id)
_VERIFIED_AT = (
    select(func.max(TelephoneCheck.settled_at))
    .where(TelephoneCheck.elder_id == Elder.id, TelephoneCheck.state == CheckState.PROVED)
    .correlate(Elder)
    .scalar_subquery()
)
_DEATH_REPORTED = exists().where(DeathReport.elder_id == Elder.id, DeathReport.undone_at.is_(None), DeathReport.confirmed_at.is_(None))


def _with_place(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Elder)
        .join(_Community, _Community.id == Elder.community_id)
        .outerjoin(_Street, _Street.id == _Community.parent_id)
        .outerjoin(_District, _District.id == _Street.parent_id)
    )


def _valid_on(day: date) -> ColumnElement[bool]:
    return and_(
        or_(ElderContact.valid_from.is_(None), ElderContact.valid_from <= day),
        or_(ElderContact.valid_to.is_(None), ElderContact.valid_to >= day),
    )


def _open_at(at: datetime) -> ColumnElement[bool]:
    return or_(AccessGrant.until.is_(None), AccessGrant.until > at)


def _today() -> date:
    return clock.today(get_settings().timezone)


def _not_found() -> NotFound:
    return NotFound("no such elder", code="elder_not_found")


@dataclass(frozen=True, slots=True)
class ContactMatch:
    relation: str
    name: str
    number: str


async def _find(
    session: AsyncSession, typed: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> tuple[list[uuid.UUID], dict[uuid.UUID, ContactMatch]]:
    """Ids, best first; whose contact's number it was comes after whose own it is."""
    ids = await _find_by_id_number(session, typed, conditions)
    if ids is not None:
        return ids, {}
    query = search_query(typed, get_settings())
    if query is None:
        return [], {}
    ids = await _find_by_words(session, query[0], typed, conditions, limit)
    if not ids and query[1] != query[0]:
        ids = await _find_by_words(session, query[1], typed, conditions, limit)
    contacts: dict[uuid.UUID, ContactMatch] = {}
    tails = number_tails(typed, get_settings())
    if tails and len(ids) < limit:
        contacts = await _find_by_contact(session, tails, conditions, limit - len(ids), but=ids)
    return [*ids, *contacts], contacts


async def _find_by_contact(
    session: AsyncSession, tails: Sequence[str], conditions: Sequence[ColumnElement[bool]], limit: int, *, but: Sequence[uuid.UUID]
) -> dict[uuid.UUID, ContactMatch]:
    """Valid contacts only. `tails`: numbers backwards, from their last digit on."""
    rows = await session.execute(
        select(Elder.id, ElderContact.relation, ElderContact.name, ElderContact.number)
        .join(ElderContact, ElderContact.elder_id == Elder.id)
        .where(or_(*(ElderContact.tail.like(f"{tail}%") for tail in tails)), _valid_on(_today()), *conditions)
        .limit(SEARCH_WINDOW)
    )
    found: dict[uuid.UUID, ContactMatch] = {}
    for elder_id, relation, name, number in sorted(rows, key=lambda row: (row.number, row.id)):
        if elder_id not in but and len(found) < limit:
            found.setdefault(elder_id, ContactMatch(relation, name, number))
    return found


async def _hits(
    session: AsyncSession,
    ids: Sequence[uuid.UUID],
    contacts: dict[uuid.UUID, ContactMatch],
    *,
    full: bool,
    full_ids: Collection[uuid.UUID],
) -> list[ElderHit]:
    if not ids:
        return []
    numbers = (
        select(func.array_agg(aggregate_order_by(ElderNumber.e164, ElderNumber.position)))
        .where(ElderNumber.elder_id == Elder.id)
        .correlate(Elder)
        .scalar_subquery()
    )
    rows = await session.execute(
        _with_place(
            select(*_SUMMARY, Elder.street_address, Elder.building, Elder.unit, Elder.door, Elder.card_number, numbers.label("numbers"))
        ).where(Elder.id.in_(ids))
    )
    today = _today()
    hits = {row.id: hit(row, full=full or row.id in full_ids, today=today) for row in rows}
    for elder_id, match in contacts.items():
        if elder_id in hits:
            hits[elder_id].contact = matched_contact(match.relation, match.name, match.number, full=hits[elder_id].full)
    return [hits[i] for i in ids if i in hits]


async def _find_by_id_number(session: AsyncSession, typed: str, conditions: Sequence[ColumnElement[bool]]) -> list[uuid.UUID] | None:
    """None: this is no ID number. A list of none or one else; a part of an ID number finds nobody, by design."""
    number = typed.replace(" ", "").upper()
    if id_number_problem(number):
        return None
    found = select(func.coalesce(Elder.merged_into, Elder.id)).where(Elder.id_number_index == crypto.index(number, ID_NUMBER_COLUMN))
    return list(await session.scalars(select(Elder.id).where(Elder.id.in_(found.scalar_subquery()), *conditions)))


async def _find_by_words(
    session: AsyncSession, query: str, typed: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[uuid.UUID]:
    window = (
        select(Elder.id, Elder.name, Elder.pinyin, Elder.presence)
        .where(Elder.search.op("@@")(cast(query, TSQUERY)), *conditions)
        .limit(SEARCH_WINDOW)
        .subquery()
    )
    name = typed.replace(" ", "")
    ordered = (
        select(window.c.id)
        .order_by(
            (window.c.name == name).desc(),
            func.starts_with(window.c.name, name).desc(),
            (window.c.presence == Presence.DECEASED.value).asc(),
            window.c.pinyin,
            window.c.id,
        )
        .limit(limit)
    )
    return list(await session.scalars(ordered))


def _in_scope(region_ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    scope = within(region_ids)
    return Elder.community_id.in_(scope) | Elder.grid_id.in_(scope)
