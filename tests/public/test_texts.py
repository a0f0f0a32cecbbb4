"""Text messages that come in, at the process that strangers reach and under its own database role: kept as they are, once, and only from a carrier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.messaging.actions import index_of
from callcenter.messaging.carriers import http_gateway, twilio
from callcenter.messaging.models import InboundText
from callcenter.public.texting import SENDER_TEXTS
from callcenter.public.twilio import AUDITED
from callcenter.settings import SmsGateway
from tests.conftest import APP_PASSWORD
from tests.public.open_door import OpenDoor, open_door

OPEN = "https://open.example.cn"
GATEWAY = SmsGateway(secret="geheim", inbound_id_field="msgId", inbound_from_field="phone", inbound_text_field="msg")
TWILIO_PATH, GATEWAY_PATH = "/callbacks/texts/twilio", "/callbacks/texts/gateway"
MOBILE = "+8613812345678"


@pytest_asyncio.fixture
async def door(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[OpenDoor]:
    AUDITED._seen.clear()
    more: dict[str, Any] = {"outside_public_url": OPEN, "twilio_auth_token": "a token", "sms_gateway": GATEWAY}
    async with open_door(house_owner_url, house_app_url, APP_PASSWORD, tmp_path, **more) as opened:
        opened.url = f"http://127.0.0.1:{opened.settings.public_port}"
        yield opened


async def twilio_brings(client: httpx.AsyncClient, token: str = "a token", path: str = TWILIO_PATH, **fields: str) -> httpx.Response:
    form = {"MessageSid": "SM1", "From": MOBILE, "To": "+12025550100", "Body": "5", "AccountSid": "AC1", "NumMedia": "0"} | fields
    headers = {
        "X-Twilio-Signature": twilio.sign(token, OPEN + TWILIO_PATH, form.items()),
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    return await client.post(path, content=urlencode(form), headers=headers)


async def gateway_brings(client: httpx.AsyncClient, *, as_json: bool = False, sign: str | None = None, **fields: str) -> httpx.Response:
    form = {"msgId": "G1", "phone": "13812345678", "msg": "2 地没擦", "timestamp": "1795000000"} | fields
    form["sign"] = http_gateway.sign(form, GATEWAY) if sign is None else sign
    return await (client.post(GATEWAY_PATH, json=form) if as_json else client.post(GATEWAY_PATH, data=form))


async def kept(door: OpenDoor) -> list[InboundText]:
    async with door.owner.transaction() as session:
        return list(await session.scalars(select(InboundText).order_by(InboundText.received_at, InboundText.id)))


async def test_twilio_brings_one_and_brings_it_again(door: OpenDoor) -> None:
    async with door.stranger() as carrier:
        answers = [
            await twilio_brings(carrier, Body="５ 谢谢\n你们"),
            *await asyncio.gather(*(twilio_brings(carrier, Body="1") for _ in range(5))),
        ]
    assert {(a.status_code, a.headers["content-type"].split(";")[0]) for a in answers} == {(200, "text/xml")}
    assert answers[0].text.endswith("<Response></Response>")
    (text,) = await kept(door)
    assert (text.carrier, text.provider_id, text.address, text.text) == ("twilio", "SM1", MOBILE, "５ 谢谢 你们")
    assert text.address_index == index_of(MOBILE) and text.settled_at is None
    (raw,) = await door.rows("SELECT address, text FROM inbound_texts")
    assert b"138" not in bytes(raw.address) and "谢谢".encode() not in bytes(raw.text)


@pytest.mark.parametrize("as_json", [False, True])
async def test_a_gateway_brings_one(door: OpenDoor, as_json: bool) -> None:
    async with door.stranger() as carrier:
        assert (await gateway_brings(carrier, as_json=as_json)).status_code == 204
        assert (await gateway_brings(carrier, as_json=as_json)).status_code == 204
        assert (await gateway_brings(carrier, as_json=as_json, msgId="G2", phone="0086 138-1234-5678")).status_code == 204
    assert [(t.carrier, t.provider_id, t.address, t.text) for t in await kept(door)] == [
        ("gateway", "G1", MOBILE, "2 地没擦"),
        ("gateway", "G2", MOBILE, "2 地没擦"),
    ]


async def test_nobody_else_is_believed(door: OpenDoor) -> None:
    async with door.stranger() as stranger:
        answers = [
            await twilio_brings(stranger, token="another"),
            await twilio_brings(stranger, token=""),
            await twilio_brings(stranger, path=TWILIO_PATH + "?x=1"),
            await stranger.post(TWILIO_PATH, content="From=%2B8613812345678&Body=1&MessageSid=SM1"),
            await gateway_brings(stranger, sign=""),
            await gateway_brings(stranger, sign="0" * 64),
            await stranger.post(GATEWAY_PATH, json=[1]),
            await stranger.post(GATEWAY_PATH, json={"phone": "13812345678", "msg": "1", "msgId": "G1"}),
        ]
    assert {(a.status_code, a.json()["error"]["code"]) for a in answers} == {(403, "bad_signature")}
    assert not await kept(door)
    audited = await door.rows("SELECT verb, details FROM audit WHERE verb = 'carrier:forged_callback'")
    assert len(audited) == len(answers) and all(row.details == {"what": "text"} for row in audited)


async def test_a_flood_of_forged_ones_does_not_fill_the_book(door: OpenDoor) -> None:
    async with door.stranger() as stranger:
        for _ in range(15):
            assert (await twilio_brings(stranger, token="another")).status_code == 403
    assert len(await door.rows("SELECT 1 FROM audit WHERE verb = 'carrier:forged_callback'")) == 10


async def test_what_is_no_text_message_is_refused_with_a_reason(door: OpenDoor) -> None:
    wrong = {
        "no_message_id": {"MessageSid": ""},
        "bad_sender": {"From": "12349"},
        "text_too_long": {"Body": "a" * 2001},
    }
    async with door.stranger() as carrier:
        for code, fields in wrong.items():
            answer = await twilio_brings(carrier, **fields)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
        for sender in ("anonymous", "ONEKEY", "120", "+867103456789", "whatsapp:", "13812345678' OR 1=1"):
            assert (await gateway_brings(carrier, phone=sender)).status_code == 422, sender
        assert (await twilio_brings(carrier, Body="a" * 20_000)).status_code == 413
        headers = {"Content-Type": "application/json"}
        assert (await carrier.post(GATEWAY_PATH, content=b"{", headers=headers)).status_code == 422
        assert (await carrier.post(GATEWAY_PATH, content=b"\xff=\xfe")).status_code in (403, 422)
        assert (await carrier.get(GATEWAY_PATH)).status_code == 405
    assert not await kept(door)


async def test_a_number_that_writes_without_an_end_is_slowed_down_and_others_are_heard(door: OpenDoor) -> None:
    async with door.stranger() as carrier:
        for n in range(SENDER_TEXTS):
            assert (await twilio_brings(carrier, MessageSid=f"SM{n}")).status_code == 200
        answer = await twilio_brings(carrier, MessageSid="SM-one-more")
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_texts")
        assert (await twilio_brings(carrier, MessageSid="SM-hers", From="+8613900009999", Body="救命")).status_code == 200
    assert len(await kept(door)) == SENDER_TEXTS + 1


async def test_its_role_writes_them_and_reads_none(door: OpenDoor) -> None:
    for privilege, may in (("INSERT", True), ("SELECT", False), ("UPDATE", False)):
        (row,) = await door.rows("SELECT has_any_column_privilege('onekey_public', 'inbound_texts', :p) AS may", p=privilege)
        assert row.may is may, privilege
    (row,) = await door.rows("SELECT has_table_privilege('onekey_public', 'inbound_texts', 'DELETE') AS may")
    assert not row.may
