"""The same message never twice: asked twice, swept twice, cut off in mid-sending."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from callcenter.kit.db import Database
from callcenter.messaging.actions import queue_message
from callcenter.messaging.attempts import Send, begin, carry_out, claim_due
from callcenter.messaging.carriers.console_log import ConsoleLog
from callcenter.messaging.port import (
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
from callcenter.messaging.sending import Sender
from callcenter.messaging.states import MessageState
from tests.house import until
from tests.messaging.writing import CountingCarrier, count, later, messages, only_message, say, sender_of, sweep, words


async def test_the_same_key_is_one_message(database: Database) -> None:
    first = await say(database)
    assert await say(database) == first
    assert await say(database, template="job_done", to="13900001234", params={}) == first  # whatever else is given
    assert (await only_message(database)).template == "job_taken_by_other"


async def test_the_same_key_from_two_transactions_at_once_is_one_message(database: Database) -> None:
    """The second waits for the first, which has not committed yet, and then finds its message."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> Any:
        async with database.transaction() as session:
            made = await queue_message(session, **words())
            inside.set()
            await go_on.wait()
            return made

    first = asyncio.create_task(slow())
    await inside.wait()
    second = asyncio.create_task(say(database))
    await asyncio.sleep(0.2)
    assert not second.done()
    go_on.set()
    assert await first == await second
    assert len(await messages(database)) == 1


async def test_a_transaction_that_fails_says_nothing_and_leaves_the_key_free(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await queue_message(session, **words())
            raise RuntimeError
    assert await messages(database) == []
    assert await say(database) == (await only_message(database)).id


async def test_two_sweepers_send_each_message_once(database: Database) -> None:
    for number in range(60):
        await say(database, key=f"job:{number}")
    carrier = CountingCarrier(slow=0.01)
    sweepers = [sender_of(database, carrier, at_once=4) for _ in range(2)]
    begun = await asyncio.gather(*(sweeper.sweep() for sweeper in sweepers))
    for sweeper in sweepers:
        await sweeper.settle()
    assert sum(begun) == 60 and all(begun), "both took part"
    assert Counter(Counter(m.id for m in carrier.sent).values()) == {1: 60}
    assert {m.state for m in await messages(database)} == {MessageState.SENT}


async def test_one_sender_that_is_woken_often_sends_once(database: Database) -> None:
    for number in range(20):
        await say(database, key=f"job:{number}")
    carrier = CountingCarrier(slow=0.02)
    sender = sender_of(database, carrier, at_once=3)
    await asyncio.gather(*(sender.sweep() for _ in range(10)))
    await sender.settle()
    assert len(carrier.sent) == len({m.id for m in carrier.sent}) == 20


async def dies_after_the_first_transaction(database: Database, carrier: CountingCarrier, *, asked: bool) -> None:
    """A worker that is killed: with `asked`, the carrier has it already."""
    async with database.transaction() as session:
        (message,) = await claim_due(session, 1)
        step = await begin(session, message, carrier)
    assert isinstance(step, Send)
    if asked:
        await carrier.send(step.outgoing)


@pytest.mark.parametrize("asked", [False, True])
async def test_a_worker_killed_in_mid_sending_leaves_a_message_that_is_not_sent_again(database: Database, asked: bool) -> None:
    await say(database)
    carrier = CountingCarrier()
    await dies_after_the_first_transaction(database, carrier, asked=asked)
    assert (await only_message(database)).state is MessageState.SENDING
    sender = sender_of(database, carrier)
    await sweep(sender)
    assert (await only_message(database)).state is MessageState.SENDING, "its deadline is not past"
    for _ in range(5):
        later(40)
        await sweep(sender)
    message = await only_message(database)
    assert (message.state, message.error, message.attempts) == (MessageState.UNKNOWN, Failure.TIMED_OUT, 1)
    assert len(carrier.sent) == asked


async def test_where_the_carrier_takes_an_id_once_it_is_sent_again(database: Database) -> None:
    await say(database)
    carrier = CountingCarrier(capabilities=frozenset({Capability.IDEMPOTENT}))
    await dies_after_the_first_transaction(database, carrier, asked=True)
    later(31)
    await sweep(sender_of(database, carrier))
    later(6)
    await sweep(sender_of(database, carrier))
    assert [m.id for m in carrier.sent] == [carrier.sent[0].id] * 2
    assert (await only_message(database)).state is MessageState.SENT


async def test_the_console_log_keeps_one_of_two(database: Database) -> None:
    await say(database)
    real = ConsoleLog(database)
    async with database.transaction() as session:
        (message,) = await claim_due(session, 1)
        step = await begin(session, message, real)
    assert isinstance(step, Send)
    await real.send(step.outgoing)
    await real.send(step.outgoing)
    later(31)
    sender = Sender(database, Carriers({Channel.SMS: real}))
    await sweep(sender)
    assert (await only_message(database)).state is MessageState.DELIVERED
    assert await count(database, "console_log_messages") == 1


@pytest.mark.parametrize(
    "found,state,sends",
    [
        (Delivery(DeliveryStatus.SENT, "P9"), MessageState.SENT, 1),
        (Delivery(DeliveryStatus.DELIVERED, "P9"), MessageState.DELIVERED, 1),
        (None, MessageState.SENT, 2),  # it never took it: sent now
        (OutcomeUnknown(Failure.UNCLEAR), MessageState.UNKNOWN, 1),  # it does not say: never again
    ],
)
async def test_where_the_carrier_knows_our_ids_it_is_asked(
    database: Database, found: Delivery | Exception | None, state: MessageState, sends: int
) -> None:
    await say(database)
    carrier = CountingCarrier(capabilities=frozenset({Capability.FIND}), finds=found)
    await dies_after_the_first_transaction(database, carrier, asked=True)
    for seconds in (31, 31, 61, 121, 121):
        later(seconds)
        await sweep(sender_of(database, carrier))
    message = await only_message(database)
    assert (message.state, len(carrier.sent)) == (state, sends)
    assert message.provider_id == {1: "P9", 2: "P2"}.get(sends if state is not MessageState.UNKNOWN else 0, "")


async def test_who_was_frozen_before_asking_the_carrier_sends_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(database)
    carrier = CountingCarrier()
    async with database.transaction() as session:
        (message,) = await claim_due(session, 1)
        step = await begin(session, message, carrier)
    assert isinstance(step, Send)
    late = Send(step.message_id, step.attempt, step.outgoing, begun=step.begun - 6)
    await carry_out(database, carrier, late)
    assert carrier.sent == []


async def begins(database: Database, carrier: CountingCarrier) -> Send:
    async with database.transaction() as session:
        (message,) = await claim_due(session, 1)
        step = await begin(session, message, carrier)
    assert isinstance(step, Send)
    return step


@pytest.mark.parametrize(
    "error", [PermanentFailure(Failure.REFUSED), TemporaryFailure(Failure.BUSY), OutcomeUnknown(Failure.TIMED_OUT), None]
)
async def test_who_comes_back_too_late_writes_nothing_over_a_later_attempt(database: Database, error: Exception | None) -> None:
    await say(database)
    carrier = CountingCarrier(capabilities=frozenset({Capability.IDEMPOTENT}), does=lambda message: error)
    first = await begins(database, carrier)
    later(31)
    await sweep(sender_of(database, carrier))  # the first is taken for lost
    later(6)
    second = await begins(database, carrier)
    await carry_out(database, carrier, first)
    message = await only_message(database)
    assert (message.state, message.attempts, message.error, message.provider_id) == (MessageState.SENDING, 2, "", "")
    carrier.does = lambda message: None
    await carry_out(database, carrier, second)
    assert (await only_message(database)).state is MessageState.SENT


async def test_who_finishes_begins_nothing_more_and_writes_what_it_has_begun(database: Database) -> None:
    for number in range(6):
        await say(database, key=f"job:{number}")
    carrier = CountingCarrier(slow=0.1)
    sender = sender_of(database, carrier, at_once=2)
    sweeping = asyncio.create_task(sender.sweep())
    await until(lambda: len(carrier.sent) == 2)
    await sender.finish()
    await sweeping
    await sender.settle()
    assert await sender.sweep() == 0
    states = Counter(m.state for m in await messages(database))
    assert states == {MessageState.SENT: len(carrier.sent), MessageState.QUEUED: 6 - len(carrier.sent)}
    assert len(carrier.sent) <= 4
