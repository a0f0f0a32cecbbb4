"""All reads of orders, and what an elder is used to."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.orders.errors import OrderNotFound
from callcenter.dispatch.orders.models import Offer, Order, OrderEvent, OrderLine, OrderPhoto, OrderPlan, OrderProof
from callcenter.dispatch.orders.states import OVER, OfferState, OrderState
from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.kit import clock
from callcenter.kit.errors import NotFound

MOST_LIVE = 3_000  # on one board
LOOK_BACK = timedelta(days=365)  # for what she is used to
OFTEN = 2  # so often at the same weekday and time is a habit


async def get_order(session: AsyncSession, order_id: uuid.UUID) -> Order:
    order = await session.get(Order, order_id)
    if order is None:
        raise OrderNotFound("no such order")
    return order


async def list_live_orders(session: AsyncSession) -> Sequence[Order]:
    found = select(Order).where(Order.state.not_in(OVER)).order_by(Order.requested_at, Order.id).limit(MOST_LIVE)
    return (await session.scalars(found)).all()


async def list_orders_by_id(session: AsyncSession, ids: Collection[uuid.UUID]) -> Sequence[Order]:
    return (await session.scalars(select(Order).where(Order.id.in_(ids)))).all()


async def list_orders_of_case(session: AsyncSession, case_id: uuid.UUID) -> Sequence[Order]:
    """Newest first."""
    return (await session.scalars(select(Order).where(Order.case_id == case_id).order_by(Order.id.desc()).limit(100))).all()


async def list_orders_of_elder(session: AsyncSession, elder_id: uuid.UUID, *, before: uuid.UUID | None, limit: int) -> Sequence[Order]:
    """Newest first; `before`: older than that one. Ids grow with time."""
    wanted = select(Order).where(Order.elder_id == elder_id).order_by(Order.id.desc()).limit(limit)
    return (await session.scalars(wanted.where(Order.id < before) if before is not None else wanted)).all()


async def lines_of(session: AsyncSession, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[OrderLine]]:
    found: dict[uuid.UUID, list[OrderLine]] = defaultdict(list)
    rows = await session.scalars(
        select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.order_id, OrderLine.position)
    )
    for line in rows:
        found[line.order_id].append(line)
    return found


async def count_asked(session: AsyncSession, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, datetime]]:
    """How many stores think about each order now, and until when the last of them may answer."""
    rows = await session.execute(
        select(Offer.order_id, func.count(), func.max(Offer.deadline_at))
        .where(Offer.order_id.in_(order_ids), Offer.state == OfferState.OPEN)
        .group_by(Offer.order_id)
    )
    return {order_id: (count, until) for order_id, count, until in rows}


async def list_offers(session: AsyncSession, order_id: uuid.UUID) -> Sequence[Row[Offer, Store]]:
    """Newest first; of those that were asked together the best first."""
    score = Offer.why["score"].as_float().desc()
    found = select(Offer, Store).join(Store, Store.id == Offer.store_id).where(Offer.order_id == order_id)
    return (await session.execute(found.order_by(Offer.offered_at.desc(), score, Offer.id))).all()


async def list_history(session: AsyncSession, order_id: uuid.UUID) -> Sequence[OrderEvent]:
    """Newest first."""
    return (
        await session.scalars(select(OrderEvent).where(OrderEvent.order_id == order_id).order_by(OrderEvent.id.desc()).limit(300))
    ).all()


async def list_proofs(session: AsyncSession, order_id: uuid.UUID) -> Sequence[OrderProof]:
    return (await session.scalars(select(OrderProof).where(OrderProof.order_id == order_id).order_by(OrderProof.at, OrderProof.id))).all()


async def list_photos(session: AsyncSession, order_id: uuid.UUID) -> Sequence[Row[uuid.UUID, str, datetime]]:
    """Without the pictures themselves."""
    found = select(OrderPhoto.id, OrderPhoto.purpose, OrderPhoto.taken_at).where(OrderPhoto.order_id == order_id)
    return (await session.execute(found.order_by(OrderPhoto.taken_at, OrderPhoto.id))).all()


async def get_photo(session: AsyncSession, order_id: uuid.UUID, photo_id: uuid.UUID) -> OrderPhoto:
    photo = await session.scalar(select(OrderPhoto).where(OrderPhoto.id == photo_id, OrderPhoto.order_id == order_id))
    if photo is None:
        raise NotFound("this order has no such picture", code="no_photo")
    return photo


async def list_plans(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[OrderPlan]:
    """Those that go on first."""
    found = select(OrderPlan).where(OrderPlan.elder_id == elder_id).order_by(OrderPlan.active.desc(), OrderPlan.created_at.desc())
    return (await session.scalars(found.limit(50))).all()


async def get_plan(session: AsyncSession, plan_id: uuid.UUID) -> OrderPlan:
    plan = await session.get(OrderPlan, plan_id)
    if plan is None:
        raise NotFound("no such plan", code="plan_not_found")
    return plan


async def find_stores(session: AsyncSession, q: str, *, limit: int = 8) -> list[uuid.UUID]:
    """By name, pinyin, initials or code; also those that are suspended: whoever asks wants to know why. Those that have left are nobody's."""
    word = q.strip().lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    if not word:
        return []
    has, begins = f"%{word}%", f"{word.replace(' ', '')}%"
    names = or_(Store.name.ilike(has), Store.pinyin.like(begins), Store.initials.like(begins), Store.code.ilike(begins))
    found = select(Store.id).where(names, Store.state != StoreState.LEFT).order_by(func.length(Store.name), Store.pinyin, Store.id)
    return list(await session.scalars(found.limit(limit)))


async def stores_by_id(session: AsyncSession, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, Store]:
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    return {store.id: store for store in await session.scalars(select(Store).where(Store.id.in_(wanted)))}


# --- habits ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ordered:
    """One line of one of her orders of the last year."""

    item_code: str
    name: str
    store_id: uuid.UUID | None
    state: OrderState
    requested_at: datetime
    wanted_from: datetime | None


async def list_ordered(session: AsyncSession, elder_id: uuid.UUID) -> list[Ordered]:
    """Newest first, without door checks and what was cancelled: nobody wants those again."""
    rows = await session.execute(
        select(OrderLine.item_code, OrderLine.name, Order.store_id, Order.state, Order.requested_at, Order.wanted_from)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.elder_id == elder_id,
            Order.requested_at > clock.now() - LOOK_BACK,
            Order.state != OrderState.CANCELLED,
            Order.parent_id.is_(None),
        )
        .order_by(Order.requested_at.desc(), OrderLine.position)
        .limit(300)
    )
    return [Ordered(code, name, store, state, at, wanted) for code, name, store, state, at, wanted in rows if at is not None]


def usual_time(ordered: Sequence[Ordered], timezone: str) -> tuple[int, time, int] | None:
    """The weekday (0 Monday) and the half hour at which she mostly wants somebody, and how often that was. None: there is no habit."""
    zone = ZoneInfo(timezone)
    locals_ = {o.wanted_from.astimezone(zone) for o in ordered if o.wanted_from}
    counts = Counter((at.weekday(), time(at.hour, at.minute // 30 * 30)) for at in locals_)
    if not counts:
        return None
    (weekday, at), times = max(counts.items(), key=lambda one: (one[1], -one[0][0], -one[0][1].hour))
    return (weekday, at, times) if times >= OFTEN else None
