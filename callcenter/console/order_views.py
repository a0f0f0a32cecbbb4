"""Orders as they are shown: to everybody the same masked view, to whoever may see the elder all of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.catalog.models import ClaimMode, ServiceItem
from callcenter.catalog.queries import resolve_items
from callcenter.catalog.rules import ItemInForce
from callcenter.console.schemas_orders import (
    GateOut,
    OfferView,
    OrderHistoryEntry,
    OrderLineView,
    OrderPhotoView,
    OrderPlanView,
    OrderView,
    ProofView,
    ScorePart,
    Spot,
    StoreChoice,
    StoreChoices,
)
from callcenter.dispatch.orders import queries
from callcenter.dispatch.orders.actions.doing import missing_of
from callcenter.dispatch.orders.matching import Out, Part
from callcenter.dispatch.orders.models import Offer, Order, OrderLine, OrderPlan
from callcenter.dispatch.orders.previews import MOST_SHOWN, Choice, Looked
from callcenter.dispatch.orders.rules import CODE_TRIES
from callcenter.dispatch.orders.schemas import AskedOrder
from callcenter.dispatch.orders.states import OVER, SEEKING, OrderState
from callcenter.dispatch.stores.models import ProviderPerson, Store
from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_name
from callcenter.kit.phone import pretty
from callcenter.regions.models import Region

ROUGHLY = 3  # decimals of a degree: about a hundred metres


def spot(latitude: float | None, longitude: float | None) -> Spot | None:
    return Spot(latitude=latitude, longitude=longitude) if latitude is not None and longitude is not None else None


def rough(latitude: float | None, longitude: float | None) -> Spot | None:
    found = spot(latitude, longitude)
    return Spot(latitude=round(found.latitude, ROUGHLY), longitude=round(found.longitude, ROUGHLY)) if found else None


def due_at(order: Order) -> datetime | None:
    """The next thing that somebody waits for: a store, the door, the end of the work."""
    if order.state in SEEKING:
        return order.accept_by
    if order.state in (OrderState.ACCEPTED, OrderState.EN_ROUTE, OrderState.NO_ANSWER):
        return order.arrive_by
    if order.state is OrderState.IN_SERVICE and order.checked_in_at is not None:
        return order.checked_in_at + timedelta(minutes=order.minutes)
    return None


async def categories_of(session: AsyncSession, lines: Collection[OrderLine]) -> dict[uuid.UUID, Any]:
    ids = {line.item_id for line in lines}
    rows = await session.execute(select(ServiceItem.id, ServiceItem.category).where(ServiceItem.id.in_(ids)))
    return {row.id: row.category for row in rows}


async def order_views(session: AsyncSession, orders: Sequence[Order]) -> dict[uuid.UUID, OrderView]:
    """Masked. In the order given; five statements, however many they are."""
    if not orders:
        return {}
    ids = [order.id for order in orders]
    lines = await queries.lines_of(session, ids)
    categories = await categories_of(session, [line for of_one in lines.values() for line in of_one])
    asked = await queries.count_asked(session, ids)
    stores = await queries.stores_by_id(session, [order.store_id for order in orders])
    places = await session.execute(select(Region.id, Region.name).where(Region.id.in_({order.community_id for order in orders})))
    names = {row.id: row.name for row in places}
    found = {}
    for order in orders:
        count, until = asked.get(order.id, (0, None))
        found[order.id] = OrderView(
            id=order.id,
            version=order.version,
            number=order.number,
            case_id=order.case_id,
            state=order.state,
            sla_class=order.sla_class,
            claim_mode=order.claim_mode,
            elder_name=mask_name(order.elder_name),
            community_id=order.community_id,
            place=names.get(order.community_id, ""),
            position=rough(order.latitude, order.longitude),
            lines=[line_view(line, categories[line.item_id]) for line in lines[order.id]],
            store_id=order.store_id,
            store_name=stores[order.store_id].name if order.store_id else "",
            asked=count,
            answer_by=until,
            refusals=order.refusals,
            requested_at=order.requested_at,
            wanted_from=order.wanted_from,
            wanted_to=order.wanted_to,
            waits_until=order.seek_at if order.state is OrderState.REQUESTED else None,
            due_at=due_at(order),
            accept_by=order.accept_by,
            arrive_by=order.arrive_by,
            attention=order.attention,
            visit=order.visit,
        )
    return found


async def live_order_views(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, OrderView]:
    """`None`: all live ones. What is over is left out, which is "gone" to every console."""
    if ids is None:
        return await order_views(session, await queries.list_live_orders(session))
    return await order_views(session, [order for order in await queries.list_orders_by_id(session, ids) if order.state not in OVER])


def line_view(line: OrderLine, category: Any) -> OrderLineView:
    return OrderLineView(
        code=line.item_code,
        name=line.name,
        category=category,
        unit=line.unit,
        quantity=line.quantity,
        price_fen=line.price_fen,
        low_risk=line.low_risk,
    )


# --- one in full --------------------------------------------------------------------------------------------------------------


async def detail_fields(session: AsyncSession, order: Order, *, whole: bool, hers: bool) -> dict[str, Any]:
    """What OrderDetail has above the masked view. `hers`: the reader owns the case or has the elder on the line, and may read her the code."""
    stores = await queries.stores_by_id(session, [order.store_id])
    store = stores.get(order.store_id) if order.store_id else None
    worker = await session.get(ProviderPerson, order.worker_id) if order.worker_id else None
    asker = await session.get(User, order.requested_by) if order.requested_by else None
    parent = await session.get(Order, order.parent_id) if order.parent_id else None
    is_done = order.state is OrderState.DONE and order.checked_in_at is not None and order.checked_out_at is not None
    return {
        "whole": whole,
        "elder_id": order.elder_id if whole else None,
        "full_name": order.elder_name if whole else "",
        "address": order.address if whole else "",
        "notes": order.notes if whole else "",
        "is_subsidised": order.is_subsidised,
        "minutes": order.minutes,
        "requested_by": asker.name if asker else "",
        "override_reason": order.override_reason if whole else "",
        "store_number": pretty(store.number) if store else "",
        "worker_name": worker.name if worker else "",
        "worker_number": pretty(worker.number) if worker else "",
        **{name: getattr(order, name) for name in _TIMES},
        "closed_reason": order.closed_reason,
        "amount_fen": order.amount_fen,
        "done_note": order.done_note if whole else "",
        "service_code": order.service_code if hers and order.state not in OVER else "",
        "job_code": order.job_code if whole and order.store_id else "",
        "code_locked": order.code_tries >= CODE_TRIES,
        "parent_number": parent.number if parent else "",
        "plan_id": order.plan_id,
        "missing": await missing_of(session, order) if is_done else [],
        "proofs": [
            ProofView(
                visit=proof.visit,
                phase=proof.phase,
                kind=proof.kind,
                at=proof.at,
                metres=proof.metres,
                photo_id=proof.photo_id if whole else None,
                note=proof.note if whole else "",
            )
            for proof in await queries.list_proofs(session, order.id)
        ],
        "photos": [OrderPhotoView(id=i, purpose=p, taken_at=t) for i, p, t in await queries.list_photos(session, order.id)]
        if whole
        else [],
        "offers": [offer_view(offer, of) for offer, of in await queries.list_offers(session, order.id)],
        "history": [
            OrderHistoryEntry(at=event.at, kind=event.kind, state=event.state, actor_name=event.actor_name, data=event.data)
            for event in await queries.list_history(session, order.id)
        ],
    }


_TIMES = ("accepted_at", "en_route_at", "checked_in_at", "checked_out_at", "verified_at", "settled_at")


def offer_view(offer: Offer, store: Store) -> OfferView:
    why = offer.why
    return OfferView(
        id=offer.id,
        store_id=store.id,
        store_name=store.name,
        store_number=pretty(store.number),
        store_position=spot(store.latitude, store.longitude),
        rating=store.rating,
        round=offer.round,
        state=offer.state,
        metres=why.get("metres"),
        score=why.get("score", 0),
        parts=[ScorePart(**part) for part in why.get("parts", [])],
        passed=[GateOut(**out) for out in why.get("passed", [])],
        offered_at=offer.offered_at,
        deadline_at=offer.deadline_at,
        seen_at=offer.seen_at,
        answered_at=offer.answered_at,
        answered_how=offer.answered_how,
        reason=offer.reason,
    )


# --- who could do it ------------------------------------------------------------------------------------------------------------


async def choices(session: AsyncSession, looked: Looked, offers: Sequence[Offer] = (), *, round_: int = 0) -> dict[str, Any]:
    """The fields of StoreChoices. `offers`: of the order, when it is placed."""
    ranked, out = looked.ranked[:MOST_SHOWN], looked.out[:MOST_SHOWN]
    stores = await queries.stores_by_id(session, [choice.store.id for choice in [*ranked, *out, *looked.found]])
    states = {offer.store_id: str(offer.state) for offer in reversed(offers) if offer.round == round_}

    def view(choice: Choice) -> StoreChoice:
        state = states.get(choice.store.id, "")
        return StoreChoice(
            store_id=choice.store.id,
            name=choice.store.name,
            number=pretty(stores[choice.store.id].number),
            position=spot(*choice.store.position) if choice.store.position else None,
            metres=choice.metres,
            rating=choice.store.rating,
            rating_count=choice.store.rating_count,
            served=choice.served,
            price_fen=choice.price_fen,
            rank=choice.rank,
            parts=[part_view(part) for part in choice.parts],
            out=[out_view(one) for one in choice.out],
            passable=choice.passable,
            open_offer=state == "open",
            declined=state == "declined",
        )

    gates: dict[Any, int] = {}
    for choice in looked.out:
        for one in choice.out:
            gates[one.gate] = gates.get(one.gate, 0) + 1
    return StoreChoices(
        ranked=[view(choice) for choice in ranked],
        ranked_count=len(looked.ranked),
        out=[view(choice) for choice in out],
        out_count=len(looked.out),
        gates=gates,
        found=[view(choice) for choice in looked.found],
    ).model_dump()


def part_view(part: Part) -> ScorePart:
    return ScorePart(name=part.name, value=part.value, points=round(part.points, 1))


def out_view(out: Out) -> GateOut:
    return GateOut(gate=out.gate, what=out.what)


async def items_in_force(session: AsyncSession, elder_id: uuid.UUID) -> dict[str, ItemInForce]:
    """What may be ordered where she lives, by code."""
    community_id = await session.scalar(select(Elder.community_id).where(Elder.id == elder_id))
    found = await resolve_items(session, community_id)
    return {item.code: item for item in found if item.active and item.claim_mode is not ClaimMode.CENTRE}


# --- plans -----------------------------------------------------------------------------------------------------------------------


_OF_A_PLAN = (
    "id", "version", "elder_id", "case_id", "every_weeks", "at", "minutes_window", "first", "last", "next_on", "active", "created_at",
)  # fmt: skip


async def plan_views(session: AsyncSession, plans: Sequence[OrderPlan]) -> list[OrderPlanView]:
    asked = [AskedOrder.model_validate_json(plan.asked) for plan in plans]
    codes = {line.item for order in asked for line in order.lines}
    newest = select(ServiceItem).where(ServiceItem.code.in_(codes)).order_by(ServiceItem.id)
    items = {item.code: item for item in await session.scalars(newest)}  # the last version's: an item may be gone from the one in force
    found = []
    for plan, order in zip(plans, asked, strict=True):
        lines = [
            OrderLineView(
                code=line.item,
                name=items[line.item].name_zh,
                category=items[line.item].category,
                unit=items[line.item].unit,
                quantity=line.quantity,
                price_fen=None,
                low_risk=line.low_risk,
            )
            for line in order.lines
        ]
        days = [int(day) for day in plan.weekdays]
        found.append(OrderPlanView(**{name: getattr(plan, name) for name in _OF_A_PLAN}, lines=lines, notes=order.notes, weekdays=days))
    return found
