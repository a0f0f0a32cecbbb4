"""Finished jobs and resolved cases become planned calls, each once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.actions import lock_case
from callcenter.cases.models import Case
from callcenter.cases.states import CaseState, Severity
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.states import OrderState
from callcenter.kit import clock
from callcenter.outreach.actions import NewPlan, close_when_asked, next_sample_no, plan_call
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.states import OPEN as OPEN_COMPLAINTS
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import get_hours
from callcenter.outreach.rules import EMERGENCY_WITHIN, JobFacts, choose_way, is_drawn
from callcenter.outreach.states import OPEN, Purpose, Way, Why
from callcenter.settings import get_settings

LOOK_BACK = timedelta(days=14)  # what was finished before nobody remembers well enough to rate
PROGRAM_GIVES_UP = timedelta(days=5)
FINISHED = (OrderState.VERIFIED, OrderState.SETTLED)


async def list_unplanned_jobs(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Finished, and not asked about. A job done again is asked about again: another visit, another key."""
    planned = select(CallPlan.id).where(CallPlan.dedupe_key == job_key_sql()).exists()
    found = select(Order.id).where(Order.state.in_(FINISHED), Order.verified_at >= clock.now() - LOOK_BACK, ~planned)
    return (await session.scalars(found.order_by(Order.verified_at).limit(200))).all()


def job_key_sql() -> ColumnElement[str]:
    return func.concat("job:", Order.id, ":", Order.visit, type_=Text)


async def list_resolved(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Those of which nobody is still to be asked, nor anything to be mended; an emergency is asked about all the same."""
    asks = select(CallPlan.id).where(CallPlan.case_id == Case.id, CallPlan.state.in_(OPEN)).exists()
    complains = select(Complaint.id).where(Complaint.case_id == Case.id, Complaint.state.in_(OPEN_COMPLAINTS)).exists()
    asked = select(CallPlan.id).where(CallPlan.case_id == Case.id, CallPlan.purpose == Purpose.EMERGENCY).exists()
    found = select(Case.id).where(Case.state == CaseState.RESOLVED, ~asks, ~complains | (Case.is_sos & ~asked))
    found = found.order_by(Case.resolved_at).limit(200)
    return (await session.scalars(found)).all()


async def plan_job(session: AsyncSession, order_id: uuid.UUID) -> uuid.UUID | None:
    """One finished job. Its call is due `follow_up_after` hours after it was verified, at the earliest now."""
    case_id = await session.scalar(select(Order.case_id).where(Order.id == order_id))
    assert case_id is not None
    case = await lock_case(session, case_id)
    order = await session.get_one(Order, order_id, populate_existing=True)
    if order.state not in FINISHED or order.verified_at is None:
        return None
    settings = get_settings()
    values, hours = await get_values(session, settings), await get_hours(session)
    lines = (await session.scalars(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position))).all()
    facts = JobFacts(tuple(line.item_code for line in lines), await _is_first(session, order), case.severity)
    chosen, sample_no = choose_way(Purpose.JOB, facts, drawn=False), None
    if chosen.way is Way.KEYS:
        sample_no = await next_sample_no(session)
        drawn = is_drawn(settings.sample_seed, sample_no, int(values.number("sample_share")))
        chosen = choose_way(Purpose.JOB, facts, drawn=drawn)
    now = clock.now()
    due = hours.next(max(now, order.verified_at + timedelta(hours=values.number("follow_up_after"))))
    return await plan_call(
        session,
        NewPlan(
            f"job:{order.id}:{order.visit}", Purpose.JOB, chosen.way, chosen.why, order.elder_id, due, due + PROGRAM_GIVES_UP, case_id=case.id,
            order_id=order.id, store_id=order.store_id, item_code=lines[0].item_code if lines else "", agent_id=order.requested_by,
            sample_no=sample_no,
        ),
    )  # fmt: skip


async def plan_case(session: AsyncSession, case_id: uuid.UUID) -> None:
    """A resolved emergency is asked about by a person within a day; a case about which nobody is to be asked is closed."""
    case = await lock_case(session, case_id)
    if case.state is not CaseState.RESOLVED:
        return
    if (case.is_sos or case.severity is Severity.E0) and case.elder_id is not None:
        now = clock.now()
        hours = await get_hours(session)
        due = min(hours.next(now + EMERGENCY_WITHIN / 2), now + EMERGENCY_WITHIN)
        key = f"emergency:{case.id}:{case.presses}"
        new = NewPlan(
            key,
            Purpose.EMERGENCY,
            Way.PERSON,
            Why.EMERGENCY,
            case.elder_id,
            due,
            due + EMERGENCY_WITHIN,
            case_id=case.id,
            agent_id=case.owner_id,
        )
        if await plan_call(session, new) is not None:
            return
    unplanned = select(Order.id).where(
        Order.case_id == case.id, Order.state.in_(FINISHED), Order.verified_at >= clock.now() - LOOK_BACK,
        ~select(CallPlan.id).where(CallPlan.dedupe_key == job_key_sql()).exists(),
    )  # fmt: skip
    if await session.scalar(unplanned.limit(1)) is None:
        await close_when_asked(session, case)


async def _is_first(session: AsyncSession, order: Order) -> bool:
    """Of hers that were ever finished."""
    before = select(Order.id).where(Order.elder_id == order.elder_id, Order.id != order.id, Order.verified_at < order.verified_at)
    return await session.scalar(before.limit(1)) is None
