"""The console's table of idempotency keys (kit.idempotency)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base
from callcenter.kit.idempotency import IdempotencyKey, KeyRow, once_of

__all__ = ["IdempotencyKey", "IdempotencyRow", "once"]
M = TypeVar("M", bound=BaseModel)


class IdempotencyRow(KeyRow, Base):
    __tablename__ = "idempotency_keys"
    owner = "user_id"

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-1)


async def once(
    session: AsyncSession,
    user_id: uuid.UUID,
    key: str | None,
    action: str,
    body: BaseModel,
    answer: type[M],
    do: Callable[[], Awaitable[M]],
) -> M:
    """Do it, unless this user has done it under this key."""
    return await once_of(session, IdempotencyRow, user_id, key, action, body, answer, do)
