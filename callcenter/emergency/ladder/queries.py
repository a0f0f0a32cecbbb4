"""All reads of ladders and calls."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import LIVE, CallKind, CallState, PartyRole
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import TaskState
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.states import OVER
from callcenter.elders.models import Elder, ElderContact
from callcenter.elders.queries import list_numbers
from callcenter.emergency.ladder.models import ContactAttempt, DutyCall, Ladder
from callcenter.emergency.ladder.rules import CALL_BACK, CALLED_BACK, OUTSIDE, SHORT_TALK, Person
from callcenter.emergency.ladder.states import OPEN, AttemptState, DutyCallState, LadderState, Who
from callcenter.emergency.models import Emergency, EmergencyAlarm, EmergencyDeadline
from callcenter.emergency.rules import ARRIVAL
from callcenter.emergency.states import DeadlineState, EmergencyKind, EmergencyState, Level
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import normalise
from callcenter.regions.models import GridWorker
from callcenter.regions.queries import worker_for
from callcenter.settings import get_settings
from callcenter.telephony.port import HangupCause

MOST = 100
DOOR_CHECK = "JJ04"
LOST_WITHIN = timedelta(minutes=10)  # an older press that nobody spoke on is history
FAILED_SINCE = timedelta(minutes=10)  # an older call to outside help is history too
CAME_TO_NOTHING = (*HangupCause, "too_late", "lost")  # not: taken back by a person, or the call was over


# --- who there is -------------------------------------------------------------------------------------------------------------------


def one_form(number: str) -> str:
    """Equal for every way in which it is written; what is no number stays as it is."""
    read = normalise(number, get_settings())
    return read.value if read else number


async def list_people(session: AsyncSession, elder_id: uuid.UUID | None, *, on: datetime) -> list[Person]:
    """Contacts in their order, then the grid worker who is asked first about her."""
    if elder_id is None:
        return []
    contacts = await session.scalars(select(ElderContact).where(ElderContact.elder_id == elder_id).order_by(ElderContact.position))
    people = [contact_person(contact) for contact in contacts]
    asked_first = select(worker_for(Elder.community_id, Elder.grid_id, on.date())).where(Elder.id == elder_id)
    worker = await session.scalar(select(GridWorker).where(GridWorker.id.in_(asked_first)))
    if worker is not None:
        people.append(Person(Who.GRID_WORKER, worker.name, "", one_form(worker.number), worker_id=worker.id))
    return people


def contact_person(contact: ElderContact) -> Person:
    who = Who.KEY_HOLDER if contact.has_key else Who.CONTACT
    number = one_form(contact.number)
    return Person(who, contact.name, contact.relation, number, contact.id, valid_from=contact.valid_from, valid_to=contact.valid_to)


async def get_contact(session: AsyncSession, elder_id: uuid.UUID | None, contact_id: uuid.UUID) -> ElderContact:
    contact = await session.get(ElderContact, contact_id)
    if contact is None or contact.elder_id != elder_id:
        raise NotFound("this contact is not hers", code="no_contact")
    return contact


async def own_numbers(session: AsyncSession, case: Case) -> list[str]:
    """The one she called from first."""
    hers = [number.e164 for number in await list_numbers(session, case.elder_id)] if case.elder_id else []
    return list(dict.fromkeys([*([case.caller_key] if case.caller_key else []), *hers]))


async def has_door_check(session: AsyncSession, case_id: uuid.UUID) -> bool:
    """Somebody has been asked already to go to her door, and has not said that it is over."""
    wanted = select(Order.id).join(OrderLine, OrderLine.order_id == Order.id)
    wanted = wanted.where(Order.case_id == case_id, OrderLine.item_code == DOOR_CHECK, Order.state.not_in(OVER))
    return (await session.scalar(wanted.limit(1))) is not None


async def is_on_the_line(session: AsyncSession, case_id: uuid.UUID) -> bool:
    """Somebody's call of this case is live."""
    return bool(await session.scalar(select(exists().where(Call.case_id == case_id, Call.state.in_(LIVE)))))


# --- ladders and calls ----------------------------------------------------------------------------------------------------------------


async def running_ladder(session: AsyncSession, emergency_id: uuid.UUID) -> Ladder | None:
    """Precondition: the emergency is locked."""
    wanted = select(Ladder).where(Ladder.emergency_id == emergency_id, Ladder.state == LadderState.RUNNING)
    return await session.scalar(wanted.execution_options(populate_existing=True))


async def last_ladder(session: AsyncSession, emergency_id: uuid.UUID) -> Ladder | None:
    return await session.scalar(select(Ladder).where(Ladder.emergency_id == emergency_id).order_by(Ladder.round.desc()).limit(1))


async def list_attempts(session: AsyncSession, emergency_id: uuid.UUID) -> Sequence[ContactAttempt]:
    """The newest first."""
    newest = func.coalesce(ContactAttempt.asked_at, ContactAttempt.ended_at).desc().nulls_first()
    wanted = select(ContactAttempt).where(ContactAttempt.emergency_id == emergency_id)
    return (await session.scalars(wanted.order_by(newest, ContactAttempt.position.desc()).limit(200))).all()


async def attempts_of(session: AsyncSession, emergency_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ContactAttempt]]:
    """In the order in which they are made."""
    found: dict[uuid.UUID, list[ContactAttempt]] = {}
    order = (ContactAttempt.asked_at.nulls_last(), ContactAttempt.position, ContactAttempt.id)
    for attempt in await session.scalars(select(ContactAttempt).where(ContactAttempt.emergency_id.in_(emergency_ids)).order_by(*order)):
        found.setdefault(attempt.emergency_id, []).append(attempt)
    return found


async def ladders_of(session: AsyncSession, emergency_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Ladder]:
    """The last one of each."""
    rows = await session.scalars(select(Ladder).where(Ladder.emergency_id.in_(emergency_ids)).order_by(Ladder.round))
    return {ladder.emergency_id: ladder for ladder in rows}


async def open_attempts(session: AsyncSession, emergency_id: uuid.UUID) -> Sequence[ContactAttempt]:
    """Precondition: the emergency is locked."""
    wanted = select(ContactAttempt).where(ContactAttempt.emergency_id == emergency_id, ContactAttempt.state.in_(OPEN))
    return (
        await session.scalars(wanted.order_by(ContactAttempt.position, ContactAttempt.id).execution_options(populate_existing=True))
    ).all()


async def called_numbers(session: AsyncSession, emergency_id: uuid.UUID, round_: int) -> set[str]:
    """Keys of the numbers that this round's rungs have called."""
    wanted = select(ContactAttempt.number_key).where(
        ContactAttempt.emergency_id == emergency_id, ContactAttempt.round == round_, ContactAttempt.rung > 0
    )
    return set(await session.scalars(wanted))


async def last_round(session: AsyncSession, emergency_id: uuid.UUID, rung: int) -> int:
    """Of calls outside any ladder (CLICKED, CALLED_BACK); 0: there was none."""
    wanted = select(func.max(ContactAttempt.round)).where(ContactAttempt.emergency_id == emergency_id, ContactAttempt.rung == rung)
    return await session.scalar(wanted) or 0


async def call_backs_since(session: AsyncSession, emergency_id: uuid.UUID, at: datetime) -> list[ContactAttempt]:
    """The system's calls to her since then, the newest first. Precondition: the emergency is locked."""
    wanted = select(ContactAttempt).where(
        ContactAttempt.emergency_id == emergency_id, ContactAttempt.rung == CALLED_BACK, ContactAttempt.asked_at >= at
    )
    return list(await session.scalars(wanted.order_by(ContactAttempt.round.desc()).execution_options(populate_existing=True)))


# --- what a sweep looks for --------------------------------------------------------------------------------------------------------


async def list_due_ladders(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Cases whose ladder goes on by itself, or is to end with its emergency."""
    due = or_(Ladder.due_at <= now, Emergency.state == EmergencyState.CLOSED)
    wanted = select(Emergency.case_id).join(Ladder, Ladder.emergency_id == Emergency.id).where(Ladder.state == LadderState.RUNNING, due)
    return (await session.scalars(wanted.order_by(Ladder.due_at).limit(MOST))).all()


async def list_needless(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Calls that ring although nobody needs them any more: the emergency is over, she has pressed again, or somebody has spoken with her."""
    hers = and_(
        ContactAttempt.who == Who.ELDER,
        or_(
            Case.last_press_at > ContactAttempt.asked_at,
            exists().where(CaseTask.id == ContactAttempt.task_id, CaseTask.state == TaskState.DONE),
        ),
    )
    wanted = (
        select(ContactAttempt.id)
        .join(Emergency, Emergency.id == ContactAttempt.emergency_id)
        .join(Case, Case.id == Emergency.case_id)
        .where(ContactAttempt.state.in_(OPEN), ContactAttempt.answered_at.is_(None), or_(Emergency.state == EmergencyState.CLOSED, hers))
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_waiting_call_backs(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Open call-backs of open emergencies, as tasks: nobody has taken them, or the system has and rings nobody any more."""
    rings = exists().where(ContactAttempt.task_id == CaseTask.id, ContactAttempt.state == AttemptState.CALLING)
    free = or_(CaseTask.state == TaskState.OPEN, and_(CaseTask.state == TaskState.DOING, CaseTask.owner_id.is_(None)))
    wanted = (
        select(CaseTask.id)
        .join(Emergency, Emergency.case_id == CaseTask.case_id)
        .where(CaseTask.kind == "call_back", free, Emergency.state == EmergencyState.OPEN, ~rings)
    )
    return (await session.scalars(wanted.order_by(CaseTask.due_at).limit(MOST))).all()


async def list_without_deadline(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases with an open call-back and no deadline for it, or with the deadline and no call-back any more."""
    open_task = exists().where(CaseTask.case_id == Emergency.case_id, CaseTask.kind == "call_back", CaseTask.state != TaskState.DONE)
    open_deadline = exists().where(
        EmergencyDeadline.emergency_id == Emergency.id,
        EmergencyDeadline.code == CALL_BACK,
        EmergencyDeadline.state == DeadlineState.OPEN,
    )
    wanted = select(Emergency.case_id).where(Emergency.state == EmergencyState.OPEN, open_task != open_deadline)
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_silent(session: AsyncSession, now: datetime, *, wait: timedelta) -> Sequence[uuid.UUID]:
    """Presses on which nobody has said anything, of emergencies without an outcome: hung up at once after the answer, or marked silent by an agent. Nobody
    has called her since.
    """
    later, leg = Call.__table__.alias("later"), CallLeg.__table__.alias("leg")
    newest = select(func.max(Call.received_at)).where(Call.case_id == Emergency.case_id, Call.kind == CallKind.SOS).correlate(Emergency)
    short = and_(Call.ended_at - Call.answered_at < SHORT_TALK, Call.ended_at <= now - wait)
    called = exists().where(
        ContactAttempt.emergency_id == Emergency.id, ContactAttempt.who == Who.ELDER, ContactAttempt.asked_at >= Call.ended_at
    )
    spoken = exists(
        select(1)
        .select_from(later.join(leg, leg.c.call_id == later.c.id))
        .where(later.c.case_id == Emergency.case_id, leg.c.role == PartyRole.ELDER, leg.c.answered_at > Call.ended_at)
    )
    wanted = (
        select(Call.id)
        .join(Emergency, Emergency.case_id == Call.case_id)
        .join(Case, Case.id == Call.case_id)
        .where(
            Emergency.state == EmergencyState.OPEN,
            Case.outcome == "",
            Call.kind == CallKind.SOS,
            Call.state == CallState.ENDED,
            Call.answered_at.is_not(None),
            Call.ended_at > now - LOST_WITHIN,
            Call.received_at == newest.scalar_subquery(),
            or_(short, Emergency.kind == EmergencyKind.SILENT),
            ~called,
            ~spoken,
            ~exists().where(CaseTask.case_id == Case.id, CaseTask.kind == "call_back", CaseTask.state != TaskState.DONE),
        )
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_outside_reached(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases that count down to outside help, which somebody has brought in since."""
    reached = exists(
        select(1)
        .select_from(CallLeg)
        .join(Call, Call.id == CallLeg.call_id)
        .where(Call.case_id == Emergency.case_id, CallLeg.role == PartyRole.OUTSIDE, CallLeg.answered_at >= EmergencyDeadline.started_at)
    )
    wanted = (
        select(Emergency.case_id)
        .join(EmergencyDeadline, EmergencyDeadline.emergency_id == Emergency.id)
        .where(EmergencyDeadline.code == OUTSIDE, EmergencyDeadline.state == DeadlineState.OPEN, reached)
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_at_the_door(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases that wait for somebody to arrive, and whose door check has checked in."""
    checked_in = exists(
        select(1)
        .select_from(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.case_id == Emergency.case_id, OrderLine.item_code == DOOR_CHECK, Order.checked_in_at >= EmergencyDeadline.started_at)
    )
    wanted = (
        select(Emergency.case_id)
        .join(EmergencyDeadline, EmergencyDeadline.emergency_id == Emergency.id)
        .where(EmergencyDeadline.code == ARRIVAL, EmergencyDeadline.state == DeadlineState.OPEN, checked_in)
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_outside_failed(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Legs to outside help that came to nothing, while nobody of that agency is on the line or called again, and of which nobody was told."""
    told = exists().where(EmergencyAlarm.emergency_id == Emergency.id, EmergencyAlarm.data["leg_id"].astext == cast(CallLeg.id, String))
    later, later_call = aliased(CallLeg), aliased(Call)
    again = exists(
        select(1)
        .select_from(later)
        .join(later_call, later_call.id == later.call_id)
        .where(
            later_call.case_id == Emergency.case_id,
            later.role == PartyRole.OUTSIDE,
            later.code == CallLeg.code,
            later.started_at > CallLeg.started_at,
            or_(later.ended_at.is_(None), later.answered_at.is_not(None)),
        )
    )
    wanted = (
        select(CallLeg.id)
        .join(Call, Call.id == CallLeg.call_id)
        .join(Emergency, Emergency.case_id == Call.case_id)
        .where(
            Emergency.state == EmergencyState.OPEN,
            CallLeg.role == PartyRole.OUTSIDE,
            CallLeg.answered_at.is_(None),
            CallLeg.ended_at > now - FAILED_SINCE,
            CallLeg.cause.in_(CAME_TO_NOTHING),
            ~told,
            ~again,
        )
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_for_duty(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases with an alarm for the duty telephones that nobody has seen, and none rings."""
    rings = exists().where(DutyCall.emergency_id == Emergency.id, DutyCall.state == DutyCallState.CALLING)
    wanted = (
        select(Emergency.case_id)
        .join(EmergencyAlarm, EmergencyAlarm.emergency_id == Emergency.id)
        .where(
            Emergency.state == EmergencyState.OPEN,
            EmergencyAlarm.level == Level.DUTY,
            EmergencyAlarm.seen_at.is_(None),
            ~rings,
        )
        .distinct()
    )
    return (await session.scalars(wanted.limit(MOST))).all()


async def list_needless_duty(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Duty telephones that ring although somebody has seen the alarm."""
    wanted = (
        select(DutyCall.id)
        .join(EmergencyAlarm, EmergencyAlarm.id == DutyCall.alarm_id)
        .where(DutyCall.state == DutyCallState.CALLING, DutyCall.answered_at.is_(None), EmergencyAlarm.seen_at.is_not(None))
    )
    return (await session.scalars(wanted.limit(MOST))).all()
