"""What would become of an order before it is placed: who would be asked, who is out and why, what it costs. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.models import Case
from callcenter.catalog.models import ClaimMode, SlaClass
from callcenter.dispatch.orders.actions.common import list_lines
from callcenter.dispatch.orders.actions.offering import SOON, URGENT, wanted_of
from callcenter.dispatch.orders.actions.placing import check_time, claim_mode_of, minutes_of, place_of, read_items
from callcenter.dispatch.orders.candidates import history_of, list_candidates
from callcenter.dispatch.orders.house import house_rules
from callcenter.dispatch.orders.matching import PASSABLE, Candidate, Out, Part, Ranked, Refused, Wanted, match
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.queries import find_stores
from callcenter.dispatch.orders.rules import Deadlines, deadlines, most_urgent
from callcenter.dispatch.orders.schemas import AskedOrder
from callcenter.dispatch.orders.wanted import usual_rating, wanted_items
from callcenter.elders.queries import get_elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.settings import get_settings

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One store as an agent looks at it."""

    store: Candidate
    metres: int | None
    served: int
    price_fen: int | None  # all lines together; None: it does not offer them all
    rank: int | None
    parts: tuple[Part, ...]
    out: tuple[Out, ...]

    @property
    def passable(self) -> bool:
        return bool(self.out) and all(out.gate in PASSABLE for out in self.out)


@dataclass(frozen=True, slots=True)
class Looked:
    ranked: list[Choice]
    out: list[Choice]
    found: list[Choice]  # by name

    def prices(self) -> list[int]:
        return [choice.price_fen for choice in self.ranked if choice.price_fen is not None]


@dataclass(frozen=True, slots=True)
class Preview:
    looked: Looked
    sla_class: SlaClass
    claim_mode: ClaimMode
    minutes: int
    deadlines: Deadlines
    waits_until: datetime | None
    asks: int
    position: tuple[float, float] | None


async def preview_order(session: AsyncSession, case: Case, asked: AskedOrder, *, q: str = "") -> Preview:
    """As `placing.place_order` and `offering.seek` would decide now, and refused where they refuse."""
    if case.elder_id is None:
        raise Conflict("say first who it is for", code="no_elder")
    elder = await get_elder(session, case.elder_id)
    at, timezone, house = clock.now(), get_settings().timezone, await house_rules(session)
    check_time(asked.wanted_from, asked.wanted_to, at)
    place = await place_of(session, elder, asked)
    items = await read_items(session, asked.lines, place["community_id"])
    lines = [
        OrderLine(item_id=item.item_id, item_code=item.code, quantity=line.quantity, low_risk=line.low_risk)
        for line, item in zip(asked.lines, items, strict=True)
    ]
    served, refused = await history_of(session, elder.id)
    when, sla, mode = max(asked.wanted_from or at, at), most_urgent([item.sla_class for item in items]), claim_mode_of(items)
    latitude, longitude = place["latitude"], place["longitude"]
    wanted = Wanted(
        items=await wanted_items(session, lines),
        community_id=place["community_id"],
        position=(latitude, longitude) if latitude is not None and longitude is not None else None,
        sla_class=sla,
        at=when,
        minutes=minutes_of(asked.lines, items),
        is_soon=when <= at + SOON,
        dialect=elder.dialect,
        prefers=asked.prefers_store_id,
        refused=refused,
        served=served,
        timezone=timezone,
        usual_rating=await usual_rating(session),
    )
    also = [asked.prefers_store_id] if asked.prefers_store_id else []
    looked = await _look(session, wanted, lines, q=q, also=also)
    return Preview(
        looked=looked,
        sla_class=sla,
        claim_mode=mode,
        minutes=wanted.minutes,
        deadlines=deadlines(sla, at=at, wanted_from=asked.wanted_from, timezone=timezone, house=house),
        waits_until=None if sla in URGENT else house.next_beginning(at, timezone),
        asks=min(len(looked.ranked), house.at_once if mode is ClaimMode.OPEN or sla is SlaClass.E0 else 1),
        position=wanted.position,
    )


async def look_for_stores(session: AsyncSession, order: Order, *, q: str = "") -> Looked:
    """Who could do an order that is placed, as matching sees it now."""
    return await _look(session, await wanted_of(session, order), await list_lines(session, order.id), q=q)


async def _look(session: AsyncSession, wanted: Wanted, lines: Sequence[OrderLine], *, q: str, also: Sequence[uuid.UUID] = ()) -> Looked:
    named = await find_stores(session, q)
    candidates = {c.id: c for c in await list_candidates(session, wanted, also=[*named, *also])}
    matched = match(wanted, candidates.values())
    ranks = {ranked.store_id: rank for rank, ranked in enumerate(matched.ranked, 1)}

    def choice(found: Ranked | Refused) -> Choice:
        store = candidates[found.store_id]
        known = all(line.item_code in store.items for line in lines)
        price = sum(store.items[line.item_code] * line.quantity for line in lines) if known else None
        return Choice(
            store=store,
            metres=found.metres,
            served=wanted.served.get(store.id, 0),
            price_fen=price,
            rank=ranks.get(store.id),
            parts=found.parts if isinstance(found, Ranked) else (),
            out=found.out if isinstance(found, Refused) else (),
        )

    by_name = (matched.of(store_id) for store_id in named)
    return Looked([choice(r) for r in matched.ranked], [choice(r) for r in matched.out], [choice(r) for r in by_name if r is not None])
