"""Calls that the centre makes of its own accord: what is planned, what was keyed, and those that a person makes.

Everybody sees the list, masked; who takes a call from it sees the elder whole until it is over or put off.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.states import PartyRole
from callcenter.cases.queries import get_case
from callcenter.console.calling import started
from callcenter.console.follow_up_views import detail_of, list_follow_ups, views_of
from callcenter.console.http import Desk, Session, SettingsDep, database_of, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas import CommandOutcome, StartedCall
from callcenter.console.schemas_follow_ups import (
    CallHer,
    DrawView,
    DropFollowUp,
    FinishFollowUp,
    FollowUpDetail,
    FollowUpList,
    FollowUpView,
    Look,
    PutOff,
)
from callcenter.elders.access import whole_for
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict, Forbidden, NotFound
from callcenter.outreach.actions import close_when_asked, drop_plan, lock_plan, take_plan
from callcenter.outreach.followup import by_person
from callcenter.outreach.followup.sampling import check_draw
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import OPEN, Drop, Purpose, Result
from callcenter.regions.queries import within

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WORK))]
Decider = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WRITE))]
Db = Annotated[Database, Depends(database_of)]


@router.get("/api/follow-ups")
async def list_plans(
    who: Reader,
    session: Session,
    look: Look = "people",
    purpose: Purpose | None = None,
    result: Result | None = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> FollowUpList:
    """Fifty at a time. `people`: those on the list of people; `today`: all that is due before midnight; `sample`: drawn for a person. A supervisor sees
    her regions'."""
    return await list_follow_ups(session, who, look, purpose=purpose, result=result, offset=offset)


@router.get("/api/follow-ups/draw")
async def get_draw(who: Decider, session: Session) -> DrawView:
    """The draw for the whole centre, drawn again now."""
    return DrawView.model_validate(await check_draw(session), from_attributes=True)


@router.get("/api/cases/{case_id}/follow-ups")
async def list_of_case(case_id: uuid.UUID, who: Reader, session: Session) -> list[FollowUpView]:
    """Newest first."""
    await get_case(session, case_id)
    found = select(CallPlan).where(CallPlan.case_id == case_id).order_by(CallPlan.planned_at.desc(), CallPlan.id.desc()).limit(50)
    return await views_of(session, who, (await session.scalars(found)).all())


@router.get("/api/follow-ups/{plan_id}")
async def get_one(plan_id: uuid.UUID, who: Reader, session: Session) -> FollowUpDetail:
    """With every attempt and what was keyed; whole for whoever may see the elder, which is written down."""
    plan = await session.get(CallPlan, plan_id)
    if plan is None:
        raise NotFound("there is no such planned call", code="no_such_plan")
    return await _detail(session, who, plan)


async def _detail(session: AsyncSession, who: SignedIn, plan: CallPlan) -> FollowUpDetail:
    await session.refresh(plan)
    if (because := (await whole_for(session, who.actor, [plan.elder_id])).get(plan.elder_id)) is not None:
        purpose = f"case:{plan.case_id}" if plan.case_id else f"plan:{plan.id}"
        await audit(session, who.actor, "elder:read", plan.elder_id, purpose=purpose, details={"by": because})
    return await detail_of(session, who, plan)


async def _act(
    session: AsyncSession,
    who: SignedIn,
    plan_id: uuid.UUID,
    key: str | None,
    name: str,
    body: BaseModel,
    do: Callable[[], Awaitable[object]],
) -> FollowUpDetail:
    async def done() -> CommandOutcome:
        await do()
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, key, f"follow_up:{name}:{plan_id}", body, CommandOutcome, done)
    return await _detail(session, who, await session.get_one(CallPlan, plan_id))


class Nothing(BaseModel):
    """What a body without fields stands for."""


@router.post("/api/follow-ups/{plan_id}/take")
async def take(plan_id: uuid.UUID, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> FollowUpDetail:
    """409 `taken` says who has it, `plan_over`: it is not on the list any more."""
    return await _act(session, who, plan_id, idempotency_key, "take", Nothing(), lambda: take_plan(session, who.actor, plan_id))


@router.post("/api/follow-ups/{plan_id}/call")
async def call(
    plan_id: uuid.UUID, body: CallHer, who: Worker, desk: Desk, database: Db, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> StartedCall:
    """The agent's own telephone, then the elder. For who has taken it: 409 `take_first`."""
    who.actor.must(Permission.CALLS_TAKE)
    async with database.transaction() as session:
        number, case_id = await by_person.number_to_call(session, settings, who.actor, plan_id, position=body.position)
    args = {"number": number, "case_id": str(case_id), "role": PartyRole.ELDER, "code": "", "ref_id": None}
    return started(*await desk.ask("call_out", agent_id=who.user_id, args=args, key=idempotency_key))


@router.post("/api/follow-ups/{plan_id}/finish")
async def finish(
    plan_id: uuid.UUID, body: FinishFollowUp, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> FollowUpDetail:
    """A rating of 2 or less opens a complaint with the note as her words. 422 `rating_not_reached`, `nothing_to_rate`."""

    async def do() -> None:
        await by_person.finish_by_person(session, who.actor, plan_id, result=Result(body.result), rating=body.rating, note=body.note)

    return await _act(session, who, plan_id, idempotency_key, "finish", body, do)


@router.post("/api/follow-ups/{plan_id}/put-off")
async def put_off(
    plan_id: uuid.UUID, body: PutOff, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> FollowUpDetail:
    """On the list again at `due_at`: 422 `bad_moment`, `outside_hours`."""

    async def do() -> None:
        await by_person.put_off(session, who.actor, plan_id, due_at=body.due_at)

    return await _act(session, who, plan_id, idempotency_key, "put-off", body, do)


@router.post("/api/follow-ups/{plan_id}/drop")
async def drop(
    plan_id: uuid.UUID, body: DropFollowUp, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> FollowUpDetail:
    """Nobody calls her about it any more; what rings stops ringing. A supervisor's, of her regions, with a word."""

    async def do() -> None:
        plan = await lock_plan(session, plan_id)
        if plan.state not in OPEN:
            raise Conflict("this call is over", code="plan_over")
        hers = select(CallPlan.id).where(CallPlan.id == plan_id, CallPlan.community_id.in_(within(who.actor.region_ids)))
        if await session.scalar(hers) is None:
            raise Forbidden("she does not live in your regions", code="not_your_region")
        await drop_plan(session, who.actor, plan, Drop.STOPPED, note=body.reason)
        if plan.case_id is not None:
            await close_when_asked(session, await get_case(session, plan.case_id))

    return await _act(session, who, plan_id, idempotency_key, "drop", body, do)
