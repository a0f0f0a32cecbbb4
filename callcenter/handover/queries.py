"""All reads of hand-overs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.ownership import may_give
from callcenter.cases.queries import list_open_cases, list_open_tasks
from callcenter.cases.states import Severity
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import get_elder_summaries
from callcenter.handover.models import Handover, HandoverSignature
from callcenter.handover.schemas import Content, Draft, HandoverCase, HandoverElder, HandoverHead, HandoverTask, HandoverView
from callcenter.handover.states import HandoverState
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import mask

_GRAVEST = list(Severity)
LATE = timedelta(minutes=30)
OF_NOTE = timedelta(days=30)  # elders away or in hospital who called since


async def list_handovers(session: AsyncSession, limit: int = 50) -> list[HandoverHead]:
    """Newest first."""
    rows = (await session.scalars(select(Handover).order_by(Handover.opened_at.desc()).limit(limit))).all()
    names = await _names(session, [i for row in rows for i in (row.leaving_id, row.arriving_id)])
    return [head_of(row, names) for row in rows]


async def get_view(session: AsyncSession, actor: Actor, handover_id: uuid.UUID) -> HandoverView:
    handover = await session.get(Handover, handover_id, populate_existing=True)
    if handover is None:
        raise NotFound("no such hand-over")
    names = await _names(session, [handover.leaving_id, handover.arriving_id])
    signed = (await session.scalars(select(HandoverSignature).where(HandoverSignature.handover_id == handover_id))).all()
    by_kind = {signature.kind: signature for signature in signed}
    content: Content | None = None
    if handover.state != HandoverState.DRAFT:
        content = Content.model_validate(by_kind["leaving"].content)
    elif handover.leaving_id == actor.id:
        content = await put_together(session, actor, Draft.model_validate(handover.draft or {}))
    arriving = by_kind.get("arriving")
    return HandoverView(
        **head_of(handover, names).model_dump(),
        content=content,
        arriving_remark=str(arriving.content.get("remark", "")) if arriving else "",
        digest=by_kind["leaving"].digest if "leaving" in by_kind else "",
    )


def head_of(handover: Handover, names: dict[uuid.UUID, str]) -> HandoverHead:
    waits_since = handover.signed_at or handover.opened_at
    return HandoverHead(
        id=handover.id,
        version=handover.version,
        state=handover.state,
        leaving_id=handover.leaving_id,
        leaving_name=names.get(handover.leaving_id, ""),
        arriving_id=handover.arriving_id,
        arriving_name=names.get(handover.arriving_id, "") if handover.arriving_id else "",
        opened_at=handover.opened_at,
        signed_at=handover.signed_at,
        accepted_at=handover.accepted_at,
        late=handover.state != HandoverState.ACCEPTED and waits_since <= clock.now() - LATE,
    )


async def put_together(session: AsyncSession, actor: Actor, draft: Draft) -> Content:
    """The floor as it is now, with what the leaving lead has said of it."""
    cases = await list_open_cases(session, 500)
    tasks = await list_open_tasks(session)
    return Content(
        cases=await _cases(session, actor, cases, tasks, draft),
        tasks=await _tasks(session, tasks),
        elders=await _elders(session, draft),
        remarks=draft.remarks,
    )


async def _cases(session: AsyncSession, actor: Actor, cases: Sequence[Case], tasks: Sequence[CaseTask], draft: Draft) -> list[HandoverCase]:
    said = {one.case_id: one for one in draft.cases}
    names = await _names(session, [*(c.owner_id for c in cases), *(one.to for one in draft.cases)])
    elders = await get_elder_summaries(session, {c.elder_id for c in cases if c.elder_id})
    due = {task.case_id: task.due_at for task in reversed(tasks)}  # the earliest stays
    found = []
    for case in cases:
        one, elder = said.get(case.id), elders.get(case.elder_id) if case.elder_id else None
        found.append(
            HandoverCase(
                case_id=case.id,
                number=case.number,
                severity=case.severity,
                state=case.state,
                opened_at=case.opened_at,
                due_at=due.get(case.id) or (case.deadline_at if case.owner_id is None else None),
                owner_id=case.owner_id,
                owner_name=names.get(case.owner_id, "") if case.owner_id else "",
                elder_name=elder.name if elder else "",
                place=elder.place if elder else "",
                movable=may_give(actor, case),
                decision=one.decision if one else None,
                to=one.to if one else None,
                to_name=names.get(one.to, "") if one and one.to else "",
                note=one.note if one else "",
            )
        )
    return sorted(found, key=lambda c: (_GRAVEST.index(c.severity), c.opened_at))


async def _tasks(session: AsyncSession, tasks: Sequence[CaseTask]) -> list[HandoverTask]:
    elders = await get_elder_summaries(session, {t.elder_id for t in tasks if t.elder_id})
    numbers = {
        row.id: row.number for row in await session.execute(select(Case.id, Case.number).where(Case.id.in_({t.case_id for t in tasks})))
    }
    return [
        HandoverTask(
            task_id=task.id,
            case_number=numbers.get(task.case_id, ""),
            elder_name=elders[task.elder_id].name if task.elder_id in elders else "",
            caller_number=mask(task.number),
            due_at=task.due_at,
            attempts=task.attempts,
        )
        for task in tasks
    ]


async def _elders(session: AsyncSession, draft: Draft) -> list[HandoverElder]:
    """Who is away or in hospital and has called in the last month; and whom she has chosen."""
    said = {one.elder_id: one.note for one in draft.elders}
    recent = select(Case.elder_id).where(Case.opened_at > clock.now() - OF_NOTE, Case.elder_id.is_not(None))
    away = select(Elder.id).where(Elder.presence.in_((Presence.AWAY, Presence.IN_HOSPITAL)), Elder.id.in_(recent)).limit(50)
    summaries = await get_elder_summaries(session, {*(await session.scalars(away)), *said})
    found = [
        HandoverElder(elder_id=e.id, name=e.name, place=e.place, presence=e.presence, chosen=e.id in said, note=said.get(e.id, ""))
        for e in summaries.values()
    ]
    return sorted(found, key=lambda e: (e.presence != Presence.IN_HOSPITAL, e.place, e.name, str(e.elder_id)))


async def _names(session: AsyncSession, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    wanted = {i for i in ids if i}
    return {row.id: row.name for row in await session.execute(select(User.id, User.name).where(User.id.in_(wanted)))} if wanted else {}
