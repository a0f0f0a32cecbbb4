"""Emergencies as they are shown on every console: masked, the same for everybody. Whole they are seen with their case."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.queries import get_users
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import PartyRole
from callcenter.elders.queries import get_elder_summaries
from callcenter.emergency.ladder.models import Ladder
from callcenter.emergency.ladder.queries import attempts_of, ladders_of
from callcenter.emergency.ladder.schemas import AttemptView, LadderView, Rung
from callcenter.emergency.models import Emergency
from callcenter.emergency.queries import list_pictures
from callcenter.emergency.schemas import AlarmView, DeadlineView, EmergencyView
from callcenter.emergency.states import EmergencyState


async def emergency_views(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, EmergencyView]:
    """`None`: all open ones. Those named come also when they are closed."""
    pictures = await list_pictures(session, ids)
    cases = [picture.case for picture in pictures.values()]
    elders = await get_elder_summaries(session, {case.elder_id for case in cases if case.elder_id})
    people = {i for p in pictures.values() for i in (p.case.owner_id, p.emergency.watcher_id) if i}
    names = {user_id: user.name for user_id, user in (await get_users(session, people)).items()}
    answered = await _answered(session, [case.id for case in cases])
    attempts, ladders = await attempts_of(session, pictures), await ladders_of(session, pictures)
    found = {}
    for picture in pictures.values():
        one, case = picture.emergency, picture.case
        elder = elders.get(case.elder_id) if case.elder_id else None
        found[one.id] = EmergencyView(
            id=one.id,
            version=one.version,
            case_id=case.id,
            case_number=case.number,
            kind=one.kind,
            state=one.state,
            elder_name=elder.name if elder else "",
            place=elder.place if elder else "",
            presses=case.presses,
            pressed_at=one.pressed_at,
            opened_at=one.opened_at,
            answered_at=answered.get(case.id),
            owner_id=case.owner_id,
            owner_name=names.get(case.owner_id, "") if case.owner_id else "",
            watcher_id=one.watcher_id,
            watcher_name=names.get(one.watcher_id, "") if one.watcher_id else "",
            watching_since=one.watching_since,
            deadlines=[DeadlineView.model_validate(d, from_attributes=True) for d in picture.deadlines],
            ladder=ladder_view(ladders.get(one.id)),
            attempts=[AttemptView.model_validate(a, from_attributes=True) for a in attempts.get(one.id, ())],
            alarms=[AlarmView.model_validate(a, from_attributes=True) for a in picture.alarms],
        )
    return found


def ladder_view(ladder: Ladder | None) -> LadderView | None:
    if ladder is None:
        return None
    rungs = [Rung.model_validate(rung) for rung in ladder.rungs]
    return LadderView(round=ladder.round, rungs=rungs, rung=ladder.rung, state=ladder.state, due_at=ladder.due_at)


async def live_emergency_views(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, EmergencyView]:
    """What is closed is left out, which is "gone" to every console."""
    return {i: view for i, view in (await emergency_views(session, ids)).items() if view.state is EmergencyState.OPEN}


async def emergencies_of_cases(session: AsyncSession, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Case → its emergency. A view tells of the case too (owner, presses), so it is shown anew when the case has changed."""
    rows = await session.execute(select(Emergency.case_id, Emergency.id).where(Emergency.case_id.in_(case_ids)))
    return {row.case_id: row.id for row in rows}


async def _answered(session: AsyncSession, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    not_hers = exists().where(CallLeg.call_id == Call.id, CallLeg.channel_id == Call.channel_id, CallLeg.role != PartyRole.ELDER)
    rows = await session.execute(
        select(Call.case_id, func.min(Call.answered_at)).where(Call.case_id.in_(case_ids), ~not_hers).group_by(Call.case_id)
    )
    return {case_id: at for case_id, at in rows if case_id and at}
