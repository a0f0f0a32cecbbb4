"""`Idempotency-Key`: a console with a bad line may send an action twice; the second gets the first one's answer, and nothing is done again."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit import clock, crypto
from callcenter.kit.db import Base
from callcenter.kit.errors import Conflict, Invalid

M = TypeVar("M", bound=BaseModel)
MAX_KEY = 100
# the header of every POST where twice is not once
IdempotencyKey = Annotated[str | None, Header()]


class IdempotencyRow(Base):
    __tablename__ = "idempotency_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any] | None]


async def once(
    session: AsyncSession,
    user_id: uuid.UUID,
    key: str | None,
    action: str,
    body: BaseModel,
    answer: type[M],
    do: Callable[[], Awaitable[M]],
) -> M:
    """Do it, unless this user has done it under this key. In one transaction with the action: either both stand or neither.

    The same key with another action or another body is a mistake of the sender, told to her: the second is not silently dropped.
    """
    if not key:
        return await do()
    if len(key) > MAX_KEY:
        raise Invalid(f"an Idempotency-Key has at most {MAX_KEY} characters")
    action = f"{action}:{crypto.index(body.model_dump_json(), 'idempotency_keys.action')}"  # a keyed hash: a note is private
    row = pg_insert(IdempotencyRow).values(user_id=user_id, key=key, action=action, created_at=clock.now(), answer=None)
    fresh = (await session.execute(row.on_conflict_do_nothing().returning(IdempotencyRow.key))).first()
    mine = (IdempotencyRow.user_id == user_id) & (IdempotencyRow.key == key)
    if fresh is None:
        known = (await session.execute(select(IdempotencyRow).where(mine))).scalar_one()
        if known.action != action or known.answer is None:
            raise Conflict("this Idempotency-Key was used for something else", code="key_used")
        return answer.model_validate(known.answer)
    result = await do()
    await session.execute(update(IdempotencyRow).where(mine).values(answer=result.model_dump(mode="json")))
    return result
