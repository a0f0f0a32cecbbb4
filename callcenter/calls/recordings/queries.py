"""All reads of recordings."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.recordings.models import CallRecording
from callcenter.calls.recordings.states import RecordingState
from callcenter.calls.states import CallKind, LegKind
from callcenter.cases.models import Case
from callcenter.cases.states import Severity
from callcenter.elders.consents import list_withdrawn
from callcenter.kit.errors import NotFound

CONSENT = "recording"  # the item of the ledger (elders/consents)


async def get_recording(session: AsyncSession, recording_id: uuid.UUID) -> CallRecording:
    found = await session.get(CallRecording, recording_id)
    if found is None:
        raise NotFound("there is no such recording", code="no_recording")
    return found


async def list_of_case(session: AsyncSession, case_id: uuid.UUID) -> list[tuple[CallRecording, Call]]:
    """In the order in which they were spoken."""
    found = select(CallRecording, Call).join(Call, Call.id == CallRecording.call_id).where(CallRecording.case_id == case_id)
    rows = await session.execute(found.order_by(CallRecording.started_at, CallRecording.part))
    return [(row[0], row[1]) for row in rows]


async def list_open(session: AsyncSession, pbx: str) -> Sequence[CallRecording]:
    """Begun on this PBX, and no end was told."""
    found = select(CallRecording).join(Call, Call.id == CallRecording.call_id)
    return (await session.scalars(found.where(CallRecording.state == RecordingState.RECORDING, Call.pbx == pbx))).all()


async def list_recorded_now(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these calls that are being recorded."""
    if not call_ids:
        return set()
    open_ones = CallRecording.state == RecordingState.RECORDING
    return set(await session.scalars(select(CallRecording.call_id).where(CallRecording.call_id.in_(call_ids), open_ones)))


async def list_refused(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these calls that are not to be recorded: she has taken her consent back, and it is no emergency. Of a number of two people one is enough."""
    if not call_ids:
        return set()
    calm = and_(Call.kind != CallKind.SOS, Call.severity != Severity.E0, func.coalesce(Case.severity, Severity.N2) != Severity.E0)
    rows = await session.execute(
        select(Call.id, Call.elder_id, Case.elder_id.label("of_case"), Call.shared_elder_ids)
        .outerjoin(Case, Case.id == Call.case_id)
        .where(Call.id.in_(call_ids), calm)
    )
    whose = {
        row.id: {one for one in (row.of_case or row.elder_id,) if one} or {uuid.UUID(one) for one in row.shared_elder_ids} for row in rows
    }
    withdrawn = await list_withdrawn(session, {one for elders in whose.values() for one in elders}, CONSENT)
    return {call_id for call_id, elders in whose.items() if elders & withdrawn}


async def list_parts(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The last part of each of these calls that has one."""
    rows = await session.execute(
        select(CallRecording.call_id, CallRecording.part).where(CallRecording.call_id.in_(call_ids)).order_by(CallRecording.part)
    )
    return {row.call_id: row.part for row in rows}


async def list_speakers(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    """Who of ours was on each call: id → name, in the order in which they joined."""
    rows = await session.execute(
        select(CallLeg.call_id, User.id, User.name)
        .join(User, User.id == CallLeg.agent_id)
        .where(CallLeg.call_id.in_(call_ids), CallLeg.answered_at.is_not(None), CallLeg.kind != LegKind.SUPERVISOR)
        .order_by(CallLeg.answered_at)
    )
    found: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    for row in rows:
        found.setdefault(row.call_id, {}).setdefault(row.id, row.name)
    return found
