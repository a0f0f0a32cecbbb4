"""The worker's: what only served the moment of a sign-in is deleted."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.access.models import ProviderCode, ProviderFailure, ProviderKey, ProviderPush, ProviderSession
from callcenter.dispatch.access.rules import IDLE, KEYS_KEPT
from callcenter.kit import clock

ENDED_KEPT = timedelta(days=30)


async def sweep_sign_ins(session: AsyncSession) -> None:
    now = clock.now()
    await session.execute(delete(ProviderCode).where(ProviderCode.created_at < now - timedelta(days=1)))
    await session.execute(delete(ProviderFailure).where(ProviderFailure.at < now - timedelta(days=1)))
    await session.execute(delete(ProviderKey).where(ProviderKey.created_at < now - KEYS_KEPT))
    over = (
        (ProviderSession.expires_at < now - ENDED_KEPT)
        | (ProviderSession.ended_at < now - ENDED_KEPT)
        | (ProviderSession.seen_at < now - IDLE - ENDED_KEPT)
    )
    await session.execute(delete(ProviderPush).where(ProviderPush.session_id.in_(select(ProviderSession.id).where(over))))
    await session.execute(delete(ProviderSession).where(over))
