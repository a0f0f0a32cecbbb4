"""A plain HTTP gateway, as carriers in China offer: a signed request with the text, or a template's id and its values. Every name in it is a setting
(docs/messaging.md), because no two carriers agree.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import orjson

from callcenter.kit.phone import national
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
    TemporaryFailure,
)
from callcenter.settings import Settings, SmsGateway

NAME = "gateway"


def words(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def pairs(text: str) -> dict[str, str]:
    """ "a=1, b=2" → {"a": "1", "b": "2"}."""
    return {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in words(text))}


def at_path(answer: object, path: str) -> str | None:
    """The value at "data.id", or at "data.0.id" through a list, as text; None when there is none."""
    for part in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isdigit() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return None if answer is None or isinstance(answer, dict | list) else str(answer)


def sign(fields: Mapping[str, str], gateway: SmsGateway) -> str:
    """Over `name=value&…` of all fields that are not empty, sorted by name, the signature itself left out; hexadecimal, small letters.
    md5 has the secret as a last `&key=…`."""
    secret = gateway.secret.get_secret_value()
    canonical = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] != "" and name != gateway.sign_field)
    if gateway.sign == "md5":
        return hashlib.md5(f"{canonical}&key={secret}".encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def read_status(word: str | None, gateway: SmsGateway) -> DeliveryStatus:
    if word in words(gateway.delivered):
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if word in words(gateway.failed) else DeliveryStatus.SENT


class HttpGateway:
    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._gateway = settings.sms_gateway
        self._templates = pairs(self._gateway.templates)
        self._http = make_client()
        can: Iterable[Capability] = [Capability.IDEMPOTENT] if self._gateway.idempotent and self._gateway.id_field else []
        if self._gateway.status_url:
            can = [*can, Capability.STATUS]
            if self._gateway.id_field and self._gateway.absent:
                can = [*can, Capability.FIND]
        self.capabilities = frozenset(can)

    async def send(self, message: Outgoing) -> Accepted:
        gateway = self._gateway
        fields = {gateway.to_field: self._number(message.to)}
        if gateway.template_field:
            template = self._templates.get(message.template)
            if template is None:
                raise TemporaryFailure(Failure.MISCONFIGURED, "no_template")
            fields[gateway.template_field] = template
        elif gateway.text_field:
            fields[gateway.text_field] = message.text
        if gateway.params_field:
            fields[gateway.params_field] = orjson.dumps(dict(message.params), option=orjson.OPT_SORT_KEYS).decode()
        if gateway.id_field:
            fields[gateway.id_field] = str(message.id)
        answer = await self._ask(gateway.url, fields)
        path, _, wanted = gateway.success.partition("=")
        word = at_path(answer, path)
        if word == wanted:
            return Accepted(at_path(answer, gateway.id_path) or "")
        if word is None:
            raise OutcomeUnknown(Failure.UNCLEAR)
        if word in words(gateway.busy):
            raise TemporaryFailure(Failure.BUSY, word)
        raise PermanentFailure(Failure.REFUSED, word)

    async def status(self, provider_id: str) -> Delivery:
        found = await self._look({self._gateway.status_id_field: provider_id})
        if found is None:
            raise OutcomeUnknown(Failure.UNCLEAR)
        return found

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        return await self._look({self._gateway.id_field: str(message_id)})

    async def close(self) -> None:
        await self._http.aclose()

    async def _look(self, by: dict[str, str]) -> Delivery | None:
        gateway = self._gateway
        answer = await self._ask(gateway.status_url, by)
        path, _, wanted = gateway.success.partition("=")
        word = at_path(answer, path)
        if word is not None and word in words(gateway.absent):
            return None
        told = at_path(answer, gateway.status_path)
        if word != wanted or told is None:
            raise OutcomeUnknown(Failure.UNCLEAR, word or "")
        return Delivery(read_status(told, gateway), at_path(answer, gateway.id_path) or "", told)

    async def _ask(self, url: str, fields: dict[str, str]) -> Any:
        gateway = self._gateway
        sent = pairs(gateway.fixed) | fields
        if gateway.key:
            sent[gateway.key_field] = gateway.key
        if gateway.sign != "none":
            sent[gateway.time_field] = str(int(time.time()))  # the carrier's clock is the real one
            sent[gateway.sign_field] = sign(sent, gateway)
        response = await ask(self._http, gateway.method, url, **self._carried(sent))
        refuse_by_status(response)
        return self._read(response)

    def _carried(self, fields: dict[str, str]) -> dict[str, Any]:
        if self._gateway.method == "GET":
            return {"params": fields}
        return {"json": fields} if self._gateway.body == "json" else {"data": fields}

    def _number(self, e164: str) -> str:
        match self._gateway.number_format:
            case "e164":
                return e164
            case "digits":
                return e164[1:]
            case "national":
                return national(e164)

    @staticmethod
    def _read(response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise OutcomeUnknown(Failure.UNCLEAR) from error
