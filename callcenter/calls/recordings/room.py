"""Whether what is said will still be kept. Who keeps the house hears of it before the disk is full, and once an hour while it lasts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from callcenter.calls.duty.telling import tell_on_duty
from callcenter.calls.recordings.models import CallRecording
from callcenter.calls.recordings.states import RecordingState
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.room import rooms_of
from callcenter.settings import Settings

log = structlog.get_logger()
LATELY = timedelta(hours=1)
NO_ROOM = ("disk_full", "not_kept")  # why nothing was kept, when it is the disk's doing


async def watch_room(database: Database, settings: Settings) -> str:
    """What was told, in the words of the text message; empty: all is well. A recording that was kept after all counts no more."""
    rooms = await asyncio.to_thread(rooms_of, settings.recordings, settings.home)
    least = min((room.free for room in rooms if room.is_short), default=None)
    now = clock.now()
    async with database.transaction() as session:
        lost = CallRecording.state == RecordingState.FAILED, CallRecording.why.in_(NO_ROOM), CallRecording.ended_at > now - LATELY
        count = await session.scalar(select(func.count()).select_from(CallRecording).where(*lost)) or 0
        if count:
            what = f"磁盘满了或写不进去，{count}段录音还没存下"
        elif least is not None:
            what = f"磁盘快满了，只剩{least / 1e9:.1f}GB"
        else:
            return ""
        log.error("room_short", not_kept=count, free=least)
        await tell_on_duty(session, settings, key=f"room:{now:%Y%m%dT%H}", template="room_short", what=what, about=("room", ""))
        return what
