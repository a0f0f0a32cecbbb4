"""Carriers' callbacks where they really come in: at the process that strangers reach, under its own database role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from callcenter.messaging.carriers import twilio
from callcenter.messaging.states import MessageState
from callcenter.public.protection import MAX_BODY, PAGES
from tests.conftest import APP_PASSWORD
from tests.messaging.writing import CountingCarrier, only_message, say, sender_of, sweep
from tests.public.open_door import OpenDoor, open_door

OPEN = "https://open.example.cn"


@pytest_asyncio.fixture
async def door(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[OpenDoor]:
    more = {"outside_public_url": OPEN, "twilio_auth_token": "a token"}
    async with open_door(house_owner_url, house_app_url, APP_PASSWORD, tmp_path, **more) as opened:
        opened.url = f"http://127.0.0.1:{opened.settings.public_port}"
        yield opened


async def test_a_carrier_tells_what_became_of_a_message(door: OpenDoor) -> None:
    """Signed over the public address, which is where we told it to call: no other setting is needed."""
    await say(door.app)
    await sweep(sender_of(door.app, CountingCarrier(name="twilio")))
    message = await only_message(door.app)
    path = f"/callbacks/sms/twilio/{message.id}"
    fields = {"MessageSid": "P1", "MessageStatus": "delivered"}
    async with door.stranger(**{"Content-Type": "application/x-www-form-urlencoded"}) as carrier:
        unsigned = await carrier.post(path, content=urlencode(fields))
        assert (unsigned.status_code, unsigned.json()["error"]["code"]) == (403, "bad_signature")
        assert (await only_message(door.app)).state is MessageState.SENT
        signed = {"X-Twilio-Signature": twilio.sign("a token", OPEN + path, fields.items())}
        answer = await carrier.post(path, content=urlencode(fields), headers=signed)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await only_message(door.app)).state is MessageState.DELIVERED
    assert [row.topic for row in await door.rows("SELECT topic FROM outbox ORDER BY id DESC LIMIT 1")] == ["message"]


async def test_what_every_answer_carries(door: OpenDoor) -> None:
    async with door.stranger() as anybody:
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/openapi.json", 200), ("/nowhere", 404)):
            answer = await anybody.get(path)
            assert answer.status_code == status, path
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'") and "script-src" not in policy and "unsafe-inline" not in policy
            assert answer.headers["referrer-policy"] == "same-origin" and answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store" and "noindex" in answer.headers["x-robots-tag"]
            assert answer.headers["strict-transport-security"] == "max-age=31536000"  # its address is https
            assert "set-cookie" not in answer.headers and "server" not in {
                name.lower() for name in answer.headers if name == "x-powered-by"
            }


async def test_what_is_too_large_is_not_read(door: OpenDoor) -> None:
    async with door.stranger() as anybody:
        answer = await anybody.post("/callbacks/sms/gateway", content=b"x" * (MAX_BODY + 1))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_who_knocks_too_often_waits(door: OpenDoor) -> None:
    async with door.stranger() as anybody:
        answers = [(await anybody.get("/nowhere")).status_code for _ in range(PAGES + 1)]
        assert answers == [404] * PAGES + [429]
        assert "tel:12349" in (await anybody.get("/nowhere")).text, "whom to call stands on every page"
        assert (await anybody.get("/healthz")).status_code == 200, "a probe is never refused"
        assert (await anybody.post("/callbacks/sms/gateway", content="a=b")).status_code == 403, "a carrier tells of many messages"


@pytest.mark.parametrize("of", ["messages", "outbox"])
async def test_its_role_reads_no_words(door: OpenDoor, of: str) -> None:
    """Column by column: what was said to whom, and what consoles hear, is nobody's out there."""
    hidden = {"messages": ("text", "address", "params", "address_index"), "outbox": ("payload", "object_id", "topic")}[of]
    for column in hidden:
        (row,) = await door.rows("SELECT has_column_privilege('onekey_public', :table, :column, 'SELECT') AS may", table=of, column=column)
        assert not row.may, column
