"""Reads of what was asked by text message, and of what came back."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from callcenter.messaging.models import InboundText, Message
from callcenter.messaging.states import MessageState
from callcenter.outreach.rules import text_key
from callcenter.outreach.texts.asking import ABOUT


@dataclass(frozen=True, slots=True)
class TextOfPlan:
    state: MessageState
    due_at: datetime
    sent_at: datetime | None
    replies: tuple[InboundText, ...]  # in the order they came


async def texts_of(session: AsyncSession, plan_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, TextOfPlan]:
    """Of those that were written to. Two statements."""
    keys = {text_key(plan_id): plan_id for plan_id in plan_ids}
    hidden = (defer(Message.text), defer(Message.params), defer(Message.address))
    sent = (await session.scalars(select(Message).where(Message.dedupe_key.in_(keys)).options(*hidden))).all()
    if not sent:
        return {}
    ids = [str(keys[message.dedupe_key]) for message in sent]
    came = select(InboundText).where(InboundText.about_kind == ABOUT, InboundText.about_id.in_(ids)).options(defer(InboundText.address))
    replies: dict[str, list[InboundText]] = {}
    for reply in await session.scalars(came.order_by(InboundText.received_at, InboundText.id)):
        replies.setdefault(reply.about_id, []).append(reply)
    found = {}
    for message in sent:
        plan_id = keys[message.dedupe_key]
        found[plan_id] = TextOfPlan(message.state, message.due_at, message.sent_at, tuple(replies.get(str(plan_id), ())))
    return found
