"""Which stores are partners of the scheme, and at which rate. What is agreed today counts from today."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.stores.models import Store, StoreKind
from callcenter.kit import clock
from callcenter.kit.errors import Invalid, NotFound
from callcenter.points.earning.models import PointsTerm
from callcenter.points.earning.rules import LEAST_BP, MOST_BP


async def agree(session: AsyncSession, actor: Actor, store_id: uuid.UUID, *, allied: bool, rate_bp: int | None = None) -> PointsTerm:
    """From now on. The same again changes nothing. Invalid `bad_rate` outside 0.5 to 3 %, `not_a_store` for a group of volunteers."""
    store = await session.get(Store, store_id, with_for_update=True)
    if store is None:
        raise NotFound("there is no such store", code="store_not_found")
    if allied and store.kind is not StoreKind.STORE:
        raise Invalid("a group of volunteers sells nothing", code="not_a_store")
    if rate_bp is not None and (type(rate_bp) is not int or not LEAST_BP <= rate_bp <= MOST_BP):
        raise Invalid("a store's rate lies between 0.5 and 3 percent", code="bad_rate", details={"least_bp": LEAST_BP, "most_bp": MOST_BP})
    known = await term_of(session, store_id, clock.now())
    if known is not None and (known.allied, known.rate_bp) == (allied, rate_bp):
        return known
    term = PointsTerm(
        store_id=store_id, allied=allied, rate_bp=rate_bp, valid_from=clock.now(), at=clock.now(), by_id=actor.id, by_name=actor.name
    )
    session.add(term)
    await session.flush()
    await audit(session, actor, "points:store_terms", store_id, details={"allied": allied, "rate_bp": rate_bp})
    return term


async def term_of(session: AsyncSession, store_id: uuid.UUID, at: datetime) -> PointsTerm | None:
    """What counted then."""
    found = select(PointsTerm).where(PointsTerm.store_id == store_id, PointsTerm.valid_from <= at)
    return (await session.scalars(found.order_by(PointsTerm.valid_from.desc(), PointsTerm.id.desc()).limit(1))).one_or_none()


async def is_allied(session: AsyncSession, store_id: uuid.UUID, at: datetime) -> bool:
    """Whether it gives points then, read without who agreed to it: the stores' process may know no more."""
    counting = select(PointsTerm.allied).where(PointsTerm.store_id == store_id, PointsTerm.valid_from <= at)
    return bool(await session.scalar(counting.order_by(PointsTerm.valid_from.desc(), PointsTerm.id.desc()).limit(1)))


async def list_terms(session: AsyncSession) -> Sequence[tuple[Store, PointsTerm | None]]:
    """All stores (not groups of volunteers) with what counts now, by code."""
    latest = select(PointsTerm).where(PointsTerm.valid_from <= clock.now()).order_by(
        PointsTerm.store_id, PointsTerm.valid_from.desc(), PointsTerm.id.desc()
    ).ext(distinct_on(PointsTerm.store_id))  # fmt: skip
    counting = {term.store_id: term for term in await session.scalars(latest)}
    stores = await session.scalars(select(Store).where(Store.kind == StoreKind.STORE).order_by(Store.code))
    return [(store, counting.get(store.id)) for store in stores]
