"""Stores as a file, in and out. A look at a file does all of it and takes it back, so that what it says is what happens."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.catalog.licences import LICENCES, HeldBy
from callcenter.dispatch.stores.actions.common import lock_store
from callcenter.dispatch.stores.actions.licences import put_licence, renew_licence
from callcenter.dispatch.stores.actions.people import find_or_make_person, put_member
from callcenter.dispatch.stores.actions.profile import create_store, edit_store, put_area, set_items
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    Organisation,
    Store,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.dispatch.stores.queries import StoreFilter, list_whole
from callcenter.dispatch.stores.rules import Week
from callcenter.dispatch.stores.schemas import (
    BadStoreRow,
    ChangedItems,
    ChangedStore,
    OfferedItem,
    RenewedLicence,
    StoreForm,
    StoreImportReport,
)
from callcenter.dispatch.stores.sheet import (
    BY_HEADING,
    COLUMNS,
    EVERYWHERE,
    ONLY_OUT,
    POLYGON,
    WHOLE_STREET,
    Paper,
    read_count,
    read_degrees,
    read_flag,
    read_hours,
    read_items,
    read_papers,
    read_places,
    template_rows,
    write_hours,
    write_items,
    write_papers,
)
from callcenter.kit.errors import AppError, Invalid
from callcenter.kit.phone import mask, pretty
from callcenter.kit.sheets import Cell, Table, read_table, write_csv, write_xlsx
from callcenter.regions.models import Region, RegionLevel

MAX_ROWS = 1_000
BAD_SHOWN = 200
KINDS = {"": StoreKind.STORE, "商户": StoreKind.STORE, "志愿者": StoreKind.VOLUNTEERS}
STATES = {StoreState.APPLIED: "申请中", StoreState.ADMITTED: "已准入", StoreState.SUSPENDED: "已暂停", StoreState.LEFT: "已退出"}
# where a refusal of the actions belongs in the sheet, by the field that it names
_FIELDS = {"community_id": "community", "organisation_id": "organisation", "communities": "area", "kind": "papers", "valid_to": "papers"}

T = TypeVar("T")


@dataclass(slots=True)
class Row:
    """A row that can be read; names are not looked up yet."""

    at: int
    code: str = ""
    name: str = ""
    kind: StoreKind = StoreKind.STORE
    organisation: str = ""
    community: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    number: str = ""
    contact_name: str = ""
    has_smartphone: bool = True
    hours: Week = field(default_factory=list)
    daily_capacity: int = 20
    at_once: int = 3
    items: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    papers: list[Paper] = field(default_factory=list)
    area: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Places:
    communities: Mapping[str, tuple[uuid.UUID, ...]]  # by name, short name and code
    street_of: Mapping[uuid.UUID, uuid.UUID | None]
    organisations: Mapping[str, uuid.UUID]


class _BadCell(Exception):
    def __init__(self, column: str, why: str, value: str = "") -> None:
        super().__init__(why)
        self.column, self.why, self.value = column, why, value


async def import_stores(session: AsyncSession, actor: Actor, data: bytes, *, dry_run: bool) -> StoreImportReport:
    """All rows or none. New ones have applied; of those with a code, what is different is changed (a licence is added or renewed, none is taken away).

    Invalid `file_…` when it is no table; `stores_too_many`.
    """
    table = await asyncio.to_thread(read_table, data)
    if len(table.rows) > MAX_ROWS:
        raise Invalid(f"at most {MAX_ROWS} stores in one file", code="stores_too_many", details={"max": MAX_ROWS})
    rows, bad = read_rows(table)
    places = await _read_places(session)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    async with session.begin_nested() as whole:
        for row in rows:
            try:
                async with session.begin_nested():
                    counts[await _put(session, actor, row, places)] += 1
            except _BadCell as problem:
                bad.append(_bad(row.at, problem.column, problem.value, problem.why))
            except ValidationError as error:
                path = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else "latitude"
                bad.append(_bad(row.at, path, "", "invalid"))
            except AppError as error:
                path = str(error.details.get("field", "items" if error.code == "volunteers_may_not" else "code"))
                bad.append(_bad(row.at, _FIELDS.get(path, path), str(error.details.get("item", "")), error.code))
        kept = not bad and not dry_run
        if not kept:
            await whole.rollback()
    bad.sort(key=lambda one: one.row)
    if kept:
        await audit(session, actor, "store:imported", "", details={**counts, "rows": len(rows)})
    return StoreImportReport(kept=kept, rows=len(table.rows), **counts, bad=bad[:BAD_SHOWN], more_bad=max(0, len(bad) - BAD_SHOWN))


def template(kind: str) -> bytes:
    heading, explained = template_rows()
    if kind == "csv":
        return write_csv(heading)
    return write_xlsx(heading, title="服务商", widths=[16] * len(heading[0]), more=[("填写说明", explained, [16, 10, 70, 40])])


async def export_stores(session: AsyncSession, actor: Actor, wanted: StoreFilter, *, kind: str, numbers: bool) -> bytes:
    """The same form that is imported. `numbers`: whole, else masked; a masked one changes nothing when it comes back."""
    stores = await list_whole(session, wanted, limit=20_000)
    rows = [[column.heading for column in COLUMNS] + list(ONLY_OUT), *await _lines(session, stores, numbers=numbers)]
    await audit(session, actor, "store:exported", "", details={"rows": len(stores), "numbers": numbers})
    made = (lambda: write_csv(rows)) if kind == "csv" else (lambda: write_xlsx(rows, title="服务商", widths=[16] * len(rows[0])))
    return await asyncio.to_thread(made)


# --- reading -------------------------------------------------------------------------------------------------------------------------


def read_rows(table: Table) -> tuple[list[Row], list[BadStoreRow]]:
    """What can be read without a database, and everything that can't. Pure."""
    headings = [heading.strip().rstrip("*＊").strip() for heading in table.heading]
    bad = [_bad(1, column.path, "", "column_missing") for column in COLUMNS if column.required and column.heading not in headings]
    bad += [_named(1, h, "", "column_twice") for h in dict.fromkeys(headings) if h and headings.count(h) > 1]
    bad += [_named(1, h, h, "column_unknown") for h in headings if h and h not in BY_HEADING and h not in ONLY_OUT]
    if bad:
        return [], bad
    found: list[Row] = []
    seen: dict[str, int] = {}
    for at, cells in table.rows:
        row, problems = _read_row(at, dict(zip(headings, cells, strict=False)))
        if row.code and row.code in seen:
            problems.append(_bad(at, "code", row.code, "twice"))
        seen.setdefault(row.code, at)
        bad += problems
        if not problems:
            found.append(row)
    return found, bad


def _read_row(at: int, cells: Mapping[str, Cell]) -> tuple[Row, list[BadStoreRow]]:
    row, bad = Row(at), list[BadStoreRow]()

    def read(path: str, how: Callable[[str], T], default: T) -> T:
        column = next(column for column in COLUMNS if column.path == path)
        cell = cells.get(column.heading, Cell())
        value = cell.text.strip()
        try:
            if cell.problem:
                raise ValueError(cell.problem)
            if not value:
                if column.required:
                    raise ValueError("required")
                return default
            return how(value)
        except ValueError as error:
            bad.append(_bad(at, path, "" if path == "number" else value, str(error)))
            return default

    row.code = read("code", lambda text: text.upper()[:20], "")
    row.name = read("name", _short(60), "")
    row.kind = read("kind", _kind, StoreKind.STORE)
    row.organisation = read("organisation", _short(60), "")
    row.community = read("community", _short(60), "")
    row.address = read("address", _short(200), "")
    row.latitude = read("latitude", lambda text: read_degrees(text, most=90), None)
    row.longitude = read("longitude", lambda text: read_degrees(text, most=180), None)
    row.number = read("number", _short(64), "")
    row.contact_name = read("contact_name", _short(60), "")
    row.has_smartphone = read("has_smartphone", read_flag, True)
    row.hours = read("hours", read_hours, [])
    row.daily_capacity = read("daily_capacity", lambda text: read_count(text, most=1000), 20)
    row.at_once = read("at_once", lambda text: read_count(text, most=200), 3)
    row.items = read("items", read_items, {})
    row.reason = read("reason", _short(300), "")
    row.papers = read("papers", read_papers, [])
    row.area = read("area", read_places, [])
    return row, bad


def _short(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > most:
            raise ValueError("too_long")
        return text

    return read


def _kind(text: str) -> StoreKind:
    if text not in KINDS:
        raise ValueError("no_kind")
    return KINDS[text]


def _bad(at: int, path: str, value: str, why: str) -> BadStoreRow:
    heading = next((column.heading for column in COLUMNS if column.path == path), path)
    return _named(at, heading, value, why)


def _named(at: int, heading: str, value: str, why: str) -> BadStoreRow:
    return BadStoreRow(row=at, column=heading[:60], value=value[:40], why=why)


# --- putting ---------------------------------------------------------------------------------------------------------------------------


async def _read_places(session: AsyncSession) -> _Places:
    regions = (await session.execute(select(Region.id, Region.parent_id, Region.name, Region.short_name, Region.code, Region.level,
                                            Region.retired_at))).all()  # fmt: skip
    found: dict[str, list[uuid.UUID]] = {}
    street_of: dict[uuid.UUID, uuid.UUID | None] = {}
    for region in regions:
        if region.level is RegionLevel.COMMUNITY and region.retired_at is None:
            street_of[region.id] = region.parent_id
            for name in {region.name, region.short_name, region.code}:
                found.setdefault(name, []).append(region.id)
    above = await session.execute(select(Organisation.name, Organisation.id).where(Organisation.active))
    return _Places({name: tuple(ids) for name, ids in found.items()}, street_of, {row[0]: row[1] for row in above})


def _community(name: str, places: _Places, column: str) -> uuid.UUID:
    ids = places.communities.get(name, ())
    if len(ids) != 1:
        raise _BadCell(column, "place_ambiguous" if ids else "place_unknown", name)
    return ids[0]


async def _put(session: AsyncSession, actor: Actor, row: Row, places: _Places) -> str:
    community = _community(row.community, places, "community")
    if row.organisation and row.organisation not in places.organisations:
        raise _BadCell("organisation", "organisation_not_found", row.organisation)
    form = StoreForm(
        kind=row.kind,
        name=row.name,
        organisation_id=places.organisations.get(row.organisation),
        community_id=community,
        address=row.address,
        latitude=row.latitude,
        longitude=row.longitude,
        number=row.number,
        contact_name=row.contact_name,
        has_smartphone=row.has_smartphone,
        hours=row.hours,
        daily_capacity=row.daily_capacity,
        at_once=row.at_once,
    )
    if not row.code:
        if "*" in row.number:
            raise _BadCell("number", "number_invalid")
        store, before = await create_store(session, actor, form), 0
    else:
        known = await session.scalar(select(Store.id).where(Store.code == row.code))
        if known is None:
            raise _BadCell("code", "store_not_found", row.code)
        store = await lock_store(session, actor, known)
        before = store.version
        await edit_store(session, actor, store.id, ChangedStore(**form.model_dump(), version=store.version))
    items = [OfferedItem(code=code, price_fen=price) for code, price in row.items.items()]
    await set_items(session, actor, store.id, ChangedItems(version=store.version, items=items, reason=row.reason))
    if row.area != [POLYGON] or store.area is None:
        await put_area(session, actor, store, communities=_area(row.area, community, places), polygon=None)
    person_id = await _keeper(session, actor, store, row.contact_name)
    await _papers(session, actor, store, person_id, row.papers)
    return "added" if not row.code else "unchanged" if store.version == before else "changed"


def _area(names: list[str], community: uuid.UUID, places: _Places) -> set[uuid.UUID]:
    if names == [EVERYWHERE]:
        return set(places.street_of)
    if names == [WHOLE_STREET]:
        return {one for one, street in places.street_of.items() if street == places.street_of[community]}
    return {_community(name, places, "area") for name in names}


async def _keeper(session: AsyncSession, actor: Actor, store: Store, name: str) -> uuid.UUID:
    """Whoever has the store's number answers for it; who is there already stays what she is."""
    person = await find_or_make_person(session, name, store.number)
    member = await session.get(StoreMember, (store.id, person.id))
    if member is None or not member.active:
        await put_member(session, actor, store, person, role=MemberRole.KEEPER)
    return person.id


async def _papers(session: AsyncSession, actor: Actor, store: Store, person_id: uuid.UUID, papers: list[Paper]) -> None:
    for paper in papers:
        holder = None if LICENCES[paper.kind].held_by is HeldBy.STORE else person_id
        here = Licence.store_id == store.id if holder is None else Licence.person_id == holder
        known = await session.scalar(select(Licence).where(here, Licence.kind == paper.kind, Licence.revoked_at.is_(None)))
        if known is None:
            await put_licence(
                session, actor, store, kind=paper.kind, person_id=holder, number=paper.number, valid_from=None, valid_to=paper.valid_to
            )
        elif (known.number, known.valid_to) != (paper.number, paper.valid_to):
            renewed = RenewedLicence(version=store.version, number=paper.number, valid_to=paper.valid_to)
            await renew_licence(session, actor, store.id, known.id, renewed)


# --- writing ---------------------------------------------------------------------------------------------------------------------------


async def _lines(session: AsyncSession, stores: Any, *, numbers: bool) -> list[list[str]]:
    ids = [store.id for store in stores]
    regions = {row.id: row for row in await session.execute(select(Region.id, Region.name, Region.parent_id, Region.level))}
    above = {row[0]: row[1] for row in await session.execute(select(Organisation.id, Organisation.name))}
    items: dict[uuid.UUID, dict[str, int]] = {}
    offered = select(StoreItem.store_id, StoreItem.item_code, StoreItem.price_fen).where(StoreItem.store_id.in_(ids), StoreItem.active)
    for store_id, code, price in await session.execute(offered):
        items.setdefault(store_id, {})[code] = price
    communities: dict[uuid.UUID, set[uuid.UUID]] = {}
    for store_id, community in await session.execute(
        select(StoreCommunity.store_id, StoreCommunity.community_id).where(StoreCommunity.store_id.in_(ids))
    ):
        communities.setdefault(store_id, set()).add(community)
    papers = await _papers_out(session, ids)
    kinds = {StoreKind.STORE: "商户", StoreKind.VOLUNTEERS: "志愿者"}
    return [
        [
            store.code, store.name, kinds[store.kind], above.get(store.organisation_id, ""), regions[store.community_id].name, store.address,
            "" if store.latitude is None else f"{store.latitude:.6f}", "" if store.longitude is None else f"{store.longitude:.6f}",
            pretty(store.number) if numbers else mask(store.number), store.contact_name, "是" if store.has_smartphone else "否",
            write_hours(store.hours), str(store.daily_capacity), str(store.at_once), write_items(items.get(store.id, {})), "",
            write_papers(papers.get(store.id, [])), _area_out(store, communities.get(store.id, set()), regions), STATES[store.state],
            f"{store.rating / 100:.2f}({store.rating_count})" if store.rating_count else "",
        ]
        for store in stores
    ]  # fmt: skip


def _area_out(store: Store, communities: set[uuid.UUID], regions: Mapping[uuid.UUID, Any]) -> str:
    if store.area is not None:
        return POLYGON
    street = regions[store.community_id].parent_id
    of_street = {one for one, region in regions.items() if region.level is RegionLevel.COMMUNITY and region.parent_id == street}
    if communities == of_street:
        return WHOLE_STREET
    if communities == {one for one, region in regions.items() if region.level is RegionLevel.COMMUNITY}:
        return EVERYWHERE
    return "、".join(sorted(regions[one].name for one in communities))


async def _papers_out(session: AsyncSession, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Paper]]:
    """The store's own, and its keepers', each kind once."""
    found: dict[uuid.UUID, list[Paper]] = {}
    own = select(Licence.store_id, Licence.kind, Licence.number, Licence.valid_to).where(
        Licence.store_id.in_(ids), Licence.revoked_at.is_(None)
    )
    hers = (
        select(StoreMember.store_id, Licence.kind, Licence.number, Licence.valid_to)
        .join(Licence, Licence.person_id == StoreMember.person_id)
        .where(StoreMember.store_id.in_(ids), StoreMember.active, StoreMember.role == MemberRole.KEEPER, Licence.revoked_at.is_(None))
    )
    for statement in (own, hers):
        rows = await session.execute(statement.order_by(Licence.kind))
        for store_id, kind, number, until in rows:
            known = found.setdefault(store_id, []) if store_id else []
            if kind not in {paper.kind for paper in known}:
                known.append(Paper(kind, number, until))
    return found
