"""Recorded conversations in their case: a list, a waveform, the sound. Who may see the case whole may hear them, and who spoke on a call may hear that one.

Every hearing, and every refusal, is written down.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission, Role
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.recordings import queries
from callcenter.calls.recordings.actions import WAVEFORM
from callcenter.calls.recordings.files import RATE, WIDTH
from callcenter.calls.recordings.models import CallRecording
from callcenter.calls.recordings.states import RecordingState
from callcenter.cases.models import Case
from callcenter.cases.queries import get_case
from callcenter.console.http import NoAccess, Session, SettingsDep, needs
from callcenter.console.recordings import WAV, asked_part, nothing_there, open_conversation, sound
from callcenter.console.routes.cases import sees_all
from callcenter.console.schemas_recordings import Recordings, RecordingView, Waveform
from callcenter.kit.crypto import decrypt
from callcenter.kit.errors import NotFound

router = APIRouter()
Hearer = Annotated[SignedIn, Depends(needs(Permission.RECORDINGS_HEAR))]


def refusal(case: Case | None) -> NoAccess:
    details = {"elder_id": str(case.elder_id)} if case and case.elder_id else {}
    return NoAccess("no call and no case of yours; break the glass with a reason", details=details)


@router.get("/api/cases/{case_id}/recordings")
async def list_recordings(case_id: uuid.UUID, who: Hearer, session: Session) -> Recordings:
    """Of every call of the case; for somebody who only spoke on some of them, of those."""
    case = await get_case(session, case_id)
    found = await queries.list_of_case(session, case_id)
    people = await queries.list_speakers(session, {call.id for _, call in found})
    if not await sees_all(session, who, case):
        found = [(row, call) for row, call in found if who.user_id in people.get(call.id, {})]
        if not found:
            await audit(session, who.actor, "recording:refused", case_id, purpose=f"case:{case_id}")
            raise refusal(case)
    return Recordings(
        recordings=[
            RecordingView(
                id=row.id,
                call_id=call.id,
                kind=call.kind,
                part=row.part,
                state=row.state,
                why=row.why,
                started_at=row.started_at,
                seconds=row.seconds,
                sha256=row.sha256,
                people=list(people.get(call.id, {}).values()),
                keep_until=row.keep_until,
                deleted_at=row.deleted_at,
            )
            for row, call in found
        ]
    )


async def audible(session: AsyncSession, who: SignedIn, recording_id: uuid.UUID) -> CallRecording:
    """For whom it is, and there. NoAccess is written down."""
    row = await queries.get_recording(session, recording_id)
    case = await get_case(session, row.case_id) if row.case_id else None
    spoke = who.user_id in (await queries.list_speakers(session, [row.call_id])).get(row.call_id, {})
    if not spoke and not (await sees_all(session, who, case) if case else who.actor.role is Role.SUPERVISOR):
        await audit(session, who.actor, "recording:refused", row.id, purpose=f"case:{row.case_id or ''}")
        raise refusal(case)
    if row.state is not RecordingState.SAVED:
        raise NotFound(f"there is nothing to hear: {row.state}", code="no_recording", details={"state": row.state, "why": row.why})
    return row


@router.get(
    "/api/recordings/{recording_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {WAV: {}}},
        206: {"description": "the part that was asked for", "content": {WAV: {}}},
        416: {"description": "no such part"},
    },
)
async def get_audio(
    recording_id: uuid.UUID,
    who: Hearer,
    session: Session,
    settings: SettingsDep,
    wanted: Annotated[str, Header(alias="Range", max_length=200)] = "",
) -> Response:
    """WAV. A Range is answered, so that a player can begin anywhere."""
    row = await audible(session, who, recording_id)
    file = await open_conversation(settings, row.name)
    try:
        part = asked_part(wanted, file.length)
    except ValueError:
        return nothing_there(file)
    details = {"from_s": round(part.start / (RATE * WIDTH))} if part else {}
    await audit(session, who.actor, "recording:heard", row.id, purpose=f"case:{row.case_id or ''}", details=details)
    return sound(file, part)


@router.get("/api/recordings/{recording_id}/waveform")
async def get_waveform(recording_id: uuid.UUID, who: Hearer, session: Session) -> Waveform:
    """How loud it is where; no word of it."""
    row = await audible(session, who, recording_id)
    loudest = decrypt(row.waveform, WAVEFORM) if row.waveform else b""
    return Waveform(seconds=row.seconds or 0.0, peaks=[round(value / 255, 3) for value in loudest])
