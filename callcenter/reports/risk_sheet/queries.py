from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import LargeBinary, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.duty.queries import on_duty_now
from callcenter.calls.models import DutyTelephone
from callcenter.cases.models import Case
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Hearing, Presence
from callcenter.elders.rules import age_on, danger_flags, door_text
from callcenter.elders.schemas import Health
from callcenter.emergency.models import Emergency
from callcenter.emergency.outside.models import OutsideService
from callcenter.emergency.states import EmergencyState
from callcenter.kit import clock, crypto
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import pretty
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import get_region, list_workers, within
from callcenter.reports.risk_sheet.models import RiskSheet
from callcenter.reports.risk_sheet.rules import reasons
from callcenter.reports.risk_sheet.schemas import (
    MadeSheet,
    SheetCommunity,
    SheetData,
    SheetElder,
    SheetEmergency,
    SheetOrder,
    SheetPerson,
    SheetRegion,
    Sheets,
    SheetWorker,
)
from callcenter.settings import Settings

OPEN_ORDERS = (
    OrderState.REQUESTED, OrderState.OFFERED, OrderState.ACCEPTED, OrderState.EN_ROUTE, OrderState.IN_SERVICE, OrderState.REJECTED,
    OrderState.EXPIRED, OrderState.NO_ANSWER,
)  # fmt: skip
OPENED_FOR = timedelta(hours=1)  # a sheet that was asked for may be opened, and taken as a file
CHUNK = 2000


async def collect_sheet(session: AsyncSession, settings: Settings, region: Region) -> SheetData:
    """Everything, of now. What is decrypted and judged goes on in a thread."""
    today = clock.today(settings.timezone)
    scope = within([region.id])
    there = or_(Elder.community_id.in_(scope), Elder.grid_id.in_(scope))
    elders = await _elders(session, there, today)
    communities = {one.id: one for one in await session.scalars(select(Region).where(Region.level == RegionLevel.COMMUNITY))}
    parent = {row.id: row.parent_id for row in await session.execute(select(Region.id, Region.parent_id))}
    workers: dict[uuid.UUID, list[SheetWorker]] = {}
    names = {row.id: row.name for row in await session.execute(select(Region.id, Region.name))}
    for worker, places in await list_workers(session, under=region.id):
        if not worker.active or (worker.valid_to and worker.valid_to < today) or (worker.valid_from and worker.valid_from > today):
            continue
        for place in places:
            community = place if place in communities else parent.get(place)
            if community in communities:
                line = SheetWorker(name=worker.name, role=worker.role, number=pretty(worker.number), place=names.get(place, ""))
                workers.setdefault(community, []).append(line)
    found = {community_id: [one for one, of in elders if of == community_id] for community_id in {of for _, of in elders}}
    return SheetData(
        region_id=region.id,
        region_code=region.code,
        region=region.name,
        day=today,
        at=clock.now(),
        centre_name=(await get_values(session, settings)).text("centre_name"),
        timezone=settings.timezone,
        duty=await _duty(session, settings),
        agencies=await _agencies(session, region.id, parent),
        emergencies=await _emergencies(session, there),
        orders=await _orders(session, there),
        communities=[
            SheetCommunity(
                community_id=one.id,
                name=one.name,
                workers=workers.get(one.id, []),
                elders=sorted(found.get(one.id, []), key=lambda elder: (len(elder.why) * -1, elder.address, elder.name)),
            )
            for one in sorted(communities.values(), key=lambda one: (one.sort, one.pinyin, one.code))
            if one.id in found or one.id in workers
        ],
        elders=len(elders),
    )


async def list_sheets(session: AsyncSession, actor: Actor, *, limit: int = 50) -> Sheets:
    regions = (await session.scalars(select(Region).where(Region.id.in_(within(actor.region_ids)), Region.retired_at.is_(None)))).all()
    by_level = {RegionLevel.DISTRICT: 0, RegionLevel.STREET: 1, RegionLevel.COMMUNITY: 2}
    shown = sorted((one for one in regions if one.level in by_level), key=lambda one: (by_level[one.level], one.sort, one.code))
    rows = await session.execute(
        select(RiskSheet, Region.name)
        .join(Region, Region.id == RiskSheet.region_id)
        .where(RiskSheet.region_id.in_(within(actor.region_ids)))
        .order_by(RiskSheet.at.desc())
        .limit(limit)
    )
    return Sheets(
        regions=[SheetRegion(id=one.id, code=one.code, name=one.name) for one in shown],
        made=[view_sheet(actor, row[0], row[1]) for row in rows],
    )


async def get_own_sheet(session: AsyncSession, actor: Actor, sheet_id: uuid.UUID) -> tuple[MadeSheet, Region]:
    """For who asked for it, for an hour: afterwards one asks anew, with a reason."""
    sheet = await session.get(RiskSheet, sheet_id)
    if sheet is None or sheet.made_by != actor.id or sheet.at < clock.now() - OPENED_FOR:
        raise NotFound("no sheet of yours of the last hour; ask for it anew", code="sheet_not_found")
    region = await get_region(session, sheet.region_id)
    return view_sheet(actor, sheet, region.name), region


def view_sheet(actor: Actor, sheet: RiskSheet, region: str) -> MadeSheet:
    return MadeSheet(
        id=sheet.id,
        serial=sheet.serial,
        region_id=sheet.region_id,
        region=region,
        at=sheet.at,
        by=sheet.made_name,
        reason=sheet.reason,
        elders=sheet.elders,
        own=sheet.made_by is not None and sheet.made_by == actor.id and sheet.at >= clock.now() - OPENED_FOR,
    )


async def list_regions_of_supervisors(session: AsyncSession) -> Sequence[Region]:
    """For each of these a sheet is kept every day."""
    scopes = await session.scalars(select(User.region_ids).where(User.role == Role.SUPERVISOR, User.active))
    ids = {one for scope in scopes for one in scope}
    return (await session.scalars(select(Region).where(Region.id.in_(ids), Region.retired_at.is_(None)).order_by(Region.code))).all()


# --- parts -------------------------------------------------------------------------------------------------------------------------

_COLUMNS = (
    Elder.id, Elder.name, Elder.birth_date, Elder.community_id, Elder.street_address, Elder.building, Elder.unit, Elder.door, Elder.floor,
    Elder.has_lift, Elder.entrance_hint, Elder.living, Elder.ability, Elder.wandering, Elder.risk, Elder.presence, Elder.hearing,
    Elder.preferred_hospital, type_coerce(Elder.health, LargeBinary).label("sealed"),
)  # fmt: skip


async def _elders(session: AsyncSession, there: Any, today: date) -> list[tuple[SheetElder, uuid.UUID]]:
    rows = (
        await session.execute(
            select(*_COLUMNS).where(there, Elder.merged_into.is_(None), Elder.presence == Presence.HOME).order_by(Elder.pinyin, Elder.id)
        )
    ).all()
    chosen: list[tuple[SheetElder, uuid.UUID]] = []
    for start in range(0, len(rows), CHUNK):
        chosen += await asyncio.to_thread(_chosen, rows[start : start + CHUNK], today)
    await _reach(session, [one for one, _ in chosen], today)
    return chosen


def _chosen(rows: Sequence[Any], today: date) -> list[tuple[SheetElder, uuid.UUID]]:
    found = []
    for row in rows:
        health = Health.model_validate_json(crypto.decrypt(row.sealed, "elders.health")) if row.sealed else None
        why = reasons(risk=row.risk, living=row.living, ability=row.ability, wandering=row.wandering, presence=row.presence, health=health)
        if not why:
            continue
        door = door_text(row.building, row.unit, row.door)
        elder = SheetElder(
            id=row.id,
            name=row.name,
            age=age_on(row.birth_date, today),
            why=why,
            address=" ".join(part for part in (row.street_address, door) if part),
            way_in=row.entrance_hint,
            floor=row.floor,
            has_lift=row.has_lift,
            numbers=[],
            keys=[],
            contacts=[],
            danger=[flag.text for flag in danger_flags(health, wandering=row.wandering)],
            hearing="" if row.hearing in (Hearing.GOOD, Hearing.UNKNOWN) else row.hearing.value,
            hospital=row.preferred_hospital,
        )
        found.append((elder, row.community_id))
    return found


async def _reach(session: AsyncSession, elders: Sequence[SheetElder], today: date) -> None:
    """Numbers, key-holders, contacts of today."""
    by_id = {elder.id: elder for elder in elders}
    ids = list(by_id)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        for n in await session.scalars(select(ElderNumber).where(ElderNumber.elder_id.in_(chunk)).order_by(ElderNumber.position)):
            by_id[n.elder_id].numbers.append(pretty(n.e164))
        for c in await session.scalars(select(ElderContact).where(ElderContact.elder_id.in_(chunk)).order_by(ElderContact.position)):
            if (c.valid_from and c.valid_from > today) or (c.valid_to and c.valid_to < today):
                continue
            person = SheetPerson(name=f"{c.relation} {c.name}", number=pretty(c.number), note=c.key_note if c.has_key else "")
            (by_id[c.elder_id].keys if c.has_key else by_id[c.elder_id].contacts).append(person)


async def _duty(session: AsyncSession, settings: Settings) -> list[SheetPerson]:
    on = await on_duty_now(session, settings.timezone)
    turns = [SheetPerson(name=turn.name, number=turn.number, note=turn.region) for turn in on.now]
    plain = await session.scalars(select(DutyTelephone).where(DutyTelephone.active).order_by(DutyTelephone.position))
    return turns + [SheetPerson(name=one.label or "–", number=pretty(one.number)) for one in plain]


async def _agencies(session: AsyncSession, region_id: uuid.UUID, parent: dict[uuid.UUID, uuid.UUID | None]) -> list[SheetPerson]:
    """Of this region, of those above it, and of those below."""
    chain: list[uuid.UUID | None] = [None]
    at: uuid.UUID | None = region_id
    while at is not None:
        chain.append(at)
        at = parent.get(at)
    below = set(await session.scalars(within([region_id])))
    services = await session.scalars(select(OutsideService).where(OutsideService.active, OutsideService.number != ""))
    names = {row.id: row.name for row in await session.execute(select(Region.id, Region.name))}
    shown = [one for one in services if one.region_id in chain or one.region_id in below]
    return [
        SheetPerson(
            name=one.label or one.agency.value, number=pretty(one.number), note=names.get(one.region_id, "") if one.region_id else ""
        )
        for one in shown
    ]


async def _emergencies(session: AsyncSession, there: Any) -> list[SheetEmergency]:
    """Open ones of elders there; and those of whom nobody knows where they live."""
    rows = await session.execute(
        select(Emergency.pressed_at, Case.number, Elder.name, Elder.street_address, User.name.label("owner"))
        .join(Case, Case.id == Emergency.case_id)
        .outerjoin(Elder, Elder.id == Case.elder_id)
        .outerjoin(User, User.id == Case.owner_id)
        .where(Emergency.state == EmergencyState.OPEN, or_(Case.elder_id.is_(None), there))
        .order_by(Emergency.pressed_at)
    )
    return [
        SheetEmergency(
            case_number=row.number,
            elder_name=row.name or "",
            place=row.street_address or "",
            pressed_at=row.pressed_at,
            owner_name=row.owner or "",
        )
        for row in rows
    ]


async def _orders(session: AsyncSession, there: Any) -> list[SheetOrder]:
    rows = await session.execute(
        select(Order, Store.name, Store.number)
        .join(Elder, Elder.id == Order.elder_id)
        .outerjoin(Store, Store.id == Order.store_id)
        .where(there, Order.state.in_(OPEN_ORDERS))
        .order_by(Order.arrive_by)
        .limit(300)
    )
    return [
        SheetOrder(
            number=row[0].number,
            title=row[0].title,
            elder_name=row[0].elder_name,
            address=row[0].address,
            state=row[0].state,
            store=row[1] or "",
            store_number=pretty(row[2]) if row[2] else "",
            due_at=row[0].wanted_from or row[0].arrive_by,
        )
        for row in rows
    ]
