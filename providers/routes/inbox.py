"""The inbox: all at once, one order, live."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from callcenter.dispatch.access.sessions import get_person_of
from callcenter.kit.errors import NotSignedIn
from callcenter.kit.web import database_of
from providers.gates import must_see_order
from providers.http import Session, Who, cookie_name, settings_of
from providers.hub import Hub, read_inbox
from providers.schemas import Inbox, OrderNews
from providers.views import news_of

router = APIRouter()


@router.get("/api/inbox")
async def inbox(who: Who, session: Session) -> Inbox:
    return await read_inbox(session, who)


@router.get("/api/jobs/{order_id}")
async def job(order_id: uuid.UUID, who: Who, session: Session) -> OrderNews:
    await must_see_order(session, who, order_id)
    return await news_of(session, who, order_id)


@router.get("/api/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def live(request: Request) -> StreamingResponse:
    """Server-sent events: `snapshot`, then `order` for each that changed, `ended` when the session is over. No transaction stays open meanwhile."""
    token = request.cookies.get(cookie_name(settings_of(request)))
    if not token or len(token) > 200:
        raise NotSignedIn("sign in first")
    async with database_of(request).transaction() as session:
        who = await get_person_of(session, token)
    hub = cast(Hub, request.app.state.hub)
    stream: AsyncIterator[bytes] = hub.stream(who)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
