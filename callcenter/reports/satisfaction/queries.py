"""Reads planned calls after jobs and emergencies, of the reader's regions, and puts them into `rules`."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import Purpose
from callcenter.regions.models import Region
from callcenter.regions.queries import within
from callcenter.reports.rules import bounds_of
from callcenter.reports.satisfaction.rules import DEFINITIONS, Asked, Counts, count
from callcenter.reports.satisfaction.schemas import By, Satisfaction, SatisfactionCounts, SatisfactionDefinition, SatisfactionLine
from callcenter.reports.schemas import ShareView, WordsView
from callcenter.reports.words import Words
from callcenter.settings import Settings

MOST_DAYS = 366
COUNTED = (Purpose.JOB, Purpose.EMERGENCY)  # whether a complaint is mended is asked for its own sake
COLUMNS = {"store": CallPlan.store_id, "item": CallPlan.item_code, "agent": CallPlan.agent_id, "community": CallPlan.community_id}


async def get_satisfaction(session: AsyncSession, actor: Actor, settings: Settings, by: By, first: date, last: date) -> Satisfaction:
    """Calls planned on these days, both included. By item: jobs only; an emergency has none."""
    if last < first:
        raise Invalid("the first day comes before the last", code="bad_period")
    if (last - first) >= timedelta(days=MOST_DAYS):
        raise Invalid(f"at most {MOST_DAYS} days at once", code="period_too_long", details={"most": MOST_DAYS})
    start, end = bounds_of(first, last, settings.timezone)
    zone = ZoneInfo(settings.timezone)
    column = COLUMNS.get(by, CallPlan.community_id)
    found = select(column, CallPlan.planned_at, CallPlan.state, CallPlan.result, CallPlan.rating).where(
        CallPlan.planned_at >= start, CallPlan.planned_at < end, CallPlan.purpose.in_(COUNTED),
        CallPlan.community_id.in_(within(actor.region_ids)),
    )  # fmt: skip
    if by in ("store", "item"):
        found = found.where(CallPlan.purpose == Purpose.JOB)
    groups: dict[object, list[Asked]] = {}
    for key, planned_at, state, result, rating in await session.execute(found):
        groups.setdefault(f"{planned_at.astimezone(zone):%Y-%m}" if by == "month" else key, []).append(Asked(state, result, rating))
    counted = {key: count(plans) for key, plans in groups.items()}
    names = await _names(session, by, set(groups))
    lines = [
        SatisfactionLine(
            **view_of(counts).model_dump(),
            id=key if isinstance(key, uuid.UUID) else None,
            code=names[key][0] if key in names else str(key) if isinstance(key, str) else "",
            name=_words(names[key][1] if key in names else Words("", "")),
        )
        for key, counts in counted.items()
    ]
    lines.sort(key=lambda line: line.code) if by == "month" else lines.sort(key=lambda line: (-line.planned, line.code, line.name.en))
    return Satisfaction(
        by=by, first=first, last=last, timezone=settings.timezone, made_at=clock.now(),
        total=view_of(count(plan for plans in groups.values() for plan in plans)), lines=lines,
        definitions=[SatisfactionDefinition(key=d.key, title=_words(d.title), formula=_words(d.formula)) for d in DEFINITIONS],
    )  # fmt: skip


def view_of(counts: Counts) -> SatisfactionCounts:
    return SatisfactionCounts(
        planned=counts.planned, waiting=counts.waiting, dropped=counts.dropped, not_reached=counts.not_reached, asked=counts.asked,
        rated=counts.rated, not_rated=counts.not_rated, satisfied=counts.satisfied, mean=counts.mean,
        shares={key: ShareView(n=share.n, of=share.of) for key, share in counts.shares.items()},
    )  # fmt: skip


async def _names(session: AsyncSession, by: By, keys: set[object]) -> dict[object, tuple[str, Words]]:
    """(code, name) of each key that has one; what is nobody's has none."""
    ids = [key for key in keys if isinstance(key, uuid.UUID)]
    match by:
        case "store":
            stores = await session.execute(select(Store.id, Store.code, Store.name).where(Store.id.in_(ids)))
            return {row.id: (row.code, Words(row.name, row.name)) for row in stores}
        case "agent":
            users = await session.execute(select(User.id, User.name).where(User.id.in_(ids)))
            return {row.id: ("", Words(row.name, row.name)) for row in users}
        case "community":
            places = await session.execute(select(Region.id, Region.code, Region.name).where(Region.id.in_(ids)))
            return {row.id: (row.code, Words(row.name, row.name)) for row in places}
        case "item":
            codes = [key for key in keys if isinstance(key, str)]
            items = (
                select(ServiceItem.code, ServiceItem.name_zh, ServiceItem.name_en)
                .where(ServiceItem.code.in_(codes))
                .order_by(ServiceItem.id)
            )
            return {row.code: (row.code, Words(row.name_zh, row.name_en)) for row in await session.execute(items)}
        case "month":
            return {}


def _words(words: Words) -> WordsView:
    return WordsView(zh=words.zh, en=words.en)
