"""Carriers' callbacks, at a small app of their own: nobody is believed without a signature."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from callcenter.kit.db import Database
from callcenter.kit.web import add_error_answers
from callcenter.messaging import webhooks
from callcenter.messaging.carriers import http_gateway, twilio
from callcenter.messaging.models import Message
from callcenter.messaging.port import Failure, OutcomeUnknown
from callcenter.messaging.states import MessageState
from callcenter.settings import Settings
from tests.messaging.writing import CountingCarrier, only_message, say, sender_of, sweep

OPEN = "https://open.example.cn"
SETTINGS = Settings(
    sms_callback_url=OPEN,
    twilio_auth_token="a token",
    sms_gateway={"secret": "geheim", "id_field": "outId", "delivered": "DELIVRD", "failed": "UNDELIV"},
)


def app_of(database: Database, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.state.settings, app.state.database = settings, database
    add_error_answers(app)
    app.include_router(webhooks.router)
    return app


@pytest_asyncio.fixture
async def carrier(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app_of(database, SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside.example") as client:
        yield client


async def a_sent_message(database: Database, name: str) -> Message:
    await say(database)
    await sweep(sender_of(database, CountingCarrier(name=name)))
    return await only_message(database)


async def twilio_says(
    client: httpx.AsyncClient, message_id: object, token: str = "a token", query: str = "", **fields: str
) -> httpx.Response:
    path = f"/callbacks/sms/twilio/{message_id}{query}"
    signature = twilio.sign(token, OPEN + path, fields.items())
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return await client.post(path, content=urlencode(fields), headers=headers)


async def test_twilio_tells_what_became_of_a_message(database: Database, carrier: httpx.AsyncClient) -> None:
    message = await a_sent_message(database, "twilio")
    for word, state in (("sent", "sent"), ("undelivered", "failed"), ("delivered", "delivered"), ("sent", "delivered")):
        answer = await twilio_says(
            carrier, message.id, MessageSid="P1", MessageStatus=word, ErrorCode="30005" if word == "undelivered" else ""
        )
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await only_message(database)).state == state
    answer = await twilio_says(carrier, message.id, query="?x=1", MessageSid="P1", MessageStatus="delivered")
    assert answer.status_code == 204, "the address is signed as it was called"


async def test_twilio_finds_by_our_id_what_it_never_answered(database: Database, carrier: httpx.AsyncClient) -> None:
    await say(database)
    await sweep(sender_of(database, CountingCarrier(name="twilio", does=lambda m: OutcomeUnknown(Failure.TIMED_OUT))))
    assert (await only_message(database)).state is MessageState.UNKNOWN
    assert (await twilio_says(carrier, (await only_message(database)).id, MessageSid="SM9", MessageStatus="sent")).status_code == 204
    message = await only_message(database)
    assert (message.state, message.provider_id) == (MessageState.SENT, "SM9")


async def test_nobody_else_is_believed(database: Database, carrier: httpx.AsyncClient) -> None:
    message = await a_sent_message(database, "twilio")
    fields = {"MessageSid": "P1", "MessageStatus": "failed"}
    path = f"/callbacks/sms/twilio/{message.id}"
    good = twilio.sign("a token", OPEN + path, fields.items())
    for signature, sent in (
        ("", fields),
        ("ü", fields),
        (("A" if good[0] != "A" else "B") + good[1:], fields),  # its last letter has bits that say nothing
        (good, {**fields, "MessageStatus": "delivered"}),
        (twilio.sign("a token", "http://inside.example" + path, fields.items()), fields),
        (twilio.sign("another", OPEN + path, fields.items()), fields),
    ):
        answer = await carrier.post(path, data=sent, headers=[(b"X-Twilio-Signature", signature.encode())])
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_signature")
    assert (await twilio_says(carrier, uuid.uuid4(), **fields, AccountSid="AC1")).status_code == 204, "known by Twilio's id"
    assert (await twilio_says(carrier, uuid.uuid4(), MessageSid="P9", MessageStatus="failed")).status_code == 404


async def test_what_is_no_callback(database: Database, carrier: httpx.AsyncClient) -> None:
    message = await a_sent_message(database, "twilio")
    path = f"/callbacks/sms/twilio/{message.id}"
    for body, kind, status in (
        (b"x" * 20_000, "application/x-www-form-urlencoded", 422),
        (b"\xff=\xfe", "application/x-www-form-urlencoded", 422),
        (b"{", "application/json", 422),
        (b"[1]", "application/json", 403),
        (b"", "text/plain", 403),
    ):
        answer = await carrier.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
    assert (await carrier.post("/callbacks/sms/twilio/1", content=b"")).status_code == 422
    assert (await only_message(database)).state is MessageState.SENT


@pytest.mark.parametrize("as_json", [False, True])
async def test_a_gateway_tells_by_its_id_or_by_ours(database: Database, carrier: httpx.AsyncClient, as_json: bool) -> None:
    message = await a_sent_message(database, "gateway")
    for fields in ({"id": "P1"}, {"outId": str(message.id)}, {"id": "P1", "outId": str(message.id)}):
        told = {**fields, "status": "DELIVRD", "timestamp": "1795000000", "empty": ""}
        told["sign"] = http_gateway.sign(told, SETTINGS.sms_gateway).upper()
        path = "/callbacks/sms/gateway"
        answer = await (carrier.post(path, json=told) if as_json else carrier.post(path, data=told))
        assert answer.status_code == 204, answer.text
    assert (await only_message(database)).state is MessageState.DELIVERED


async def test_a_gateway_without_its_signature_is_nobody(database: Database, carrier: httpx.AsyncClient) -> None:
    message = await a_sent_message(database, "gateway")
    told = {"id": "P1", "status": "UNDELIV", "timestamp": "1795000000"}
    for sign in ("", "0" * 64, http_gateway.sign({**told, "status": "DELIVRD"}, SETTINGS.sms_gateway)):
        answer = await carrier.post("/callbacks/sms/gateway", data={**told, "sign": sign})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_signature")
    for strange in ({"outId": "x"}, {"outId": str(uuid.uuid4())}, {"id": "P2"}, {"id": "P2", "outId": str(message.id)}):
        said = {"status": "UNDELIV", **strange}
        said["sign"] = http_gateway.sign(said, SETTINGS.sms_gateway)
        assert (await carrier.post("/callbacks/sms/gateway", data=said)).status_code == 404
    assert (await only_message(database)).state is MessageState.SENT


@pytest.mark.parametrize("gateway", [{}, {"secret": "geheim", "sign": "none"}])
async def test_without_a_secret_nobody_is_listened_to(database: Database, gateway: dict[str, str]) -> None:
    await a_sent_message(database, "gateway")
    settings = Settings(sms_gateway=gateway)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(database, settings)), base_url="http://inside.example") as client:
        told = {"id": "P1", "status": "failed"}
        for sign in ("", http_gateway.sign(told, settings.sms_gateway)):
            assert (await client.post("/callbacks/sms/gateway", data={**told, "sign": sign})).status_code == 403
        empty = await twilio_says(client, uuid.uuid4(), token="", MessageSid="P1", MessageStatus="failed")
        assert empty.status_code == 403
    assert (await only_message(database)).state is MessageState.SENT
