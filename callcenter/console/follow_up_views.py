"""Planned calls as they are shown: whole for whoever may see the elder, else masked."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any, get_args

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.dialogs.models import DialogCall, DialogEvent
from callcenter.calls.models import Call
from callcenter.calls.recordings.models import CallRecording
from callcenter.calls.recordings.states import RecordingState
from callcenter.calls.states import CallKind
from callcenter.cases.models import Case
from callcenter.catalog.queries import resolve_items
from callcenter.console.schemas_follow_ups import (
    CalledByHand,
    FollowUpCounts,
    FollowUpDetail,
    FollowUpList,
    FollowUpNumber,
    FollowUpView,
    HeardCall,
    Look,
    PlanAttempt,
    Pressed,
    TextAsked,
    TextReply,
)
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.access import whole_for
from callcenter.elders.queries import get_elder_summaries, list_numbers
from callcenter.kit import clock
from callcenter.kit.phone import mask, pretty
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.keys import meaning_of
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import get_hours, list_attempts
from callcenter.outreach.states import OPEN, PlanState, Purpose, Result, Why
from callcenter.outreach.texts.queries import TextOfPlan, texts_of
from callcenter.regions.queries import within

PAGE = 50
TOLD = frozenset(get_args(Pressed.model_fields["kind"].annotation))
_AS_IT_IS = (
    "id", "version", "purpose", "way", "why", "state", "elder_id", "case_id", "order_id", "planned_at", "due_at", "attempts", "owner_id", "result",
    "rating", "keyed", "drop_reason", "done_at", "sample_no",
)  # fmt: skip


async def list_follow_ups(
    session: AsyncSession, who: SignedIn, look: Look, *, purpose: Purpose | None, result: Result | None, offset: int
) -> FollowUpList:
    """A page of them: what waits by when it is due, what is over with the last first."""
    scope = [CallPlan.community_id.in_(within(who.actor.region_ids))] if who.actor.region_ids else []
    where = [*scope, *await _looked_for(session, who, look)]
    if purpose is not None:
        where.append(CallPlan.purpose == purpose)
    if result is not None:
        where.append(CallPlan.result == result)
    order: tuple[Any, ...] = (CallPlan.due_at, CallPlan.id)
    if look == "done":
        order = (CallPlan.done_at.desc(), CallPlan.id.desc())
    elif look == "sample":
        order = (CallPlan.sample_no.desc(),)
    found = (await session.scalars(select(CallPlan).where(*where).order_by(*order).offset(offset).limit(PAGE))).all()
    total = await session.scalar(select(func.count()).select_from(CallPlan).where(*where)) or 0
    people = CallPlan.state == PlanState.BY_PERSON
    mine = people & (CallPlan.owner_id == who.user_id)
    overdue = people & (CallPlan.due_at <= clock.now())
    counting = select(*(func.count().filter(one) for one in (people, overdue, mine))).select_from(CallPlan)
    counts = (await session.execute(counting.where(*scope, people))).one()
    return FollowUpList(
        items=await views_of(session, who, found),
        total=total,
        counts=FollowUpCounts(people=counts[0], overdue=counts[1], mine=counts[2]),
    )


async def _looked_for(session: AsyncSession, who: SignedIn, look: Look) -> list[ColumnElement[bool]]:
    match look:
        case "people":
            return [CallPlan.state == PlanState.BY_PERSON]
        case "mine":
            return [CallPlan.state == PlanState.BY_PERSON, CallPlan.owner_id == who.user_id]
        case "today":
            zone = (await get_hours(session)).zone
            midnight = datetime.combine(clock.now().astimezone(zone).date() + timedelta(days=1), time(0), zone)
            return [CallPlan.state.in_(OPEN), CallPlan.due_at < midnight]
        case "open":
            return [CallPlan.state.in_(OPEN)]
        case "done":
            return [CallPlan.state.not_in(OPEN)]
        case "sample":
            return [CallPlan.sample_no.is_not(None), CallPlan.why == Why.SAMPLE]


async def views_of(session: AsyncSession, who: SignedIn, plans: Sequence[CallPlan]) -> list[FollowUpView]:
    """In the order given; ten statements, however many they are."""
    if not plans:
        return []
    because = await whole_for(session, who.actor, {plan.elder_id for plan in plans})
    elders = await get_elder_summaries(session, {plan.elder_id for plan in plans}, full_ids=because.keys())
    names = await _words(session, User, "name", [i for plan in plans for i in (plan.owner_id, plan.done_by_id)])
    cases = await _words(session, Case, "number", [plan.case_id for plan in plans])
    orders = await _words(session, Order, "number", [plan.order_id for plan in plans])
    stores = await _words(session, Store, "name", [plan.store_id for plan in plans])
    items = {item.code: item.name_zh for item in await resolve_items(session, None)} if any(plan.item_code for plan in plans) else {}
    texts = await texts_of(session, [plan.id for plan in plans])
    found = []
    for plan in plans:
        elder = elders[plan.elder_id]
        found.append(
            FollowUpView(
                **{name: getattr(plan, name) for name in _AS_IT_IS},
                elder_name=elder.name,
                elder_age=elder.age,
                place=elder.place,
                whole=plan.elder_id in because,
                item=items.get(plan.item_code, plan.item_code),
                case_number=cases.get(plan.case_id, ""),
                order_number=orders.get(plan.order_id, ""),
                store_name=stores.get(plan.store_id, ""),
                owner_name=names.get(plan.owner_id, ""),
                done_by=names.get(plan.done_by_id, ""),
                texted=_texted(texts.get(plan.id), whole=plan.elder_id in because),
            )
        )
    return found


def _texted(text: TextOfPlan | None, *, whole: bool) -> TextAsked | None:
    if text is None:
        return None
    replies = [
        TextReply(at=reply.received_at, read_as=reply.read_as, text=(reply.text or "") if whole else "", counted=not reply.was_late)
        for reply in text.replies
    ]
    return TextAsked(state=text.state, due_at=text.due_at, sent_at=text.sent_at, replies=replies)


async def _words(session: AsyncSession, model: Any, column: str, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = await session.execute(select(model.id, getattr(model, column)).where(model.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


# --- one -------------------------------------------------------------------------------------------------------------------------


async def detail_of(session: AsyncSession, who: SignedIn, plan: CallPlan) -> FollowUpDetail:
    (view,) = await views_of(session, who, [plan])
    numbers = await list_numbers(session, plan.elder_id)
    return FollowUpDetail(
        **view.model_dump(),
        note=plan.note if view.whole else "",
        numbers=[
            FollowUpNumber(position=one.position, text=pretty(one.e164) if view.whole else mask(one.e164), label=one.label)
            for one in numbers
        ],
        tried=await _tried(session, plan, whole=view.whole),
        called=await _called(session, plan, whole=view.whole),
        complaint_number=await _complaint_number(session, plan),
    )


async def _tried(session: AsyncSession, plan: CallPlan, *, whole: bool) -> list[PlanAttempt]:
    attempts = await list_attempts(session, plan.id)
    ids = [attempt.dialog_id for attempt in attempts if attempt.dialog_id is not None]
    if not ids:
        events, calls = [], {}
    else:
        events = list(await session.scalars(select(DialogEvent).where(DialogEvent.dialog_id.in_(ids)).order_by(DialogEvent.id)))
        dialogs = await session.execute(select(DialogCall.id, DialogCall.call_id).where(DialogCall.id.in_(ids)))
        calls = {row.id: row.call_id for row in dialogs if row.call_id is not None}
    sounds = await _sounds(session, calls.values()) if whole else {}
    return [
        PlanAttempt(
            number=attempt.number,
            state=attempt.state,
            asked_at=attempt.asked_at,
            answered_at=attempt.answered_at,
            ended_at=attempt.ended_at,
            pressed=[
                _pressed(plan.purpose, event, contact=attempt.contact_id is not None)
                for event in events
                if event.dialog_id == attempt.dialog_id and event.kind in TOLD
            ],
            recordings=sounds.get(calls[attempt.dialog_id], []) if attempt.dialog_id in calls else [],
        )
        for attempt in attempts
    ]


def _pressed(purpose: Purpose, event: DialogEvent, *, contact: bool) -> Pressed:
    keys = str(event.data.get("keys", ""))
    return Pressed(at=event.at, kind=event.kind, key=keys, meaning=meaning_of(purpose, keys, contact=contact))


async def _called(session: AsyncSession, plan: CallPlan, *, whole: bool) -> list[CalledByHand]:
    """With a click by who has taken it, or had when it was over."""
    agent_id = plan.owner_id or plan.done_by_id
    if plan.case_id is None or agent_id is None or plan.taken_at is None:
        return []
    hers = select(Call, User.name).join(User, User.id == Call.agent_id).where(
        Call.case_id == plan.case_id, Call.kind == CallKind.OUTBOUND, Call.agent_id == agent_id, Call.received_at >= plan.taken_at,
        Call.received_at <= (plan.done_at or clock.now()), Call.elder_id == plan.elder_id,
    )  # fmt: skip
    rows = (await session.execute(hers.order_by(Call.received_at))).all()
    sounds = await _sounds(session, [row[0].id for row in rows]) if whole else {}
    return [
        CalledByHand(
            at=call.received_at,
            by=name,
            talked_s=(call.ended_at - call.answered_at).total_seconds() if call.answered_at and call.ended_at else None,
            recordings=sounds.get(call.id, []),
        )
        for call, name in rows
        if call.ended_at is not None
    ]


async def _sounds(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[HeardCall]]:
    saved = CallRecording.state == RecordingState.SAVED
    found: dict[uuid.UUID, list[HeardCall]] = {}
    for row in await session.scalars(
        select(CallRecording).where(CallRecording.call_id.in_(call_ids), saved).order_by(CallRecording.started_at, CallRecording.part)
    ):
        found.setdefault(row.call_id, []).append(HeardCall(id=row.id, seconds=row.seconds or 0.0))
    return found


async def _complaint_number(session: AsyncSession, plan: CallPlan) -> str:
    which = Complaint.id == plan.subject_id if plan.purpose is Purpose.COMPLAINT else Complaint.dedupe_key == f"plan:{plan.id}"
    return await session.scalar(select(Complaint.number).where(which)) or ""
