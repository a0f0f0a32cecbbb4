"""What a request of Twilio's means, its signature being checked already: rows are moved, voice is told, and the document that comes next is answered.

Every function is harmless twice, and none moves a channel back: a status is believed when its number is higher than the last one's and the channel lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.telephony.numbers import clean_number
from callcenter.telephony.twilio import store
from callcenter.telephony.twilio.causes import ENDS, cause_of
from callcenter.telephony.twilio.documents import Documents
from callcenter.telephony.twilio.models import CarrierChannel, CarrierTape, Hears, Sort, Stage, Where

Form = Mapping[str, str]
KEYS = frozenset("0123456789*#ABCD")
PRESS_PREFIX = "tw-"
WITHHELD = frozenset({"+7378742833", "+2562533", "+8566696", "+266696687", "+86282452253"})  # RESTRICTED, BLOCKED, UNKNOWN … on a keypad


async def take_press(session: AsyncSession, documents: Documents, form: Form, at: datetime) -> str:
    """A call comes in. It is a row before Twilio is answered, and rings until somebody claims it."""
    sid = form.get("CallSid", "")
    channel_id = PRESS_PREFIX + sid
    caller = form.get("From", "")
    if await store.add_press(
        session,
        channel_id=channel_id,
        sid=sid,
        caller="" if caller in WITHHELD else clean_number(caller),
        called=clean_number(form.get("To", "")),
        at=at,
    ):
        await store.tell(session, key=f"press:{sid}", kind="press", channel_id=channel_id, at=at)
    return await go_on(session, documents, channel_id, at, first=True)


async def go_on(session: AsyncSession, documents: Documents, channel_id: str, at: datetime, *, first: bool = False) -> str:
    """The call asks what comes next. A press that nobody claimed meanwhile, or whose guard has run out, goes to the fallback."""
    channel = await store.lock_channel(session, channel_id)
    if channel is None or channel.stage is Stage.ENDED:
        return documents.hang_up()
    unclaimed = channel.place is Where.KNOCKING and not first
    unguarded = channel.place is Where.OURS and channel.guard_until is not None and channel.guard_until <= at
    if channel.sort is Sort.PRESS and (unclaimed or unguarded):
        await carry_on(session, channel, at)
    if channel.place is Where.FALLBACK:
        return await fall_back(session, documents, channel, 0)
    return documents.next(channel)


async def carry_on(session: AsyncSession, channel: CarrierChannel, at: datetime) -> None:
    if channel.place is Where.OURS:
        await store.tell(session, key=f"carried:{channel.id}", kind="carried_on", channel_id=channel.id, at=at)
    channel.place, channel.fell_back, channel.hears = Where.FALLBACK, True, Hears.RINGING
    channel.bridge = channel.held_in = ""
    channel.playing = channel.guard_until = None
    channel.change = await store.next_change(session)


async def fall_back(session: AsyncSession, documents: Documents, channel: CarrierChannel, stage: int) -> str:
    accounts, duty = await store.get_fallback(session)
    busy = set(await session.scalars(select(CarrierChannel.answered_by).where(CarrierChannel.ended_at.is_(None))))
    return documents.fallback(channel, [name for name in accounts if name not in busy], duty, stage)


async def dialled(session: AsyncSession, documents: Documents, channel_id: str, form: Form, stage: int, at: datetime) -> str:
    """A step of the fallback is over: somebody has spoken with the caller, or the next is rung."""
    channel = await store.lock_channel(session, channel_id)
    if channel is None or channel.place is not Where.FALLBACK or form.get("DialCallStatus") == "completed":
        return documents.hang_up()
    return await fall_back(session, documents, channel, stage)


async def joined(session: AsyncSession, channel_id: str, who: str, at: datetime) -> None:
    """Somebody has picked up in the fallback; said before the two are put together."""
    channel = await store.lock_channel(session, channel_id)
    if channel is None or channel.place is not Where.FALLBACK or channel.answered_by:
        return
    channel.answered_by, channel.answered_at = who, at
    channel.change = await store.next_change(session)


async def left_message(session: AsyncSession, channel_id: str, form: Form) -> None:
    channel = await store.lock_channel(session, channel_id)
    if channel is not None and form.get("RecordingStatus", "completed") == "completed" and not channel.message_sid:
        channel.message_sid = form.get("RecordingSid", "")[:64]
        channel.change = await store.next_change(session)


async def key_pressed(session: AsyncSession, documents: Documents, channel_id: str, form: Form, step: str, at: datetime) -> str:
    """A key has cut what was being said: that is so with Twilio. What is said next is voice's to choose."""
    channel = await store.lock_channel(session, channel_id)
    digits = form.get("Digits", "")
    if (
        channel is not None
        and channel.stage is not Stage.ENDED
        and channel.place is Where.OURS
        and digits in KEYS
        and await store.tell(session, key=f"key:{channel_id}:{step}", kind="key", channel_id=channel_id, at=at, data={"digit": digits})
    ):
        channel.playing = None
    return await go_on(session, documents, channel_id, at)


async def said(session: AsyncSession, documents: Documents, channel_id: str, playback: str, at: datetime) -> str:
    channel = await store.lock_channel(session, channel_id)
    if channel is not None and channel.playing and channel.playing["id"] == playback:
        channel.playing = None
        await store.tell(
            session, key=f"said:{channel_id}:{playback}", kind="said", channel_id=channel_id, at=at, data={"playback": playback}
        )
    return await go_on(session, documents, channel_id, at)


async def status_told(session: AsyncSession, channel_id: str, form: Form, at: datetime) -> None:
    """Of a call, by Twilio's own numbering. A number that is not higher than the last, and anything after the end, changes nothing."""
    channel = await store.lock_channel(session, channel_id)
    status, number = form.get("CallStatus", ""), form.get("SequenceNumber", "")
    sequence = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
    if channel is None or channel.stage is Stage.ENDED or (sequence <= channel.sequence and status not in ENDS):
        return
    channel.sequence = max(channel.sequence, sequence)
    channel.sid = channel.sid or form.get("CallSid") or None
    if status in ENDS:
        await end(session, channel, cause_of(status, form.get("SipResponseCode", "")).value, at)
    elif channel.sort is Sort.LEG and channel.stage is Stage.RINGING_OUT and status in ("ringing", "in-progress"):
        if status == "in-progress":
            channel.stage = Stage.UP
        await store.tell(session, key=f"status:{channel_id}:{status}", kind=status, channel_id=channel_id, at=at)


async def end(session: AsyncSession, channel: CarrierChannel, cause: str, at: datetime) -> None:
    """Once for each channel. Of one in the fallback the history tells. Precondition: its row is locked."""
    if channel.place is Where.OURS:
        await store.tell(session, key=f"end:{channel.id}", kind="ended", channel_id=channel.id, at=at, data={"cause": cause})
    channel.stage, channel.ended_at, channel.cause = Stage.ENDED, at, cause
    channel.bridge = channel.held_in = ""
    channel.playing = None
    if channel.sort is Sort.PRESS:
        channel.change = await store.next_change(session)


async def tape_told(session: AsyncSession, name: str, form: Form, at: datetime) -> None:
    """A recording of a conversation is over."""
    tape = await session.get(CarrierTape, name, with_for_update=True)
    if tape is None or tape.seconds is not None or form.get("RecordingStatus") not in ("completed", "absent"):
        return
    length = form.get("RecordingDuration", "")
    tape.seconds = float(length) if length.isascii() and length.isdigit() else 0.0
    tape.sid = tape.sid or form.get("RecordingSid", "")[:64]
    await store.tell(
        session, key=f"tape:{name}", kind="tape", channel_id="", at=at, data={"name": name, "ok": form["RecordingStatus"] == "completed"}
    )
