"""Web push of this browser, where the centre has it. Ends with the session."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import delete

from callcenter.dispatch.access.models import ProviderPush
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.messaging.push import parse_subscription, public_key
from providers.http import Session, SettingsDep, Who
from providers.schemas import Subscribe

router = APIRouter()


@router.post("/api/push", status_code=204)
async def subscribe(body: Subscribe, who: Who, session: Session, settings: SettingsDep) -> None:
    """The browser's newest one stands. Conflict `no_push`: the centre has no key for it."""
    if not public_key(settings):
        raise Conflict("this centre has no web push", code="no_push")
    given = parse_subscription(body.subscription, settings)
    await session.execute(delete(ProviderPush).where(ProviderPush.session_id == who.session_id))
    session.add(ProviderPush(session_id=who.session_id, person_id=who.id, subscription=given.as_text(), created_at=clock.now()))


@router.post("/api/push/stop", status_code=204)
async def unsubscribe(who: Who, session: Session) -> None:
    """Harmless twice."""
    await session.execute(delete(ProviderPush).where(ProviderPush.session_id == who.session_id))
