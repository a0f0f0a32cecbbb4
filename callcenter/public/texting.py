"""Text messages that come in, from whichever carrier. Nobody is believed without the carrier's signature; who forges one is refused, written down, and has
changed nothing. Told twice, a message is one.
"""

from __future__ import annotations

from typing import Annotated, cast

import structlog
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.errors import TooMany
from callcenter.kit.throttle import SECONDS, Ceiling
from callcenter.kit.web import get_session
from callcenter.messaging.actions import index_of
from callcenter.messaging.carriers import http_gateway, twilio
from callcenter.messaging.inbound import Received, checked, take_text
from callcenter.messaging.webhooks import Fields, SettingsDep, is_the_gateways, is_twilios
from callcenter.public.twilio import AUDITED, PUBLIC, ForgedCallback

log = structlog.get_logger()
router = APIRouter(prefix="/callbacks/texts")
SENDER_TEXTS = 20  # a minute from one number; a person writes fewer, and what is more would bury what others write
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'  # TwiML: no answer is sent back by itself
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


@router.post("/twilio")
async def twilio_brings(request: Request, fields: Fields, settings: SettingsDep, session: Session) -> Response:
    """As Twilio's console calls it: "A message comes in"."""
    if not is_twilios(request, fields, settings):
        await _refuse_forged(session, twilio.NAME)
    form = dict(fields)
    got = checked(
        settings, carrier=twilio.NAME, provider_id=form.get("MessageSid", ""), sender=form.get("From", ""), text=form.get("Body", "")
    )
    await _take(request, session, got)
    return Response(NOTHING, media_type="text/xml")


@router.post("/gateway", status_code=204, response_class=Response)
async def gateway_brings(request: Request, fields: Fields, settings: SettingsDep, session: Session) -> None:
    """A form or a flat JSON object, signed as our requests are."""
    gateway, form = settings.sms_gateway, dict(fields)
    if not is_the_gateways(form, settings):
        await _refuse_forged(session, http_gateway.NAME)
    got = checked(
        settings,
        carrier=http_gateway.NAME,
        provider_id=form.get(gateway.inbound_id_field, ""),
        sender=form.get(gateway.inbound_from_field, ""),
        text=form.get(gateway.inbound_text_field, ""),
    )
    await _take(request, session, got)


async def _take(request: Request, session: AsyncSession, got: Received) -> None:
    """TooMany for one number that writes without an end. A carrier that brings it again later finds room."""
    if cast(Ceiling, request.app.state.texts).take(index_of(got.sender)):
        raise TooMany("too many text messages from this number", code="too_many_texts", details={"wait_seconds": int(SECONDS)})
    await take_text(session, got, at=clock.now())


async def _refuse_forged(session: AsyncSession, carrier: str) -> None:
    log.warning("forged_callback", carrier=carrier)
    if not AUDITED.take(carrier):
        await audit(session, PUBLIC, "carrier:forged_callback", carrier, details={"what": "text"})
    raise ForgedCallback("this is not signed by the carrier")
