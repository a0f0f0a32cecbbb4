"""One step of one message: what its first transaction decides, what the carrier is asked, what the second transaction writes.

The row becomes `sending` with a deadline before the carrier is touched. Whoever dies in between leaves a row that the next sweep takes for what it is:
an attempt that may have gone out (rules.after_silence). The attempt's number fences off whoever comes back too late.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.actions import lock_message, move_message, take_report
from callcenter.messaging.models import Message
from callcenter.messaging.port import (
    Accepted,
    Capability,
    Carrier,
    Delivery,
    DeliveryStatus,
    Failure,
    MessagingError,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from callcenter.messaging.rules import BEGIN_WITHIN, LOOK_GAPS, SEND_TIMEOUT, SENDING_DEADLINE, after_refusal, after_silence, look_again
from callcenter.messaging.states import MessageState

log = structlog.get_logger()
T = TypeVar("T")
_WRITES = 3  # an outcome that is known is worth another try at the database
_BETWEEN_WRITES = 1.0


@dataclass(frozen=True, slots=True)
class Send:
    message_id: uuid.UUID
    attempt: int
    outgoing: Outgoing
    begun: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Find:
    """Did the carrier ever take the attempt that nobody knows the outcome of?"""

    message_id: uuid.UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Look:
    """What became of a message that the carrier has?"""

    message_id: uuid.UUID
    provider_id: str


Step = Send | Find | Look


async def claim_due(session: AsyncSession, limit: int) -> list[Message]:
    """Locked; what another sweep holds is left to it."""
    due = select(Message).where(Message.next_at <= clock.now()).order_by(Message.next_at).limit(limit)
    return list(await session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)))


# --- the first transaction -------------------------------------------------------------------------------------------------------


async def begin(session: AsyncSession, message: Message, carrier: Carrier | None) -> Step | None:
    """What is to be asked of the carrier about a row whose time has come; None: nothing. Never leaves a row due. Precondition: locked."""
    if message.state is MessageState.QUEUED:
        return await _begin_send(session, message, carrier)
    if carrier is not None and carrier.name != message.carrier:
        carrier = None  # it was another one's, before our settings changed
    if message.state is MessageState.SENDING:
        return await _begin_find(session, message, carrier)
    message.next_at = None
    if message.state is MessageState.SENT and carrier and Capability.STATUS in carrier.capabilities and message.provider_id:
        message.looks += 1
        message.next_at = look_again(message.looks, LOOK_GAPS, now=clock.now())
        return Look(message.id, message.provider_id)
    return None


async def _begin_send(session: AsyncSession, message: Message, carrier: Carrier | None) -> Step | None:
    now = clock.now()
    if now >= message.deadline_at:
        await move_message(session, message, MessageState.EXPIRED, failure=Failure(message.error) if message.error else None)
        return None
    if carrier is None:
        await move_message(session, message, MessageState.FAILED, failure=Failure.NO_CARRIER)
        return None
    assert message.text is not None and message.params is not None  # forgotten only when it is over
    message.attempts += 1
    message.looks = 0
    message.carrier = carrier.name
    await move_message(session, message, MessageState.SENDING, next_at=now + SENDING_DEADLINE)
    outgoing = Outgoing(message.id, message.address, message.text, message.template, message.params, message.deadline_at)
    return Send(message.id, message.attempts, outgoing)


async def _begin_find(session: AsyncSession, message: Message, carrier: Carrier | None) -> Step | None:
    """Its deadline is past: whoever sent it is dead or cut off."""
    await _take_silence(session, message, carrier, Failure(message.error) if message.error else Failure.TIMED_OUT)
    if message.state is not MessageState.SENDING:
        return None
    message.looks += 1
    return Find(message.id, message.attempts)


async def _take_silence(session: AsyncSession, message: Message, carrier: Carrier | None, failure: Failure, carrier_code: str = "") -> None:
    can = carrier.capabilities if carrier else frozenset()
    silence = after_silence(can, attempts=message.attempts, looks=message.looks, now=clock.now(), deadline=message.deadline_at)
    if silence.state is MessageState.SENDING:
        message.next_at, message.error, message.carrier_error = silence.next_at, failure, carrier_code
    else:
        await move_message(session, message, silence.state, next_at=silence.next_at, failure=failure, carrier_code=carrier_code)


# --- between the two, without a transaction; then the second ---------------------------------------------------------------------


async def carry_out(database: Database, carrier: Carrier, step: Step) -> None:
    match step:
        case Send():
            if time.monotonic() - step.begun > BEGIN_WITHIN:
                log.warning("message_begun_too_late", message_id=str(step.message_id))
                return  # frozen meanwhile: the row's deadline may be past, and somebody else's turn
            outcome = await _answered(carrier.send(step.outgoing))
            await _write(database, lambda session: _end_send(session, carrier, step, outcome))
        case Find():
            found = await _answered(carrier.find(step.message_id))
            await _write(database, lambda session: _end_find(session, carrier, step, found))
        case Look():
            report = await _answered(carrier.status(step.provider_id))
            if isinstance(report, Delivery):
                await _write(database, lambda session: _end_look(session, step, report))


async def _answered(asked: Awaitable[T]) -> T | MessagingError:
    """The answer, or the error as a value. An adapter's own fault is an unknown outcome too."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            return await asked
    except MessagingError as error:
        return error
    except TimeoutError:
        return OutcomeUnknown(Failure.TIMED_OUT)
    except Exception as error:
        log.warning("carrier_failed", error=type(error).__name__)
        return OutcomeUnknown(Failure.UNCLEAR)


async def _write(database: Database, change: Callable[[AsyncSession], Awaitable[None]]) -> None:
    for left in reversed(range(_WRITES)):
        try:
            async with database.transaction() as session:
                await change(session)
            return
        except (SQLAlchemyError, OSError):
            if not left:
                raise
            await asyncio.sleep(_BETWEEN_WRITES)


async def _lock_attempt(session: AsyncSession, message_id: uuid.UUID, attempt: int) -> Message | None:
    """None when a later attempt has begun, or the row is gone."""
    message = await lock_message(session, message_id)
    return message if message is not None and message.attempts == attempt else None


async def _end_send(session: AsyncSession, carrier: Carrier, step: Send, outcome: Accepted | MessagingError) -> None:
    message = await _lock_attempt(session, step.message_id, step.attempt)
    if message is None:
        return
    now = clock.now()
    if isinstance(outcome, Accepted):
        await take_report(session, message, Delivery(DeliveryStatus.SENT, outcome.provider_id), at=now)
        return
    if message.state not in (MessageState.SENDING, MessageState.UNKNOWN):
        return  # the carrier's news overtook us
    if isinstance(outcome, PermanentFailure):
        await move_message(session, message, MessageState.FAILED, failure=outcome.failure, carrier_code=outcome.carrier_code)
    elif message.state is MessageState.UNKNOWN:
        return
    elif isinstance(outcome, TemporaryFailure):
        after, again = after_refusal(message.attempts, now=now, deadline=message.deadline_at)
        await move_message(session, message, after, next_at=again, failure=outcome.failure, carrier_code=outcome.carrier_code)
    else:
        await _take_silence(session, message, carrier, outcome.failure, outcome.carrier_code)


async def _end_find(session: AsyncSession, carrier: Carrier, step: Find, found: Delivery | MessagingError | None) -> None:
    message = await _lock_attempt(session, step.message_id, step.attempt)
    if message is None or message.state is not MessageState.SENDING or isinstance(found, MessagingError):
        return  # asked again at next_at
    if isinstance(found, Delivery):
        message.looks = 0
        await take_report(session, message, found, at=clock.now())
        return
    after, again = after_refusal(message.attempts, now=clock.now(), deadline=message.deadline_at)
    await move_message(session, message, after, next_at=again, failure=Failure.TIMED_OUT)


async def _end_look(session: AsyncSession, step: Look, report: Delivery) -> None:
    message = await lock_message(session, step.message_id)
    if message is not None:
        await take_report(session, message, report, at=clock.now())
