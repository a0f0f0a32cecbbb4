"""Web push: the RFC's own example, and a push service that reads with the browser's key."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Invalid
from callcenter.messaging.carriers.web_push import WebPush
from callcenter.messaging.port import (
    Accepted,
    Carriers,
    Channel,
    Failure,
    MessagingError,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from callcenter.messaging.push import (
    MAX_PAYLOAD,
    Subscription,
    b64,
    encrypt,
    is_push_service,
    parse_subscription,
    point,
    private_key,
    public_key,
    unb64,
)
from callcenter.messaging.queries import is_gone
from callcenter.messaging.sending import Sender
from callcenter.messaging.states import MessageState
from callcenter.settings import Settings
from tests.messaging.bad_carrier import BadCarrier
from tests.messaging.writing import only_message, say, sweep

SETTINGS = Settings(
    mode="test",
    vapid_private_key="yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    vapid_subject="mailto:it@example.cn",
)


class Browser:
    """Its half of RFC 8291, written from the RFC and not from our code."""

    def __init__(self, endpoint: str, private: str = "", auth: bytes = b"") -> None:
        self.key = private_key(private) if private else ec.generate_private_key(ec.SECP256R1())
        self.auth = auth or os.urandom(16)
        self.subscription = Subscription(endpoint, b64(point(self.key.public_key())), b64(self.auth))

    def read(self, body: bytes) -> bytes:
        salt, record, length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, cipher = body[21 : 21 + length], body[21 + length :]
        assert len(cipher) <= record
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"WebPush: info\x00" + point(self.key.public_key()) + theirs
        ikm = HKDF(SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(ikm)
        plain = AESGCM(key).decrypt(nonce, cipher, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "the last record"
        return plain[:-1]


def test_the_rfcs_own_example() -> None:
    """RFC 8291, section 5."""
    browser = Browser("https://push.example.net/x", "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94", unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    assert browser.subscription.p256dh == "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        browser.subscription,
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
        ours=private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert b64(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.read(made) == b"When I grow up, I want to be a watermelon"


def test_a_payload_has_a_largest_size_and_never_the_same_cipher() -> None:
    browser = Browser("https://push.example.net/x")
    largest = os.urandom(MAX_PAYLOAD)
    first, second = encrypt(largest, browser.subscription), encrypt(largest, browser.subscription)
    assert browser.read(first) == browser.read(second) == largest and first[:16] != second[:16] and len(first) == 4096
    with pytest.raises(ValueError, match="at most"):
        encrypt(largest + b"x", browser.subscription)


@pytest_asyncio.fixture
async def pusher() -> AsyncIterator[WebPush]:
    adapter = WebPush(SETTINGS)
    yield adapter
    await adapter.close()


def message_to(browser: Browser) -> Outgoing:
    text = "新任务：上门理发"
    return Outgoing(
        uuid.UUID(int=9), browser.subscription.as_text(), text, "job_offered", {"link": "/j/1"}, clock.now() + timedelta(minutes=10)
    )


async def test_a_push_service_gets_what_only_the_browser_can_read(bad_carrier: BadCarrier, pusher: WebPush) -> None:
    bad_carrier.answers, bad_carrier.headers = lambda asked: (201, b""), {"Location": "/m/77"}
    browser = Browser(bad_carrier.url + "/push/abc")
    assert await pusher.send(message_to(browser)) == Accepted("/m/77")
    (asked,) = bad_carrier.asked
    assert json.loads(browser.read(asked.body)) == {
        "id": str(uuid.UUID(int=9)), "template": "job_offered", "text": "新任务：上门理发", "params": {"link": "/j/1"},
    }  # fmt: skip
    assert (asked.method, asked.path) == ("POST", "/push/abc")
    assert (asked.headers["content-encoding"], asked.headers["urgency"]) == ("aes128gcm", "high")
    assert 580 <= int(asked.headers["ttl"]) <= 600
    with pytest.raises(Exception):  # noqa: B017  # whichever error: it must not open
        Browser(bad_carrier.url).read(asked.body)


async def test_what_is_too_long_for_a_push_is_certainly_not_sent(bad_carrier: BadCarrier, pusher: WebPush) -> None:
    message = message_to(Browser(bad_carrier.url))
    with pytest.raises(PermanentFailure) as caught:
        await pusher.send(replace(message, text="长" * 2000))
    assert (caught.value.carrier_code, bad_carrier.asked) == ("too_long", [])


async def test_the_push_service_knows_who_knocks(bad_carrier: BadCarrier, pusher: WebPush) -> None:
    bad_carrier.answers = lambda asked: (201, b"")
    await pusher.send(message_to(Browser(bad_carrier.url + "/push/abc")))
    scheme, token, key = bad_carrier.asked[0].headers["authorization"].replace(",", "").split(" ")
    head, claims, signature = token.removeprefix("t=").split(".")
    assert scheme == "vapid" and key == f"k={public_key(SETTINGS)}"
    raw = unb64(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key.removeprefix("k=")))
    public.verify(encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    said = json.loads(unb64(claims))
    assert (said["aud"], said["sub"]) == (bad_carrier.url, "mailto:it@example.cn")
    assert time.time() < said["exp"] <= time.time() + 86_400


@pytest.mark.parametrize(
    "status,error,failure",
    [
        (404, PermanentFailure, Failure.GONE),
        (410, PermanentFailure, Failure.GONE),
        (413, PermanentFailure, Failure.REFUSED),
        (400, PermanentFailure, Failure.REFUSED),
        (401, TemporaryFailure, Failure.MISCONFIGURED),
        (403, TemporaryFailure, Failure.MISCONFIGURED),
        (429, TemporaryFailure, Failure.BUSY),
        (503, TemporaryFailure, Failure.BUSY),
        (500, OutcomeUnknown, Failure.UNCLEAR),
    ],
)
async def test_what_a_no_means(
    bad_carrier: BadCarrier, pusher: WebPush, status: int, error: type[MessagingError], failure: Failure
) -> None:
    bad_carrier.answers = lambda asked: (status, b"")
    with pytest.raises(MessagingError) as caught:
        await pusher.send(message_to(Browser(bad_carrier.url)))
    assert (type(caught.value), caught.value.failure) == (error, failure)


async def test_a_subscription_that_is_gone_is_known_as_gone(database: Database, bad_carrier: BadCarrier, pusher: WebPush) -> None:
    browser = Browser(bad_carrier.url + "/push/abc")
    given = json.dumps(
        {
            "endpoint": browser.subscription.endpoint,
            "expirationTime": None,
            "keys": {"auth": b64(browser.auth), "p256dh": browser.subscription.p256dh},
        }
    )
    sender = Sender(database, Carriers({Channel.PUSH: pusher}))
    bad_carrier.answers = lambda asked: (410, b"")
    await say(database, channel=Channel.PUSH, to=given)
    await sweep(sender)
    message = await only_message(database)
    assert (message.state, message.error) == (MessageState.FAILED, Failure.GONE)
    assert message.text == "上门理发（王府口社区，明天9:30）已有别家接单，您不用再处理。感谢支持。", (
        "no signature: the page shows who it is"
    )
    async with database.transaction() as session:
        assert await is_gone(session, browser.subscription.as_text())
        assert not await is_gone(session, Browser(bad_carrier.url).subscription.as_text())


@pytest.mark.parametrize(
    "endpoint,known",
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://wns2-by3p.notify.windows.com/w/?token=x", True),
        ("https://web.push.apple.com/x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com.evil.example/x", False),
        ("https://evilpush.services.mozilla.com.example/x", False),
        ("https://fcm.googleapis.com@10.0.0.1/x", False),
        ("https://10.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("http://127.0.0.1:6379/", False),
        ("http://postgres:5432/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_push_services_are_knocked_at(endpoint: str, known: bool) -> None:
    production = Settings(mode="training")
    assert is_push_service(endpoint, production) is known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '"x"',
        '{"endpoint": 1, "keys": {"p256dh": 2, "auth": 3}}',
        '{"endpoint": "https://fcm.googleapis.com/x", "keys": []}',
    ],
)
def test_what_is_no_subscription(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_subscription(text, SETTINGS)
    assert refused.value.code == "bad_subscription"


def test_keys_of_a_subscription_are_looked_at() -> None:
    good = Browser("https://fcm.googleapis.com/x").subscription
    assert parse_subscription(good.as_text(), SETTINGS) == good
    for bad in (
        Subscription(good.endpoint, b64(b"\x04" + b"\x01" * 64), good.auth),  # no point of the curve
        Subscription(good.endpoint, good.p256dh, b64(b"short")),
        Subscription(good.endpoint + "x" * 1000, good.p256dh, good.auth),
        Subscription("https://evil.example/x", good.p256dh, good.auth),
    ):
        with pytest.raises(Invalid):
            parse_subscription(bad.as_text(), SETTINGS)


def test_without_a_key_there_is_no_web_push() -> None:
    assert public_key(Settings()) == ""
    assert public_key(SETTINGS) == "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
