"""The rows of what lives at Twilio. `public` moves a channel by what Twilio tells, under its row lock; voice writes what it wants there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, delete, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.telephony.twilio.models import CarrierChannel, CarrierEvent, CarrierFallback, CarrierTape, Sort, Stage, Where

WAKE = "onekey_carrier"  # NOTIFY
_CHANGES = 0x7717  # transaction-scoped advisory lock: changes are numbered in the order in which they are committed
FALLBACK = 1


async def tell(session: AsyncSession, *, key: str, kind: str, channel_id: str, at: datetime, data: dict[str, Any] | None = None) -> bool:
    """News for voice. False: it was told before."""
    row = pg_insert(CarrierEvent).values(key=key, kind=kind, channel_id=channel_id, data=data or {}, at=at)
    told = await session.execute(row.on_conflict_do_nothing(index_elements=["key"]).returning(CarrierEvent.id))
    if told.first() is None:
        return False
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE})
    return True


async def take_untold(session: AsyncSession) -> list[tuple[str, str, dict[str, Any], datetime]]:
    """(kind, channel, data, at), in order; they are told with this transaction."""
    rows = await session.execute(
        update(CarrierEvent)
        .where(~CarrierEvent.told)
        .values(told=True)
        .returning(CarrierEvent.id, CarrierEvent.kind, CarrierEvent.channel_id, CarrierEvent.data, CarrierEvent.at)
        .execution_options(synchronize_session=False)
    )
    return [(kind, channel_id, data, at) for _, kind, channel_id, data, at in sorted(rows.all(), key=lambda row: row[0])]


async def lock_channel(session: AsyncSession, channel_id: str) -> CarrierChannel | None:
    found = select(CarrierChannel).where(CarrierChannel.id == channel_id).with_for_update().execution_options(populate_existing=True)
    return (await session.execute(found)).scalar_one_or_none()


async def add_press(session: AsyncSession, *, channel_id: str, sid: str, caller: str, called: str, at: datetime) -> bool:
    """False: known, for Twilio asks again when our answer was lost."""
    row = pg_insert(CarrierChannel).values(
        id=channel_id, sid=sid, sort=Sort.PRESS, place=Where.KNOCKING, stage=Stage.RINGING_IN, hears="ringing", caller=caller, called=called,
        bridge="", held_in="", muted=False, sequence=-1, created_at=at, cause="", fell_back=False, answered_by="", message_sid="",
        change=await next_change(session),
    )  # fmt: skip
    return (await session.execute(row.on_conflict_do_nothing().returning(CarrierChannel.id))).first() is not None


async def next_change(session: AsyncSession) -> int:
    """Held until the commit, so that a history read up to a number misses none below it."""
    await session.execute(select(func.pg_advisory_xact_lock(_CHANGES)))
    found = await session.scalar(select(func.coalesce(func.max(CarrierChannel.change), literal(0, BigInteger))))
    return int(found or 0) + 1


async def claim_press(session: AsyncSession, channel_id: str, *, guard_until: datetime) -> bool:
    claimed = await session.execute(
        update(CarrierChannel)
        .where(CarrierChannel.id == channel_id, CarrierChannel.place == Where.KNOCKING, CarrierChannel.ended_at.is_(None))
        .values(place=Where.OURS, guard_until=guard_until)
        .returning(CarrierChannel.id)
    )
    return claimed.first() is not None


async def list_live(session: AsyncSession) -> Sequence[CarrierChannel]:
    found = select(CarrierChannel).where(CarrierChannel.ended_at.is_(None)).order_by(CarrierChannel.created_at)
    return (await session.execute(found.execution_options(populate_existing=True))).scalars().all()


async def list_presses_since(session: AsyncSession, change: int) -> tuple[Sequence[CarrierChannel], int]:
    """Those that changed after it, and those that are still there; and the last change."""
    open_or_new = or_(CarrierChannel.change > change, CarrierChannel.ended_at.is_(None))
    rows = (
        (
            await session.execute(
                select(CarrierChannel).where(CarrierChannel.sort == Sort.PRESS, open_or_new).order_by(CarrierChannel.change)
            )
        )
        .scalars()
        .all()
    )
    return rows, max([change, *(row.change for row in rows)])


async def set_fallback(session: AsyncSession, accounts: list[str], duty: list[str]) -> None:
    row = pg_insert(CarrierFallback).values(id=FALLBACK, accounts=accounts, duty=duty)
    await session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"accounts": accounts, "duty": duty}))


async def get_fallback(session: AsyncSession) -> tuple[list[str], list[str]]:
    row = await session.get(CarrierFallback, FALLBACK)
    return (list(row.accounts), list(row.duty)) if row else ([], [])


async def list_tapes(session: AsyncSession) -> Sequence[CarrierTape]:
    return (await session.execute(select(CarrierTape).order_by(CarrierTape.name))).scalars().all()


async def forget_old(session: AsyncSession, *, ended_before: datetime) -> None:
    """Numbers are kept no longer than the call's history is asked for; the newest press stays, for changes are numbered on from it."""
    newest = select(func.max(CarrierChannel.change)).scalar_subquery()
    await session.execute(delete(CarrierChannel).where(CarrierChannel.ended_at < ended_before, CarrierChannel.change < newest))
    await session.execute(delete(CarrierEvent).where(CarrierEvent.told, CarrierEvent.at < ended_before))
