"""All writes on planned calls. Everybody locks the case first, then the plan.

What a purpose does beside it (a rating that opens a complaint, nobody at home that sends somebody) its own package does in the same transaction, by
`effects`; here stands what is the same for all.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.calls.dialogs.actions import cancel_dialog, request_dialog
from callcenter.calls.setting_up import dialable
from callcenter.calls.states import PartyRole
from callcenter.cases.actions import add_entry, lock_case, move_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import CaseState
from callcenter.centre.queries import get_values
from callcenter.elders.access import end_access, grant_access
from callcenter.elders.models import Elder, ElderNumber, GrantReason, Presence
from callcenter.elders.queries import current_id
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.messaging.actions import withdraw_message
from callcenter.outreach import queries
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.rules import Hours, next_attempt, text_key
from callcenter.outreach.satisfaction.ratings import rate_store
from callcenter.outreach.states import ATTEMPT, ON_THE_LINE, PLAN, AttemptState, Drop, PlanState, Purpose, Result, Way, Why
from callcenter.settings import get_settings

OUTREACH = system("outreach")
RUNG_WITHIN = timedelta(minutes=15)  # voice may be busy or away so long; then it was no attempt
AGAIN_SOON = timedelta(minutes=10)  # she talks with somebody just now
RING_SECONDS = 35.0  # an elder walks slowly to her telephone
ALWAYS_NOW = frozenset(
    {Purpose.DAILY, Purpose.MEDICINE}
)  # agreed with her, to the hour: also on holidays, and beside another call of the day


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What `plan_call` stores; see CallPlan."""

    dedupe_key: str
    purpose: Purpose
    way: Way
    why: Why
    elder_id: uuid.UUID
    due_at: datetime
    give_up_at: datetime
    case_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None
    store_id: uuid.UUID | None = None
    item_code: str = ""
    agent_id: uuid.UUID | None = None
    sample_no: int | None = None


async def plan_call(session: AsyncSession, new: NewPlan) -> uuid.UUID | None:
    """None: the same matter is planned already. For somebody who has died nothing is planned (None, audited)."""
    elder_id = await current_id(session, new.elder_id)
    elder = await session.get_one(Elder, elder_id)
    if elder.presence is Presence.DECEASED:
        await audit(session, OUTREACH, "call_plan:refused", elder_id, details={"why": Drop.DECEASED, "purpose": new.purpose})
        return None
    plan_id = new_id()
    stored = await session.scalar(
        pg_insert(CallPlan)
        .values(
            id=plan_id, version=1, dedupe_key=new.dedupe_key, purpose=new.purpose, way=new.way, why=new.why, state=PlanState.DUE, elder_id=elder_id,
            case_id=new.case_id, order_id=new.order_id, subject_id=new.subject_id, store_id=new.store_id, item_code=new.item_code,
            agent_id=new.agent_id, community_id=elder.community_id, planned_at=clock.now(), due_at=new.due_at, give_up_at=new.give_up_at, attempts=0,
            sample_no=new.sample_no, keyed="", note="",
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(CallPlan.id)
    )  # fmt: skip
    if stored is None:
        return None
    if new.case_id is not None:
        await add_entry(
            session, new.case_id, "follow_up_planned", data=_told(new.purpose, new.way) | {"plan_id": str(plan_id), "why": new.why}
        )
    await publish(session, "call_plan", plan_id, {}, version=1)
    return plan_id


async def lock_plan(session: AsyncSession, plan_id: uuid.UUID) -> CallPlan:
    """Its case before it, if it has one."""
    case_id = await session.scalar(select(CallPlan.case_id).where(CallPlan.id == plan_id))
    if case_id is not None:
        await lock_case(session, case_id)
    plan = await session.scalar(select(CallPlan).where(CallPlan.id == plan_id).with_for_update().execution_options(populate_existing=True))
    if plan is None:
        raise NotFound("there is no such planned call", code="no_such_plan")
    return plan


async def lock_attempt(session: AsyncSession, attempt_id: uuid.UUID) -> tuple[CallPlan, CallAttempt]:
    attempt = await session.get(CallAttempt, attempt_id)
    if attempt is None:
        raise NotFound("there is no such attempt", code="no_such_plan")
    plan = await lock_plan(session, attempt.plan_id)
    await session.refresh(attempt, with_for_update=True)
    return plan, attempt


async def touch_plan(session: AsyncSession, plan: CallPlan) -> None:
    plan.version += 1
    await session.flush()
    await publish(session, "call_plan", plan.id, {}, version=plan.version)


def move_plan(plan: CallPlan, to: PlanState) -> None:
    PLAN.check(plan.state, to)
    plan.state = to


# --- a program calls ---------------------------------------------------------------------------------------------------------------


async def start_attempt(
    session: AsyncSession, plan_id: uuid.UUID, *, dialog: str, memory: dict[str, object] | None = None
) -> CallAttempt | None:
    """The next call of a plan that is due, as a row and as a request to voice. None: not now (put off), or not at all (dropped, by a person)."""
    plan, now = await lock_plan(session, plan_id), clock.now()
    if plan.state is not PlanState.DUE or plan.way is not Way.KEYS or plan.due_at > now:
        return None
    elder = await _elder_now(session, plan)
    hours = await queries.get_hours(session)
    if elder is None:
        return None
    if now >= plan.give_up_at:
        await to_person(session, plan, Why.NOT_REACHED)
        return None
    if (later := await _not_now(session, plan, elder, now, hours)) is not None:
        plan.due_at = later
        await touch_plan(session, plan)
        return None
    if (number := await _number(session, plan)) is None:
        return None
    plan.attempts += 1
    attempt = CallAttempt(
        id=new_id(), plan_id=plan.id, number=plan.attempts, elder_id=plan.elder_id, state=AttemptState.CALLING, asked_at=now, keyed=""
    )
    session.add(attempt)
    move_plan(plan, PlanState.CALLING)
    await session.flush()
    attempt.dialog_id = await request_dialog(
        session, kind=dialog, subject_id=attempt.id, number=number, due_at=now, deadline_at=now + RUNG_WITHIN, dedupe_key=f"{dialog}:{attempt.id}",
        ring_seconds=RING_SECONDS, case_id=plan.case_id, memory=memory, role=PartyRole.ELDER, ref_id=plan.elder_id,
    )  # fmt: skip
    await touch_plan(session, plan)
    return attempt


async def _elder_now(session: AsyncSession, plan: CallPlan) -> Elder | None:
    """As she is now, in whichever profile she is kept; None and dropped when nobody is to be called any more."""
    plan.elder_id = await current_id(session, plan.elder_id)
    elder = await session.get_one(Elder, plan.elder_id, populate_existing=True)
    if elder.presence is Presence.DECEASED:
        await drop_plan(session, OUTREACH, plan, Drop.DECEASED)
        return None
    return elder


async def _not_now(session: AsyncSession, plan: CallPlan, elder: Elder, now: datetime, hours: Hours) -> datetime | None:
    """When to look again; None: she may be called now."""
    agreed = plan.purpose in ALWAYS_NOW
    if elder.presence is not Presence.HOME:  # in hospital, or with her daughter: not about cleaning
        back = elder.presence_until
        soon = now.astimezone(hours.zone).date() + timedelta(days=1)
        return hours.next(now, not_before=max(soon, back) if back else soon)
    if not agreed and not hours.allow(now):
        return hours.next(now)
    if await queries.is_called_now(session, plan) or await queries.is_on_the_telephone(session, plan.elder_id):
        return now + AGAIN_SOON
    if not agreed and await queries.spoke_today(session, plan, now, hours):
        return hours.next(now, not_before=now.astimezone(hours.zone).date() + timedelta(days=1))
    return None


async def _number(session: AsyncSession, plan: CallPlan) -> str | None:
    """Hers for this attempt: all of them in turn. None, and dropped: she has none, or only one that a program never dials."""
    numbers = select(ElderNumber.e164).where(ElderNumber.elder_id == plan.elder_id).order_by(ElderNumber.position)
    good, refused = [], Drop.NO_NUMBER
    for number in (await session.scalars(numbers)).all():
        try:
            good.append(dialable(number, get_settings()))
        except Invalid as problem:
            refused = Drop.EMERGENCY_NUMBER if problem.code == "emergency_number" else refused
    if not good:
        await drop_plan(session, OUTREACH, plan, refused)
        return None
    return good[plan.attempts % len(good)]


async def answer_attempt(
    session: AsyncSession, plan: CallPlan, attempt: CallAttempt, result: Result, *, keys: str, rating: int | None = None
) -> None:
    """A key was an answer. Precondition: locked, and the attempt is on the line."""
    attempt.keyed = f"{attempt.keyed} {keys}".strip()
    ATTEMPT.check(attempt.state, AttemptState.SPOKEN)
    attempt.state, attempt.ended_at = AttemptState.SPOKEN, clock.now()
    await finish_plan(session, OUTREACH, plan, result, rating=rating, keyed=attempt.keyed)


async def end_attempt(
    session: AsyncSession,
    plan: CallPlan,
    attempt: CallAttempt,
    to: AttemptState,
    *,
    most: int | None = None,
    gap: timedelta | None = None,
) -> bool:
    """The call is over without an answer: it is tried again, or that was the last (True). Precondition: locked, and on the line.

    `most`, `gap`: how often in all and after how long, where the purpose has its own; with a gap also outside of the hours when she has agreed to that.
    """
    ATTEMPT.check(attempt.state, to)
    attempt.state, attempt.ended_at = to, clock.now()
    if plan.state is not PlanState.CALLING:  # stopped while it rang
        await touch_plan(session, plan)
        return False
    if most is None:
        most = int((await get_values(session, get_settings())).number("outreach_attempts"))
    again = next_attempt(plan.attempts, clock.now(), await queries.get_hours(session), most=most, gap=gap)
    if again is not None and gap is not None and plan.purpose in ALWAYS_NOW:
        again = clock.now() + gap
    if again is None or again >= plan.give_up_at:
        return True
    move_plan(plan, PlanState.DUE)
    plan.due_at = again
    await touch_plan(session, plan)
    return False


# --- how it ends, or goes on by a person ---------------------------------------------------------------------------------------------


async def finish_plan(
    session: AsyncSession, actor: Actor, plan: CallPlan, result: Result, *, rating: int | None = None, keyed: str = "", note: str = ""
) -> None:
    """Asked and answered, or given up. Precondition: locked."""
    move_plan(plan, PlanState.DONE)
    plan.result, plan.rating, plan.done_at, plan.done_by_id = result, rating, clock.now(), actor.id
    plan.keyed, plan.note = keyed or plan.keyed, note or plan.note
    await end_access(session, plan_id=plan.id)
    if plan.case_id is not None:
        data = _told(plan.purpose, plan.way) | {"plan_id": str(plan.id), "result": result, "rating": rating, "keyed": plan.keyed}
        await add_entry(session, plan.case_id, "follow_up_done", actor=actor if actor.id else None, text=note, data=data)
    if rating is not None and plan.store_id is not None and plan.purpose is Purpose.JOB:
        await session.flush()
        await rate_store(session, plan.store_id)
    await audit(session, actor, "call_plan:done", plan.id, details={"result": result, "rating": rating})
    await touch_plan(session, plan)


async def to_person(session: AsyncSession, plan: CallPlan, why: Why, *, due_at: datetime | None = None) -> None:
    """Onto the agents' list. Precondition: locked."""
    move_plan(plan, PlanState.BY_PERSON)
    plan.why, plan.due_at = why, due_at or clock.now()
    if plan.case_id is not None:
        await add_entry(
            session, plan.case_id, "follow_up_by_person", data=_told(plan.purpose, plan.way) | {"plan_id": str(plan.id), "why": why}
        )
    await touch_plan(session, plan)


async def drop_plan(session: AsyncSession, actor: Actor, plan: CallPlan, why: Drop, *, note: str = "") -> None:
    """Nobody is called about it any more. What rings stops ringing. Precondition: locked."""
    if plan.state is PlanState.MESSAGED:
        await withdraw_message(session, text_key(plan.id))
    move_plan(plan, PlanState.DROPPED)
    plan.drop_reason, plan.done_at, plan.done_by_id, plan.note = why, clock.now(), actor.id, note or plan.note
    await end_access(session, plan_id=plan.id)
    for attempt in await queries.list_attempts(session, plan.id):
        if attempt.state in ON_THE_LINE and attempt.dialog_id is not None:
            await cancel_dialog(session, attempt.dialog_id)
            if attempt.state is AttemptState.CALLING:
                attempt.state, attempt.ended_at = AttemptState.CANCELLED, clock.now()
    if plan.case_id is not None:
        data = _told(plan.purpose, plan.way) | {"plan_id": str(plan.id), "why": why}
        await add_entry(session, plan.case_id, "follow_up_dropped", actor=actor if actor.id else None, text=note, data=data)
    await audit(session, actor, "call_plan:dropped", plan.id, details={"why": why})
    await touch_plan(session, plan)


async def take_plan(session: AsyncSession, actor: Actor, plan_id: uuid.UUID) -> CallPlan:
    """An agent takes it from the list, and sees the elder whole as long as she has it; a second one is told who has it (409 `taken`)."""
    plan = await lock_plan(session, plan_id)
    if plan.state is not PlanState.BY_PERSON:
        raise Conflict("this call is not on the list of people any more", code="plan_over")
    if plan.owner_id not in (None, actor.id):
        raise Conflict("a colleague has it", code="taken", details={"owner_id": str(plan.owner_id)})
    if plan.owner_id is None:
        assert actor.id is not None
        plan.owner_id, plan.taken_at = actor.id, clock.now()
        await grant_access(session, user_id=actor.id, elder_id=plan.elder_id, reason=GrantReason.PLANNED_CALL, plan_id=plan.id)
    await audit(session, actor, "call_plan:taken", plan.id)
    await touch_plan(session, plan)
    return plan


async def put_plan_back(session: AsyncSession, actor: Actor, plan_id: uuid.UUID, *, due_at: datetime) -> CallPlan:
    """Not reached, or another day suits her better: on the list again at `due_at`."""
    plan = await lock_plan(session, plan_id)
    if plan.state is not PlanState.BY_PERSON:
        raise Conflict("this call is not on the list of people any more", code="plan_over")
    if due_at <= clock.now():
        raise Invalid("say a later moment", code="bad_deadline")
    plan.owner_id, plan.taken_at, plan.due_at = None, None, due_at
    await end_access(session, plan_id=plan.id)
    await audit(session, actor, "call_plan:put_off", plan.id)
    await touch_plan(session, plan)
    return plan


async def close_when_asked(session: AsyncSession, case: Case) -> bool:
    """A resolved case is closed as soon as nobody has to be asked about it, and nobody complains of it. Precondition: locked."""
    if case.state is not CaseState.RESOLVED or await queries.has_open_plan(session, CallPlan.case_id == case.id):
        return False
    if await queries.has_open_complaint(session, case.id):
        return False
    await move_case(session, case, CaseState.CLOSED)
    await add_entry(session, case.id, "case_closed")
    await touch_case(session, case)
    return True


async def next_sample_no(session: AsyncSession) -> int:
    """Numbers without a gap, in the order of commits: the draw is by blocks of them."""
    await session.execute(select(func.pg_advisory_xact_lock(_SAMPLE)))
    return await session.scalar(select(func.coalesce(func.max(CallPlan.sample_no) + 1, 0))) or 0


_SAMPLE = 0x5A3B1E


def _told(purpose: Purpose, way: Way) -> dict[str, object]:
    return {"purpose": purpose, "way": way}
