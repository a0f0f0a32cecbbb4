"""Twilio's Messages resource (API 2010-04-01), in the two requests that we need. It knows no idempotency and does not tell by our own id what it took;
its callbacks carry our id back in their address.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import httpx

from callcenter.kit import clock
from callcenter.messaging.carriers.http import ask, make_client, refuse_by_status
from callcenter.messaging.port import (
    Accepted,
    Capability,
    Delivery,
    DeliveryStatus,
    Failure,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
)
from callcenter.settings import Settings

NAME = "twilio"
CALLBACK_PATH = "/callbacks/sms/twilio"
BAD_NUMBER = {21211, 21214, 21217, 21265, 21421, 21614, 21635}  # of Twilio's list of error codes
BLOCKED = {21610}  # the recipient has answered STOP
DELIVERED = {"delivered", "read"}
FAILED = {"failed", "undelivered", "canceled"}
MAX_VALIDITY = 36_000  # seconds that Twilio may keep it in its queue


def read_status(word: str) -> DeliveryStatus:
    if word in DELIVERED:
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if word in FAILED else DeliveryStatus.SENT


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address as Twilio called it and the sorted fields."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Twilio:
    name = NAME
    capabilities = frozenset({Capability.STATUS})

    def __init__(self, settings: Settings) -> None:
        self._from = settings.twilio_from
        self._callbacks = settings.callbacks_url
        self._messages = f"{settings.twilio_url.rstrip('/')}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages"
        self._http = make_client(auth=(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()))

    async def send(self, message: Outgoing) -> Accepted:
        sender = "MessagingServiceSid" if self._from.startswith("MG") else "From"
        left = int((message.expires_at - clock.now()).total_seconds())
        form = {"To": message.to, sender: self._from, "Body": message.text, "ValidityPeriod": str(min(max(left, 1), MAX_VALIDITY))}
        if self._callbacks:
            form["StatusCallback"] = f"{self._callbacks}{CALLBACK_PATH}/{message.id}"
        answer = self._read(await ask(self._http, "POST", f"{self._messages}.json", data=form))
        if read_status(str(answer.get("status"))) is DeliveryStatus.FAILED:
            raise PermanentFailure(Failure.REFUSED, str(answer.get("error_code") or ""))
        return Accepted(answer["sid"])

    async def status(self, provider_id: str) -> Delivery:
        answer = self._read(await ask(self._http, "GET", f"{self._messages}/{provider_id}.json"))
        return Delivery(read_status(str(answer.get("status"))), provider_id, str(answer.get("error_code") or ""))

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        raise OutcomeUnknown(Failure.UNCLEAR)

    async def close(self) -> None:
        await self._http.aclose()

    @staticmethod
    def _read(response: httpx.Response) -> dict[str, Any]:
        """A 2xx without a message's SID is no clear answer."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        fields = answer if isinstance(answer, dict) else {}
        code = fields.get("code")
        if isinstance(code, int) and 21_000 <= code < 22_000:  # about this message, whatever HTTP says
            failure = Failure.BAD_NUMBER if code in BAD_NUMBER else Failure.BLOCKED if code in BLOCKED else Failure.REFUSED
            raise PermanentFailure(failure, str(code))
        refuse_by_status(response, str(code or ""))
        if not isinstance(fields.get("sid"), str):
            raise OutcomeUnknown(Failure.UNCLEAR)
        return fields
