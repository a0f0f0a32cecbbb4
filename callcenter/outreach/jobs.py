"""The worker's part, each second: what is finished is planned, what is due is called, what nobody answered goes to people, what is asked is closed,
texts that came in are read."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.inbound import list_unsettled
from callcenter.outreach import queries
from callcenter.outreach.actions import lock_plan, start_attempt, to_person
from callcenter.outreach.care.calling import CARE, begin_call
from callcenter.outreach.complaints import queries as complaints
from callcenter.outreach.complaints.actions import tell_overdue
from callcenter.outreach.followup import planning
from callcenter.outreach.followup.telephone import JOB_CALL
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import PlanState, Purpose, Way
from callcenter.outreach.texts.asking import end_waiting
from callcenter.outreach.texts.replies import settle_text
from callcenter.settings import get_settings

log = structlog.get_logger()
DIALOGS = {Purpose.JOB: JOB_CALL}
AHEAD = 2  # for each line one call that rings and one that waits: voice never runs dry, and what is stopped is not in its queue


async def sweep_outreach(database: Database) -> None:
    """What is due now."""
    async with database.transaction() as session:
        jobs, resolved = await planning.list_unplanned_jobs(session), await planning.list_resolved(session)
    await each(database, jobs, planning.plan_job)
    await each(database, resolved, planning.plan_case)
    now = clock.now()
    async with database.transaction() as session:
        people = await queries.list_for_people(session, now)
        room = AHEAD * get_settings().automatic_calls - await queries.count_on_the_line(session)
        due = await queries.list_due(session, now, limit=max(0, room))
        texts = await list_unsettled(session)
        overdue = await complaints.list_overdue(session, now)
    await each(database, texts, settle_text)  # before what waits for one is given up
    await each(database, people, hand_to_people)
    await each(database, overdue, tell_overdue)
    await each(database, due, call)


async def call(session: AsyncSession, plan_id: uuid.UUID) -> None:
    plan = await session.get_one(CallPlan, plan_id)
    if plan.purpose in CARE:
        await begin_call(session, plan_id)
        return
    await start_attempt(session, plan_id, dialog=DIALOGS[plan.purpose])


async def hand_to_people(session: AsyncSession, plan_id: uuid.UUID) -> None:
    plan, now = await lock_plan(session, plan_id), clock.now()
    if plan.state is PlanState.MESSAGED:
        await end_waiting(session, plan, now)
    elif plan.due_at <= now and plan.state is PlanState.DUE and plan.way is Way.PERSON:
        await to_person(session, plan, plan.why)


async def each(database: Database, ids: Sequence[uuid.UUID], do: Callable[[AsyncSession, uuid.UUID], Awaitable[object]]) -> None:
    """A transaction each: one that fails holds nothing up, and is tried again with the next sweep."""
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, one)
        except Exception as error:
            log.warning("outreach_step_failed", step=getattr(do, "__name__", ""), error=type(error).__name__, object_id=str(one))
