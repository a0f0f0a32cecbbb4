"""A store is admitted, suspended, leaves, comes back; and what that means for its offers and jobs.

Orders are locked before the store, as everywhere in dispatch. What is offered to it between the two is caught when it accepts: the gate asks again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.cases.models import Case
from callcenter.dispatch.orders.actions.common import lock_order, touch_order, write_event
from callcenter.dispatch.orders.actions.offering import seek
from callcenter.dispatch.orders.models import Offer, Order
from callcenter.dispatch.orders.states import OFFER, SEEKING, OfferState, OrderState
from callcenter.dispatch.orders.telling import tell_withdrawn
from callcenter.dispatch.stores.actions.common import lock_store, write_change
from callcenter.dispatch.stores.actions.people import count_keepers
from callcenter.dispatch.stores.errors import NotReady
from callcenter.dispatch.stores.models import Store, StoreChange, StoreCommunity, StoreItem, StoreState
from callcenter.dispatch.stores.organisations import must_see_store
from callcenter.dispatch.stores.queries import is_licensed_for_any, today
from callcenter.dispatch.stores.rules import NEEDS_REASON, lacks
from callcenter.dispatch.stores.schemas import Decision
from callcenter.dispatch.stores.states import STORE
from callcenter.kit import clock
from callcenter.kit.errors import Forbidden, Invalid

PAPERS = system("licences")
NO_PAPER = "证照过期：没有一项服务还有有效证照"
ATTENTION = "store_suspended"  # of a job whose store may not come any more: a person decides
NOT_BEGUN = (OrderState.ACCEPTED, OrderState.EN_ROUTE)
_KINDS = {StoreState.ADMITTED: "admitted", StoreState.SUSPENDED: "suspended", StoreState.LEFT: "left", StoreState.APPLIED: "applied"}


async def decide(session: AsyncSession, actor: Actor, store_id: uuid.UUID, decision: Decision) -> Store:
    """IllegalMove; Invalid `reason_needed`; NotReady: what it lacks. Suspended or gone: others are asked what it was offered, and what it has accepted
    but not begun is put before the agents."""
    reason = decision.reason.strip()
    if decision.to in NEEDS_REASON and not reason:
        raise Invalid("say why", code="reason_needed", details={"field": "reason"})
    return await _move(session, actor, store_id, decision.to, reason=reason, version=decision.version)


async def decide_as_officer(session: AsyncSession, actor: Actor, store_id: uuid.UUID, decision: Decision) -> Store:
    """By an officer of the organisation above it: she admits and suspends her own. `actor` is a person of the stores' app."""
    assert actor.id is not None
    await must_see_store(session, actor.id, store_id)
    if decision.to not in (StoreState.ADMITTED, StoreState.SUSPENDED):
        raise Forbidden("an organisation admits and suspends; the rest is the centre's", code="not_for_officers")
    return await decide(session, actor, store_id, decision)


async def look_at_papers(session: AsyncSession, store_id: uuid.UUID) -> StoreState | None:
    """After any change of papers, people or items, and daily: without a valid paper for any of its items it is suspended; with one again it is restored,
    if that alone was the reason. Returns its new state, None: nothing changed. Harmless twice."""
    store = await session.get(Store, store_id, populate_existing=True)
    if store is None or store.state not in (StoreState.ADMITTED, StoreState.SUSPENDED):
        return None
    is_licensed = await is_licensed_for_any(session, store, today())
    if store.state is StoreState.ADMITTED and not is_licensed:
        await _move(session, PAPERS, store_id, StoreState.SUSPENDED, reason=NO_PAPER)
        return StoreState.SUSPENDED
    if store.state is StoreState.SUSPENDED and is_licensed and await _is_for_papers_only(session, store):
        if await _lacks(session, store):
            return None
        await _move(session, PAPERS, store_id, StoreState.ADMITTED, reason="")
        return StoreState.ADMITTED
    return None


async def _is_for_papers_only(session: AsyncSession, store: Store) -> bool:
    last = select(StoreChange.actor_name).where(StoreChange.store_id == store.id, StoreChange.kind == "suspended")
    by = await session.scalar(last.order_by(StoreChange.at.desc(), StoreChange.id.desc()).limit(1))
    return by == PAPERS.name and store.state_reason == NO_PAPER


async def _move(
    session: AsyncSession, actor: Actor, store_id: uuid.UUID, to: StoreState, *, reason: str, version: int | None = None
) -> Store:
    concerned = await _lock_orders(session, store_id)
    store = await lock_store(session, actor, store_id, version=version)
    STORE.check(store.state, to)
    if to is StoreState.ADMITTED and (missing := await _lacks(session, store)):
        raise NotReady("it can't be admitted yet", details={"missing": missing})
    before = store.state
    kind = "restored" if (before, to) == (StoreState.SUSPENDED, StoreState.ADMITTED) else _KINDS[to]
    store.state, store.state_reason, store.state_since = to, reason, clock.now()
    await write_change(session, actor, store, kind, reason=reason, fields={"state": [before.value, to.value]})
    for case, order in concerned:
        if to in NEEDS_REASON:
            await _without_it(session, actor, case, order, store_id)
        elif to is StoreState.ADMITTED and order.attention == ATTENTION:
            order.attention = ""
            await touch_order(session, order)
    return store


async def _lacks(session: AsyncSession, store: Store) -> list[str]:
    items = set(await session.scalars(select(StoreItem.item_code).where(StoreItem.store_id == store.id, StoreItem.active)))
    area = store.area is not None or await session.scalar(
        select(StoreCommunity.store_id).where(StoreCommunity.store_id == store.id).limit(1)
    )
    return lacks(
        keepers=await count_keepers(session, store.id),
        items=items,
        licensed=items if await is_licensed_for_any(session, store, today()) else (),
        has_area=bool(area),
        hours=store.hours,
        capacity=store.daily_capacity,
    )


async def _lock_orders(session: AsyncSession, store_id: uuid.UUID) -> list[tuple[Case, Order]]:
    """What it is asked for, and what it has taken and not begun; always in the same sequence."""
    asked = select(Offer.order_id).where(Offer.store_id == store_id, Offer.state == OfferState.OPEN)
    its = and_(Order.store_id == store_id, Order.state.in_(NOT_BEGUN))
    ids: Sequence[uuid.UUID] = (
        await session.scalars(select(Order.id).where(or_(Order.id.in_(asked), its)).order_by(Order.case_id, Order.id))
    ).all()
    return [await lock_order(session, order_id) for order_id in ids]


async def _without_it(session: AsyncSession, actor: Actor, case: Case, order: Order, store_id: uuid.UUID) -> None:
    if order.store_id == store_id and order.state in NOT_BEGUN:
        order.attention = ATTENTION
        await write_event(session, actor, order, "store_suspended", {"store_id": str(store_id)})
        await touch_order(session, order)
        return
    open_offer = select(Offer).where(Offer.order_id == order.id, Offer.store_id == store_id, Offer.state == OfferState.OPEN)
    offer = await session.scalar(open_offer.execution_options(populate_existing=True))
    if offer is None:  # answered while we waited for the lock
        return
    OFFER.check(offer.state, OfferState.WITHDRAWN)
    offer.state, offer.answered_at, offer.reason = OfferState.WITHDRAWN, clock.now(), "changed"
    await write_event(session, actor, order, "offer_withdrawn", {"store_id": str(store_id), "why": "store_suspended"})
    await session.flush()
    await tell_withdrawn(session, [offer])
    if order.state in SEEKING:
        await seek(session, actor, case, order)
    await touch_order(session, order, stores=(store_id,))
