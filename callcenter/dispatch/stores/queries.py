"""All reads of stores, but for what matching reads (dispatch.candidates)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.licences import LICENCES, HeldBy
from callcenter.catalog.queries import resolve_items
from callcenter.catalog.rules import ItemInForce, Requirements, groups_held_by, unmet
from callcenter.dispatch.stores.errors import StoreNotFound
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    Organisation,
    ProviderPerson,
    Store,
    StoreBlackout,
    StoreChange,
    StoreCommunity,
    StoreItem,
    StoreMember,
    StoreRefusal,
    StoreState,
)
from callcenter.dispatch.stores.rules import Papers, lacks, licensed_items
from callcenter.dispatch.stores.schemas import (
    BlackoutView,
    HeldLicenceView,
    RefusalView,
    StoreChangeView,
    StoreItemView,
    StoreList,
    StoreMemberView,
    StoreRow,
    StoreView,
)
from callcenter.dispatch.stores.states import STORE
from callcenter.kit import clock
from callcenter.kit.phone import mask, pretty
from callcenter.regions.models import Region
from callcenter.regions.queries import within
from callcenter.regions.schemas import Geometry
from callcenter.settings import get_settings

SOON = timedelta(days=60)


def today() -> date:
    return clock.today(get_settings().timezone)


# --- the list ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoreFilter:
    q: str = ""  # of the name, its pinyin or initials, or the code
    state: StoreState | None = None
    item: str = ""
    region_id: uuid.UUID | None = None  # stands there
    organisation_id: uuid.UUID | None = None
    expiring: bool = False  # a paper that lapses within 60 days, or has lapsed
    smartphone: bool | None = None


def _conditions(wanted: StoreFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if words := wanted.q.strip():
        like = f"%{_escaped(words)}%"
        found.append(
            or_(
                Store.name.ilike(like),
                Store.code.ilike(like),
                Store.initials.ilike(f"{_escaped(words.lower())}%"),
                func.replace(Store.pinyin, " ", "").ilike(f"%{_escaped(words.lower().replace(' ', ''))}%"),
            )
        )
    if wanted.state is not None:
        found.append(Store.state == wanted.state)
    if wanted.item:
        offers = select(StoreItem.store_id).where(StoreItem.item_code == wanted.item, StoreItem.active)
        found.append(Store.id.in_(offers))
    if wanted.region_id is not None:
        found.append(Store.community_id.in_(within([wanted.region_id])))
    if wanted.organisation_id is not None:
        found.append(Store.organisation_id == wanted.organisation_id)
    if wanted.smartphone is not None:
        found.append(Store.has_smartphone.is_(wanted.smartphone))
    if wanted.expiring:
        found.append(exists().where(Licence.valid_to <= today() + SOON, Licence.revoked_at.is_(None), _held_at()))
    return found


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _held_at() -> ColumnElement[bool]:
    """A licence of the store, or of one who works there."""
    hers = select(StoreMember.person_id).where(StoreMember.store_id == Store.id, StoreMember.active).correlate(Store)
    return or_(Licence.store_id == Store.id, Licence.person_id.in_(hers))


async def list_stores(session: AsyncSession, wanted: StoreFilter, *, offset: int = 0, limit: int = 50) -> StoreList:
    conditions = _conditions(wanted)
    total = await session.scalar(select(func.count()).select_from(Store).where(*conditions)) or 0
    found = select(Store).where(*conditions).order_by(Store.pinyin, Store.id).offset(offset).limit(limit)
    return StoreList(items=await _lines(session, found), total=total, offset=offset)


async def _lines(session: AsyncSession, found: Select[Store]) -> list[StoreRow]:
    stores = (await session.scalars(found)).all()
    ids = [store.id for store in stores]
    items: dict[uuid.UUID, list[str]] = defaultdict(list)
    offered = select(StoreItem.store_id, StoreItem.item_code).where(StoreItem.store_id.in_(ids), StoreItem.active)
    for store_id, code in await session.execute(offered.order_by(StoreItem.item_code)):
        items[store_id].append(code)
    counted = select(StoreMember.store_id, func.count()).where(StoreMember.store_id.in_(ids), StoreMember.active)
    people = {row[0]: row[1] for row in await session.execute(counted.group_by(StoreMember.store_id))}
    lapse = select(Store.id, func.min(Licence.valid_to)).join(Licence, _held_at()).where(Store.id.in_(ids), Licence.revoked_at.is_(None))
    lapses = {row[0]: row[1] for row in await session.execute(lapse.group_by(Store.id))}
    places = await _names(session, Region, {store.community_id for store in stores})
    above = await _names(session, Organisation, {store.organisation_id for store in stores if store.organisation_id})
    return [
        StoreRow(
            id=store.id,
            code=store.code,
            kind=store.kind,
            name=store.name,
            state=store.state,
            state_reason=store.state_reason,
            community_id=store.community_id,
            community=places.get(store.community_id, ""),
            organisation=above.get(store.organisation_id, "") if store.organisation_id else "",
            items=items[store.id],
            people=people.get(store.id, 0),
            has_smartphone=store.has_smartphone,
            rating=store.rating,
            rating_count=store.rating_count,
            latitude=store.latitude,
            longitude=store.longitude,
            next_lapse=lapses.get(store.id),
        )
        for store in stores
    ]


async def list_told_by_telephone(session: AsyncSession, *, limit: int) -> list[tuple[Store, str]]:
    """Admitted ones without a smartphone, in the order of their codes, each with the community's name."""
    wanted = select(Store).where(Store.state == StoreState.ADMITTED, Store.has_smartphone.is_(False)).order_by(Store.code).limit(limit)
    stores = (await session.scalars(wanted)).all()
    places = await _names(session, Region, {store.community_id for store in stores})
    return [(store, places.get(store.community_id, "")) for store in stores]


async def _names(session: AsyncSession, model: type[Region] | type[Organisation], ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    return {row[0]: row[1] for row in await session.execute(select(model.id, model.name).where(model.id.in_(ids)))}


# --- one -----------------------------------------------------------------------------------------------------------------------------


async def get_store(session: AsyncSession, store_id: uuid.UUID) -> Store:
    store = await session.get(Store, store_id, populate_existing=True)
    if store is None:
        raise StoreNotFound("no such store")
    return store


async def get_store_view(session: AsyncSession, store_id: uuid.UUID, *, numbers: bool) -> StoreView:
    """`numbers`: of its people whole, else masked; the store's own is for everybody who may ring it."""
    store = await get_store(session, store_id)
    day = today()
    catalog = {item.code: item for item in await resolve_items(session, store.community_id)}
    offered = await session.scalars(select(StoreItem).where(StoreItem.store_id == store_id).order_by(StoreItem.item_code))
    items = list(offered.all())
    papers = (await papers_of(session, [store_id], day))[store_id]
    known = {item.item_code: catalog[item.item_code] for item in items if item.item_code in catalog}
    licensed = licensed_items({code: item.requirements for code, item in known.items()}, papers)
    members = await _members(session, store_id, numbers=numbers)
    communities = list(
        await session.scalars(select(StoreCommunity.community_id).where(StoreCommunity.store_id == store_id).order_by("community_id"))
    )
    blackouts = await session.scalars(select(StoreBlackout).where(StoreBlackout.store_id == store_id).order_by(StoreBlackout.first))
    places = await _names(session, Region, [store.community_id])
    above = await _names(session, Organisation, [store.organisation_id] if store.organisation_id else [])
    return StoreView(
        id=store.id,
        version=store.version,
        code=store.code,
        kind=store.kind,
        name=store.name,
        organisation_id=store.organisation_id,
        organisation=above.get(store.organisation_id, "") if store.organisation_id else "",
        community_id=store.community_id,
        community=places.get(store.community_id, ""),
        address=store.address,
        latitude=store.latitude,
        longitude=store.longitude,
        number=pretty(store.number),
        contact_name=store.contact_name,
        has_smartphone=store.has_smartphone,
        state=store.state,
        state_reason=store.state_reason,
        state_since=store.state_since,
        may_become=sorted(STORE.table[store.state]),
        missing=lacks(
            keepers=sum(1 for m in members if m.active and m.role is MemberRole.KEEPER),
            items=[item.item_code for item in items if item.active],
            licensed=licensed,
            has_area=store.area is not None or bool(communities),
            hours=store.hours,
            capacity=store.daily_capacity,
        ),
        hours=store.hours,
        daily_capacity=store.daily_capacity,
        at_once=store.at_once,
        rating=store.rating,
        rating_count=store.rating_count,
        created_at=store.created_at,
        communities=communities,
        area=Geometry.model_validate(store.area) if store.area else None,
        items=[_item_view(item, known.get(item.item_code), item.item_code in licensed, papers) for item in items],
        licences=await list_licences(session, store_id, day),
        people=members,
        blackouts=[BlackoutView.model_validate(blackout, from_attributes=True) for blackout in blackouts],
    )


def _item_view(item: StoreItem, known: ItemInForce | None, is_licensed: bool, papers: Papers) -> StoreItemView:
    return StoreItemView(
        code=item.item_code,
        name=known.name_zh if known else item.item_code,
        price_fen=item.price_fen,
        least_fen=known.price_min if known else 0,
        most_fen=known.price_max if known else 0,
        unit=known.unit if known else "",
        active=item.active,
        licensed=is_licensed,
        missing=_missing(known.requirements, papers) if known and not is_licensed else [],
    )


def _missing(requirements: Requirements, papers: Papers) -> list[list[str]]:
    """When each of the workers' demands is met by somebody, but none meets all: all of them."""
    of_store = [list(group) for group in unmet(groups_held_by(requirements, HeldBy.STORE), papers.of_store)]
    of_worker = groups_held_by(requirements, HeldBy.WORKER)
    if not of_worker or any(not unmet(of_worker, held) for held in papers.of_workers):
        return of_store
    everybody = frozenset[str]().union(*papers.of_workers)
    return of_store + [list(group) for group in (unmet(of_worker, everybody) or of_worker)]


async def _members(session: AsyncSession, store_id: uuid.UUID, *, numbers: bool) -> list[StoreMemberView]:
    rows = await session.execute(
        select(StoreMember, ProviderPerson)
        .join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
        .where(StoreMember.store_id == store_id)
        .order_by(StoreMember.active.desc(), StoreMember.role, ProviderPerson.name, ProviderPerson.id)
        .execution_options(populate_existing=True)
    )
    members = rows.all()
    others: dict[uuid.UUID, list[str]] = defaultdict(list)
    elsewhere = (
        select(StoreMember.person_id, Store.name)
        .join(Store, Store.id == StoreMember.store_id)
        .where(StoreMember.person_id.in_([person.id for _, person in members]), StoreMember.store_id != store_id, StoreMember.active)
    )
    for person_id, name in await session.execute(elsewhere.order_by(Store.pinyin)):
        others[person_id].append(name)
    return [
        StoreMemberView(
            person_id=person.id,
            name=person.name,
            number=pretty(person.number) if numbers else mask(person.number),
            role=member.role,
            does_jobs=member.does_jobs,
            active=member.active and person.active,
            dialects=person.dialects,
            elsewhere=others[person.id],
        )
        for member, person in members
    ]


async def list_licences(session: AsyncSession, store_id: uuid.UUID, day: date) -> list[HeldLicenceView]:
    """The store's first, then by person; what lapses next before what lasts."""
    hers = select(StoreMember.person_id).where(StoreMember.store_id == store_id, StoreMember.active)
    rows = await session.execute(
        select(Licence, ProviderPerson.name)
        .outerjoin(ProviderPerson, ProviderPerson.id == Licence.person_id)
        .where(or_(Licence.store_id == store_id, Licence.person_id.in_(hers)))
        .order_by(Licence.person_id.is_not(None), ProviderPerson.name, Licence.valid_to.nulls_last(), Licence.id)
        .execution_options(populate_existing=True)
    )
    return [
        HeldLicenceView(
            id=licence.id,
            kind=licence.kind,
            kind_zh=LICENCES[licence.kind].name_zh if licence.kind in LICENCES else licence.kind,
            kind_en=LICENCES[licence.kind].name_en if licence.kind in LICENCES else licence.kind,
            person_id=licence.person_id,
            person=name or "",
            number=licence.number,
            valid_from=licence.valid_from,
            valid_to=licence.valid_to,
            state=licence_state(licence, day),
            revoked_reason=licence.revoked_reason,
        )
        for licence, name in rows
    ]


def licence_state(licence: Licence, day: date) -> Literal["valid", "soon", "lapsed", "not_yet", "revoked"]:
    if licence.revoked_at is not None:
        return "revoked"
    if licence.valid_to is not None and licence.valid_to < day:
        return "lapsed"
    if licence.valid_from is not None and licence.valid_from > day:
        return "not_yet"
    return "soon" if licence.valid_to is not None and licence.valid_to <= day + SOON else "valid"


async def papers_of(session: AsyncSession, store_ids: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, Papers]:
    """What is valid on that day, at each of the stores."""
    ids = list(store_ids)
    workers: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    active = (
        select(StoreMember.store_id, StoreMember.person_id)
        .join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
        .where(StoreMember.store_id.in_(ids), StoreMember.active, StoreMember.does_jobs, ProviderPerson.active)
    )
    for store_id, person_id in await session.execute(active):
        workers[store_id].append(person_id)
    everybody = {person_id for people in workers.values() for person_id in people}
    held: dict[uuid.UUID, set[str]] = defaultdict(set)
    valid = select(Licence.store_id, Licence.person_id, Licence.kind).where(
        or_(Licence.store_id.in_(ids), Licence.person_id.in_(everybody)),
        Licence.revoked_at.is_(None),
        or_(Licence.valid_from.is_(None), Licence.valid_from <= day),
        or_(Licence.valid_to.is_(None), Licence.valid_to >= day),
    )
    for of_store, of_person, kind in await session.execute(valid):
        if holder := of_store or of_person:
            held[holder].add(kind)
    return {store_id: Papers(frozenset(held[store_id]), tuple(frozenset(held[person]) for person in workers[store_id])) for store_id in ids}


async def is_licensed_for_any(session: AsyncSession, store: Store, day: date) -> bool:
    """Whether there is one of its items that it may do on this day. A store that offers nothing lacks no paper."""
    codes = set(await session.scalars(select(StoreItem.item_code).where(StoreItem.store_id == store.id, StoreItem.active)))
    items = {item.code: item.requirements for item in await resolve_items(session, store.community_id) if item.code in codes}
    return not items or bool(licensed_items(items, (await papers_of(session, [store.id], day))[store.id]))


async def list_changes(session: AsyncSession, store_id: uuid.UUID, *, limit: int = 200) -> list[StoreChangeView]:
    rows = await session.scalars(
        select(StoreChange).where(StoreChange.store_id == store_id).order_by(StoreChange.at.desc(), StoreChange.id.desc()).limit(limit)
    )
    return [
        StoreChangeView(id=row.id, at=row.at, actor=row.actor_name, kind=row.kind, reason=row.reason, fields=row.fields) for row in rows
    ]


async def list_refusals(session: AsyncSession, elder_id: uuid.UUID) -> list[RefusalView]:
    rows = await session.execute(
        select(StoreRefusal, Store.name)
        .join(Store, Store.id == StoreRefusal.store_id)
        .where(StoreRefusal.elder_id == elder_id)
        .order_by(Store.pinyin, Store.id)
    )
    return [RefusalView(store_id=row.store_id, store=name, reason=row.reason, at=row.at) for row, name in rows]


async def list_whole(session: AsyncSession, wanted: StoreFilter, *, limit: int) -> Sequence[Any]:
    """For the file that goes out, by code."""
    return (await session.scalars(select(Store).where(*_conditions(wanted)).order_by(Store.code).limit(limit))).all()
