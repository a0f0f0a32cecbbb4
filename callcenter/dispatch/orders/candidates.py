"""What matching looks at, read from the database: the stores that offer what is wanted, with papers, hours, load and history. All reads, no decision."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.orders.matching import Candidate, CandidateWorker, HeldLicence, Wanted
from callcenter.dispatch.stores.models import StoreKind, StoreState
from callcenter.kit.db import Asked, read_together

LOOK_BACK = timedelta(days=90)  # of offers, for how willing a store is
SOON = timedelta(hours=2)
MOST = 60  # stores that are looked at: the nearest of those that offer it

# Those that offer every item and go there, found from the item's and the community's side: of ten thousand stores only those near are read. Who has
# drawn an area on the map is read wherever it is, and looked at in Python.
_OFFERING = """
    WITH offering AS (
        SELECT store_id FROM store_items WHERE active AND item_code = ANY (%(codes)s) GROUP BY store_id HAVING count(*) = %(count)s
    ), there AS (
        SELECT store_id, true AS goes_there FROM store_communities WHERE community_id = %(community)s
        UNION ALL
        SELECT id, false FROM stores WHERE area IS NOT NULL
    )
    SELECT s.id, s.name, s.state, s.kind, s.community_id, s.latitude, s.longitude, s.hours, s.daily_capacity, s.at_once, s.area,
           s.rating, s.rating_count, there.goes_there
    FROM there JOIN offering USING (store_id) JOIN stores s ON s.id = there.store_id
    WHERE s.state = 'admitted'
    ORDER BY abs(s.latitude - %(latitude)s) + abs(s.longitude - %(longitude)s) NULLS LAST
    LIMIT %(most)s
"""
_NAMED = """
    SELECT s.id, s.name, s.state, s.kind, s.community_id, s.latitude, s.longitude, s.hours, s.daily_capacity, s.at_once, s.area,
           s.rating, s.rating_count, (c.store_id IS NOT NULL) AS goes_there
    FROM stores s
    LEFT JOIN store_communities c ON c.store_id = s.id AND c.community_id = %(community)s
    WHERE s.id = ANY (%(ids)s)
"""
_ITEMS = "SELECT store_id, item_code, price_fen FROM store_items WHERE store_id = ANY (%(ids)s) AND active AND item_code = ANY (%(codes)s)"
_WORKERS = """
    SELECT m.store_id, p.id, p.name, p.dialects FROM store_members m JOIN provider_people p ON p.id = m.person_id
    WHERE m.store_id = ANY (%(ids)s) AND m.active AND m.does_jobs AND p.active
"""
_LICENCES = """
    SELECT store_id, person_id, kind, valid_from, valid_to FROM licences
    WHERE store_id = ANY (%(ids)s) AND revoked_at IS NULL AND kind = ANY (%(kinds)s)
    UNION ALL
    SELECT l.store_id, l.person_id, l.kind, l.valid_from, l.valid_to
    FROM (SELECT DISTINCT person_id FROM store_members WHERE store_id = ANY (%(ids)s) AND active AND does_jobs) m
    JOIN licences l ON l.person_id = m.person_id
    WHERE l.revoked_at IS NULL AND l.kind = ANY (%(kinds)s)
"""
_BLACKOUTS = "SELECT store_id, first, last FROM store_blackouts WHERE store_id = ANY (%(ids)s) AND first <= %(day)s AND last >= %(day)s"
_LOAD = """
    SELECT store_id,
           count(*) FILTER (WHERE coalesce(wanted_from, accepted_at) >= %(day_from)s AND coalesce(wanted_from, accepted_at) < %(day_to)s) AS that_day,
           count(*) FILTER (WHERE state IN ('en_route', 'in_service') OR coalesce(wanted_from, accepted_at) < %(soon)s) AS now
    FROM orders
    WHERE store_id = ANY (%(ids)s) AND state IN ('accepted', 'en_route', 'in_service', 'no_answer')
    GROUP BY store_id
"""
_OFFERS = """
    SELECT store_id, count(*) AS offers, count(*) FILTER (WHERE state = 'accepted') AS accepted FROM offers
    WHERE store_id = ANY (%(ids)s) AND offered_at > %(since)s AND state IN ('accepted', 'declined', 'expired')
    GROUP BY store_id
"""
_SERVED = """
    SELECT store_id, count(*) AS jobs FROM orders
    WHERE elder_id = %(elder)s AND store_id IS NOT NULL AND state IN ('done', 'verified', 'settled') GROUP BY store_id
"""
_REFUSED = "SELECT store_id FROM store_refusals WHERE elder_id = %(elder)s"


async def history_of(session: AsyncSession, elder_id: uuid.UUID) -> tuple[dict[uuid.UUID, int], frozenset[uuid.UUID]]:
    """How often each store has done a job for her, and those she does not want."""
    served, refused = await read_together(session, Asked(_SERVED, {"elder": elder_id}), Asked(_REFUSED, {"elder": elder_id}))
    return {row.store_id: row.jobs for row in served}, frozenset(row.store_id for row in refused)


async def list_named(session: AsyncSession, wanted: Wanted, store_ids: Sequence[uuid.UUID]) -> list[Candidate]:
    """These stores alone, whatever they offer and wherever they go."""
    (rows,) = await read_together(session, Asked(_NAMED, {"community": wanted.community_id, "ids": list(store_ids)}))
    return await _filled(session, wanted, sorted({item.code for item in wanted.items}), list(rows)) if rows else []


async def list_candidates(session: AsyncSession, wanted: Wanted, *, also: Sequence[uuid.UUID] = ()) -> list[Candidate]:
    """Stores that offer all of it and may go there, the nearest `MOST`; and those named, whatever they offer."""
    latitude, longitude = wanted.position or (None, None)
    codes = sorted({item.code for item in wanted.items})
    asked = {
        "community": wanted.community_id,
        "codes": codes,
        "count": len(codes),
        "latitude": latitude,
        "longitude": longitude,
        "most": MOST,
    }
    reads = [Asked(_OFFERING, asked)]
    if also:
        reads.append(Asked(_NAMED, {"community": wanted.community_id, "ids": list(also)}))
    found = {row.id: row for rows in await read_together(session, *reads) for row in rows}
    return await _filled(session, wanted, codes, list(found.values())) if found else []


async def _filled(session: AsyncSession, wanted: Wanted, codes: list[str], rows: list[Any]) -> list[Candidate]:
    ids = [row.id for row in rows]
    zone = ZoneInfo(wanted.timezone)
    day = wanted.at.astimezone(zone).date()
    day_from = datetime.combine(day, datetime.min.time(), zone)
    day_to = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    kinds = sorted({kind for item in wanted.items for group in (*item.store_licences, *item.worker_licences) for kind in group})
    items, workers, licences, blackouts, load, offers = await read_together(
        session,
        Asked(_ITEMS, {"ids": ids, "codes": codes}),
        Asked(_WORKERS, {"ids": ids}),
        Asked(_LICENCES, {"ids": ids, "kinds": kinds}),
        Asked(_BLACKOUTS, {"ids": ids, "day": day}),
        Asked(_LOAD, {"ids": ids, "day_from": day_from, "day_to": day_to, "soon": wanted.at + SOON}),
        Asked(_OFFERS, {"ids": ids, "since": wanted.at - LOOK_BACK}),
    )
    prices: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for row in items:
        prices[row.store_id][row.item_code] = row.price_fen
    held: dict[uuid.UUID, list[HeldLicence]] = defaultdict(list)
    for row in licences:
        held[row.store_id or row.person_id].append(HeldLicence(row.kind, row.valid_from, row.valid_to))
    people: dict[uuid.UUID, list[CandidateWorker]] = defaultdict(list)
    for row in workers:
        people[row.store_id].append(CandidateWorker(row.id, row.name, tuple(held[row.id]), frozenset(row.dialects)))
    away: dict[uuid.UUID, list[tuple[date, date]]] = defaultdict(list)
    for row in blackouts:
        away[row.store_id].append((row.first, row.last))
    busy = {row.store_id: (row.that_day, row.now) for row in load}
    asked_of = {row.store_id: (row.offers, row.accepted) for row in offers}
    found = []
    for row in rows:
        that_day, now = busy.get(row.id, (0, 0))
        asked, accepted = asked_of.get(row.id, (0, 0))
        found.append(
            Candidate(
                id=row.id,
                name=row.name,
                admitted=row.state == StoreState.ADMITTED,
                volunteers=row.kind == StoreKind.VOLUNTEERS,
                community_id=row.community_id,
                position=(row.latitude, row.longitude) if row.latitude is not None and row.longitude is not None else None,
                items=prices[row.id],
                licences=tuple(held[row.id]),
                workers=tuple(people[row.id]),
                communities=(wanted.community_id,) if row.goes_there else (),
                area=row.area,
                hours=row.hours,
                blackouts=away[row.id],
                daily_capacity=row.daily_capacity,
                at_once=row.at_once,
                jobs_that_day=that_day,
                jobs_now=now,
                rating=row.rating,
                rating_count=row.rating_count,
                offers=asked,
                accepted=accepted,
            )
        )
    return found
