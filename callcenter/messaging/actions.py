"""All writes on messages but the sending itself (sending.py)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only
from sqlalchemy.sql.base import ExecutableOption

from callcenter.kit import clock, trace
from callcenter.kit.crypto import index
from callcenter.kit.errors import Invalid, TooMany
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.kit.phone import normalise
from callcenter.messaging.models import ConsoleLogMessage, InboundText, Message
from callcenter.messaging.port import About, Channel, Delivery, DeliveryStatus, Failure
from callcenter.messaging.push import parse_subscription
from callcenter.messaging.rules import LOOK_GAPS, after_report, look_again, takes_texts, wait_for_limits
from callcenter.messaging.states import MESSAGE, OVER, MessageState
from callcenter.messaging.templates import get_template, signed
from callcenter.settings import get_settings

log = structlog.get_logger()
# whoever hears carriers may read neither what was said nor to whom (migrations/public_role.py)
_WITHOUT_WORDS = load_only(
    Message.state, Message.carrier, Message.provider_id, Message.template, Message.about_kind, Message.about_id, Message.looks, Message.next_at,
    Message.error, Message.carrier_error, Message.sent_at, Message.settled_at, Message.trace, raiseload=True,
)  # fmt: skip
WAKE_SENDER = "onekey_messages"  # NOTIFY channel


def index_of(address: str) -> str:
    return index(address, "messages.address")


async def queue_message(
    session: AsyncSession,
    *,
    dedupe_key: str,
    channel: Channel,
    to: str,
    template: str,
    params: Mapping[str, str],
    about: About,
    deadline: datetime,
    due_at: datetime | None = None,
) -> uuid.UUID:
    """In the caller's transaction; sent when that has committed. The same `dedupe_key` again, also from elsewhere at the same moment, is the message
    that stands there already, whatever else is given.

    `dedupe_key`, `about`: ids and words of ours; kept as they are, so nothing private. `to`: any written form of a mobile number; a push subscription as
    JSON. Invalid `no_mobile_number`, `bad_subscription`. TooMany for a template with a limit. After `deadline` it is not sent any more, nor before `due_at`.
    """
    known = await session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key))
    if known is not None:
        return known
    now = clock.now()
    address = checked_address(channel, to)
    if get_template(template).limited:
        await _keep_limits(session, dedupe_key, template, index_of(address), now)
    due = max(due_at, now) if due_at else now
    row = _row(dedupe_key, channel, address, template=template, params=params, about=about, now=now, due=due, deadline=deadline)
    made = pg_insert(Message).values(row).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Message.id)
    message_id = await session.scalar(made)
    if message_id is None:  # somebody else's, committed while we waited for it
        return (await session.execute(select(Message.id).where(Message.dedupe_key == dedupe_key))).scalar_one()
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_SENDER})
    return message_id


async def queue_for_all(
    session: AsyncSession,
    to: Mapping[str, str],
    *,
    channel: Channel,
    template: str,
    params: Mapping[str, str],
    about: About,
    deadline: datetime,
) -> set[str]:
    """The same words to several, in one journey. `to`: dedupe key → address. Returns the keys whose address takes such messages; the rest are
    left out without an error. As with `queue_message`, a key that is known sends nothing more. Not for templates with a limit.
    """
    if get_template(template).limited:
        raise ValueError(f"{template} is limited: one by one")
    now, rows = clock.now(), {}
    for key, address in to.items():
        with suppress(Invalid):
            checked = checked_address(channel, address)
            rows[key] = _row(key, channel, checked, template=template, params=params, about=about, now=now, due=now, deadline=deadline)
    if rows:
        await session.execute(pg_insert(Message).values(list(rows.values())).on_conflict_do_nothing(index_elements=["dedupe_key"]))
        await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_SENDER})
    return set(rows)


def _row(
    dedupe_key: str,
    channel: Channel,
    address: str,
    *,
    template: str,
    params: Mapping[str, str],
    about: About,
    now: datetime,
    due: datetime,
    deadline: datetime,
) -> dict[str, Any]:
    said = get_template(template).render(params)
    return {
        "id": new_id(),
        "dedupe_key": dedupe_key,
        "channel": channel,
        "address": address,
        "address_index": index_of(address),
        "template": template,
        "params": dict(params),
        "text": signed(said, get_settings().sms_signature) if channel is Channel.SMS else said,
        "about_kind": about.kind,
        "about_id": about.id,
        "created_at": now,
        "due_at": due,
        "next_at": due,
        "deadline_at": deadline,
        "trace": trace.bound(),
    }


def checked_address(channel: Channel, to: str) -> str:
    """One form for every written one, so that it is found again by its index."""
    settings = get_settings()
    if channel is Channel.PUSH:
        return parse_subscription(to, settings).as_text()
    number = normalise(to, settings)
    if number is None or not takes_texts(number):
        raise Invalid("this number takes no text messages", code="no_mobile_number")
    return number.value


async def _keep_limits(session: AsyncSession, dedupe_key: str, template: str, address_index: str, now: datetime) -> None:
    """One at a time for each address: two that ask at once are counted one after the other."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"message:{address_index}", 0))))
    sent = await session.scalars(
        select(Message.created_at).where(
            Message.address_index == address_index,
            Message.template == template,
            Message.created_at > now - timedelta(days=1),
            Message.dedupe_key != dedupe_key,  # the same one, committed while we waited: no second
        )
    )
    if wait := wait_for_limits(sent.all(), now):
        raise TooMany("too many messages to this number", details={"wait_seconds": int(wait.total_seconds()) + 1})


async def lock_message(session: AsyncSession, message_id: uuid.UUID, *options: ExecutableOption) -> Message | None:
    found = select(Message).where(Message.id == message_id).with_for_update().execution_options(populate_existing=True).options(*options)
    message = (await session.execute(found)).scalar_one_or_none()
    if message is not None and message.trace is not None:
        trace.bind(message.trace)
    return message


async def move_message(
    session: AsyncSession,
    message: Message,
    to: MessageState,
    *,
    next_at: datetime | None = None,
    failure: Failure | None = None,
    carrier_code: str = "",
    at: datetime | None = None,
) -> None:
    """Precondition: `message` is locked. `at`: when it happened, by whoever tells."""
    MESSAGE.check(message.state, to)
    now = clock.now()
    at = min(at or now, now)
    message.state, message.next_at = to, next_at
    message.error, message.carrier_error = failure or "", carrier_code
    if to in (MessageState.SENT, MessageState.DELIVERED):
        message.sent_at = message.sent_at or at
    if to in OVER:
        message.settled_at = at
    if to in (MessageState.FAILED, MessageState.EXPIRED, MessageState.UNKNOWN):
        log.warning("message_not_sent", message_id=str(message.id), template=message.template, state=to, error=message.error)
    await session.flush()
    trace.noted(session, "message", message=message.id, template=message.template, what=to)
    news = {"state": to, "error": message.error, "about_kind": message.about_kind, "about_id": message.about_id}
    await publish(session, "message", message.id, news)


async def withdraw_message(session: AsyncSession, dedupe_key: str) -> bool:
    """What has not begun to go out is not sent any more. False: it has, or there is none."""
    message_id = await session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key))
    message = await lock_message(session, message_id) if message_id else None
    if message is None or message.state is not MessageState.QUEUED:
        return False
    await move_message(session, message, MessageState.EXPIRED)
    return True


async def record_delivery(
    session: AsyncSession,
    *,
    carrier: str,
    provider_id: str,
    status: DeliveryStatus,
    at: datetime,
    message_id: uuid.UUID | None = None,
    carrier_code: str = "",
) -> bool:
    """A carrier's news of a message, known by the carrier's id or by ours (news may overtake our own commit). Harmless twice and in any order.
    False: no such message of this carrier."""
    by_theirs = (
        select(Message.id).where(Message.carrier == carrier, Message.provider_id == provider_id).order_by(Message.id.desc()).limit(1)
    )
    known = (await session.scalar(by_theirs) if provider_id else None) or message_id
    message = await lock_message(session, known, _WITHOUT_WORDS) if known else None
    if message is None or message.carrier != carrier:
        return False
    if message.provider_id and provider_id and message.provider_id != provider_id:
        return False
    await take_report(session, message, Delivery(status, provider_id, carrier_code), at=at)
    return True


async def take_report(session: AsyncSession, message: Message, report: Delivery, *, at: datetime) -> None:
    """Precondition: `message` is locked."""
    message.provider_id = message.provider_id or report.provider_id
    new = after_report(message.state, report.status)
    if new is None:
        return
    failure = Failure.UNDELIVERED if new is MessageState.FAILED else None
    look_at = look_again(message.looks, LOOK_GAPS, now=clock.now()) if new is MessageState.SENT else None
    await move_message(session, message, new, next_at=look_at, failure=failure, carrier_code=report.carrier_code, at=at)


async def forget_texts(session: AsyncSession, *, before: datetime) -> int:
    """Of what is over; the rows stay, and say when what was sent about what. Returns how many."""
    old = update(Message).where(Message.created_at < before, Message.text.is_not(None), Message.state.in_(OVER | {MessageState.SENT}))
    done = await session.execute(old.values(text=None, params=None).returning(Message.id))
    came = update(InboundText).where(InboundText.received_at < before, InboundText.text.is_not(None), InboundText.settled_at.is_not(None))
    await session.execute(came.values(text=None))
    await session.execute(delete(ConsoleLogMessage).where(ConsoleLogMessage.at < before))
    return len(done.all())
