"""A message's way: tried again, given up, too late, delivered, forgotten."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Invalid, TooMany
from callcenter.messaging.actions import forget_texts, record_delivery
from callcenter.messaging.carriers.console_log import ConsoleLog
from callcenter.messaging.models import Message
from callcenter.messaging.port import (
    About,
    Capability,
    Carriers,
    Channel,
    Delivery,
    DeliveryStatus,
    Failure,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from callcenter.messaging.queries import list_console_log, list_messages
from callcenter.messaging.sending import Sender
from callcenter.messaging.states import MessageState
from tests.house import until
from tests.messaging.writing import CountingCarrier, count, later, messages, only_message, say, sender_of, sweep

STATUS = frozenset({Capability.STATUS})


async def test_what_was_queued_is_sent_as_it_was_said(database: Database) -> None:
    message_id = await say(database, to="0086 138-0000-1234")
    carrier = CountingCarrier()
    await sweep(sender_of(database, carrier))
    (sent,) = carrier.sent
    assert (sent.id, sent.to, sent.template) == (message_id, "+8613800001234", "job_taken_by_other")
    assert sent.text == "【一键通】上门理发（王府口社区，明天9:30）已有别家接单，您不用再处理。感谢支持。"
    assert sent.params == {"item": "上门理发", "area": "王府口社区", "when": "明天9:30"}
    message = await only_message(database)
    assert (message.state, message.carrier, message.provider_id, message.attempts) == (MessageState.SENT, "counting", "P1", 1)
    assert message.next_at is not None and message.sent_at is not None and message.settled_at is None


async def test_on_disk_there_is_neither_number_nor_text(database: Database) -> None:
    await say(database)
    await sweep(Sender(database, Carriers({Channel.SMS: ConsoleLog(database)})))
    async with database.transaction() as session:
        for table in ("messages", "console_log_messages", "outbox"):
            (dump,) = (await session.execute(text(f"SELECT string_agg(t::text, ' ') FROM {table} t"))).one()
            assert dump and not any(word in dump for word in ("13800001234", "理发", "王府口".encode().hex(), b"13800001234".hex()))


async def test_every_move_is_news_without_private_words(database: Database) -> None:
    message_id = await say(database)
    carrier = CountingCarrier(does=lambda m: PermanentFailure(Failure.BAD_NUMBER, "21211"))
    await sweep(sender_of(database, carrier))
    async with database.transaction() as session:
        news = (await session.execute(text("SELECT topic, object_id, payload FROM outbox ORDER BY id"))).all()
    about = {"about_kind": "job", "about_id": "1"}
    assert [tuple(row) for row in news] == [
        ("message", str(message_id), {"state": "sending", "error": "", **about}),
        ("message", str(message_id), {"state": "failed", "error": "bad_number", **about}),
    ]


async def test_not_before_its_time(database: Database) -> None:
    await say(database, due_at=clock.now() + timedelta(minutes=10))
    carrier = CountingCarrier()
    await sweep(sender_of(database, carrier))
    assert carrier.sent == []
    later(601)
    await sweep(sender_of(database, carrier))
    assert len(carrier.sent) == 1


async def test_a_refusal_that_passes_is_tried_again_after_ever_longer_gaps(database: Database) -> None:
    await say(database, deadline=clock.now() + timedelta(hours=1))
    carrier = CountingCarrier(does=lambda m: TemporaryFailure(Failure.BUSY, "http_503"))
    sender = sender_of(database, carrier)
    at: list[float] = []
    for second in range(900):
        before = len(carrier.sent)
        if second in (0, 3, 7, 30, 40, 150, 165, 755, 775, 899):
            await sweep(sender)
        at += [float(second)] * (len(carrier.sent) - before)
        later(1)
    assert at == [0, 7, 40, 165, 775], "5 s, 30 s, 2 min and 10 min after the one before"
    message = await only_message(database)
    assert (message.state, message.error, message.carrier_error) == (MessageState.FAILED, Failure.BUSY, "http_503")
    assert {m.id for m in carrier.sent} == {message.id}


async def test_never_past_its_deadline(database: Database) -> None:
    await say(database, deadline=clock.now() + timedelta(seconds=20))
    carrier = CountingCarrier(does=lambda m: TemporaryFailure(Failure.UNREACHABLE))
    await sweep(sender_of(database, carrier))
    later(6)
    await sweep(sender_of(database, carrier))
    message = await only_message(database)
    assert (message.state, message.error, message.attempts) == (MessageState.EXPIRED, Failure.UNREACHABLE, 2)


async def test_what_nobody_sent_in_time_is_not_sent_late(database: Database) -> None:
    await say(database, deadline=clock.now() + timedelta(minutes=5))
    later(301)
    carrier = CountingCarrier()
    await sweep(sender_of(database, carrier))
    assert carrier.sent == [] and (await only_message(database)).state is MessageState.EXPIRED


async def test_a_plain_no_is_final(database: Database) -> None:
    await say(database)
    carrier = CountingCarrier(does=lambda m: PermanentFailure(Failure.BLOCKED, "21610"))
    for _ in range(3):
        await sweep(sender_of(database, carrier))
        later(700)
    message = await only_message(database)
    assert (len(carrier.sent), message.state, message.error) == (1, MessageState.FAILED, Failure.BLOCKED)


@pytest.mark.parametrize("error", [OutcomeUnknown(Failure.TIMED_OUT), RuntimeError("an adapter's own fault")])
async def test_an_unclear_answer_is_not_asked_for_twice(database: Database, error: Exception) -> None:
    await say(database)
    carrier = CountingCarrier(does=lambda m: error)
    for _ in range(3):
        await sweep(sender_of(database, carrier))
        later(700)
    assert len(carrier.sent) == 1 and (await only_message(database)).state is MessageState.UNKNOWN


async def test_a_channel_without_a_carrier_says_so(database: Database) -> None:
    await say(database)
    await sweep(Sender(database, Carriers()))
    message = await only_message(database)
    assert (message.state, message.error, message.attempts) == (MessageState.FAILED, Failure.NO_CARRIER, 0)


# --- what became of it -----------------------------------------------------------------------------------------------------------


async def test_the_carrier_is_asked_what_became_of_it_and_not_for_ever(database: Database) -> None:
    await say(database)
    carrier = CountingCarrier(capabilities=STATUS, reports=Delivery(DeliveryStatus.SENT, "P1"))
    sender = sender_of(database, carrier)
    await sweep(sender)
    for seconds in (29, 2, 121, 601, 3601, 21_601, 90_000):
        later(seconds)
        await sweep(sender)
    message = await only_message(database)
    assert (message.state, message.looks, message.next_at) == (MessageState.SENT, 5, None)


async def test_asked_and_told(database: Database) -> None:
    told: dict[str, Delivery | Exception] = {
        "a": Delivery(DeliveryStatus.DELIVERED, "P1"),
        "b": Delivery(DeliveryStatus.FAILED, "P2", "30003"),
        "c": TemporaryFailure(Failure.BUSY),
    }
    for key, report in told.items():
        carrier = CountingCarrier(capabilities=STATUS, reports=report)
        await say(database, key=key)
        await sweep(sender_of(database, carrier))
        later(31)
        await sweep(sender_of(database, carrier))
    found = {m.dedupe_key: (m.state, m.error, m.carrier_error) for m in await messages(database)}
    assert found["a"] == (MessageState.DELIVERED, "", "")
    assert found["b"] == (MessageState.FAILED, Failure.UNDELIVERED, "30003")
    assert found["c"][0] is MessageState.SENT


async def tell(database: Database, status: DeliveryStatus, *, provider_id: str = "P1", **more: object) -> bool:
    async with database.transaction() as session:
        given = {"carrier": "counting", "at": clock.now(), **more}
        return await record_delivery(session, provider_id=provider_id, status=status, **given)  # type: ignore[arg-type]


async def test_news_may_come_twice_and_in_any_order(database: Database) -> None:
    await say(database)
    await sweep(sender_of(database, CountingCarrier()))
    assert await tell(database, DeliveryStatus.DELIVERED)
    settled = (await only_message(database)).settled_at
    later(60)
    for status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.DELIVERED):
        assert await tell(database, status)
    message = await only_message(database)
    assert (message.state, message.settled_at, message.next_at) == (MessageState.DELIVERED, settled, None)
    assert await count(database, "outbox") == 3, "sending, sent, delivered: each said once"


async def test_news_of_nothing_of_ours(database: Database) -> None:
    await say(database)
    await sweep(sender_of(database, CountingCarrier()))
    mine = (await only_message(database)).id
    assert not await tell(database, DeliveryStatus.FAILED, provider_id="P2")
    assert not await tell(database, DeliveryStatus.FAILED, carrier="twilio")
    assert not await tell(database, DeliveryStatus.FAILED, provider_id="P2", message_id=mine), "another message's id"
    assert not await tell(database, DeliveryStatus.FAILED, provider_id="", message_id=uuid.uuid4())
    assert (await only_message(database)).state is MessageState.SENT


async def test_news_that_overtakes_our_own_commit(database: Database) -> None:
    """The carrier's callback is there before its answer to our request."""
    message_id = await say(database)
    carrier = CountingCarrier(slow=0.4)
    sender = sender_of(database, carrier)
    await sender.sweep()
    await until(lambda: carrier.sent)
    assert await tell(database, DeliveryStatus.DELIVERED, message_id=message_id)
    await sender.settle()
    message = await only_message(database)
    assert (message.state, message.provider_id) == (MessageState.DELIVERED, "P1")


async def test_late_news_settles_what_was_unknown(database: Database) -> None:
    message_id = await say(database)
    await sweep(sender_of(database, CountingCarrier(does=lambda m: OutcomeUnknown(Failure.TIMED_OUT))))
    assert await tell(database, DeliveryStatus.DELIVERED, provider_id="P7", message_id=message_id)
    message = await only_message(database)
    assert (message.state, message.provider_id, message.error) == (MessageState.DELIVERED, "P7", "")


async def test_a_carrier_that_was_changed_is_not_asked_about_the_others_messages(database: Database) -> None:
    await say(database)
    await sweep(sender_of(database, CountingCarrier(capabilities=STATUS, reports=Delivery(DeliveryStatus.SENT))))
    later(31)
    await sweep(sender_of(database, CountingCarrier(name="other", capabilities=STATUS, reports=Delivery(DeliveryStatus.FAILED))))
    message = await only_message(database)
    assert (message.state, message.next_at) == (MessageState.SENT, None)


# --- what is refused at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["0710-3459876", "12349", "", "anonymous", "x" * 5000])
async def test_a_number_that_takes_no_texts_is_refused(database: Database, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        await say(database, to=to)
    assert refused.value.code == "no_mobile_number" and await messages(database) == []


CODE = {"template": "store_sign_in_code", "params": {"code": "123456", "minutes": "5"}}


async def test_codes_to_one_number_are_limited(database: Database) -> None:
    for number in range(10):
        await say(database, key=f"code:{number}", **CODE)
        later(61)
    with pytest.raises(TooMany) as refused:
        await say(database, key="code:10", to="+8613800001234", **CODE)
    assert 80_000 < refused.value.details["wait_seconds"] <= 86_400
    await say(database, key="code:other", to="13900001234", **CODE)
    await say(database, key="job:other")  # what a stranger cannot ask for is not limited
    later(86_400)
    await say(database, key="code:10", **CODE)
    with pytest.raises(TooMany) as refused:
        await say(database, key="code:11", **CODE)
    assert 55 <= refused.value.details["wait_seconds"] <= 61
    assert await say(database, key="code:10", **CODE), "the same one again is no second"


async def test_a_missing_value_is_our_own_fault(database: Database) -> None:
    with pytest.raises(ValueError, match="wanted"):
        await say(database, params={"item": "上门理发"})
    with pytest.raises(KeyError):
        await say(database, template="no_such_template")


# --- what is kept ----------------------------------------------------------------------------------------------------------------


async def test_texts_are_forgotten_and_rows_are_kept(database: Database) -> None:
    await say(database, key="old")
    await say(database, key="waits", due_at=clock.now() + timedelta(days=40), deadline=clock.now() + timedelta(days=41))
    await sweep(Sender(database, Carriers({Channel.SMS: ConsoleLog(database)})))
    later(31 * 86_400)
    await say(database, key="young")
    await sweep(Sender(database, Carriers({Channel.SMS: ConsoleLog(database)})))
    for forgotten in (1, 0):
        async with database.transaction() as session:
            assert await forget_texts(session, before=clock.now() - timedelta(days=30)) == forgotten
    found = {m.dedupe_key: (m.text is not None, m.params is not None) for m in await messages(database)}
    assert found == {"old": (False, False), "waits": (True, True), "young": (True, True)}
    assert await count(database, "console_log_messages") == 1
    assert await say(database, key="old") in {m.id for m in await messages(database)}, "and the key is still used up"


async def test_what_a_console_reads(database: Database) -> None:
    await say(database)
    await say(database, key="other", about=About("job", "2"))
    await sweep(Sender(database, Carriers({Channel.SMS: ConsoleLog(database)})))
    async with database.transaction() as session:
        (line,) = await list_messages(session, About("job", "1"))
        inbox = await list_console_log(session)
    assert (line.to, line.template, line.state) == ("138****1234", "job_taken_by_other", MessageState.SENT)
    assert [m.number for m in inbox] == ["138 0000 1234"] * 2 and all(m.text.startswith("【一键通】上门理发") for m in inbox)


async def test_a_sender_that_watches_is_woken_at_once(database: Database) -> None:
    carrier = CountingCarrier()
    watching = asyncio.create_task(sender_of(database, carrier).watch(every=30.0))
    try:
        await asyncio.sleep(0.5)  # it listens, and has swept once
        await say(database)
        await until(lambda: carrier.sent, patience=2.0)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def test_a_message_says_nothing_of_itself_in_a_log() -> None:
    said = repr(Message(address="+8613800001234", text="take your pills"))  # an address of memory may hold a few of the digits
    assert "800001234" not in said and "pills" not in said
