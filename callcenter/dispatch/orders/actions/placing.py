"""An order is placed on a case: what, where, when, with the deadlines of its class; then stores are asked (offering)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.cases.actions import count_order, lock_case
from callcenter.cases.models import Case
from callcenter.catalog.models import ClaimMode, VolunteerPart
from callcenter.catalog.queries import get_item_in_force
from callcenter.catalog.rules import ItemInForce, check_orderable
from callcenter.dispatch.entitlements.queries import covers
from callcenter.dispatch.orders.actions.common import touch_order, write_event
from callcenter.dispatch.orders.house import house_rules
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.rules import HouseRules, deadlines, most_urgent
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.dispatch.orders.states import OrderState
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import get_elder
from callcenter.elders.rules import door_text
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id
from callcenter.regions.models import Region
from callcenter.regions.queries import get_region
from callcenter.settings import get_settings

FURTHEST = timedelta(days=90)  # ahead; what comes later is a plan


async def place_order(
    session: AsyncSession,
    actor: Actor,
    case_id: uuid.UUID,
    asked: AskedOrder,
    *,
    parent_id: uuid.UUID | None = None,
    plan: tuple[uuid.UUID, date] | None = None,
    draft: bool = False,
) -> Order:
    """Stored with its deadlines; `offering.seek` then asks stores in the same transaction. A draft is kept and asks nobody.

    Conflict `no_elder`: nobody knows yet who it is for; `elder_deceased`, `item_of_centre`, `item_switched_off`. Invalid `wanted_past`, `wanted_too_far`.
    """
    case = await lock_case(session, case_id)
    whom = await _as_parent(session, parent_id) if parent_id is not None else await _for_whom(session, case, asked)
    at = clock.now()
    check_time(asked.wanted_from, asked.wanted_to, at)
    items = await read_items(session, asked.lines, whom["community_id"])
    if parent_id is None:
        whom["is_subsidised"] = asked.payer == "auto" and await others_pay(session, whom["elder_id"], items, asked.wanted_from or at)
    order = Order(
        id=new_id(),
        number=await _next_number(session, at),
        case_id=case.id,
        state=OrderState.DRAFT,
        sla_class=most_urgent([item.sla_class for item in items]),
        claim_mode=claim_mode_of(items),
        wanted_from=asked.wanted_from,
        wanted_to=asked.wanted_to,
        notes=asked.notes,
        prefers_store_id=asked.prefers_store_id,
        payer=asked.payer,
        requested_by=actor.id if actor.kind == "user" else None,
        minutes=0,
        override_reason="",
        done_note="",
        service_code=f"{secrets.randbelow(1_000_000):06}",
        job_code=await free_job_code(session),
        parent_id=parent_id,
        plan_id=plan[0] if plan else None,
        due_on=plan[1] if plan else None,
        **whom,
    )
    if not draft:
        request_order(order, at, await house_rules(session))
    session.add(order)
    put_lines(session, order, asked.lines, items)
    await session.flush()
    await count_order(session, case, 1)
    await write_event(session, actor, order, "placed", {"class": order.sla_class, **({"parent_id": str(parent_id)} if parent_id else {})})
    await touch_order(session, order)
    return order


def request_order(order: Order, at: datetime, house: HouseRules) -> None:
    """From now on its deadlines run. A job of the day that is placed at night is offered in the morning."""
    timezone = get_settings().timezone
    found = deadlines(order.sla_class, at=at, wanted_from=order.wanted_from, timezone=timezone, house=house)
    order.state = OrderState.REQUESTED
    order.requested_at = order.requested_at or at
    order.reply_by, order.accept_by, order.arrive_by = found.reply_by, found.accept_by, found.arrive_by
    order.attention, order.refusals, order.round = "", 0, (order.round or 0) + 1


async def read_items(session: AsyncSession, lines: list[AskedLine], community_id: uuid.UUID | None) -> list[ItemInForce]:
    """As they may be ordered there. Conflict `item_switched_off`, `item_of_centre`; Invalid `no_low_risk_part`."""
    items = [await get_item_in_force(session, line.item, community_id) for line in lines]
    for line, item in zip(lines, items, strict=True):
        check_orderable(item)
        if line.low_risk and item.volunteer is VolunteerPart.NO:
            raise Invalid(f"{item.code} has no part for volunteers", code="no_low_risk_part", details={"item": item.code})
    return items


async def others_pay(session: AsyncSession, elder_id: uuid.UUID, items: Sequence[ItemInForce], at: datetime) -> bool:
    """Whether insurance, subsidy or voucher may pay for one of them on that day."""
    on = at.astimezone(ZoneInfo(get_settings().timezone)).date()
    return await covers(session, elder_id, [(item.code, item.category) for item in items], on)


def claim_mode_of(items: Sequence[ItemInForce]) -> ClaimMode:
    return ClaimMode.ASSIGNED if any(item.claim_mode is ClaimMode.ASSIGNED for item in items) else ClaimMode.OPEN


def put_lines(session: AsyncSession, order: Order, lines: list[AskedLine], items: Sequence[ItemInForce]) -> None:
    order.title = "、".join(item.name_zh for item in items)
    order.minutes = minutes_of(lines, items)
    for position, (line, item) in enumerate(zip(lines, items, strict=True)):
        session.add(
            OrderLine(
                order_id=order.id,
                position=position,
                item_id=item.item_id,
                item_code=item.code,
                name=item.name_zh,
                unit=item.unit,
                quantity=line.quantity,
                low_risk=line.low_risk,
            )
        )


def minutes_of(lines: list[AskedLine], items: Sequence[ItemInForce]) -> int:
    """Booked: an hour of an hourly item is an hour, anything else the shortest time that the catalogue gives it."""
    return min(32_000, sum(_minutes(line, item) for line, item in zip(lines, items, strict=True)))


def _minutes(line: AskedLine, item: ItemInForce) -> int:
    return 60 * line.quantity if item.unit == "hour" else item.minutes_min


async def free_job_code(session: AsyncSession) -> str:
    """Six digits that no open order has: the store keys them on the job line. A clash between two transactions is refused by the index."""
    for _ in range(20):
        code = f"{secrets.randbelow(900_000) + 100_000}"
        if await session.scalar(select(Order.id).where(Order.job_code == code)) is None:
            return code
    raise Conflict("no free job code was found; try again", code="no_job_code")


def check_time(wanted_from: datetime | None, wanted_to: datetime | None, at: datetime) -> None:
    if wanted_from is None:
        return
    if wanted_to is not None and wanted_to < wanted_from:
        raise Invalid("the end lies before the beginning", code="wanted_order")
    if (wanted_to or wanted_from) < at - timedelta(minutes=5):
        raise Invalid("that time has passed", code="wanted_past")
    if wanted_from > at + FURTHEST:
        raise Invalid(f"at most {FURTHEST.days} days ahead", code="wanted_too_far", details={"days": FURTHEST.days})


async def _next_number(session: AsyncSession, at: datetime) -> str:
    serial = await session.scalar(text("SELECT nextval('order_number_seq')"))
    return f"D{at.astimezone(ZoneInfo(get_settings().timezone)):%y%m%d}-{serial:04}"


async def _for_whom(session: AsyncSession, case: Case, asked: AskedOrder) -> dict[str, Any]:
    if case.elder_id is None:
        raise Conflict("say first who it is for", code="no_elder")
    elder = await get_elder(session, case.elder_id)
    if elder.presence is Presence.DECEASED:
        raise Conflict("this elder has died", code="elder_deceased")
    return {
        "elder_id": elder.id,
        "elder_name": elder.name,
        "dialect": elder.dialect,
        **await place_of(session, elder, asked),
    }


async def _as_parent(session: AsyncSession, parent_id: uuid.UUID) -> dict[str, Any]:
    """For the same elder at the same door as the order it comes from: the stores' process, which may read no profile, places door checks too."""
    parent = await session.get_one(Order, parent_id)
    same = ("elder_id", "elder_name", "dialect", "is_subsidised", "community_id", "latitude", "longitude", "address", "address_short")
    return {name: getattr(parent, name) for name in same}


async def place_of(session: AsyncSession, elder: Elder, asked: AskedOrder) -> dict[str, Any]:
    """Where somebody has to go, whole and to the building (rules: a store sees the rest when it has accepted)."""
    if asked.place is not None:
        community = await get_region(session, asked.place.community_id)
        return {
            "community_id": community.id,
            "latitude": asked.place.latitude,
            "longitude": asked.place.longitude,
            "address": asked.place.address,
            "address_short": community.name,
        }
    community = await session.get_one(Region, elder.community_id)
    building = f"{elder.building}栋" if elder.building else ""
    door = door_text(elder.building, elder.unit, elder.door)
    floor = (
        f"{elder.floor}楼{'' if elder.has_lift is None else '有电梯' if elder.has_lift else '无电梯'}" if elder.floor is not None else ""
    )
    whole = " ".join(part for part in (elder.street_address, door, floor, elder.entrance_hint) if part)
    short = " ".join(part for part in (elder.street_address, building) if part)
    return {
        "community_id": community.id,
        "latitude": elder.latitude,
        "longitude": elder.longitude,
        "address": whole or community.name,
        "address_short": short or community.name,
    }
