"""In by number and code: what is sent, what is limited, what an unknown number is told, and what ends a session."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from callcenter.dispatch.access.rules import DEMO_CODE
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.models import Message
from callcenter.settings import Settings
from providers.http import cookie_name
from tests.providers.playing import store_with_keeper
from tests.storefront import Phone, Storefront

UNKNOWN = "13877776666"


async def code_sent_to(owner: Database) -> str:
    """As the telephone gets it."""
    async with owner.transaction() as session:
        sent = (await session.scalars(select(Message).order_by(Message.created_at.desc()).limit(1))).one()
    assert (sent.template, sent.about_kind) == ("store_sign_in_code", "provider_person")
    return str((sent.params or {})["code"])


async def ask(phone: Phone, number: str) -> httpx.Response:
    return await phone.http.post("/api/sign-in/code", json={"number": number})


async def enter(phone: Phone, number: str, code: str) -> httpx.Response:
    return await phone.http.post("/api/sign-in", json={"number": number, "code": code})


def wrong(code: str) -> str:
    return "111111" if code != "111111" else "222222"


async def test_the_code_that_was_sent_opens_a_session_once(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = front.phone(person)
    assert (await ask(phone, person.number.removeprefix("+86"))).json() == {"seconds": 300, "again_in": 60, "digits": 6}
    code = await code_sent_to(front.owner)
    answer = await enter(phone, person.number, code)
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    me = answer.json()
    assert [(s["role"], s["store"]) for s in me["stores"]] == [("keeper", "张姐家政")]
    assert (await enter(phone, person.number, code)).json()["error"]["code"] == "code_expired"  # used
    token = phone.http.cookies[cookie_name(front.settings)]
    rows = await front.rows("SELECT token_hash FROM provider_sessions WHERE ended_at IS NULL")
    assert len(rows) == 1 and token not in rows[0].token_hash
    assert not [row for row in await front.rows("SELECT code_hash FROM provider_sign_in_codes") if code in row.code_hash]


async def test_five_wrong_ones_lock_the_code(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = front.phone(person)
    await ask(phone, person.number)
    code = await code_sent_to(front.owner)
    told = [(await enter(phone, person.number, wrong(code))).json()["error"]["details"] for _ in range(5)]
    assert told == [{"left": left} for left in (4, 3, 2, 1, 0)]
    for locked in (code, DEMO_CODE):
        assert (await enter(phone, person.number, locked)).json()["error"]["code"] == "code_locked"
    assert (await ask(phone, person.number)).status_code == 429
    clock.shift(timedelta(seconds=61))
    await ask(phone, person.number)
    assert (await enter(phone, person.number, await code_sent_to(front.owner))).status_code == 200


async def test_a_code_is_good_for_five_minutes(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = front.phone(person)
    await ask(phone, person.number)
    clock.shift(timedelta(minutes=5, seconds=1))
    assert (await enter(phone, person.number, await code_sent_to(front.owner))).json()["error"]["code"] == "code_expired"


async def test_an_unknown_number_is_answered_as_a_known_one(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone, seen = front.phone(), []
    for number in (person.number, UNKNOWN):
        answers = [await ask(phone, number), await ask(phone, number)]
        answers += [await enter(phone, number, "000001") for _ in range(6)]
        for answer in answers:
            answer.json().get("error", {}).get("details", {}).pop("wait_seconds", None)
        seen.append(
            [
                (a.status_code, a.json().get("error", {}).get("code"), a.json().get("error", {}).get("details", {}).get("left"))
                for a in answers
            ]
        )
    assert seen[0] == seen[1]
    assert seen[0][0][0] == 200 and seen[0][1][:2] == (429, "too_many_attempts") and seen[0][-1][1] == "code_locked"
    assert len(await front.rows("SELECT 1 FROM messages")) == 1
    assert (await enter(phone, UNKNOWN, DEMO_CODE)).status_code == 422


async def test_ten_codes_a_day_for_one_number(front: Storefront) -> None:
    phone = front.phone()
    statuses = []
    for _ in range(11):
        statuses.append((await ask(phone, UNKNOWN)).status_code)
        clock.shift(timedelta(minutes=2))
    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize("number", ["110", "07103456789", "abc", "1390000", "+86139000000000000"])
async def test_what_takes_no_texts_is_refused(front: Storefront, number: str) -> None:
    assert (await ask(front.phone(), number)).json()["error"]["code"] == "no_mobile_number"


async def test_nobody_is_signed_in_from_another_page(front: Storefront) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await front.phone().http.post("/api/sign-in/code", json={"number": UNKNOWN}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    assert await front.rows("SELECT 1 FROM provider_sign_in_codes") == []


async def test_devices_and_the_way_out(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    first = await front.signed_in(person)
    clock.shift(timedelta(minutes=2))
    second = await front.signed_in(person)
    assert [d["this_one"] for d in (await second.http.get("/api/devices")).json()] == [True, False]
    await second.watch()
    assert (await second.post(f"/api/devices/{first.me['session_id']}/sign-out")).status_code == 204
    assert (await first.http.get("/api/me")).status_code == 401
    clock.shift(timedelta(minutes=2))
    third = await front.signed_in(person)
    assert (await third.post("/api/sign-out/all")).json() == {"count": 2}
    for phone in (second, third):
        assert (await phone.http.get("/api/me")).status_code == 401
    assert second._reader
    await second._reader  # its stream was ended by the server
    assert second.events[-1][0] == "ended"


async def test_a_session_idles_out(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    clock.shift(timedelta(days=29))
    assert (await phone.http.get("/api/me")).status_code == 200
    clock.shift(timedelta(days=31))
    assert (await phone.http.get("/api/me")).status_code == 401


def test_under_https_the_cookie_is_held_to_the_host() -> None:
    https = Settings(mode="test", stores_public_url="https://stores.example.org")
    assert cookie_name(https) == "__Host-onekey_stores_session"


async def test_what_is_too_large_is_refused_before_it_is_read(front: Storefront) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    for path, size in (("/api/sign-out/all", 40_000), ("/api/jobs/x/photos", 4_000_000)):
        answer = await phone.http.post(path, content=b"x" * size)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert (await phone.http.get("/api/me")).status_code == 200


async def test_headers_and_documents(front: Storefront) -> None:
    http = front.phone().http
    page = await http.get("/")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["permissions-policy"] == "microphone=(), camera=(self), geolocation=(self)"
    assert (await http.get("/healthz")).text == "ok" and (await http.get("/readyz")).json() == {"ready": True}
    described = (await http.get("/openapi.json")).json()
    assert "/api/offers/{offer_id}/accept" in described["paths"]
    for path in ("/docs", "/redoc", "/api/nothing"):
        assert "swagger" not in (await http.get(path)).text.lower()
    assert (await http.get("/api/nothing")).status_code == 404
    assert (await http.get("/api/me")).headers["cache-control"] == "no-store"
