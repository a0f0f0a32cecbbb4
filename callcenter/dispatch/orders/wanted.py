"""Lines of an order as matching reads them: which papers are asked for, of whom."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.licences import HeldBy
from callcenter.catalog.models import ServiceItem, VolunteerPart
from callcenter.catalog.rules import Requirements, groups_held_by, row_of
from callcenter.dispatch.orders.matching import WantedItem
from callcenter.dispatch.orders.models import OrderLine
from callcenter.dispatch.stores.models import Store

ENOUGH_RATINGS = 30


async def wanted_items(session: AsyncSession, lines: Sequence[OrderLine]) -> tuple[WantedItem, ...]:
    """By the catalogue's version that the order was placed with."""
    items = {
        item.id: item for item in await session.scalars(select(ServiceItem).where(ServiceItem.id.in_([line.item_id for line in lines])))
    }
    return tuple(_wanted(items[line.item_id], line.low_risk) for line in lines)


async def usual_rating(session: AsyncSession) -> int | None:
    """The mean of all ratings that the stores' own ratings are made of, in hundredths; None while they are too few to say what is usual."""
    points, ratings = (
        await session.execute(
            select(func.sum(Store.rating * Store.rating_count), func.sum(Store.rating_count)).where(Store.rating_count > 0)
        )
    ).one()
    return int(points) // int(ratings) if ratings and ratings >= ENOUGH_RATINGS else None


def _wanted(item: ServiceItem, low_risk: bool) -> WantedItem:
    requirements = row_of(item).requirements
    return WantedItem(
        code=item.code,
        store_licences=_asked_of(requirements, HeldBy.STORE),
        worker_licences=_asked_of(requirements, HeldBy.WORKER),
        volunteers_may=item.volunteer is VolunteerPart.YES or (low_risk and item.volunteer is VolunteerPart.LOW_RISK),
    )


def _asked_of(requirements: Requirements, holder: HeldBy) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(group) for group in groups_held_by(requirements, holder))
