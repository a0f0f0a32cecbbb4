"""All reads of messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.phone import mask, pretty
from callcenter.messaging.actions import index_of
from callcenter.messaging.models import ConsoleLogMessage, Message
from callcenter.messaging.port import About, Channel, Failure
from callcenter.messaging.schemas import MessageLine, TrainingMessage
from callcenter.messaging.states import OVER


async def list_messages(session: AsyncSession, about: About, *, limit: int = 100) -> list[MessageLine]:
    """Newest first."""
    wanted = select(Message).where(Message.about_kind == about.kind, Message.about_id == about.id).order_by(Message.id.desc()).limit(limit)
    return [_line(message) for message in await session.scalars(wanted)]


def _line(message: Message) -> MessageLine:
    return MessageLine(
        id=message.id,
        channel=message.channel,
        to=mask(message.address) if message.channel is Channel.SMS else "",
        template=message.template,
        state=message.state,
        error=message.error,
        created_at=message.created_at,
        sent_at=message.sent_at,
        settled_at=message.settled_at,
        deadline_at=message.deadline_at,
        attempts=message.attempts,
    )


async def list_console_log(session: AsyncSession, *, limit: int = 50) -> list[TrainingMessage]:
    """What the demo's carrier was given, newest first, every word of it."""
    wanted: Sequence[ConsoleLogMessage] = (
        await session.scalars(select(ConsoleLogMessage).order_by(ConsoleLogMessage.at.desc(), ConsoleLogMessage.id.desc()).limit(limit))
    ).all()
    return [TrainingMessage(id=row.id, at=row.at, number=pretty(row.address), text=row.text) for row in wanted]


async def is_gone(session: AsyncSession, address: str) -> bool:
    """Whether the last message to this subscription (push.Subscription.as_text) was answered with "gone": never use it again."""
    last = (
        select(Message.error)
        .where(Message.address_index == index_of(address), Message.state.in_(OVER))
        .order_by(Message.id.desc())
        .limit(1)
    )
    return await session.scalar(last) == Failure.GONE
