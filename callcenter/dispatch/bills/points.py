"""What bills ask of the points scheme. The scheme is above them and is handed in where processes are wired."""

from __future__ import annotations

import uuid
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class Points(Protocol):
    """`key`: the same key is the same deed, once. All in the session's transaction, so that bill and points stand or fall together."""

    async def quote(self, session: AsyncSession, elder_id: uuid.UUID, at_most_fen: int) -> int:
        """What her points may pay now, 0 … `at_most_fen`, in fen. Binds nobody."""
        ...

    async def reserve(self, session: AsyncSession, elder_id: uuid.UUID, store_id: uuid.UUID, fen: int, *, key: str) -> None:
        """Held for this key, for that store; Conflict when they are not there any more."""
        ...

    async def confirm(self, session: AsyncSession, *, key: str) -> None:
        """What was reserved is spent."""
        ...

    async def void(self, session: AsyncSession, elder_id: uuid.UUID, *, key: str) -> None:
        """What was reserved or spent under this key is hers again. Harmless when there was nothing."""
        ...


class NoScheme:
    """Points pay nothing: for a centre without the scheme."""

    async def quote(self, session: AsyncSession, elder_id: uuid.UUID, at_most_fen: int) -> int:
        return 0

    async def reserve(self, session: AsyncSession, elder_id: uuid.UUID, store_id: uuid.UUID, fen: int, *, key: str) -> None:
        raise ValueError("there are no points to reserve")

    async def confirm(self, session: AsyncSession, *, key: str) -> None:
        raise ValueError("there are no points to confirm")

    async def void(self, session: AsyncSession, elder_id: uuid.UUID, *, key: str) -> None:
        return None


def key_of(order_id: uuid.UUID, visit: int) -> str:
    return f"bill:{order_id}:{visit}"
