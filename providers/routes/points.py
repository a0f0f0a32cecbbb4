"""Points at the counter, and a keeper's own position."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from callcenter.points.spending import counter
from providers.gates import must_keep
from providers.http import Nothing, Once, Session, Who
from providers.points import AskPoints, GiveCode, OfRequest, OwnPoints, give_code, give_up, read_own

router = APIRouter()


@router.get("/api/stores/{store_id}/points")
async def own_points(store_id: uuid.UUID, who: Who, session: Session) -> OwnPoints:
    """With what was asked at the counter, the newest first; asked again every second while one is open."""
    must_keep(who, store_id)
    return await read_own(session, store_id)


@router.post("/api/stores/{store_id}/points/ask")
async def ask(store_id: uuid.UUID, body: AskPoints, who: Who, session: Session, once: Once) -> OfRequest:
    """An elder's points for what she buys here. 429 with `wait_seconds`."""
    must_keep(who, store_id)

    async def do() -> OfRequest:
        return OfRequest(request_id=(await counter.ask(session, who.actor, store_id, body.card, body.points)).id)

    return await once("points-ask", store_id, body, OfRequest, do)


@router.post("/api/stores/{store_id}/points/code")
async def code(store_id: uuid.UUID, body: GiveCode, who: Who, session: Session, once: Once) -> Nothing:
    """What she read out. 409 `counter_not_open`."""
    must_keep(who, store_id)

    async def do() -> Nothing:
        await give_code(session, store_id, body)
        return Nothing()

    return await once("points-code", store_id, body, Nothing, do)


@router.post("/api/stores/{store_id}/points/give-up")
async def up(store_id: uuid.UUID, body: OfRequest, who: Who, session: Session, once: Once) -> Nothing:
    """She pays otherwise; her points are hers again at once. 409 `counter_not_open`."""
    must_keep(who, store_id)

    async def do() -> Nothing:
        await give_up(session, store_id, body)
        return Nothing()

    return await once("points-give-up", store_id, body, Nothing, do)
