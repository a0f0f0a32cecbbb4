"""Whether an object is hers. Another store's is told as if it were not there (404); what she sees and may not do is a 403."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.access.sessions import Person
from callcenter.dispatch.orders.actions.common import lock_order
from callcenter.dispatch.orders.errors import OrderNotFound
from callcenter.dispatch.orders.models import Offer, Order
from callcenter.kit.errors import Forbidden, NotFound
from providers.views import is_job_of


async def must_see_job(session: AsyncSession, who: Person, order_id: uuid.UUID) -> Order:
    order = await session.get(Order, order_id, populate_existing=True)
    if order is None or not is_job_of(order, who):
        raise OrderNotFound("no such job")
    return order


async def must_have_job(session: AsyncSession, who: Person, order_id: uuid.UUID, *, as_keeper: bool = False) -> Order:
    """Looked at again under the order's lock, which the action then has: a job that is given to somebody else at this moment is not hers any more."""
    await must_see_job(session, who, order_id)
    _, order = await lock_order(session, order_id)
    if not is_job_of(order, who):
        raise OrderNotFound("no such job")
    if as_keeper and order.store_id not in who.keeps:
        raise Forbidden("only the store's keeper may do this", code="keeper_only")
    return order


async def must_be_asked(session: AsyncSession, who: Person, offer_id: uuid.UUID) -> Offer:
    """The keeper of the store that this offer went to."""
    offer = await session.get(Offer, offer_id)
    if offer is None or offer.store_id not in who.keeps:
        raise NotFound("no such offer", code="offer_not_found")
    return offer


async def must_see_order(session: AsyncSession, who: Person, order_id: uuid.UUID) -> None:
    """Her job, or one that a store of hers was asked for."""
    order = await session.get(Order, order_id)
    asked = await session.scalar(select(Offer.id).where(Offer.order_id == order_id, Offer.store_id.in_(who.keeps)).limit(1))
    if order is None or (asked is None and not is_job_of(order, who)):
        raise OrderNotFound("no such job")


def must_keep(who: Person, store_id: uuid.UUID) -> None:
    if store_id in who.keeps:
        return
    if store_id in who.works_at:
        raise Forbidden("only the store's keeper may see this", code="keeper_only")
    raise NotFound("no such store", code="store_not_found")


def must_be_officer(who: Person, organisation_id: uuid.UUID) -> None:
    if organisation_id not in who.officer_of:
        raise NotFound("no such organisation", code="organisation_not_found")
