"""Reads of complaints."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.dispatch.orders.models import Order
from callcenter.kit.errors import NotFound
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.rules import ADMIN_AFTER, WAITS_FOR, Watched
from callcenter.outreach.complaints.states import OPEN, ComplaintState, Deadline, Level, Source
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import OPEN as OPEN_PLANS
from callcenter.outreach.states import Purpose
from callcenter.regions.queries import within

Which = Literal["open", "opened", "acknowledged", "solved", "over", "all"]
PAGE = 100
_WAITING = {deadline: state for state, deadline in WAITS_FOR.items()}
_DUE = {Deadline.ACKNOWLEDGE: Complaint.acknowledge_by, Deadline.SOLVE: Complaint.solve_by}


def watched(complaint: Complaint) -> Watched:
    return Watched(complaint.state, complaint.acknowledge_by, complaint.solve_by, complaint.overdue_told, complaint.level)


async def get_complaint(session: AsyncSession, complaint_id: uuid.UUID) -> Complaint:
    found = await session.get(Complaint, complaint_id, populate_existing=True)
    if found is None:
        raise NotFound("there is no such complaint", code="no_such_complaint")
    return found


def due_sql() -> ColumnElement[datetime | None]:
    """By when it waits for somebody of ours; NULL: it waits for her word, or is over."""
    return case(*((Complaint.state == _WAITING[deadline], column) for deadline, column in _DUE.items()), else_=None)


async def list_complaints(
    session: AsyncSession,
    *,
    which: Which = "open",
    now: datetime,
    overdue: bool = False,
    source: Source | None = None,
    handler_id: uuid.UUID | None = None,
    store_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    elder_id: uuid.UUID | None = None,
    region_id: uuid.UUID | None = None,
    before: datetime | None = None,
    limit: int = PAGE,
) -> Sequence[Complaint]:
    """What is due first stands first; of "over" and "all" the newest. `before`: opened before it."""
    found = select(Complaint)
    match which:
        case "open":
            found = found.where(Complaint.state.in_(OPEN))
        case "over":
            found = found.where(Complaint.state.not_in(OPEN))
        case "all":
            pass
        case state:
            found = found.where(Complaint.state == ComplaintState(state))
    if overdue:
        found = found.where(due_sql() <= now)
    if region_id is not None:
        found = found.where(Complaint.community_id.in_(within([region_id])))
    for column, wanted in (
        (Complaint.source, source),
        (Complaint.handler_id, handler_id),
        (Complaint.store_id, store_id),
        (Complaint.case_id, case_id),
        (Complaint.elder_id, elder_id),
    ):
        if wanted is not None:
            found = found.where(column == wanted)
    if before is not None:
        found = found.where(Complaint.opened_at < before)
    newest = which in ("over", "all") or before is not None
    order = (Complaint.opened_at.desc(),) if newest else (due_sql().asc().nulls_last(), Complaint.opened_at)
    return (await session.scalars(found.order_by(*order, Complaint.id).limit(limit))).all()


async def count_open(session: AsyncSession, reader_id: uuid.UUID, now: datetime) -> tuple[int, int, int]:
    """(open, overdue, the reader's own)."""
    hers = (Complaint.handler_id == reader_id) & (Complaint.state != ComplaintState.SOLVED)
    counts = select(func.count(), func.count().filter(due_sql() <= now), func.count().filter(hers)).where(Complaint.state.in_(OPEN))
    opened, overdue, mine = (await session.execute(counts)).one()
    return opened, overdue, mine


async def list_overdue(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Those of which the next level is to be told now (rules.next_level)."""
    wanted: ColumnElement[bool] | None = None
    for deadline, due_at in _DUE.items():
        first = (due_at <= now) & (Complaint.overdue_told != deadline)
        next_one = (due_at <= now - ADMIN_AFTER[deadline]) & (Complaint.overdue_told == deadline) & (Complaint.level < Level.ADMIN)
        this = (Complaint.state == _WAITING[deadline]) & (first | next_one)
        wanted = this if wanted is None else wanted | this
    assert wanted is not None
    return (await session.scalars(select(Complaint.id).where(wanted).order_by(Complaint.acknowledge_by).limit(200))).all()


async def list_told(session: AsyncSession, actor: Actor) -> Sequence[Complaint]:
    """Missed deadlines that have come up to the reader: a supervisor's of her regions (and of nobody's region), an admin's everywhere."""
    level = Level.ADMIN if actor.role is Role.ADMIN else Level.SUPERVISORS
    still = [(Complaint.state == state) & (Complaint.overdue_told == deadline) for deadline, state in _WAITING.items()]
    found = select(Complaint).where(still[0] | still[1], Complaint.level >= level)
    if actor.role is not Role.ADMIN:
        found = found.where(Complaint.community_id.in_(within(actor.region_ids)) | Complaint.community_id.is_(None))
    return (await session.scalars(found.order_by(due_sql()).limit(PAGE))).all()


async def list_concerned(session: AsyncSession, complaint: Complaint) -> set[uuid.UUID]:
    """Whose work it is about: the agent named, and who placed the order."""
    placed = await session.scalar(select(Order.requested_by).where(Order.id == complaint.order_id)) if complaint.order_id else None
    return {user_id for user_id in (complaint.agent_id, placed) if user_id is not None}


async def concerned_by(session: AsyncSession, complaints: Collection[Complaint], reader_id: uuid.UUID) -> set[uuid.UUID]:
    """Those of them that are about the reader's own work."""
    orders = {c.order_id for c in complaints if c.order_id}
    hers = set(await session.scalars(select(Order.id).where(Order.id.in_(orders), Order.requested_by == reader_id))) if orders else set()
    return {c.id for c in complaints if c.agent_id == reader_id or c.order_id in hers}


async def handles_another(session: AsyncSession, complaint: Complaint) -> bool:
    other = select(Complaint.id).where(
        Complaint.case_id == complaint.case_id, Complaint.id != complaint.id, Complaint.handler_id == complaint.handler_id,
        Complaint.state.in_(OPEN),
    )  # fmt: skip
    return await session.scalar(other.limit(1)) is not None


async def get_open_plan_id(session: AsyncSession, complaint_id: uuid.UUID) -> uuid.UUID | None:
    """The call by which she is asked whether it is mended."""
    return (await open_plan_ids(session, [complaint_id])).get(complaint_id)


async def open_plan_ids(session: AsyncSession, complaint_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    found = select(CallPlan.subject_id, CallPlan.id).where(
        CallPlan.subject_id.in_(complaint_ids), CallPlan.state.in_(OPEN_PLANS), CallPlan.purpose == Purpose.COMPLAINT
    )
    return {row.subject_id: row.id for row in await session.execute(found)}


async def has_taken_call(session: AsyncSession, user_id: uuid.UUID, complaint_id: uuid.UUID) -> bool:
    """The call by which she is asked is this user's to make."""
    plan_id = await get_open_plan_id(session, complaint_id)
    return plan_id is not None and await session.scalar(select(CallPlan.owner_id).where(CallPlan.id == plan_id)) == user_id
