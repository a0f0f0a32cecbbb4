"""A person asks: who has taken the call from the list writes down what she heard. A bad rating opens a complaint as one by key does."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.setting_up import dialable
from callcenter.cases.actions import LinkedTo, add_entry, let_owner_see, move_case, open_case, own_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import CaseState, Severity
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.outreach.actions import close_when_asked, finish_plan, lock_plan, put_plan_back, touch_plan
from callcenter.outreach.complaints.actions import NewComplaint, open_complaint, settle_by_call
from callcenter.outreach.complaints.states import Source
from callcenter.outreach.followup.telephone import BAD
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import get_hours
from callcenter.outreach.states import SATISFACTION, PlanState, Purpose, Result
from callcenter.settings import Settings

FURTHEST = timedelta(days=30)
COMPLAINS = frozenset({Purpose.JOB, Purpose.EMERGENCY})  # a bad rating of how a complaint was mended is that complaint's own matter


async def lock_own_plan(session: AsyncSession, actor: Actor, plan_id: uuid.UUID) -> CallPlan:
    """Only who has taken it goes on with it."""
    plan = await lock_plan(session, plan_id)
    if plan.state is not PlanState.BY_PERSON:
        raise Conflict("this call is not on the list of people any more", code="plan_over")
    if plan.owner_id is None:
        raise Conflict("take this call first", code="take_first")
    if plan.owner_id != actor.id:
        raise Conflict("a colleague has it", code="taken", details={"owner_id": str(plan.owner_id)})
    return plan


async def finish_by_person(
    session: AsyncSession, actor: Actor, plan_id: uuid.UUID, *, result: Result, rating: int | None, note: str
) -> CallPlan:
    """`result`: spoken or not reached. Her words (`note`) are the complaint's too."""
    plan = await lock_own_plan(session, actor, plan_id)
    if rating is not None and result is not Result.SPOKEN:
        raise Invalid("who was not reached has rated nothing", code="rating_not_reached")
    if rating is not None and plan.purpose not in SATISFACTION:
        raise Invalid("there is nothing to rate about this call", code="nothing_to_rate")
    await finish_plan(session, actor, plan, result, rating=rating, note=note)
    await settle_by_call(session, actor, plan)
    if plan.case_id is None:
        return plan
    case = await session.get_one(Case, plan.case_id)
    if result is Result.NOT_REACHED:
        await _let_rest(session, plan, case)
    if rating is not None and rating <= BAD and plan.purpose in COMPLAINS:
        await open_complaint(
            session,
            actor,
            NewComplaint(
                Source.RATING, case, plan.order_id, plan.store_id, plan.agent_id, rating, words=note, dedupe_key=f"plan:{plan.id}"
            ),
        )
    else:
        await close_when_asked(session, case)
    return plan


async def put_off(session: AsyncSession, actor: Actor, plan_id: uuid.UUID, *, due_at: datetime) -> CallPlan:
    """On the list again at `due_at`, for whoever takes it then; within the hours of a day on which the centre calls."""
    plan = await lock_own_plan(session, actor, plan_id)
    if not clock.now() < due_at <= clock.now() + FURTHEST:
        raise Invalid("later than now, and at the latest in thirty days", code="bad_moment")
    if not (await get_hours(session)).allow(due_at):
        raise Invalid("nobody is called at this hour", code="outside_hours")
    if plan.case_id is not None:
        await _let_rest(session, plan, await session.get_one(Case, plan.case_id))
    return await put_plan_back(session, actor, plan_id, due_at=due_at)


async def number_to_call(
    session: AsyncSession, settings: Settings, actor: Actor, plan_id: uuid.UUID, *, position: int | None
) -> tuple[str, uuid.UUID]:
    """Her number (the first, or that at `position`) and the case to which the call belongs: a call about nothing that happened gets one of its own."""
    plan = await lock_own_plan(session, actor, plan_id)
    numbers = [one for one in await list_numbers(session, plan.elder_id) if position in (None, one.position)]
    if not numbers:
        raise Invalid("no number of hers is known", code="no_number")
    try:
        number = dialable(numbers[0].e164, settings)
    except Invalid as problem:  # also 120 and the like, although a person clicks: it stands there as an elder's number
        raise Invalid("this is no number of an elder that can be dialled", code="number_not_dialable") from problem
    if plan.case_id is None:
        opened = await open_case(
            session, elder_id=plan.elder_id, caller_key=number, is_sos=False, severity=Severity.N2, linked=LinkedTo(None), at=clock.now(),
            data={"purpose": plan.purpose, "plan_id": str(plan.id)}, kind="call_planned",
        )  # fmt: skip
        plan.case_id = opened.id
        await touch_plan(session, plan)
    if plan.purpose not in SATISFACTION:
        await own_case(session, actor, plan.case_id)
    await audit(session, actor, "call_plan:called", plan.id, details={"purpose": plan.purpose})
    return number, plan.case_id


async def _let_rest(session: AsyncSession, plan: CallPlan, case: Case) -> None:
    """A case that is only there for this call is nobody's work when she was not reached."""
    if plan.purpose in SATISFACTION or case.state is not CaseState.OWNED or case.outcome:
        return
    await move_case(session, case, CaseState.CLOSED)
    await add_entry(session, case.id, "case_closed")
    await let_owner_see(session, case)
    await touch_case(session, case)
