"""A store's rating: the mean of its last fifty ratings of twelve months, kept on its row in the transaction of each rating."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import Purpose

LAST = 50
WITHIN = timedelta(days=365)


async def rate_store(session: AsyncSession, store_id: uuid.UUID) -> None:
    """After a rating was written. One at a time for each store: the second of two at once counts the first."""
    await session.execute(select(Store.id).where(Store.id == store_id).with_for_update(key_share=True))
    last = (
        select(CallPlan.rating)
        .where(
            CallPlan.store_id == store_id, CallPlan.purpose == Purpose.JOB, CallPlan.rating.is_not(None),
            CallPlan.done_at > clock.now() - WITHIN,
        )
        .order_by(CallPlan.done_at.desc(), CallPlan.id.desc())
        .limit(LAST)
        .subquery()
    )  # fmt: skip
    total, ratings = (await session.execute(select(func.coalesce(func.sum(last.c.rating), 0), func.count()).select_from(last))).one()
    mean = int(total) * 100 // ratings if ratings else 0  # cut to hundredths
    await session.execute(update(Store).where(Store.id == store_id).values(rating=mean, rating_count=ratings))
