"""What a region does otherwise with an item: written by who keeps that region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.catalog.actions import FARTHEST, SLACK
from callcenter.catalog.models import CatalogVersion, ItemLocalisation, ServiceItem
from callcenter.catalog.queries import prices_of
from callcenter.catalog.schemas import LocalisationView, NewLocalisation, PricesOf
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.regions.actions import lock_region
from callcenter.regions.models import RegionLevel
from callcenter.regions.queries import check_scope

LEVELS = (RegionLevel.DISTRICT, RegionLevel.STREET, RegionLevel.COMMUNITY)


async def localise_item(session: AsyncSession, actor: Actor, new: NewLocalisation) -> ItemLocalisation:
    """Under the region's lock, so that of two at once the second is told (Conflict `localisation_changed`)."""
    region = await lock_region(session, new.region_id)
    await check_scope(session, actor, [new.region_id])
    if region.retired_at is not None:
        raise Conflict("this region is retired; restore it first", code="region_retired", details={"field": "region_id"})
    if region.level not in LEVELS:
        raise Invalid("a district, a street or a community", code="wrong_level", details={"field": "region_id"})
    await _check_code(session, new.code)
    if new.prices is not None:
        _check_prices(new.prices)
    now = clock.now()
    if new.valid_from is not None and not now - SLACK <= new.valid_from <= now + FARTHEST:
        raise Invalid("from now on, or from a day of the next two years", code="bad_valid_from", details={"field": "valid_from"})
    here = (ItemLocalisation.code == new.code) & (ItemLocalisation.region_id == new.region_id)
    last = await session.scalar(select(ItemLocalisation).where(here).order_by(ItemLocalisation.number.desc()).limit(1))
    if new.seen != (last.number if last else 0):
        details = {"number": last.number, "by": last.author_name} if last else {"number": 0, "by": ""}
        raise Conflict("somebody has changed this meanwhile; look at it again", code="localisation_changed", details=details)
    row = ItemLocalisation(
        code=new.code,
        region_id=new.region_id,
        number=new.seen + 1,
        name_zh=new.name_zh,
        **(new.prices.model_dump() if new.prices else {}),
        switched_off=new.switched_off,
        note=new.note,
        valid_from=max(now, new.valid_from) if new.valid_from else now,
        made_at=now,
        author_id=actor.id,
        author_name=actor.name,
    )
    session.add(row)
    await session.flush()
    details = {"code": new.code, "number": row.number, "switched_off": new.switched_off, "prices": new.prices is not None}
    await audit(session, actor, "catalog:localised", new.region_id, details=details)
    return row


def views_of(rows: Sequence[ItemLocalisation], at: datetime, *, history: bool) -> list[LocalisationView]:
    """`rows`: of each item and region the latest day first (queries.list_localisations). Without `history` what is past is left out."""
    views: list[LocalisationView] = []
    now_known: set[tuple[object, object]] = set()
    last: dict[tuple[object, object], int] = {}
    for row in rows:
        last[row.code, row.region_id] = max(row.number, last.get((row.code, row.region_id), 0))
    for row in rows:
        place = (row.code, row.region_id)
        state = "planned" if row.valid_from > at else "past" if place in now_known else "in_force"
        if state == "in_force":
            now_known.add(place)
        is_last = row.number == last[place]
        if state == "past" and not history and not is_last:
            continue
        own = prices_of(row)
        prices = own and PricesOf(
            price_min_fen=own.minimum, price_max_fen=own.maximum, price_public_fen=own.public, price_market_fen=own.market
        )
        same = ("id", "code", "region_id", "number", "name_zh", "switched_off", "note", "valid_from", "made_at", "author_name")
        views.append(LocalisationView(**{name: getattr(row, name) for name in same}, prices=prices, state=state, last=is_last))
    return views


async def _check_code(session: AsyncSession, code: str) -> None:
    known = select(ServiceItem.id).join(CatalogVersion).where(ServiceItem.code == code, CatalogVersion.withdrawn_at.is_(None)).limit(1)
    if await session.scalar(known) is None:
        raise Invalid("no such service item in the catalogue", code="item_not_found", details={"field": "code"})


def _check_prices(prices: PricesOf) -> None:
    pairs = (
        ("price_max_fen", prices.price_min_fen, prices.price_max_fen),
        ("price_market_fen", prices.price_public_fen, prices.price_market_fen),
    )
    for field, low, high in pairs:
        if high < low:
            raise Invalid(f"{field} is below what it must reach", code="item_invalid", details={"field": field, "reason": "below"})
