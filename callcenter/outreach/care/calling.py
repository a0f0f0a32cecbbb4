"""A call of care, and what follows when she does not answer: her contacts, then somebody at her door. Everybody locks the case, then the plan.

Each step is written in the transaction in which the one before ended, with its request to voice: whatever dies, none is left out and none comes twice.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import request_dialog
from callcenter.calls.models import Call
from callcenter.calls.setting_up import dialable
from callcenter.calls.states import PartyRole
from callcenter.cases.actions import LinkedTo, add_entry, lock_case, move_case, open_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import CaseState, Severity
from callcenter.dispatch.orders.actions.offering import place_and_offer
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.elders.actions import contacts_of
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Invalid
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.outreach import queries
from callcenter.outreach.actions import (
    OUTREACH,
    RUNG_WITHIN,
    drop_plan,
    end_attempt,
    finish_plan,
    lock_plan,
    start_attempt,
    to_person,
    touch_plan,
)
from callcenter.outreach.care.models import Campaign, CarePlan
from callcenter.outreach.care.rules import AGAIN, TRIES, Reachable, next_contact, visit_from
from callcenter.outreach.care.states import CampaignState
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.states import ATTEMPT, AttemptState, Drop, PlanState, Purpose, Result, Why
from callcenter.settings import get_settings

log = structlog.get_logger()
CARE = frozenset({Purpose.CARE, Purpose.DAILY, Purpose.MEDICINE, Purpose.CAMPAIGN})
CARE_CALL, CONTACT_CALL = "care_call", "care_contact"  # kinds of dialogs
VISIT, DOOR_CHECK = "WJ03", "JJ04"
CONTACT_RING_S = 30.0
LOOK_AGAIN = timedelta(minutes=1)  # at a campaign that is paused
ONLY_AT_HOME = frozenset({Purpose.DAILY, Purpose.MEDICINE, Purpose.CAMPAIGN})  # of today; a regular call waits until she is back


async def begin_call(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """What is due is rung, put off, or given up."""
    plan, now = await lock_plan(session, plan_id), clock.now()
    if plan.state is not PlanState.DUE or plan.due_at > now:
        return
    if now >= plan.give_up_at:  # nothing ran for so long
        if plan.attempts or plan.purpose is Purpose.DAILY:
            await to_person(session, plan, Why.NOT_REACHED)
        else:
            await drop_plan(session, OUTREACH, plan, Drop.TOO_LATE)
        return
    elder = await session.get_one(Elder, plan.elder_id, populate_existing=True)
    if plan.purpose in ONLY_AT_HOME and elder.presence in (Presence.AWAY, Presence.IN_HOSPITAL):
        await drop_plan(session, OUTREACH, plan, Drop.DEPARTED if plan.purpose is Purpose.CAMPAIGN else Drop.OBSOLETE)
    elif plan.purpose is Purpose.MEDICINE and await _has_ended(session, plan):
        await drop_plan(session, OUTREACH, plan, Drop.OBSOLETE)
    elif plan.purpose is not Purpose.CAMPAIGN or await _campaign_calls(session, plan, now):
        await start_attempt(session, plan_id, dialog=CARE_CALL)
    await tell_campaign(session, plan)


async def _has_ended(session: AsyncSession, plan: CallPlan) -> bool:
    """The care plan that a call was planned by. A regular call is made all the same: it was agreed when it was planned."""
    return await session.scalar(select(CarePlan.ended_at).where(CarePlan.id == plan.subject_id)) is not None


async def _campaign_calls(session: AsyncSession, plan: CallPlan, now: datetime) -> bool:
    """It runs, and this is one of its hours; else the call is put off, or dropped. Who stops it waits for this plan's lock, and sees the call."""
    assert plan.subject_id is not None
    campaign = await session.get_one(Campaign, plan.subject_id, populate_existing=True)
    if campaign.state in (CampaignState.STOPPED, CampaignState.DONE):
        await drop_plan(session, OUTREACH, plan, Drop.STOPPED)
        return False
    hours = replace(await queries.get_hours(session), start=campaign.hour_from, end=campaign.hour_until)
    if campaign.state is CampaignState.RUNNING and hours.allow(now):
        return True
    plan.due_at = hours.next(now + LOOK_AGAIN)
    await touch_plan(session, plan)
    return False


async def tell_campaign(session: AsyncSession, plan: CallPlan) -> None:
    """Its figures have changed: consoles hear of it."""
    if plan.purpose is Purpose.CAMPAIGN:
        await publish(session, "campaign", plan.subject_id, {})


async def end_call(session: AsyncSession, plan: CallPlan, attempt: CallAttempt, to: AttemptState) -> None:
    """Over without an answer: once more, or she is looked for. What voice never rang was no try. Precondition: locked, on the line."""
    unrung = sum(a.state is AttemptState.CANCELLED for a in await queries.list_attempts(session, plan.id)) + (to is AttemptState.CANCELLED)
    last = await end_attempt(session, plan, attempt, to, most=TRIES + unrung, gap=AGAIN[plan.purpose])
    if last and plan.state is PlanState.CALLING:
        await not_reached(session, plan)
    await tell_campaign(session, plan)


async def not_reached(session: AsyncSession, plan: CallPlan) -> None:
    """Twice. Unless she has spoken with us meanwhile, somebody looks after her. Precondition: locked."""
    if await _has_spoken(session, plan):
        await finish_plan(session, OUTREACH, plan, Result.SPOKEN)
        return
    if not await _is_looked_for(session, plan):
        await finish_plan(session, OUTREACH, plan, Result.NOT_REACHED)
        return
    case = await open_care_case(session, plan)
    case.outcome = "planned"
    await move_case(session, case, CaseState.WAITING)
    await touch_case(session, case)
    await add_entry(
        session, case.id, "care_not_reached", data={"plan_id": str(plan.id), "purpose": plan.purpose, "attempts": plan.attempts}
    )
    await go_on(session, plan)


async def go_on(session: AsyncSession, plan: CallPlan) -> None:
    """The next contact; after the last one, her door. Precondition: locked, with its case; nothing of it is on the line."""
    assert plan.case_id is not None
    contact = await _next_contact(session, plan)
    if contact is None:
        await _send_somebody(session, plan, plan.case_id)
        return
    now = clock.now()
    plan.attempts += 1
    attempt = CallAttempt(
        id=new_id(), plan_id=plan.id, number=plan.attempts, elder_id=plan.elder_id, contact_id=contact.id, state=AttemptState.CALLING,
        asked_at=now, keyed="",
    )  # fmt: skip
    session.add(attempt)
    await session.flush()
    attempt.dialog_id = await request_dialog(
        session, kind=CONTACT_CALL, subject_id=attempt.id, number=contact.number, due_at=now, deadline_at=now + RUNG_WITHIN,
        dedupe_key=f"{CONTACT_CALL}:{attempt.id}", ring_seconds=CONTACT_RING_S, case_id=plan.case_id, role=PartyRole.CONTACT, ref_id=contact.id,
    )  # fmt: skip
    await add_entry(session, plan.case_id, "care_contact_called", data={"contact_id": str(contact.id)})
    await touch_plan(session, plan)


async def end_contact_call(session: AsyncSession, plan: CallPlan, attempt: CallAttempt, to: AttemptState, *, keys: str = "") -> None:
    """She can't, or was not reached: the next one. Precondition: locked, on the line."""
    ATTEMPT.check(attempt.state, to)
    attempt.state, attempt.ended_at, attempt.keyed = to, clock.now(), keys
    await session.flush()
    assert plan.case_id is not None
    kind = "care_contact_cannot" if to is AttemptState.SPOKEN else "care_contact_not_reached"
    await add_entry(session, plan.case_id, kind, data={"contact_id": str(attempt.contact_id), "why": to})
    if plan.state is PlanState.CALLING:
        await go_on(session, plan)


async def contact_looks(session: AsyncSession, plan: CallPlan, attempt: CallAttempt, *, keys: str) -> None:
    """Her contact has spoken with her, or goes there: that is settled. Precondition: locked, on the line."""
    assert plan.case_id is not None
    attempt.state, attempt.ended_at, attempt.keyed = AttemptState.SPOKEN, clock.now(), keys
    await add_entry(session, plan.case_id, "care_contact_looks", data={"contact_id": str(attempt.contact_id)})
    await finish_plan(session, OUTREACH, plan, Result.FINE, keyed=keys)
    case = await lock_case(session, plan.case_id)
    await move_case(session, case, CaseState.RESOLVED)
    await touch_case(session, case)


async def open_care_case(session: AsyncSession, plan: CallPlan) -> Case:
    """Of its own, when there is something to do; a call that she answers by "I am fine" needs none. Locked. Precondition: the plan is locked."""
    if plan.case_id is None:
        severity = Severity.U2 if plan.purpose is Purpose.DAILY else Severity.N2
        data = {"plan_id": str(plan.id), "purpose": plan.purpose}
        opened = await open_case(
            session, elder_id=plan.elder_id, caller_key=None, is_sos=False, severity=severity, linked=LinkedTo(None), at=clock.now(), data=data,
            kind="care_call",
        )  # fmt: skip
        plan.case_id = opened.id
        await session.flush()
    return await lock_case(session, plan.case_id)


async def _send_somebody(session: AsyncSession, plan: CallPlan, case_id: uuid.UUID) -> None:
    """A grid worker's visit; a check of her door with an emergency's deadlines when her daily sign is missed. What dispatch refuses is a person's."""
    daily = plan.purpose is not Purpose.CARE
    item, wanted = (DOOR_CHECK, None) if daily else (VISIT, visit_from(clock.now(), await queries.get_hours(session)))
    try:
        async with session.begin_nested():
            await place_and_offer(session, OUTREACH, case_id, AskedOrder(lines=[AskedLine(item=item)], wanted_from=wanted))
    except AppError as error:
        log.warning("door_check_not_placed", case_id=str(case_id), code=error.code)
        await add_entry(session, case_id, "door_check_refused", data={"code": error.code})
        await to_person(session, plan, Why.NOT_REACHED)
        return
    await add_entry(session, case_id, "care_door_check", data={"item": item, "purpose": plan.purpose})
    await finish_plan(session, OUTREACH, plan, Result.NOT_REACHED)


async def _next_contact(session: AsyncSession, plan: CallPlan) -> Reachable | None:
    settings, today = get_settings(), clock.today(get_settings().timezone)
    rung = {a.contact_id for a in await queries.list_attempts(session, plan.id) if a.contact_id}
    own = {number.e164 for number in await list_numbers(session, plan.elder_id)}
    contacts = []
    for contact in await contacts_of(session, plan.elder_id):
        if (contact.valid_from and contact.valid_from > today) or (contact.valid_to and contact.valid_to < today):
            continue
        try:
            contacts.append(Reachable(contact.id, dialable(contact.number, settings)))
        except Invalid:
            continue
    return next_contact(contacts, own=own, rung=rung)


async def _is_looked_for(session: AsyncSession, plan: CallPlan) -> bool:
    """A campaign's sentence is not worth a neighbour's way; a missed reminder is, when her plan says so."""
    if plan.purpose is Purpose.MEDICINE and plan.subject_id is not None:
        return bool(await session.scalar(select(CarePlan.alarm).where(CarePlan.id == plan.subject_id)))
    return plan.purpose in (Purpose.CARE, Purpose.DAILY)


async def _has_spoken(session: AsyncSession, plan: CallPlan) -> bool:
    """With an agent, since we first rang her."""
    first = select(CallAttempt.asked_at).where(CallAttempt.plan_id == plan.id).order_by(CallAttempt.number).limit(1).scalar_subquery()
    spoken = select(Call.id).where(Call.elder_id == plan.elder_id, Call.answered_at >= first)
    return await session.scalar(spoken.limit(1)) is not None
