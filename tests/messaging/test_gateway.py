"""A plain HTTP gateway in its many dialects."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from callcenter.kit import clock
from callcenter.messaging.carriers.http_gateway import HttpGateway, at_path, pairs, sign
from callcenter.messaging.port import (
    Accepted,
    Capability,
    Delivery,
    DeliveryStatus,
    Failure,
    MessagingError,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from callcenter.settings import Settings, SmsGateway
from tests.messaging.bad_carrier import Answer, Asked, BadCarrier

MESSAGE = Outgoing(
    uuid.UUID(int=7),
    "+8613800001234",
    "【一键通】您好 & 再见",
    "job_done",
    {"item": "理发", "phone": "12349"},
    clock.now() + timedelta(hours=1),
)


def gateway_of(carrier: BadCarrier, path: str = "/send", **more: Any) -> HttpGateway:
    gateway = SmsGateway(url=carrier.url + path, secret=more.pop("secret", "geheim"), **more)
    return HttpGateway(Settings(sms_carrier="gateway", sms_gateway=gateway))


async def sent(carrier: BadCarrier, **more: Any) -> Asked:
    carrier.answers = lambda asked: (200, {"code": 0, "id": "G1"})
    adapter = gateway_of(carrier, **more)
    assert await adapter.send(MESSAGE) == Accepted("G1")
    await adapter.close()
    (asked,) = carrier.asked
    return asked


async def test_a_whole_text_in_a_signed_form(bad_carrier: BadCarrier) -> None:
    asked = await sent(bad_carrier, key="app-12", fixed="channel=notice, ext=")
    form = asked.form
    canonical = "&".join(f"{k}={form[k]}" for k in sorted(form) if form[k] and k != "sign")
    assert canonical == f"channel=notice&content=【一键通】您好 & 再见&key=app-12&mobile=13800001234&timestamp={form['timestamp']}"
    assert form["sign"] == hmac.new(b"geheim", canonical.encode(), hashlib.sha256).hexdigest()
    assert (asked.method, asked.path, form["ext"]) == ("POST", "/send", "")


async def test_md5_has_the_secret_behind(bad_carrier: BadCarrier) -> None:
    form = (await sent(bad_carrier, sign="md5", text_field="text")).form
    said = f"mobile=13800001234&text=【一键通】您好 & 再见&timestamp={form['timestamp']}&key=geheim"
    assert form["sign"] == hashlib.md5(said.encode()).hexdigest()


async def test_a_template_with_values_in_json(bad_carrier: BadCarrier) -> None:
    asked = await sent(
        bad_carrier,
        body="json",
        template_field="templateId",
        templates="job_done=SMS_9, job_offered=SMS_8",
        params_field="param",
        id_field="outId",
        number_format="e164",
        to_field="phone",
        sign_field="signature",
        time_field="ts",
    )
    given = json.loads(asked.body)
    assert set(given) == {"templateId", "param", "outId", "phone", "signature", "ts"}, "no text beside a template"
    assert (given["templateId"], given["outId"], given["phone"]) == ("SMS_9", str(MESSAGE.id), "+8613800001234")
    assert json.loads(given["param"]) == {"item": "理发", "phone": "12349"}


async def test_a_get_without_a_signature(bad_carrier: BadCarrier) -> None:
    asked = await sent(bad_carrier, method="GET", sign="none", secret="", number_format="digits", key="k")
    assert asked.method == "GET" and asked.body == b""
    assert asked.query == {"mobile": "8613800001234", "content": "【一键通】您好 & 再见", "key": "k"}


async def test_a_template_that_the_gateway_does_not_have_yet(bad_carrier: BadCarrier) -> None:
    adapter = gateway_of(bad_carrier, template_field="t", templates="job_offered=SMS_8")
    with pytest.raises(TemporaryFailure) as caught:
        await adapter.send(MESSAGE)
    assert (caught.value.failure, bad_carrier.asked) == (Failure.MISCONFIGURED, [])
    await adapter.close()


@pytest.mark.parametrize(
    "answer,error,failure,code",
    [
        ((200, {"code": "LIMIT"}), TemporaryFailure, Failure.BUSY, "LIMIT"),
        ((200, {"code": 17}), PermanentFailure, Failure.REFUSED, "17"),
        ((200, {"message": "?"}), OutcomeUnknown, Failure.UNCLEAR, ""),
        ((200, b"OK"), OutcomeUnknown, Failure.UNCLEAR, ""),
        ((200, [1]), OutcomeUnknown, Failure.UNCLEAR, ""),
        ((500, {"code": 0}), OutcomeUnknown, Failure.UNCLEAR, "http_500"),
        ((429, b""), TemporaryFailure, Failure.BUSY, "http_429"),
        ((400, b""), PermanentFailure, Failure.REFUSED, "http_400"),
        ((408, b""), OutcomeUnknown, Failure.UNCLEAR, "http_408"),
        ((403, b""), TemporaryFailure, Failure.MISCONFIGURED, "http_403"),
        (None, OutcomeUnknown, Failure.UNCLEAR, ""),
    ],
)
async def test_what_a_no_means(
    bad_carrier: BadCarrier, answer: Answer | None, error: type[MessagingError], failure: Failure, code: str
) -> None:
    bad_carrier.answers = lambda asked: answer
    adapter = gateway_of(bad_carrier, busy="LIMIT, FLOW")
    with pytest.raises(MessagingError) as caught:
        await adapter.send(MESSAGE)
    assert (type(caught.value), caught.value.failure, caught.value.carrier_code) == (error, failure, code)
    await adapter.close()


async def test_what_it_can_follows_from_what_is_set(bad_carrier: BadCarrier) -> None:
    for more, can in (
        ({}, set()),
        ({"idempotent": True}, set()),  # without an id it cannot know
        ({"idempotent": True, "id_field": "i"}, {Capability.IDEMPOTENT}),
        ({"status_url": "http://127.0.0.1:9"}, {Capability.STATUS}),
        ({"status_url": "http://127.0.0.1:9", "id_field": "i"}, {Capability.STATUS}),  # it never says that there is none
        ({"status_url": "http://127.0.0.1:9", "id_field": "i", "absent": "404"}, {Capability.STATUS, Capability.FIND}),
    ):
        adapter = gateway_of(bad_carrier, **more)
        assert adapter.capabilities == can
        await adapter.close()


async def asks(carrier: BadCarrier, how: Callable[[HttpGateway], Any], answer: Answer) -> Any:
    carrier.answers = lambda asked: answer
    adapter = gateway_of(
        carrier, status_url=carrier.url + "/status", id_field="outId", absent="NOT_FOUND", status_path="data.0.state", id_path="data.0.id",
        delivered="DELIVRD, 1", failed="UNDELIV,EXPIRED",
    )  # fmt: skip
    try:
        return await how(adapter)
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    "word,status",
    [("DELIVRD", DeliveryStatus.DELIVERED), (1, DeliveryStatus.DELIVERED), ("EXPIRED", DeliveryStatus.FAILED), ("?", DeliveryStatus.SENT)],
)
async def test_what_became_of_it(bad_carrier: BadCarrier, word: object, status: DeliveryStatus) -> None:
    answer = (200, {"code": "0", "data": [{"state": word, "id": "G1"}]})
    assert await asks(bad_carrier, lambda adapter: adapter.status("G1"), answer) == Delivery(status, "G1", str(word))
    assert await asks(bad_carrier, lambda adapter: adapter.find(MESSAGE.id), answer) == Delivery(status, "G1", str(word))
    by_theirs, by_ours = bad_carrier.asked
    assert (by_theirs.path, by_theirs.form["id"], by_ours.form["outId"]) == ("/status", "G1", str(MESSAGE.id))
    assert len(by_theirs.form["sign"]) == 64


async def test_only_a_clear_no_is_an_absence(bad_carrier: BadCarrier) -> None:
    assert await asks(bad_carrier, lambda adapter: adapter.find(MESSAGE.id), (200, {"code": "NOT_FOUND"})) is None
    with pytest.raises(OutcomeUnknown):
        await asks(bad_carrier, lambda adapter: adapter.status("G1"), (200, {"code": "NOT_FOUND"}))
    for answer in ((200, {"code": "ERROR"}), (200, {"code": "0"}), (200, {}), (500, {"code": "NOT_FOUND"})):
        with pytest.raises(MessagingError):
            await asks(bad_carrier, lambda adapter: adapter.find(MESSAGE.id), answer)


def test_small_readings() -> None:
    assert pairs(" a=1 , b=x=y,,") == {"a": "1", "b": "x=y"}
    answer = {"a": {"b": [None, {"c": 5}]}, "t": True, "n": None, "d": {}}
    assert [at_path(answer, p) for p in ("a.b.1.c", "t", "n", "d", "a.b.7", "a.x", "t.x")] == ["5", "true", None, None, None, None, None]


def test_the_signature_leaves_itself_and_what_is_empty_out() -> None:
    gateway = SmsGateway(secret="s")
    assert sign({"b": "2", "a": "1", "c": "", "sign": "x"}, gateway) == hmac.new(b"s", b"a=1&b=2", hashlib.sha256).hexdigest()
