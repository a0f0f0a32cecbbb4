"""All writes of recordings. A recording that is saved or failed is an event on its case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.models import Call
from callcenter.calls.recordings.files import Kept
from callcenter.calls.recordings.models import CallRecording
from callcenter.calls.recordings.rules import name_of
from callcenter.calls.recordings.states import RECORDING, RecordingState
from callcenter.cases.actions import add_entry, lock_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import Severity
from callcenter.centre.rules import CentreValues
from callcenter.kit import clock
from callcenter.kit.crypto import encrypt
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish

WAVEFORM = "call_recordings.waveform"
AT_ONCE = 200  # of those whose time is over, in one transaction


async def begin_recording(
    session: AsyncSession, *, call_id: uuid.UUID, case_id: uuid.UUID | None, part: int, at: datetime, version: int | None
) -> None:
    """Harmless twice. `version`: of the call, when consoles are to hear of it."""
    values = {"id": new_id(), "call_id": call_id, "case_id": case_id, "name": name_of(call_id, part), "part": part}
    row = pg_insert(CallRecording).values(**values, state=RecordingState.RECORDING, why="", started_at=at, sha256="")
    await session.execute(row.on_conflict_do_nothing())
    if version is not None:
        await publish(session, "call", call_id, {}, version=version)


async def refuse_recording(session: AsyncSession, call_id: uuid.UUID) -> None:
    """Not recorded, or no longer: she has taken her consent back. Told on her case."""
    case_id = await session.scalar(select(Call.case_id).where(Call.id == call_id))
    if case_id is not None:
        await add_entry(session, case_id, "recording_refused", data={"call_id": str(call_id)})
        await touch_case(session, await lock_case(session, case_id))


async def save_recording(session: AsyncSession, centre: CentreValues, *, call_id: uuid.UUID, part: int, kept: Kept) -> bool:
    """The sealed file is there. Harmless twice. False: it is no call of ours, so the PBX's file is not ours to delete."""
    row = await _lock(session, call_id, part, began=clock.now())
    if row is None:
        return False
    if row.state in (RecordingState.SAVED, RecordingState.DELETED):
        return True
    RECORDING.check(row.state, RecordingState.SAVED)
    row.state, row.why, row.ended_at = RecordingState.SAVED, "", clock.now()
    row.seconds, row.size, row.sha256, row.waveform = round(kept.seconds, 2), kept.size, kept.sha256, encrypt(kept.waveform, WAVEFORM)
    await session.flush()
    await renew_ends(session, centre, only=CallRecording.id == row.id)
    await _tell(session, row, "recording_saved", {"seconds": round(kept.seconds, 1)})
    return True


async def fail_recording(session: AsyncSession, *, call_id: uuid.UUID, part: int, why: str) -> None:
    """Nothing is kept. Told once, however often it is tried again."""
    row = await _lock(session, call_id, part, began=clock.now())
    if row is None or row.state != RecordingState.RECORDING:
        return
    row.state, row.why, row.ended_at = RecordingState.FAILED, why, clock.now()
    await session.flush()
    await _tell(session, row, "recording_failed", {"why": why})


async def _lock(session: AsyncSession, call_id: uuid.UUID, part: int, *, began: datetime) -> CallRecording | None:
    """The row, made now when the database was away at its beginning; None when it is nobody's call."""
    call = await session.get(Call, call_id)
    if call is None:
        return None
    wanted = select(CallRecording).where(CallRecording.call_id == call_id, CallRecording.part == part)
    row = (await session.scalars(wanted.with_for_update())).one_or_none()
    if row is None:
        await begin_recording(session, call_id=call_id, case_id=call.case_id, part=part, at=call.answered_at or began, version=None)
        row = (await session.scalars(wanted.with_for_update())).one()
    row.case_id = row.case_id or call.case_id
    return row


async def _tell(session: AsyncSession, row: CallRecording, kind: str, data: dict[str, object]) -> None:
    call = await session.get_one(Call, row.call_id)
    await publish(session, "call", call.id, {}, version=call.version)
    if row.case_id is None:
        return
    about = {"call_id": str(row.call_id), "recording_id": str(row.id), "part": row.part}
    found = await lock_case(session, row.case_id)
    await add_entry(session, row.case_id, kind, data=about | data)
    await touch_case(session, found)


# --- how long ------------------------------------------------------------------------------------------------------------------------


async def renew_ends(
    session: AsyncSession,
    centre: CentreValues,
    *,
    with_orders: Select[tuple[uuid.UUID]] | None = None,
    only: ColumnElement[bool] | None = None,
) -> None:
    """Until when each is kept, by what the centre has set now: the longest of what applies. `with_orders`: cases that have orders."""
    is_e0 = or_(
        CallRecording.case_id.in_(select(Case.id).where(Case.severity == Severity.E0)),
        CallRecording.call_id.in_(select(Call.id).where(Call.severity == Severity.E0)),
    )
    ends = [centre.number("recordings_kept"), case((is_e0, centre.number("recordings_kept_sos")), else_=0)]
    if with_orders is not None:
        ends.append(case((CallRecording.case_id.in_(with_orders), centre.number("recordings_kept_orders")), else_=0))
    end = CallRecording.started_at + func.make_interval(0, 0, 0, func.greatest(*ends).cast(CallRecording.part.type))
    statement = update(CallRecording).where(CallRecording.state == RecordingState.SAVED, CallRecording.keep_until.is_distinct_from(end))
    statement = statement.where(only) if only is not None else statement
    await session.execute(statement.values(keep_until=end).execution_options(synchronize_session=False))


async def lock_due(session: AsyncSession, now: datetime) -> Sequence[CallRecording]:
    """Whose time is over; their files go next, then `mark_deleted`, in the same transaction."""
    due = select(CallRecording).where(CallRecording.state == RecordingState.SAVED, CallRecording.keep_until <= now)
    return (await session.scalars(due.order_by(CallRecording.keep_until).limit(AT_ONCE).with_for_update(skip_locked=True))).all()


async def mark_deleted(session: AsyncSession, actor: Actor, row: CallRecording, now: datetime) -> None:
    RECORDING.check(row.state, RecordingState.DELETED)
    row.state, row.deleted_at, row.waveform = RecordingState.DELETED, now, None
    await audit(session, actor, "recording:deleted", row.id, purpose="retention")
