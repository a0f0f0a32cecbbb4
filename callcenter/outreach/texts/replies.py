"""What came in by text message: the answer to a plan, as if it were keyed; or something else, which an agent gets to see.

The text is locked first, then case and plan, as everywhere. One transaction each: a worker that dies in it has done nothing.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.actions import (
    LinkedTo,
    add_entry,
    join_case,
    let_owner_see,
    lock_case,
    move_case,
    open_call_back,
    open_case,
)
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import OPEN, CaseState, Severity, TaskState
from callcenter.centre.queries import get_values
from callcenter.elders.queries import find_elders_by_contact_number, find_elders_by_number
from callcenter.kit import clock
from callcenter.messaging.inbound import lock_text
from callcenter.messaging.models import InboundText, Message
from callcenter.messaging.states import MessageState
from callcenter.outreach.actions import OUTREACH, close_when_asked, finish_plan, lock_plan, to_person, touch_plan
from callcenter.outreach.complaints.actions import NewComplaint, open_complaint
from callcenter.outreach.complaints.states import Source
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import NOT_SENT
from callcenter.outreach.states import PlanState, Result, Why
from callcenter.outreach.texts.asking import ABOUT
from callcenter.outreach.texts.rules import REMEMBERED, Read, Reading, read_reply
from callcenter.settings import get_settings

BAD = 2  # this and below opens a complaint, as by key
SAME_CRY = timedelta(minutes=30)  # a second one joins the emergency of the first


async def settle_text(session: AsyncSession, text_id: uuid.UUID) -> None:
    """Harmless twice."""
    text = await lock_text(session, text_id)
    if text.settled_at is not None:
        return
    reading = read_reply(text.text or "")
    plan = await find_plan(session, text)
    text.settled_at, text.read_as = clock.now(), reading.code
    if plan is None:
        case_id = await tell_agent(session, text, reading, await _whose(session, text.address))
        text.about_kind, text.about_id = "case", str(case_id)
        return
    text.about_kind, text.about_id = ABOUT, str(plan.id)
    if plan.state is PlanState.MESSAGED:
        await _answer(session, plan, text, reading)
    else:
        await _note_late(session, plan, text, reading)


async def find_plan(session: AsyncSession, text: InboundText) -> CallPlan | None:
    """Locked: the newest plan that awaits an answer from this number; else the one that asked it last, some days back."""
    asked = (
        select(CallPlan.id)
        .join(Message, Message.dedupe_key == func.concat("follow_up:", CallPlan.id, type_=Text))
        .where(
            Message.address_index == text.address_index,
            Message.state.not_in(NOT_SENT | {MessageState.QUEUED}),
            Message.due_at >= text.received_at - REMEMBERED,
        )
        .order_by((CallPlan.state == PlanState.MESSAGED).desc(), Message.due_at.desc())
        .limit(1)
    )
    plan_id = await session.scalar(asked)
    return await lock_plan(session, plan_id) if plan_id else None


async def _answer(session: AsyncSession, plan: CallPlan, text: InboundText, reading: Reading) -> None:
    assert plan.case_id is not None
    await _note(session, plan.case_id, text, reading, plan)
    if reading.read is Read.RATED and reading.rating is not None:
        await finish_plan(session, OUTREACH, plan, Result.RATED, rating=reading.rating, keyed=str(reading.rating))
        case = await lock_case(session, plan.case_id)
        if reading.rating > BAD:
            await close_when_asked(session, case)
            return
        words = text.text or ""
        await open_complaint(
            session,
            OUTREACH,
            NewComplaint(
                Source.RATING, case, plan.order_id, plan.store_id, plan.agent_id, reading.rating, words=words, dedupe_key=f"plan:{plan.id}"
            ),
        )
        await _call_back(session, case, text.address, "bad_rating")
        return
    if reading.read is Read.PERSON:
        await finish_plan(session, OUTREACH, plan, Result.HELP, keyed="9")
        await _call_back(session, await lock_case(session, plan.case_id), text.address, "asked_by_text")
        return
    await to_person(session, plan, Why.REPLIED)
    if reading.read is Read.URGENT:
        await tell_agent(session, text, reading, plan.elder_id)


async def _note_late(session: AsyncSession, plan: CallPlan, text: InboundText, reading: Reading) -> None:
    """A person has it, or it is over: nothing of it is changed. What is more than a number is seen by an agent all the same."""
    if plan.case_id is not None:
        await _note(session, plan.case_id, text, reading, plan)
    text.was_late = True
    await touch_plan(session, plan)
    seen = plan.state is PlanState.BY_PERSON and reading.read is not Read.URGENT  # on the list, with this text beside it
    if reading.read is not Read.RATED and not seen:
        await tell_agent(session, text, reading, plan.elder_id)


async def _note(session: AsyncSession, case_id: uuid.UUID, text: InboundText, reading: Reading, plan: CallPlan) -> None:
    late = plan.state is not PlanState.MESSAGED
    data = {"plan_id": str(plan.id), "read_as": reading.code, "late": late}
    await add_entry(session, case_id, "text_received", text=text.text or "", data=data, at=text.received_at)


# --- what belongs to no plan ---------------------------------------------------------------------------------------------------------


async def tell_agent(session: AsyncSession, text: InboundText, reading: Reading, elder_id: uuid.UUID | None) -> uuid.UUID:
    """A call-back on a case of hers, with the text on it; one that waits already is brought forward. What asks for help is an emergency like a press:
    the case is an SOS, which `emergency` opens within a second, with its deadlines, its alarms and the call back to her.
    """
    urgent, now = reading.read is Read.URGENT, clock.now()
    case = await _open_case_of(session, text.address, elder_id, urgent=urgent)
    if case is None:
        opened = await open_case(
            session, elder_id=elder_id, caller_key=text.address, is_sos=urgent, severity=Severity.E0 if urgent else Severity.N1,
            linked=LinkedTo(None), at=now, data={"read_as": reading.code}, kind="text_case",
        )  # fmt: skip
        case = await lock_case(session, opened.id)
    elif urgent:
        await join_case(session, case, is_sos=True, at=now)
    await add_entry(session, case.id, "text_received", text=text.text or "", data={"read_as": reading.code}, at=text.received_at)
    await _call_back(session, case, text.address, "text_urgent" if urgent else "text")
    return case.id


async def _open_case_of(session: AsyncSession, number: str, elder_id: uuid.UUID | None, *, urgent: bool) -> Case | None:
    """Locked: a case on which she is called back already, or an emergency of hers that has only begun."""
    whose = Case.elder_id == elder_id if elder_id else Case.elder_id.is_(None) & (Case.caller_key == number)
    task = select(CaseTask.id).where(CaseTask.case_id == Case.id, CaseTask.state != TaskState.DONE).exists()
    begun = Case.is_sos & (Case.last_press_at > clock.now() - SAME_CRY)
    found = (
        select(Case.id)
        .where(whose, Case.state.in_(OPEN), begun if urgent else (task | begun))
        .order_by(Case.is_sos.desc(), Case.opened_at.desc())
    )
    case_id = await session.scalar(found.limit(1))
    if case_id is None:
        return None
    case = await lock_case(session, case_id)
    return case if case.state in OPEN else None


async def _whose(session: AsyncSession, number: str) -> uuid.UUID | None:
    """The elder who has this number, or whose contact has it; nobody when it may be two."""
    found = await find_elders_by_number(session, [number]) or await find_elders_by_contact_number(session, [number])
    ids = {one.id for one in found}
    return ids.pop() if len(ids) == 1 else None


async def _call_back(session: AsyncSession, case: Case, number: str, reason: str) -> None:
    """Precondition: `case` is locked. A case that was over waits again."""
    if case.state in (CaseState.RESOLVED, CaseState.CLOSED):
        await move_case(session, case, CaseState.WAITING)
        await let_owner_see(session, case)
    timings = (await get_values(session, get_settings())).timings
    await open_call_back(session, case, number=number, reason=reason, at=clock.now(), timings=timings)
