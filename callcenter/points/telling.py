"""Text messages to an elder about her points, to her own mobile telephone."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.settings import get_settings

STILL_NEWS = timedelta(hours=12)
LONGEST_NAME = 10  # of a store, so that all of it is one text message


async def mobile_of(session: AsyncSession, elder_id: uuid.UUID) -> str | None:
    """The first of her numbers that takes text messages."""
    settings = get_settings()
    return next((one.e164 for one in await list_numbers(session, elder_id) if takes_texts(normalise(one.e164, settings))), None)


async def text_elder(session: AsyncSession, elder_id: uuid.UUID, template: str, params: dict[str, str], *, key: str, about: str) -> bool:
    """Once for template and key. False: no number of hers takes messages."""
    mobile = await mobile_of(session, elder_id)
    if mobile is not None:
        await queue_message(
            session, dedupe_key=f"{template}:{key}", channel=Channel.SMS, to=mobile, template=template, params=params, about=About(about, key),
            deadline=clock.now() + STILL_NEWS,
        )  # fmt: skip
    return mobile is not None
