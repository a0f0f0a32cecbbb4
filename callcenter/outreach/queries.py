"""Reads of planned calls."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call
from callcenter.calls.states import LIVE
from callcenter.centre.queries import get_values
from callcenter.elders.models import Elder, Presence
from callcenter.kit.working_days import is_public_holiday
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.states import OPEN as OPEN_COMPLAINTS
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.rules import Hours
from callcenter.outreach.states import ON_THE_LINE, OPEN, AttemptState, PlanState, Way
from callcenter.settings import get_settings

NOT_SENT = frozenset({MessageState.FAILED, MessageState.EXPIRED})


async def get_hours(session: AsyncSession) -> Hours:
    """When the centre calls of its own accord, as set now."""
    settings = get_settings()
    values = await get_values(session, settings)
    off = (lambda day: False) if values.switch("outreach_holidays") else is_public_holiday
    return Hours(ZoneInfo(settings.timezone), int(values.number("outreach_from")), int(values.number("outreach_until")), off)


async def list_due(session: AsyncSession, now: datetime, *, limit: int) -> Sequence[uuid.UUID]:
    """Plans whose next attempt by a program is due, the oldest first."""
    due = select(CallPlan.id).where(CallPlan.state == PlanState.DUE, CallPlan.way == Way.KEYS, CallPlan.due_at <= now)
    return (await session.scalars(due.order_by(CallPlan.due_at, CallPlan.id).limit(limit))).all()


async def list_for_people(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Plans of a person whose hour has come, and text messages that nobody answered in time, that did not go out, or that nobody can answer any more."""
    person = (CallPlan.state == PlanState.DUE) & (CallPlan.way == Way.PERSON)
    messaged = CallPlan.state == PlanState.MESSAGED
    lost = (
        select(Message.id)
        .where(Message.dedupe_key == func.concat("follow_up:", CallPlan.id, type_=Text), Message.state.in_(NOT_SENT))
        .exists()
    )
    died = select(Elder.id).where(Elder.id == CallPlan.elder_id, Elder.presence == Presence.DECEASED).exists()
    wanted = select(CallPlan.id).where(((person | messaged) & (CallPlan.due_at <= now)) | (messaged & (lost | died)))
    return (await session.scalars(wanted.order_by(CallPlan.due_at, CallPlan.id).limit(200))).all()


async def count_on_the_line(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(CallAttempt.state.in_(ON_THE_LINE))) or 0


async def list_attempts(session: AsyncSession, plan_id: uuid.UUID) -> Sequence[CallAttempt]:
    return (await session.scalars(select(CallAttempt).where(CallAttempt.plan_id == plan_id).order_by(CallAttempt.number))).all()


async def spoke_today(session: AsyncSession, plan: CallPlan, now: datetime, hours: Hours) -> bool:
    """A program has talked with her today about something else: she is left in peace until tomorrow."""
    midnight = datetime.combine(now.astimezone(hours.zone).date(), time(0), hours.zone)
    other = select(CallAttempt.id).where(
        CallAttempt.elder_id == plan.elder_id, CallAttempt.plan_id != plan.id, CallAttempt.answered_at >= midnight,
        CallAttempt.state.in_((AttemptState.SPOKEN, AttemptState.SILENT, AttemptState.ANSWERED)),
    )  # fmt: skip
    return await session.scalar(other.limit(1)) is not None


async def is_called_now(session: AsyncSession, plan: CallPlan) -> bool:
    """Another program is just calling her."""
    other = CallAttempt.elder_id == plan.elder_id
    return await session.scalar(select(CallAttempt.id).where(other, CallAttempt.state.in_(ON_THE_LINE)).limit(1)) is not None


async def is_on_the_telephone(session: AsyncSession, elder_id: uuid.UUID) -> bool:
    return await session.scalar(select(Call.id).where(Call.elder_id == elder_id, Call.state.in_(LIVE)).limit(1)) is not None


async def has_open_plan(session: AsyncSession, *where: ColumnElement[bool]) -> bool:
    return await session.scalar(select(CallPlan.id).where(CallPlan.state.in_(OPEN), *where).limit(1)) is not None


async def has_open_complaint(session: AsyncSession, case_id: uuid.UUID) -> bool:
    found = select(Complaint.id).where(Complaint.case_id == case_id, Complaint.state.in_(OPEN_COMPLAINTS))
    return await session.scalar(found.limit(1)) is not None
