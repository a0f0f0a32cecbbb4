from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission, Role
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.models import Call
from callcenter.calls.outcomes import checked_outcome
from callcenter.calls.states import LIVE, CallState
from callcenter.cases import actions, locks, queries
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import TaskState
from callcenter.console import views
from callcenter.console.calling import started
from callcenter.console.http import Desk, NoAccess, Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.recordings import read_recording
from callcenter.console.schemas import (
    AddNote,
    AttachElder,
    CaseDetail,
    CaseHolder,
    CaseSummary,
    CommandOutcome,
    FinishTask,
    StartedCall,
    TimelineEntry,
    WrapUp,
)
from callcenter.elders.access import may_see_all, whole_for
from callcenter.elders.actions import learn_number
from callcenter.elders.models import NumberSource
from callcenter.elders.queries import get_elder, get_elder_cards
from callcenter.elders.schemas import ElderCard
from callcenter.emergency.actions import settle_emergency
from callcenter.kit.errors import Conflict, Forbidden, Invalid
from callcenter.kit.outbox import publish
from callcenter.outreach.queries import has_open_complaint

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CASES_WRITE))]
Worker = Annotated[SignedIn, Depends(needs(Permission.TASKS_WORK))]


async def sees_all(session: AsyncSession, who: SignedIn, case: Case) -> bool:
    """Owner, or on the case's live call, or who may see all of its elder; while nobody knows whose it is, every supervisor."""
    if await is_hers(session, who, case):
        return True
    if case.elder_id is None:
        return who.actor.role is Role.SUPERVISOR
    return await may_see_all(session, who.actor, case.elder_id)


async def is_hers(session: AsyncSession, who: SignedIn, case: Case) -> bool:
    """She owns it, or is on its live call."""
    if case.owner_id == who.user_id:
        return True
    facts = await views.call_facts(
        session, (await session.execute(select(Call.id).where(Call.case_id == case.id, Call.state.in_(LIVE)))).scalars().all()
    )
    return any(who.user_id in f.seen_by for f in facts.values())


async def case_detail(session: AsyncSession, who: SignedIn, case: Case) -> CaseDetail:
    """Masked for whoever has no business with it: then no words of the timeline, no health."""
    full = await sees_all(session, who, case)
    facts = (await views.case_facts(session, [case]))[0]
    calls = (await session.execute(select(Call).where(Call.case_id == case.id).order_by(Call.received_at.desc()))).scalars().all()
    live = await views.call_facts(session, [c.id for c in calls if c.state in LIVE])
    shared_ids = [uuid.UUID(e) for c in calls[:1] for e in c.shared_elder_ids] if case.elder_id is None else []
    cards = await cards_of(session, who, case, [case.elder_id] if case.elder_id else shared_ids, full=full)
    entries = await queries.list_entries(session, case.id)
    last = await queries.list_last_cases(session, elder_id=case.elder_id, caller_key=case.caller_key, but=case.id)
    tasks = await views.task_views(session, [t.id for t in await queries.list_tasks_of_case(session, case.id)])
    summary = facts.full if full else facts.masked
    held = await locks.get_held(session, case.id, talking=talking_on(calls))
    return CaseDetail(
        **summary.model_dump(),
        linked_case_id=case.linked_case_id,
        elder=cards[0] if case.elder_id and cards else None,
        shared=[] if case.elder_id else cards,
        entries=[
            TimelineEntry(id=e.id, at=e.at, kind=e.kind, actor_name=e.actor_name, text=e.text if full else "", data=e.data if full else {})
            for e in entries
        ],
        call=next((v for f in live.values() if (v := f.for_reader(who.user_id)) is not None), None),
        holder=CaseHolder(user_id=held.user_id, name=held.name, until=held.until) if held else None,
        tasks=list(tasks.values()),
        last_cases=[f.full if full else f.masked for f in await views.case_facts(session, last)],
    )


async def cards_of(session: AsyncSession, who: SignedIn, case: Case, elder_ids: list[uuid.UUID], *, full: bool) -> list[ElderCard]:
    """In the order asked for. Of those whom a number may mean, a supervisor who only looks in sees those of her regions whole."""
    because: dict[uuid.UUID, str] = {}
    if full:
        because = await whole_for(session, who.actor, elder_ids)
        if await is_hers(session, who, case):
            because |= dict.fromkeys(set(elder_ids) - set(because), "case")
    whole = {card.id: card for card in await get_elder_cards(session, list(because))}
    masked = {card.id: card for card in await get_elder_cards(session, [i for i in elder_ids if i not in because], full=False)}
    for card in whole.values():
        await audit(session, who.actor, "elder:read", card.id, purpose=f"case:{case.id}", details={"health": True, "by": because[card.id]})
    seen = masked | whole
    return [seen[i] for i in elder_ids if i in seen]


@router.get("/api/cases")
async def list_cases(who: Reader, session: Session, scope: Literal["mine", "open"] = "mine") -> list[CaseSummary]:
    if scope == "mine":
        return [f.full for f in await views.case_facts(session, await queries.list_cases_of_owner(session, who.user_id))]
    facts = await views.case_facts(session, await queries.list_open_cases(session))
    seen = await whole_for(session, who.actor, [f.full.elder_id for f in facts if f.full.elder_id])
    is_supervisor = who.actor.role is Role.SUPERVISOR
    return [
        f.full if f.full.owner_id == who.user_id or (f.full.elder_id in seen if f.full.elder_id else is_supervisor) else f.masked
        for f in facts
    ]


@router.get("/api/elders/{elder_id}/cases")
async def list_history(
    elder_id: uuid.UUID, who: Reader, session: Session, before: uuid.UUID | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[CaseSummary]:
    """What was before with this elder, newest first, for whoever may see her whole. `before`: the last one of the page before."""
    await get_elder(session, elder_id)
    if not await may_see_all(session, who.actor, elder_id):
        raise NoAccess("no call and no case of yours; break the glass with a reason", details={"elder_id": str(elder_id)})
    found = await queries.list_cases_of_elder(session, elder_id, before=before, limit=limit)
    return [facts.full for facts in await views.case_facts(session, found)]


@router.get("/api/cases/{case_id}")
async def get_case(case_id: uuid.UUID, who: Reader, session: Session) -> CaseDetail:
    return await case_detail(session, who, await queries.get_case(session, case_id))


def talking_on(calls: Sequence[Call]) -> uuid.UUID | None:
    """Who talks with the elder of a case on one of its calls."""
    return next((c.agent_id for c in calls if c.agent_id and c.state in (CallState.TALKING, CallState.HELD)), None)


async def who_talks(session: AsyncSession, case_id: uuid.UUID) -> uuid.UUID | None:
    return talking_on((await session.execute(select(Call).where(Call.case_id == case_id, Call.state.in_(LIVE)))).scalars().all())


async def changeable(session: AsyncSession, who: SignedIn, case_id: uuid.UUID) -> Case:
    """Writable, and nobody else works on it right now."""
    case = await writable(session, who, case_id)
    await locks.must_not_be_held_by_other(session, who.actor, case_id, talking=await who_talks(session, case_id))
    return case


async def writable(session: AsyncSession, who: SignedIn, case_id: uuid.UUID) -> Case:
    """Who may not see it may not write on it either."""
    case = await queries.get_case(session, case_id)
    if not await sees_all(session, who, case) and case.elder_id is not None:
        raise Forbidden(
            "this case is not yours; break the glass with a reason, or take it over",
            code="no_access",
            details={"elder_id": str(case.elder_id)},
        )
    return case


@router.post("/api/cases/{case_id}/notes")
async def add_note(case_id: uuid.UUID, body: AddNote, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> CaseDetail:
    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await actions.add_note(session, who.actor, case_id, text=body.text)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"note:{case_id}", body, CommandOutcome, do)
    return await case_detail(session, who, await queries.get_case(session, case_id))


@router.post("/api/cases/{case_id}/elder")
async def attach_elder(
    case_id: uuid.UUID, body: AttachElder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> CaseDetail:
    """The agent says who it is; with `learn_number` the caller's number is hers from now on."""

    async def do() -> CommandOutcome:
        case = await changeable(session, who, case_id)
        await get_elder(session, body.elder_id)
        if body.learn_number:
            if not case.caller_key or not case.caller_key.startswith("+"):
                raise Invalid("there is no number to remember: it was withheld or is none", code="no_number")
            await learn_number(session, who.actor, body.elder_id, case.caller_key, NumberSource.CALL)
        await actions.attach_elder(session, who.actor, case_id, elder_id=body.elder_id)
        if body.learn_number:
            await actions.add_entry(session, case_id, "number_learned", actor=who.actor)
        calls = (
            await session.execute(
                update(Call)
                .where(Call.case_id == case_id, Call.state.in_(LIVE))
                .values(elder_id=body.elder_id, shared_elder_ids=[])
                .returning(Call.id, Call.version)
            )
        ).all()
        for call_id, version in calls:
            await publish(session, "call", call_id, {}, version=version)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"elder:{case_id}", body, CommandOutcome, do)
    return await case_detail(session, who, await queries.get_case(session, case_id))


@router.post("/api/cases/{case_id}/close")
async def close_case(case_id: uuid.UUID, body: WrapUp, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> CaseDetail:
    """The outcome of a case that has no live call."""
    case = await writable(session, who, case_id)
    live = (await session.execute(select(Call.id).where(Call.case_id == case_id, Call.state.in_(LIVE)))).first()
    if live is not None:
        raise Conflict("somebody is on the line; end the call first", code="call_is_live")

    async def do() -> CommandOutcome:
        await changeable(session, who, case_id)
        outcome = await checked_outcome(session, body.outcome, is_sos=case.is_sos)
        closes = outcome.closes_case and not await has_open_complaint(session, case_id)
        await actions.set_outcome(session, who.actor, case_id, outcome=outcome.code, note=body.note, closes=closes)
        await settle_emergency(session, who.actor, case_id)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"close:{case_id}", body, CommandOutcome, do)
    return await case_detail(session, who, case)


# --- tasks -----------------------------------------------------------------------------------------------------------------------


@router.post("/api/tasks/{task_id}/call-back")
async def call_back(task_id: uuid.UUID, who: Worker, desk: Desk, idempotency_key: IdempotencyKey = None) -> StartedCall:
    who.actor.must(Permission.CALLS_TAKE)
    return started(*await desk.ask("call_back", agent_id=who.user_id, args={"task_id": str(task_id)}, key=idempotency_key))


@router.post("/api/tasks/{task_id}/done")
async def finish_task(
    task_id: uuid.UUID, body: FinishTask, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> CaseDetail:
    case_id = await queries.get_case_id_of_task(session, task_id)

    async def do() -> CommandOutcome:
        case = await actions.lock_case(session, case_id)
        await actions.finish_task(session, who.actor, await actions.lock_task(session, task_id), why="by_agent", note=body.note)
        await actions.touch_case(session, case)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"task:{task_id}", body, CommandOutcome, do)
    return await case_detail(session, who, await queries.get_case(session, case_id))


async def may_hear(session: AsyncSession, who: SignedIn, task: CaseTask) -> bool:
    """Who sees all of the case, who has taken the call-back; and everybody while it waits for whoever takes it: no owner yet, not done."""
    if task.owner_id == who.user_id:
        return True
    case = await queries.get_case(session, task.case_id)
    if case.owner_id is None and task.owner_id is None and task.state != TaskState.DONE:
        return True
    return await sees_all(session, who, case)


@router.get("/api/tasks/{task_id}/recording", response_class=Response)
async def get_recording(task_id: uuid.UUID, who: Worker, session: Session, settings: SettingsDep) -> Response:
    """The message a caller left when nobody of ours took the call. Hearing it, and being refused, is written down."""
    task = await actions.lock_task(session, task_id)
    if not await may_hear(session, who, task):
        await audit(session, who.actor, "recording:refused", task_id, purpose=f"case:{task.case_id}")
        raise NoAccess("this message is for the case's owner; break the glass with a reason", details={"case_id": str(task.case_id)})
    sound = await read_recording(settings, task.recording)
    await audit(session, who.actor, "recording:heard", task_id, purpose=f"case:{task.case_id}")
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "no-store"})
