"""Web push (RFC 8030): the push service of the browser's maker takes it, encrypted for that browser alone."""

from __future__ import annotations

import time
import uuid

import orjson

from callcenter.kit import clock
from callcenter.messaging.carriers.http import ask, make_client, refuse_by_status
from callcenter.messaging.port import Accepted, Capability, Delivery, Failure, OutcomeUnknown, Outgoing, PermanentFailure
from callcenter.messaging.push import Subscription, encrypt, private_key, vapid
from callcenter.settings import Settings

LIVES = 12 * 3600  # seconds of a VAPID token; a day at most
MAX_TTL = 4 * 7 * 86_400


class WebPush:
    """Takes no second message for a first, and tells nothing about it later. The id in the payload lets the page show a message once."""

    name = "web_push"
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, settings: Settings) -> None:
        self._key = private_key(settings.vapid_private_key.get_secret_value())
        self._subject = settings.vapid_subject
        self._http = make_client()

    async def send(self, message: Outgoing) -> Accepted:
        to = Subscription(**orjson.loads(message.to))
        payload = orjson.dumps({"id": str(message.id), "template": message.template, "text": message.text, "params": dict(message.params)})
        try:
            body = encrypt(payload, to)
        except ValueError as error:
            raise PermanentFailure(Failure.REFUSED, "too_long") from error
        left = int((message.expires_at - clock.now()).total_seconds())
        headers = {
            "Authorization": vapid(to.endpoint, self._key, self._subject, expires=int(time.time()) + LIVES),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(min(max(left, 0), MAX_TTL)),
            "Urgency": "high",
        }
        response = await ask(self._http, "POST", to.endpoint, content=body, headers=headers)
        if response.status_code in (404, 410):
            raise PermanentFailure(Failure.GONE, f"http_{response.status_code}")
        refuse_by_status(response)
        return Accepted(response.headers.get("location", "")[:500])

    async def status(self, provider_id: str) -> Delivery:
        raise OutcomeUnknown(Failure.UNCLEAR)

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        raise OutcomeUnknown(Failure.UNCLEAR)

    async def close(self) -> None:
        await self._http.aclose()
