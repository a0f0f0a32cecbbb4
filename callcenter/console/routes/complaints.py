"""Complaints: written down, taken, solved, confirmed by her own word; and what is overdue."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.complaint_views import complaint_views, notices
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import writable
from callcenter.console.routes.profiles import did, opened
from callcenter.elders.access import may_see_all
from callcenter.kit import clock
from callcenter.outreach.complaints import actions, queries
from callcenter.outreach.complaints.actions import Written
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.schemas import (
    AnswerComplaint,
    AssignComplaint,
    ChangeConcerned,
    ComplaintCount,
    ComplaintNote,
    ComplaintNotice,
    ComplaintView,
    SolveComplaint,
    WriteComplaint,
)
from callcenter.outreach.complaints.states import OPEN, Source
from callcenter.regions.queries import check_scope

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WORK))]
Decider = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WRITE))]
Told = Annotated[SignedIn, Depends(needs(Permission.COMPLAINTS_TOLD))]


class ComplaintId(BaseModel):
    id: uuid.UUID


async def view_of(session: AsyncSession, who: SignedIn, complaint_id: uuid.UUID) -> ComplaintView:
    (view,) = await complaint_views(session, who, [await queries.get_complaint(session, complaint_id)])
    return view


async def hers_to_work(session: AsyncSession, who: SignedIn, complaint_id: uuid.UUID) -> Complaint:
    """Who may not see it whole may not write on it either."""
    complaint = await queries.get_complaint(session, complaint_id)
    handles = complaint.handler_id == who.user_id and complaint.state in OPEN
    if handles or complaint.elder_id is None or await may_see_all(session, who.actor, complaint.elder_id):
        return complaint
    await audit(session, who.actor, "complaint:refused", complaint_id)
    raise NoAccess("this complaint is not yours; take it first, or break the glass with a reason")


async def hers_to_decide(session: AsyncSession, who: SignedIn, complaint_id: uuid.UUID) -> Complaint:
    complaint = await queries.get_complaint(session, complaint_id)
    if complaint.community_id is not None:
        await check_scope(session, who.actor, [complaint.community_id])
    return complaint


@router.get("/api/complaints")
async def list_complaints(
    who: Reader,
    session: Session,
    which: queries.Which = "open",
    overdue: bool = False,
    mine: bool = False,
    source: Source | None = None,
    store_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    elder_id: uuid.UUID | None = None,
    region_id: uuid.UUID | None = None,
    before: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = queries.PAGE,
) -> list[ComplaintView]:
    """What is due first stands first. `before`: `opened_at` of the last one of the page before, then the newest first."""
    found = await queries.list_complaints(
        session, which=which, now=clock.now(), overdue=overdue, source=source, handler_id=who.user_id if mine else None, store_id=store_id,
        case_id=case_id, elder_id=elder_id, region_id=region_id, before=before, limit=limit,
    )  # fmt: skip
    return await complaint_views(session, who, found)


@router.get("/api/complaints/count")
async def count_complaints(who: Reader, session: Session) -> ComplaintCount:
    opened_now, overdue, mine = await queries.count_open(session, who.user_id, clock.now())
    return ComplaintCount(open=opened_now, overdue=overdue, mine=mine)


@router.get("/api/complaints/notices")
async def list_notices(who: Told, session: Session) -> list[ComplaintNotice]:
    """Missed deadlines that have come up to the reader; each goes when somebody does what was missed."""
    return await notices(session, await queries.list_told(session, who.actor))


@router.get("/api/complaints/{complaint_id}")
async def get_complaint(complaint_id: uuid.UUID, who: Reader, session: Session) -> ComplaintView:
    view = await view_of(session, who, complaint_id)
    if view.whole:
        await audit(session, who.actor, "complaint:read", complaint_id)
    return view


@router.post("/api/complaints")
async def write_complaint(body: WriteComplaint, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> ComplaintView:
    """For whoever may see the elder whole. 422 `wrong_order`, `wrong_case`; 404 `no_such_store`, `no_such_user`."""

    async def do() -> ComplaintId:
        if body.case_id is not None:
            await writable(session, who, body.case_id)
        if body.elder_id is not None:
            await opened(session, who, body.elder_id, purpose="complaint")
        told = Written(body.source, body.words, body.case_id, body.elder_id, body.order_id, body.store_id, body.agent_id)
        return ComplaintId(id=await actions.write_down(session, who.actor, told))

    made = await once(session, who.user_id, idempotency_key, "complaint:write", body, ComplaintId, do)
    return await view_of(session, who, made.id)


async def _moved(
    session: AsyncSession,
    who: SignedIn,
    key: str | None,
    verb: str,
    complaint_id: uuid.UUID,
    body: BaseModel,
    do: Callable[[], Awaitable[Complaint]],
) -> ComplaintView:
    await did(session, who, key, f"complaint:{verb}:{complaint_id}", body, do)
    return await view_of(session, who, complaint_id)


@router.post("/api/complaints/{complaint_id}/acknowledge")
async def acknowledge(complaint_id: uuid.UUID, who: Worker, session: Session) -> ComplaintView:
    """She takes it and sees the elder whole from now on. 409 `concerned`, `taken`."""
    await actions.acknowledge_complaint(session, who.actor, complaint_id)
    return await view_of(session, who, complaint_id)


@router.post("/api/complaints/{complaint_id}/assign")
async def assign(
    complaint_id: uuid.UUID, body: AssignComplaint, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """409 `concerned`, `complaint_over`; 403 `not_your_region`."""

    async def do() -> Complaint:
        await hers_to_decide(session, who, complaint_id)
        return await actions.assign_complaint(session, who.actor, complaint_id, to=body.to)

    return await _moved(session, who, idempotency_key, "assign", complaint_id, body, do)


@router.post("/api/complaints/{complaint_id}/concerned")
async def change_concerned(
    complaint_id: uuid.UUID, body: ChangeConcerned, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """Whose work it is about, by a supervisor of her region. 409 `concerned`, `handler_concerned`, `complaint_over`; 403 `not_your_region`."""

    async def do() -> Complaint:
        await hers_to_decide(session, who, complaint_id)
        return await actions.change_concerned(session, who.actor, complaint_id, store_id=body.store_id, agent_id=body.agent_id)

    return await _moved(session, who, idempotency_key, "concerned", complaint_id, body, do)


@router.post("/api/complaints/{complaint_id}/solve")
async def solve(
    complaint_id: uuid.UUID, body: SolveComplaint, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """By its handler: what was done. A call is planned in which a person asks her. 409 `not_the_handler`."""

    async def do() -> Complaint:
        return await actions.solve_complaint(session, who.actor, complaint_id, solution=body.solution)

    return await _moved(session, who, idempotency_key, "solve", complaint_id, body, do)


@router.post("/api/complaints/{complaint_id}/answer")
async def answer(
    complaint_id: uuid.UUID, body: AnswerComplaint, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """Her word: mended, or not. The planned call is done with it. 409 `concerned`, `taken`."""

    async def do() -> Complaint:
        if not await queries.has_taken_call(session, who.user_id, complaint_id):
            await hers_to_work(session, who, complaint_id)
        return await actions.answer_complaint(session, who.actor, complaint_id, mended=body.mended, note=body.note)

    return await _moved(session, who, idempotency_key, "answer", complaint_id, body, do)


@router.post("/api/complaints/{complaint_id}/withdraw")
async def withdraw(
    complaint_id: uuid.UUID, body: ComplaintNote, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """Whoever complained takes it back, with her words. 409 `concerned`."""

    async def do() -> Complaint:
        await hers_to_work(session, who, complaint_id)
        return await actions.withdraw_complaint(session, who.actor, complaint_id, note=body.note)

    return await _moved(session, who, idempotency_key, "withdraw", complaint_id, body, do)


@router.post("/api/complaints/{complaint_id}/close")
async def close(
    complaint_id: uuid.UUID, body: ComplaintNote, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> ComplaintView:
    """Solved, and she could not be asked: a supervisor's word in place of hers. 409 `concerned`, `own_solution`; 403 `not_your_region`."""

    async def do() -> Complaint:
        await hers_to_decide(session, who, complaint_id)
        return await actions.close_complaint(session, who.actor, complaint_id, note=body.note)

    return await _moved(session, who, idempotency_key, "close", complaint_id, body, do)
