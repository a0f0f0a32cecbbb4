"""`Idempotency-Key`: whoever has a bad line may send an action twice; the second gets the first one's answer, and nothing is done again."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, Invalid, Recorded

M = TypeVar("M", bound=BaseModel)
MAX_KEY = 100
_REFUSED = "refused"
# the header of every POST where twice is not once
IdempotencyKey = Annotated[str | None, Header()]


class KeyRow:
    """The columns of a table of keys; each kind of people has one, with `owner` naming its column of who sent it, the first of the primary key."""

    owner: ClassVar[str]

    key: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any] | None]


async def once_of(
    session: AsyncSession,
    table: type[KeyRow],
    owner_id: uuid.UUID,
    key: str | None,
    action: str,
    body: BaseModel,
    answer: type[M],
    do: Callable[[], Awaitable[M]],
) -> M:
    """Do it, unless this person has done it under this key. In one transaction with the action: either both stand or neither.

    A refusal that is written down (a counted wrong code) is kept and told again, and not counted a second time.
    The same key with another action or another body is a mistake of the sender, told to her: the second is not silently dropped.
    """
    if not key:
        return await do()
    if len(key) > MAX_KEY:
        raise Invalid(f"an Idempotency-Key has at most {MAX_KEY} characters")
    action = f"{action}:{crypto.index(body.model_dump_json(), 'idempotency_keys.action')}"  # a keyed hash: a note is private
    row = pg_insert(table).values({table.owner: owner_id, "key": key, "action": action, "created_at": clock.now(), "answer": None})
    fresh = (await session.execute(row.on_conflict_do_nothing().returning(table.key))).first()
    mine = (getattr(table, table.owner) == owner_id) & (table.key == key)
    if fresh is None:
        known = (await session.execute(select(table.action, table.answer).where(mine))).one()
        if known.action != action or known.answer is None:
            raise Conflict("this Idempotency-Key was used for something else", code="key_used")
        if _REFUSED in known.answer:
            raise _again(known.answer[_REFUSED])
        return answer.model_validate(known.answer)
    try:
        result = await do()
    except Recorded as error:
        told = {"status": error.status, "code": error.code, "message": error.message, "details": error.details}
        await session.execute(update(table).where(mine).values(answer={_REFUSED: told}))
        raise
    await session.execute(update(table).where(mine).values(answer=result.model_dump(mode="json")))
    return result


def _again(told: dict[str, Any]) -> Recorded:
    error = Recorded(told["message"], code=told["code"], details=told["details"])
    error.status = told["status"]
    return error
