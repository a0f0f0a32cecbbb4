"""Twilio: our requests as its own description wants them, and what its bad days mean."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.carriers.twilio import Twilio, sign
from callcenter.messaging.port import (
    Accepted,
    Carriers,
    Channel,
    Delivery,
    DeliveryStatus,
    Failure,
    MessagingError,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from callcenter.messaging.sending import Sender
from callcenter.messaging.states import MessageState
from callcenter.settings import Settings
from tests.messaging.bad_carrier import Answer, Asked, BadCarrier
from tests.messaging.twilio_contract import credentials, example, problems
from tests.messaging.writing import later, only_message, say, sweep

ACCOUNT, SID = "AC" + "a" * 32, "SM" + "0b" * 16
MESSAGE = Outgoing(uuid.UUID(int=7), "+8613800001234", "【一键通】您好 & 再见", "job_done", {}, clock.now() + timedelta(hours=1))


def twilio_settings(url: str, **more: str) -> Settings:
    return Settings(
        sms_carrier="twilio",
        twilio_url=url,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token="a token",
        twilio_from=more.get("sender", "+15005550006"),
        sms_callback_url=more.get("callbacks", ""),
    )


@pytest_asyncio.fixture
async def twilio(bad_carrier: BadCarrier) -> AsyncIterator[Twilio]:
    adapter = Twilio(twilio_settings(bad_carrier.url))
    bad_carrier.answers = lambda asked: (201, example("post", sid=SID))
    yield adapter
    await adapter.close()


async def test_a_message_is_asked_for_as_twilio_describes_it(bad_carrier: BadCarrier, twilio: Twilio) -> None:
    assert await twilio.send(MESSAGE) == Accepted(SID)
    (asked,) = bad_carrier.asked
    assert problems(asked) == []
    assert credentials(asked) == f"{ACCOUNT}:a token"
    assert asked.form.keys() == {"To", "From", "Body", "ValidityPeriod"}
    assert (asked.form["To"], asked.form["From"], asked.form["Body"]) == ("+8613800001234", "+15005550006", "【一键通】您好 & 再见")
    assert 0 < int(asked.form["ValidityPeriod"]) <= 3600, "worth nothing after its deadline"


async def test_a_messaging_service_and_a_callback(bad_carrier: BadCarrier) -> None:
    service = "MG" + "1" * 32
    adapter = Twilio(twilio_settings(bad_carrier.url, sender=service, callbacks="https://open.example.cn/"))
    bad_carrier.answers = lambda asked: (201, example("post", sid=SID))
    await adapter.send(MESSAGE)
    await adapter.close()
    (asked,) = bad_carrier.asked
    assert problems(asked) == []
    assert asked.form["MessagingServiceSid"] == service and "From" not in asked.form
    assert asked.form["StatusCallback"] == f"https://open.example.cn/callbacks/sms/twilio/{MESSAGE.id}"


async def test_what_became_of_it_is_asked_as_twilio_describes_it(bad_carrier: BadCarrier, twilio: Twilio) -> None:
    bad_carrier.answers = lambda asked: (200, example("get", sid=SID, status="undelivered", error_code=30005))
    assert await twilio.status(SID) == Delivery(DeliveryStatus.FAILED, SID, "30005")
    assert problems(bad_carrier.asked[0]) == []


def test_the_description_would_see_a_wrong_request() -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"content-type": "application/x-www-form-urlencoded", "authorization": "Basic x"}
    assert problems(Asked("POST", path, form, b"To=%2B86138&Body=x")) == []
    assert problems(Asked("POST", path, form, b"Body=x")) == [": 'To' is a required property"]
    assert len(problems(Asked("POST", path.replace("ACa", "XXa"), form, b"To=1&Bdy=x"))) == 2
    assert problems(Asked("POST", path, {"content-type": form["content-type"]}, b"To=1")) == ["no credentials"]


@pytest.mark.parametrize(
    "word", ["queued", "accepted", "scheduled", "sending", "sent", "delivered", "read", "failed", "undelivered", "canceled"]
)
async def test_every_status_of_an_outgoing_message_means_something(bad_carrier: BadCarrier, twilio: Twilio, word: str) -> None:
    bad_carrier.answers = lambda asked: (200, example("get", status=word))
    meant = (await twilio.status(SID)).status
    assert (meant is DeliveryStatus.DELIVERED) == (word in ("delivered", "read"))
    assert (meant is DeliveryStatus.FAILED) == (word in ("failed", "undelivered", "canceled"))


NO: list[tuple[Answer | None, type[MessagingError], Failure, str]] = [
    ((400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}), PermanentFailure, Failure.BAD_NUMBER, "21211"),
    ((400, {"code": 21614, "status": 400}), PermanentFailure, Failure.BAD_NUMBER, "21614"),
    ((400, {"code": 21610, "status": 400}), PermanentFailure, Failure.BLOCKED, "21610"),
    ((403, {"code": 21408, "status": 403}), PermanentFailure, Failure.REFUSED, "21408"),
    ((400, {"code": 20001, "status": 400}), PermanentFailure, Failure.REFUSED, "20001"),
    ((201, example("post", status="failed", error_code=30034)), PermanentFailure, Failure.REFUSED, "30034"),
    ((429, {"code": 20429, "status": 429}), TemporaryFailure, Failure.BUSY, "20429"),
    ((503, b"busy"), TemporaryFailure, Failure.BUSY, "http_503"),
    ((401, {"code": 20003, "status": 401}), TemporaryFailure, Failure.MISCONFIGURED, "20003"),
    ((404, {"code": 20404, "status": 404}), TemporaryFailure, Failure.MISCONFIGURED, "20404"),
    ((302, b""), TemporaryFailure, Failure.MISCONFIGURED, "http_302"),
    ((500, b"<html>"), OutcomeUnknown, Failure.UNCLEAR, "http_500"),
    ((502, {}), OutcomeUnknown, Failure.UNCLEAR, "http_502"),
    ((504, []), OutcomeUnknown, Failure.UNCLEAR, "http_504"),
    ((201, b"no JSON"), OutcomeUnknown, Failure.UNCLEAR, ""),
    ((201, {"status": "queued"}), OutcomeUnknown, Failure.UNCLEAR, ""),
    (None, OutcomeUnknown, Failure.UNCLEAR, ""),  # the connection is dropped after reading
]


@pytest.mark.parametrize("answer,error,failure,code", NO)
async def test_what_a_no_means(
    bad_carrier: BadCarrier, twilio: Twilio, answer: Answer | None, error: type[MessagingError], failure: Failure, code: str
) -> None:
    bad_carrier.answers = lambda asked: answer
    with pytest.raises(MessagingError) as caught:
        await twilio.send(MESSAGE)
    assert (type(caught.value), caught.value.failure, caught.value.carrier_code) == (error, failure, code)
    assert len(bad_carrier.asked) == 1, "asked once for each attempt"


async def test_a_slow_answer_is_unknown(bad_carrier: BadCarrier, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    bad_carrier.answers = lambda asked: 3.0
    twilio._http.timeout = 0.3
    with pytest.raises(OutcomeUnknown) as caught:
        await twilio.send(MESSAGE)
    assert caught.value.failure is Failure.TIMED_OUT


async def test_nobody_there_is_certainly_not_sent() -> None:
    adapter = Twilio(twilio_settings("http://127.0.0.1:9"))
    with pytest.raises(TemporaryFailure) as caught:
        await adapter.send(MESSAGE)
    assert caught.value.failure is Failure.UNREACHABLE
    await adapter.close()


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """From Twilio's page on the security of webhooks."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form.items()) == "GvWf1cFY/Q7PnoempGyD5oXAezc="


@pytest.mark.parametrize(
    "first,sends,state",
    [
        ((503, b""), 2, MessageState.SENT),  # certainly not sent: once more
        ((500, b""), 1, MessageState.UNKNOWN),
        (None, 1, MessageState.UNKNOWN),
    ],
)
async def test_a_bad_day_from_the_queue_to_the_carrier(
    database: Database, bad_carrier: BadCarrier, twilio: Twilio, first: Answer | None, sends: int, state: MessageState
) -> None:
    answers = iter([first])
    bad_carrier.answers = lambda asked: next(answers, (201, example("post", sid=SID)))
    await say(database)
    sender = Sender(database, Carriers({Channel.SMS: twilio}))
    await sweep(sender)
    for _ in range(4):
        later(31)
        if (await only_message(database)).state is MessageState.SENT:
            break
        await sweep(sender)
    assert [a.method for a in bad_carrier.asked] == ["POST"] * sends
    assert (await only_message(database)).state is state
