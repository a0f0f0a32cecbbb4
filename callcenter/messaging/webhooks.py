"""Carriers' callbacks: what became of a message. For the process that stands in the open; it mounts `router`, and has `settings` and `database` in its
state. Nobody is believed without the carrier's signature; all of it is harmless twice.
"""

from __future__ import annotations

import hmac
import uuid
from typing import Annotated, cast
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Request, Response

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Forbidden, Invalid, NotFound
from callcenter.messaging.actions import record_delivery
from callcenter.messaging.carriers import http_gateway, twilio
from callcenter.messaging.port import DeliveryStatus
from callcenter.settings import Settings

MAX_BODY = 16_384  # bytes; a callback has a dozen short fields
router = APIRouter()


def settings_of(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def database_of(request: Request) -> Database:
    return cast(Database, request.app.state.database)


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """Of a form, or of a flat JSON object; in the order they came."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Invalid("a callback is smaller than this", code="too_large")
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            given = orjson.loads(body)
            return [(name, http_gateway.at_path(given, name) or "") for name in given] if isinstance(given, dict) else []
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Invalid("neither a form nor a JSON object") from None


SettingsDep = Annotated[Settings, Depends(settings_of)]
DatabaseDep = Annotated[Database, Depends(database_of)]
Fields = Annotated[list[tuple[str, str]], Depends(fields_of)]


def is_twilios(request: Request, fields: list[tuple[str, str]], settings: Settings) -> bool:
    """Signed over the address that we gave to Twilio, not over what a Host header says."""
    token, called = settings.twilio_auth_token.get_secret_value(), settings.callbacks_url + request.url.path
    if request.url.query:
        called += "?" + request.url.query
    given = request.headers.get("x-twilio-signature", "")
    return token != "" and hmac.compare_digest(given.encode(), twilio.sign(token, called, fields).encode())


def is_the_gateways(form: dict[str, str], settings: Settings) -> bool:
    """Signed as our requests are. A gateway without a secret is not listened to."""
    gateway = settings.sms_gateway
    given = form.get(gateway.sign_field, "").lower()
    signed = gateway.sign != "none" and gateway.secret.get_secret_value() != ""
    return signed and hmac.compare_digest(given.encode(), http_gateway.sign(form, gateway).encode())


@router.post(twilio.CALLBACK_PATH + "/{message_id}", status_code=204, response_class=Response)
async def twilio_tells(message_id: uuid.UUID, request: Request, fields: Fields, settings: SettingsDep, database: DatabaseDep) -> None:
    if not is_twilios(request, fields, settings):
        raise Forbidden("this is not signed by Twilio", code="bad_signature")
    form = dict(fields)
    await _take(
        database,
        carrier=twilio.NAME,
        provider_id=form.get("MessageSid", ""),
        message_id=message_id,
        status=twilio.read_status(form.get("MessageStatus", "")),
        carrier_code=form.get("ErrorCode", ""),
    )


@router.post("/callbacks/sms/gateway", status_code=204, response_class=Response)
async def gateway_tells(fields: Fields, settings: SettingsDep, database: DatabaseDep) -> None:
    gateway, form = settings.sms_gateway, dict(fields)
    if not is_the_gateways(form, settings):
        raise Forbidden("this is not signed by the gateway", code="bad_signature")
    ours = form.get(gateway.id_field, "") if gateway.id_field else ""
    try:
        message_id = uuid.UUID(ours) if ours else None
    except ValueError:
        raise NotFound("no such message") from None
    word = form.get(gateway.callback_status_field, "")
    await _take(
        database,
        carrier=http_gateway.NAME,
        provider_id=form.get(gateway.callback_id_field, ""),
        message_id=message_id,
        status=http_gateway.read_status(word, gateway),
        carrier_code=word,
    )


async def _take(
    database: Database, *, carrier: str, provider_id: str, message_id: uuid.UUID | None, status: DeliveryStatus, carrier_code: str
) -> None:
    async with database.transaction() as session:
        known = await record_delivery(
            session,
            carrier=carrier,
            provider_id=provider_id[:200],
            status=status,
            at=clock.now(),
            message_id=message_id,
            carrier_code=carrier_code[:60] if status is DeliveryStatus.FAILED else "",
        )
    if not known:
        raise NotFound("no such message")
