"""Orders at the desk: placed on a case, seen on the board, moved by hand when nobody took them.

Asking stores again, choosing one and taking a job back is work of the board, for every agent. What talks with the elder or changes what she asked for
is for whoever may see her.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.queries import get_case
from callcenter.console import order_views
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.order_acts import acts_of
from callcenter.console.routes.cases import is_hers, sees_all, writable
from callcenter.console.schemas_orders import (
    Acted,
    AgentProof,
    AskPreview,
    AssignStore,
    CancelOrder,
    OrderChange,
    OrderDetail,
    OrderPreview,
    OrderSuggestions,
    OrderView,
    Rework,
    SeenOrder,
    ServiceCode,
    StoreChoices,
    UsualItem,
    UsualStore,
    UsualTime,
    WithReason,
)
from callcenter.dispatch.orders import queries
from callcenter.dispatch.orders.actions import changing, doing, offering
from callcenter.dispatch.orders.actions.common import lock_order
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.previews import look_for_stores, preview_order
from callcenter.dispatch.orders.schemas import AskedOrder
from callcenter.dispatch.stores.models import StoreState
from callcenter.elders.access import may_see_all, whole_for
from callcenter.elders.queries import get_elder
from callcenter.emergency.protocols.actions import note_act
from callcenter.kit.crypto import Undecryptable, decrypt
from callcenter.kit.errors import Conflict, NotFound
from callcenter.settings import get_settings

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.ORDERS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.ORDERS_WRITE))]
Opener = Annotated[SignedIn, Depends(needs(Permission.GATES_OPEN))]
MOST_CHIPS = 8


# --- placing ---------------------------------------------------------------------------------------------------------------------


@router.post("/api/cases/{case_id}/orders/preview")
async def preview(case_id: uuid.UUID, body: AskPreview, who: Writer, session: Session) -> OrderPreview:
    """Which stores would be asked, and why another is out. Keeps nothing."""
    case = await writable(session, who, case_id)
    found = await preview_order(session, case, body.order, q=body.q)
    prices = found.looked.prices()
    return OrderPreview(
        **await order_views.choices(session, found.looked),
        sla_class=found.sla_class,
        claim_mode=found.claim_mode,
        minutes=found.minutes,
        accept_by=found.deadlines.accept_by,
        arrive_by=found.deadlines.arrive_by,
        waits_until=found.waits_until,
        asks=found.asks,
        price_min_fen=min(prices) if prices else None,
        price_max_fen=max(prices) if prices else None,
        position=order_views.spot(*found.position) if found.position else None,
    )


@router.post("/api/cases/{case_id}/orders")
async def place(case_id: uuid.UUID, body: AskedOrder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> OrderDetail:
    """Placed, matched and offered in one transaction."""

    async def do() -> Acted:
        await writable(session, who, case_id)
        order = await offering.place_and_offer(session, who.actor, case_id, body)
        await note_act(session, case_id)
        return Acted(id=order.id)

    placed = await once(session, who.user_id, idempotency_key, f"order:{case_id}", body, Acted, do)
    return await order_detail(session, who, await queries.get_order(session, placed.id))


@router.get("/api/cases/{case_id}/order-suggestions")
async def suggest(case_id: uuid.UUID, who: Writer, session: Session) -> OrderSuggestions:
    """From what she ordered in the last year."""
    case = await writable(session, who, case_id)
    if case.elder_id is None:
        return OrderSuggestions(items=[], stores=[], usual=None)
    ordered = await queries.list_ordered(session, case.elder_id)
    items = await order_views.items_in_force(session, case.elder_id)
    times = Counter(one.item_code for one in ordered if one.item_code in items)
    last = {one.item_code: one.requested_at for one in reversed(ordered)}
    stores = await queries.stores_by_id(session, [one.store_id for one in ordered])
    jobs = Counter(one.store_id for one in ordered if one.store_id and stores[one.store_id].state is StoreState.ADMITTED)
    usual = queries.usual_time(ordered, get_settings().timezone)
    return OrderSuggestions(
        items=[
            UsualItem(code=code, name=items[code].name_zh, category=items[code].category, times=count, last_at=last[code])
            for code, count in sorted(times.items(), key=lambda one: (-one[1], -last[one[0]].timestamp()))[:MOST_CHIPS]
        ],
        stores=[UsualStore(id=store_id, name=stores[store_id].name, times=count) for store_id, count in jobs.items()][:3],
        usual=UsualTime(weekday=usual[0], at=usual[1], times=usual[2]) if usual else None,
    )


# --- seeing ----------------------------------------------------------------------------------------------------------------------


@router.get("/api/orders")
async def list_board(who: Reader, session: Session) -> list[OrderView]:
    """All live ones, masked."""
    return list((await order_views.live_order_views(session)).values())


@router.get("/api/cases/{case_id}/orders")
async def list_of_case(case_id: uuid.UUID, who: Reader, session: Session) -> list[OrderView]:
    """Newest first, those that are over too; masked."""
    await get_case(session, case_id)
    return list((await order_views.order_views(session, await queries.list_orders_of_case(session, case_id))).values())


@router.get("/api/elders/{elder_id}/orders")
async def list_of_elder(
    elder_id: uuid.UUID, who: Reader, session: Session, before: uuid.UUID | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[OrderView]:
    """What she ordered, newest first, for whoever may see her whole. `before`: the last one of the page before."""
    await get_elder(session, elder_id)
    if not await may_see_all(session, who.actor, elder_id):
        raise NoAccess("no call and no case of yours; break the glass with a reason", details={"elder_id": str(elder_id)})
    found = await queries.list_orders_of_elder(session, elder_id, before=before, limit=limit)
    return list((await order_views.order_views(session, found)).values())


@router.get("/api/orders/{order_id}")
async def get_one(order_id: uuid.UUID, who: Reader, session: Session) -> OrderDetail:
    return await order_detail(session, who, await queries.get_order(session, order_id))


@router.get("/api/orders/{order_id}/stores")
async def list_choices(order_id: uuid.UUID, who: Reader, session: Session, q: Annotated[str, Query(max_length=60)] = "") -> StoreChoices:
    """Who could take it now, best first, and why another could not; `q` finds a store by name."""
    order = await queries.get_order(session, order_id)
    offers = [offer for offer, _ in await queries.list_offers(session, order_id)]
    return StoreChoices(**await order_views.choices(session, await look_for_stores(session, order, q=q), offers, round_=order.round))


@router.get("/api/orders/{order_id}/photos/{photo_id}", response_class=Response)
async def get_photo(order_id: uuid.UUID, photo_id: uuid.UUID, who: Reader, session: Session) -> Response:
    """Of the inside of somebody's home: for whoever may see her, and written down."""
    order = await seen(session, who, order_id)
    photo = await queries.get_photo(session, order_id, photo_id)
    try:
        image = decrypt(bytes(photo.image), doing.PHOTO_COLUMN)
    except Undecryptable as error:
        raise NotFound("this picture can't be read any more", code="no_photo") from error
    await audit(session, who.actor, "order:photo-seen", photo_id, purpose=f"order:{order.id}")
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def order_detail(session: AsyncSession, who: SignedIn, order: Order) -> OrderDetail:
    """Masked for whoever has no business with her; reading all of it is written down with the elder's other reads."""
    case = await get_case(session, order.case_id)
    whole, hers = await sees_all(session, who, case), await is_hers(session, who, case)
    if whole:
        because = (await whole_for(session, who.actor, [order.elder_id])).get(order.elder_id, "case")
        await audit(session, who.actor, "elder:read", order.elder_id, purpose=f"order:{order.id}", details={"by": because})
    await session.refresh(order)
    masked = (await order_views.order_views(session, [order]))[order.id]
    fields = await order_views.detail_fields(session, order, whole=whole, hers=hers)
    return OrderDetail(**masked.model_dump(), **fields, acts=acts_of(who.actor, order.state, whole=whole))


async def seen(session: AsyncSession, who: SignedIn, order_id: uuid.UUID) -> Order:
    """An order of somebody whom the asker may see. NoAccess else."""
    order = await queries.get_order(session, order_id)
    if not await sees_all(session, who, await get_case(session, order.case_id)):
        await audit(session, who.actor, "order:refused", order_id)
        raise NoAccess("this order's case is not yours; take it over or break the glass", details={"elder_id": str(order.elder_id)})
    return order


# --- acts ------------------------------------------------------------------------------------------------------------------------


async def act(
    session: AsyncSession,
    who: SignedIn,
    order_id: uuid.UUID,
    key: str | None,
    name: str,
    body: BaseModel,
    do: Callable[[], Awaitable[object]],
    *,
    version: int | None = None,
    hers: bool = False,
) -> OrderDetail:
    """Once under its key, on what the asker has seen. `hers`: only for whoever may see the elder."""

    async def done() -> Acted:
        if hers:
            await seen(session, who, order_id)
        if version is not None:
            offering.must_be_seen((await lock_order(session, order_id))[1], version)
        await do()
        return Acted(id=order_id)

    await once(session, who.user_id, key, f"order-{name}:{order_id}", body, Acted, done)
    return await order_detail(session, who, await queries.get_order(session, order_id))


@router.post("/api/orders/{order_id}/ask-again")
async def ask_again(
    order_id: uuid.UUID, body: SeenOrder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    """A new round: everybody may be asked once more, its deadlines run anew."""

    async def do() -> None:
        await offering.ask_again(session, who.actor, order_id, version=body.version)

    return await act(session, who, order_id, idempotency_key, "ask-again", body, do)


@router.post("/api/orders/{order_id}/assign")
async def assign(
    order_id: uuid.UUID, body: AssignStore, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    """A store is chosen by hand. 409 `gate_closed` says which gate; a supervisor passes some of them with a reason."""

    async def do() -> None:
        await offering.assign_store(
            session, who.actor, order_id, store_id=body.store_id, version=body.version, reason=body.reason, agreed=body.agreed
        )

    return await act(session, who, order_id, idempotency_key, "assign", body, do)


@router.post("/api/orders/{order_id}/take-back")
async def take_back(
    order_id: uuid.UUID, body: WithReason, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    async def do() -> None:
        await changing.take_back(session, who.actor, order_id, version=body.version, reason=body.reason)

    return await act(session, who, order_id, idempotency_key, "take-back", body, do)


@router.post("/api/orders/{order_id}/change")
async def change(
    order_id: uuid.UUID, body: OrderChange, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    async def do() -> None:
        await changing.change_order(session, who.actor, order_id, body)

    return await act(session, who, order_id, idempotency_key, "change", body, do, hers=True)


@router.post("/api/orders/{order_id}/cancel")
async def cancel(
    order_id: uuid.UUID, body: CancelOrder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    async def do() -> None:
        await changing.cancel_order(session, who.actor, order_id, why=body.why, note=body.note, version=body.version)

    return await act(session, who, order_id, idempotency_key, "cancel", body, do, hers=True)


@router.post("/api/orders/{order_id}/rework")
async def rework(order_id: uuid.UUID, body: Rework, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> OrderDetail:
    async def do() -> None:
        await changing.ask_rework(session, who.actor, order_id, reason=body.reason, same_store=body.same_store)

    return await act(session, who, order_id, idempotency_key, "rework", body, do, version=body.version, hers=True)


@router.post("/api/orders/{order_id}/dispute")
async def dispute(
    order_id: uuid.UUID, body: WithReason, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    async def do() -> None:
        await changing.dispute_order(session, who.actor, order_id, reason=body.reason)

    return await act(session, who, order_id, idempotency_key, "dispute", body, do, version=body.version, hers=True)


@router.post("/api/orders/{order_id}/verify")
async def verify(
    order_id: uuid.UUID, body: WithReason, who: Opener, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    """It counts although a proof is missing. A supervisor's, with a reason."""

    async def do() -> None:
        await doing.verify_by_hand(session, who.actor, order_id, reason=body.reason)

    return await act(session, who, order_id, idempotency_key, "verify", body, do, version=body.version, hers=True)


@router.post("/api/orders/{order_id}/proof")
async def prove(
    order_id: uuid.UUID, body: AgentProof, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    """The agent has spoken with the elder: it is kept as the word of an agent."""

    async def do() -> None:
        await doing.prove_by_agent(session, who.actor, order_id, phase=body.phase, note=body.note)

    return await act(session, who, order_id, idempotency_key, "proof", body, do, version=body.version, hers=True)


@router.post("/api/orders/{order_id}/no-answer")
async def no_answer(
    order_id: uuid.UUID, body: SeenOrder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OrderDetail:
    """The store has telephoned: it stands at the door and nobody opens. An emergency door check is placed at once."""

    async def do() -> None:
        await doing.report_no_answer(session, who.actor, order_id)

    return await act(session, who, order_id, idempotency_key, "no-answer", body, do, hers=True)


@router.post("/api/orders/{order_id}/service-code")
async def new_code(
    order_id: uuid.UUID, body: SeenOrder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ServiceCode:
    """Another code, which the agent reads to the elder; a lock after five wrong ones is gone. Only for whoever owns the case or has her on the line."""

    async def do() -> Acted:
        order = await seen(session, who, order_id)
        if not await is_hers(session, who, await get_case(session, order.case_id)):
            raise Conflict("take the case over first: the code is read to the elder on the telephone", code="not_on_her_case")
        await doing.new_service_code(session, who.actor, order_id)
        return Acted(id=order_id)

    await once(session, who.user_id, idempotency_key, f"order-code:{order_id}", body, Acted, do)
    order = await seen(session, who, order_id)
    await session.refresh(order)
    return ServiceCode(code=order.service_code)
