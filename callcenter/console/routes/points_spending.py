"""Goods for points, spendings at a store's counter that wait for her yes, her PIN."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.profiles import did, opened
from callcenter.dispatch.stores.models import Store
from callcenter.elders.access import whole_for
from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_name
from callcenter.kit.errors import NotFound
from callcenter.points.spending import counter, goods, pins
from callcenter.points.spending.schemas import (
    ChangedGood,
    ChangedPartner,
    ConfirmCounter,
    CounterView,
    GoodsOrderLine,
    GoodsOrderView,
    GoodView,
    NewGood,
    OrderGoods,
    PartnerForm,
    PartnerView,
    SetPin,
    VoidGoods,
)
from callcenter.points.spending.states import GoodsOrderState

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.POINTS_WORK))]
Writer = Annotated[SignedIn, Depends(needs(Permission.POINTS_WRITE))]


# --- the catalogue ----------------------------------------------------------------------------------------------------------------


async def _partners(session: AsyncSession) -> list[PartnerView]:
    found = await goods.list_goods(session)
    return [
        PartnerView(
            id=one.id,
            version=one.version,
            name=one.name,
            active=one.active,
            goods=[GoodView.model_validate(good) for good in found if good.partner_id == one.id],
        )
        for one in await goods.list_partners(session)
    ]


@router.get("/api/points/partners")
async def list_partners(who: Reader, session: Session) -> list[PartnerView]:
    """With their goods."""
    return await _partners(session)


@router.post("/api/points/partners")
async def add_partner(body: PartnerForm, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> list[PartnerView]:
    """409 `partner_exists`."""
    await did(session, who, idempotency_key, "points:partner", body, lambda: goods.add_partner(session, who.actor, body.name))
    return await _partners(session)


@router.put("/api/points/partners/{partner_id}")
async def change_partner(partner_id: uuid.UUID, body: ChangedPartner, who: Writer, session: Session) -> list[PartnerView]:
    """Renamed, switched off or on. 409 `partner_changed`, `partner_exists`."""
    await goods.change_partner(session, who.actor, partner_id, name=body.name, active=body.active, version=body.version)
    return await _partners(session)


@router.post("/api/points/partners/{partner_id}/goods")
async def add_good(
    partner_id: uuid.UUID, body: NewGood, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> list[PartnerView]:
    """409 `phone_credit`: it is 10, 30 or 50 yuan."""
    await did(
        session, who, idempotency_key, f"points:good:{partner_id}", body,
        lambda: goods.add_good(session, who.actor, partner_id, body.kind, body.good),
    )  # fmt: skip
    return await _partners(session)


@router.put("/api/points/goods/{good_id}")
async def change_good(good_id: uuid.UUID, body: ChangedGood, who: Writer, session: Session) -> list[PartnerView]:
    """409 `good_changed`, `phone_credit`."""
    await goods.change_good(session, who.actor, good_id, body.good, version=body.version)
    return await _partners(session)


# --- an elder's orders ------------------------------------------------------------------------------------------------------------


async def _orders(session: AsyncSession, elder_id: uuid.UUID) -> list[GoodsOrderView]:
    waiting = [
        GoodsOrderView(
            id=one.id, good_id=uuid.UUID(one.about["good_id"]), quantity=one.about["quantity"], points=one.amount, state=GoodsOrderState.RESERVED,
            made_at=one.asked_at, made_by=one.asked_by, over_at=None, over_by="", reason="", waiting=True,
        )
        for one in await goods.list_waiting_orders(session, elder_id)
    ]  # fmt: skip
    return [*waiting, *(GoodsOrderView.model_validate(one) for one in await goods.list_orders(session, elder_id))]


@router.get("/api/points/goods-orders")
async def list_all_orders(
    who: Reader,
    session: Session,
    state: GoodsOrderState | None = None,
    partner_id: uuid.UUID | None = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> list[GoodsOrderLine]:
    """Of all elders, fifty at a time. What is to be handed out: the first by its deadline."""
    found = await goods.list_all_orders(session, state=state, partner_id=partner_id, offset=offset)
    ids = {one.elder_id for one in found}
    seen = await whole_for(session, who.actor, ids)
    names = {row.id: row.name for row in await session.execute(select(Elder.id, Elder.name).where(Elder.id.in_(ids)))}
    offered = {one.id: one for one in await goods.list_goods(session)}
    partners = {one.id: one.name for one in await goods.list_partners(session)}
    return [
        GoodsOrderLine(
            **GoodsOrderView.model_validate(one).model_dump(), elder_id=one.elder_id, due_at=one.due_at, good=offered[one.good_id].name,
            elder_name=names[one.elder_id] if one.elder_id in seen else mask_name(names[one.elder_id]),
            partner=partners[offered[one.good_id].partner_id],
        )
        for one in found
    ]  # fmt: skip


@router.get("/api/elders/{elder_id}/goods-orders")
async def list_orders(elder_id: uuid.UUID, who: Reader, session: Session) -> list[GoodsOrderView]:
    return await _orders(session, await opened(session, who, elder_id, purpose="points"))


@router.post("/api/elders/{elder_id}/goods-orders")
async def order_goods(
    elder_id: uuid.UUID, body: OrderGoods, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> list[GoodsOrderView]:
    """Above `points_two_persons` it waits for a second person. 409 `out_of_stock`, `good_inactive`, `month_limit`, `phone_cap`, `redemption_stopped`,
    `points_frozen`, `not_enough`."""
    current = await opened(session, who, elder_id, purpose="points")
    await did(
        session, who, idempotency_key, f"points:goods:{current}", body,
        lambda: goods.order_goods(session, who.actor, current, body.good_id, body.quantity),
    )  # fmt: skip
    return await _orders(session, current)


async def _of_hers(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID, order_id: uuid.UUID) -> uuid.UUID:
    current = await opened(session, who, elder_id, purpose="points")
    if (await goods.get_order(session, order_id)).elder_id != current:
        raise NotFound("no such order of goods", code="goods_order_not_found")
    return current


@router.post("/api/elders/{elder_id}/goods-orders/{order_id}/handed-out")
async def hand_out(
    elder_id: uuid.UUID, order_id: uuid.UUID, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> list[GoodsOrderView]:
    current = await _of_hers(session, who, elder_id, order_id)
    body = PartnerForm(name="handed out")
    await did(
        session, who, idempotency_key, f"points:handed_out:{order_id}", body, lambda: goods.confirm_order(session, who.actor, order_id)
    )
    return await _orders(session, current)


@router.post("/api/elders/{elder_id}/goods-orders/{order_id}/void")
async def void(
    elder_id: uuid.UUID, order_id: uuid.UUID, body: VoidGoods, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> list[GoodsOrderView]:
    current = await _of_hers(session, who, elder_id, order_id)
    await did(
        session, who, idempotency_key, f"points:void_goods:{order_id}", body,
        lambda: goods.void_order(session, who.actor, order_id, body.reason),
    )  # fmt: skip
    return await _orders(session, current)


# --- at a counter -----------------------------------------------------------------------------------------------------------------


async def _requests(session: AsyncSession, elder_id: uuid.UUID) -> list[CounterView]:
    found = await counter.list_of_elder(session, elder_id)
    stores = await session.execute(select(Store.id, Store.name).where(Store.id.in_({one.store_id for one in found})))
    names = {row.id: row.name for row in stores}
    return [CounterView.model_validate(one).model_copy(update={"store": names[one.store_id]}) for one in found]


async def _asked_of_her(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID, request_id: uuid.UUID) -> uuid.UUID:
    current = await opened(session, who, elder_id, purpose="points")
    if (await counter.get_request(session, request_id)).elder_id != current:
        raise NotFound("no such request", code="counter_request_not_found")
    return current


@router.get("/api/elders/{elder_id}/counter-requests")
async def list_requests(elder_id: uuid.UUID, who: Reader, session: Session) -> list[CounterView]:
    """What stores have asked of her points, the newest first."""
    return await _requests(session, await opened(session, who, elder_id, purpose="points"))


@router.post("/api/elders/{elder_id}/counter-requests/{request_id}/confirm")
async def confirm_request(
    elder_id: uuid.UUID, request_id: uuid.UUID, body: ConfirmCounter, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> list[CounterView]:
    """422 `pin_wrong` (counted). 409 `pin_unset`, `pin_locked`, `not_called_back`, `hold_expired`, `second_person`, `illegal_move`."""
    current = await _asked_of_her(session, who, elder_id, request_id)

    async def do() -> object:
        if body.how == "pin":
            return await counter.confirm_by_pin(session, who.actor, request_id, body.pin)
        return await counter.confirm_by_voice(session, who.actor, request_id)

    await did(session, who, idempotency_key, f"points:counter:{request_id}", body, do)
    return await _requests(session, current)


@router.post("/api/elders/{elder_id}/counter-requests/{request_id}/refuse")
async def refuse_request(
    elder_id: uuid.UUID, request_id: uuid.UUID, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> list[CounterView]:
    current = await _asked_of_her(session, who, elder_id, request_id)
    body = PartnerForm(name="refused")
    await did(session, who, idempotency_key, f"points:refuse:{request_id}", body, lambda: counter.refuse(session, who.actor, request_id))
    return await _requests(session, current)


@router.post("/api/elders/{elder_id}/points-pin", status_code=204)
async def set_pin(elder_id: uuid.UUID, body: SetPin, who: Worker, session: Session) -> None:
    """422 `pin_weak`, 409 `pin_locked`."""
    await pins.set_pin(session, who.actor, await opened(session, who, elder_id, purpose="points"), body.pin)


@router.post("/api/elders/{elder_id}/points-pin/unlock", status_code=204)
async def unlock_pin(elder_id: uuid.UUID, who: Writer, session: Session) -> None:
    await pins.unlock_pin(session, who.actor, await opened(session, who, elder_id, purpose="points"))
