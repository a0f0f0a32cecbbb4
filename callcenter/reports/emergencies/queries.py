from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.queries import get_users
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.recordings.queries import list_of_case
from callcenter.calls.states import CallKind, PartyRole
from callcenter.cases.models import Case
from callcenter.cases.queries import list_entries
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.models import Order
from callcenter.elders.access import whole_for
from callcenter.elders.models import ElderContact
from callcenter.elders.queries import get_elder_cards, get_elder_summaries
from callcenter.emergency.ladder.models import ContactAttempt, DutyCall
from callcenter.emergency.ladder.queries import attempts_of, list_attempts
from callcenter.emergency.ladder.states import AttemptState, Who
from callcenter.emergency.models import Emergency, EmergencyAlarm, EmergencyDeadline
from callcenter.emergency.outside.models import OutsideHandover
from callcenter.emergency.outside.queries import list_views
from callcenter.emergency.protocols.schemas import Turn, Words
from callcenter.emergency.protocols.states import StepState
from callcenter.emergency.protocols.views import get_protocol_view
from callcenter.emergency.queries import get_emergency
from callcenter.emergency.states import DeadlineState, EmergencyKind
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import pretty
from callcenter.regions.models import GridWorker
from callcenter.reports.emergencies.rules import TARGETS, Marks, Span, spans
from callcenter.reports.emergencies.schemas import (
    EmergencyLine,
    EmergencyList,
    EmergencyReport,
    ReportAttempt,
    ReportCall,
    ReportDeadline,
    ReportDutyCall,
    ReportHandover,
    ReportLeg,
    ReportLine,
    ReportRecording,
    ReportStep,
    SpanView,
)
from callcenter.reports.queries import checked_period
from callcenter.reports.schemas import WordsView
from callcenter.settings import Settings

MOST = 500
MOST_LINES = 2000
REACHED = frozenset({AttemptState.GOING, AttemptState.CANNOT, AttemptState.TALKS})  # she has heard it
HELPERS = frozenset({PartyRole.CONTACT, PartyRole.GRID_WORKER, PartyRole.STORE})


async def get_emergency_report(session: AsyncSession, actor: Actor, settings: Settings, case: Case) -> EmergencyReport:
    """Whole. NotFound when the case is no emergency."""
    emergency = await get_emergency(session, case.id)
    calls = (await session.scalars(select(Call).where(Call.case_id == case.id).order_by(Call.received_at))).all()
    legs = await _legs(session, [call.id for call in calls])
    deadlines = (
        await session.scalars(
            select(EmergencyDeadline).where(EmergencyDeadline.emergency_id == emergency.id).order_by(EmergencyDeadline.started_at)
        )
    ).all()
    handovers = await list_views(session, case.id)
    orders = (await session.scalars(select(Order).where(Order.case_id == case.id))).all()
    attempts = await list_attempts(session, emergency.id)
    ids = {case.owner_id, emergency.watcher_id, *(call.agent_id for call in calls), *(deadline.ended_by_id for deadline in deadlines)}
    ids |= {leg.agent_id for leg in legs} | {leg.asked_by_id for leg in legs} | {one.asked_by_id for one in attempts}
    names = {user_id: user.name for user_id, user in (await get_users(session, {i for i in ids if i})).items()}
    people = await _people(session, legs)
    pressed_at, now = emergency.pressed_at, clock.now()
    card = next(iter(await get_elder_cards(session, [case.elder_id])), None) if case.elder_id else None
    took = spans(pressed_at, marks_of(calls, legs, handovers, orders, attempts))
    entries = list(reversed(await list_entries(session, case.id, MOST_LINES)))
    return EmergencyReport(
        case_id=case.id,
        case_number=case.number,
        case_state=case.state,
        centre_name=(await get_values(session, settings)).text("centre_name"),
        timezone=settings.timezone,
        made_at=now,
        made_by=actor.name,
        kind=emergency.kind,
        state=emergency.state,
        elder_name=card.name if card else "",
        elder_sex=card.sex if card else None,
        elder_age=card.age if card else None,
        place=card.place if card else "",
        address=" ".join(part for part in (card.address, card.door) if part) if card else "",
        presses=case.presses,
        pressed_at=pressed_at,
        closed_at=emergency.closed_at,
        outcome=emergency.outcome or case.outcome,
        owner_name=names.get(case.owner_id, "") if case.owner_id else "",
        watcher_name=names.get(emergency.watcher_id, "") if emergency.watcher_id else "",
        spans=[SpanView(span=one.span, seconds=one.seconds, target=one.target, met=one.met) for one in took],
        lines=[
            ReportLine(at=e.at, seconds=_since(pressed_at, e.at), kind=e.kind, who=e.actor_name, text=e.text, data=e.data) for e in entries
        ],
        calls=[_call(call, [leg for leg in legs if leg.call_id == call.id], pressed_at, names, people) for call in calls],
        steps=[_step(turn) for turn in await _turns(session, case.id)],
        deadlines=[_deadline(one, names, now) for one in deadlines],
        attempts=[_attempt(one, names) for one in attempts],
        duty=await _duty(session, emergency),
        handovers=[ReportHandover(**one.model_dump(include=set(ReportHandover.model_fields))) for one in handovers],
        recordings=[
            ReportRecording(id=one.id, part=one.part, state=one.state, started_at=one.started_at, seconds=one.seconds)
            for one, _ in await list_of_case(session, case.id)
        ],
    )


def marks_of(
    calls: Iterable[Call], legs: Iterable[CallLeg], handovers: Iterable[Any], orders: Iterable[Order], attempts: Iterable[ContactAttempt]
) -> Marks:
    """A call-back that reached her is an answer too. A hand-over counts as outside help when they have accepted it."""
    legs, handovers, attempts = list(legs), list(handovers), list(attempts)
    talks = (CallKind.SOS, CallKind.SERVICE, CallKind.OUTBOUND)
    outside = [leg.answered_at for leg in legs if leg.role is PartyRole.OUTSIDE]
    return Marks(
        answered=[call.answered_at for call in calls if call.kind in talks],
        outside=[*outside, *(one.accepted_at or one.dispatched_at for one in handovers)],
        taker=[
            *(leg.answered_at for leg in legs if leg.role in HELPERS),
            *(one.answered_at for one in attempts if one.who is not Who.ELDER and one.state in REACHED),
        ],
        door=[*(one.arrived_at for one in (*handovers, *attempts)), *(order.checked_in_at for order in orders)],
    )


async def list_emergencies(
    session: AsyncSession, actor: Actor, settings: Settings, first: date, last: date, *, kind: EmergencyKind | None
) -> EmergencyList:
    """Of the presses of these days, the newest first; masked but for those whom the actor may see whole."""
    start, end = checked_period(settings, first, last)
    wanted = (
        select(Emergency, Case).join(Case, Case.id == Emergency.case_id).where(Emergency.pressed_at >= start, Emergency.pressed_at < end)
    )
    if kind is not None:
        wanted = wanted.where(Emergency.kind == kind)
    rows = [(row[0], row[1]) for row in await session.execute(wanted.order_by(Emergency.pressed_at.desc()).limit(MOST))]
    case_ids = [case.id for _, case in rows]
    calls = _by_case(await session.scalars(select(Call).where(Call.case_id.in_(case_ids))))
    case_of = {call.id: case_id for case_id, ones in calls.items() for call in ones}
    legs: dict[uuid.UUID, list[CallLeg]] = {}
    for leg in await _legs(session, list(case_of)):
        legs.setdefault(case_of[leg.call_id], []).append(leg)
    handovers = _by_case(await session.scalars(select(OutsideHandover).where(OutsideHandover.case_id.in_(case_ids))))
    orders = _by_case(await session.scalars(select(Order).where(Order.case_id.in_(case_ids))))
    attempts = await attempts_of(session, [one.id for one, _ in rows])
    now = clock.now()
    over = func.coalesce(EmergencyDeadline.ended_at, now) > EmergencyDeadline.due_at
    counted = await session.execute(
        select(EmergencyDeadline.emergency_id, func.count())
        .where(EmergencyDeadline.emergency_id.in_([one.id for one, _ in rows]), EmergencyDeadline.state != DeadlineState.DROPPED, over)
        .group_by(EmergencyDeadline.emergency_id)
    )
    late = {row[0]: row[1] for row in counted}
    names = {i: user.name for i, user in (await get_users(session, {case.owner_id for _, case in rows if case.owner_id})).items()}
    elder_ids = {case.elder_id for _, case in rows if case.elder_id}
    elders = await get_elder_summaries(session, elder_ids, full_ids=(await whole_for(session, actor, elder_ids)).keys())
    found: list[EmergencyLine] = []
    for emergency, case in rows:
        elder = elders.get(case.elder_id) if case.elder_id else None
        took = spans(
            emergency.pressed_at,
            marks_of(
                calls.get(case.id, []),
                legs.get(case.id, []),
                handovers.get(case.id, []),
                orders.get(case.id, []),
                attempts.get(emergency.id, []),
            ),
        )
        line = EmergencyLine(
            case_id=case.id,
            case_number=case.number,
            kind=emergency.kind,
            state=emergency.state,
            elder_name=elder.name if elder else "",
            place=elder.place if elder else "",
            presses=case.presses,
            pressed_at=emergency.pressed_at,
            closed_at=emergency.closed_at,
            outcome=emergency.outcome or case.outcome,
            owner_name=names.get(case.owner_id, "") if case.owner_id else "",
            spans=[SpanView(span=one.span, seconds=one.seconds, target=one.target, met=one.met) for one in took],
            late_deadlines=late.get(emergency.id, 0),
            whole=elder is None or elder.full,
        )
        found.append(line)
    return as_list(first, last, found)


def as_list(first: date, last: date, lines: Sequence[EmergencyLine]) -> EmergencyList:
    """With the medians of what was measured."""
    measured = {span: [s.seconds for line in lines for s in line.spans if s.span is span and s.seconds is not None] for span in Span}
    views = []
    for span, seconds in measured.items():
        middle, target = (median(seconds) if seconds else None), TARGETS[span]
        met = None if middle is None or target is None else middle <= target
        views.append(SpanView(span=span, seconds=middle, target=target, met=met))
    within = {span: sum((target := TARGETS[span]) is None or one <= target for one in seconds) for span, seconds in measured.items()}
    return EmergencyList(
        first=first,
        last=last,
        items=list(lines),
        total=len(lines),
        spans=views,
        measured={span: len(seconds) for span, seconds in measured.items()},
        within=within,
    )


# --- parts -------------------------------------------------------------------------------------------------------------------------


async def _legs(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> Sequence[CallLeg]:
    return (await session.scalars(select(CallLeg).where(CallLeg.call_id.in_(call_ids)).order_by(CallLeg.started_at, CallLeg.id))).all()


async def _people(session: AsyncSession, legs: Iterable[CallLeg]) -> dict[uuid.UUID, str]:
    """Contacts and workers by the ids that their legs carry; who was deleted since has no name here."""
    ids = {leg.ref_id for leg in legs if leg.ref_id}
    if not ids:
        return {}
    found = {one.id: f"{one.relation} {one.name}" for one in await session.scalars(select(ElderContact).where(ElderContact.id.in_(ids)))}
    return found | {one.id: one.name for one in await session.scalars(select(GridWorker).where(GridWorker.id.in_(ids)))}


async def _turns(session: AsyncSession, case_id: uuid.UUID) -> list[Turn]:
    """None before a protocol has begun."""
    try:
        return (await get_protocol_view(session, case_id)).history
    except NotFound:
        return []


def _by_case(rows: Iterable[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _since(pressed_at: datetime, at: datetime) -> float:
    return (at - pressed_at).total_seconds()


def _call(
    call: Call, legs: Sequence[CallLeg], pressed_at: datetime, names: dict[uuid.UUID, str], people: dict[uuid.UUID, str]
) -> ReportCall:
    return ReportCall(
        id=call.id,
        kind=call.kind,
        number=pretty(call.caller_key),
        received_at=call.received_at,
        seconds=_since(pressed_at, call.received_at),
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        end_reason=call.end_reason,
        agent_name=names.get(call.agent_id, "") if call.agent_id else "",
        legs=[_leg(leg, names, people) for leg in legs],
    )


def _leg(leg: CallLeg, names: dict[uuid.UUID, str], people: dict[uuid.UUID, str]) -> ReportLeg:
    name = names.get(leg.agent_id, "") if leg.agent_id else people.get(leg.ref_id, "") if leg.ref_id else ""
    return ReportLeg(
        role=leg.role,
        code=leg.code,
        name=name,
        number="" if leg.agent_id else pretty(leg.number),
        asked_by=names.get(leg.asked_by_id, "") if leg.asked_by_id else "",
        started_at=leg.started_at,
        ringing_at=leg.ringing_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        cause=leg.cause,
    )


def _attempt(one: ContactAttempt, names: dict[uuid.UUID, str]) -> ReportAttempt:
    return ReportAttempt(
        round=one.round,
        rung=one.rung,
        who=one.who,
        name=f"{one.relation} {one.name}".strip(),
        number=pretty(one.number),
        state=one.state,
        asked_by=names.get(one.asked_by_id, "") if one.asked_by_id else "",
        asked_at=one.asked_at,
        answered_at=one.answered_at,
        ended_at=one.ended_at,
        arrived_at=one.arrived_at,
    )


async def _duty(session: AsyncSession, emergency: Emergency) -> list[ReportDutyCall]:
    """In the order in which they were rung."""
    wanted = select(DutyCall, EmergencyAlarm.code).join(EmergencyAlarm, EmergencyAlarm.id == DutyCall.alarm_id)
    rows = await session.execute(wanted.where(DutyCall.emergency_id == emergency.id).order_by(DutyCall.asked_at, DutyCall.position))
    return [
        ReportDutyCall(
            alarm=code,
            number=pretty(call.number),
            state=call.state,
            asked_at=call.asked_at,
            answered_at=call.answered_at,
            ended_at=call.ended_at,
        )
        for call, code in rows
    ]


def _words(words: Words | None) -> WordsView | None:
    return WordsView(zh=words.zh, en=words.en) if words else None


def _step(turn: Turn) -> ReportStep:
    done = turn.state in (StepState.DONE, StepState.SKIPPED)
    return ReportStep(
        protocol=turn.protocol,
        words=_words(turn.words),
        act=str(turn.act or ""),
        answer=_words(turn.answer_words),
        state=turn.state,
        reason=turn.reason,
        began_at=turn.began_at,
        due_at=turn.due_at,
        at=turn.at,
        late=done and turn.due_at is not None and turn.at is not None and turn.at > turn.due_at,
        by_name=turn.by_name,
    )


def _deadline(one: EmergencyDeadline, names: dict[uuid.UUID, str], now: datetime) -> ReportDeadline:
    return ReportDeadline(
        code=one.code,
        state=one.state,
        started_at=one.started_at,
        due_at=one.due_at,
        ended_at=one.ended_at,
        level=one.level,
        late=one.state is not DeadlineState.DROPPED and (one.ended_at or now) > one.due_at,
        by_name=names.get(one.ended_by_id, "") if one.ended_by_id else "",
    )
