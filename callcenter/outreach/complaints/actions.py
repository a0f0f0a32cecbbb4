"""All writes on complaints. The case is locked before its complaint, the complaint before its planned call."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.roles import Permission, may
from callcenter.cases.actions import LinkedTo, add_entry, lock_case, open_case, own_case, set_outcome, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import OPEN as OPEN_CASES
from callcenter.cases.states import CaseState, Severity
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.access import end_access, grant_access
from callcenter.elders.models import Elder, GrantReason
from callcenter.elders.queries import current_id
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.outreach.actions import OUTREACH, NewPlan, close_when_asked, drop_plan, finish_plan, lock_plan, plan_call
from callcenter.outreach.complaints import queries
from callcenter.outreach.complaints.alerting import text_supervisors
from callcenter.outreach.complaints.models import Complaint, complaint_number_seq
from callcenter.outreach.complaints.rules import ACKNOWLEDGE_WITHIN, SOLVE_WITHIN_DAYS, is_concerned, next_level
from callcenter.outreach.complaints.states import COMPLAINT, ComplaintState, Level, Source
from callcenter.outreach.complaints.states import OPEN as OPEN_COMPLAINTS
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import get_hours
from callcenter.outreach.rules import working_days_after
from callcenter.outreach.states import Drop, Purpose, Result, Way, Why
from callcenter.settings import get_settings

MENDED = "helped"  # the outcome of a case that was only opened for a complaint
BAD = 2  # this rating and below: it is not mended
CONFIRMED_WITHIN_DAYS = 5  # working days that the confirming call may take; it stays on the list after them


@dataclass(frozen=True, slots=True)
class NewComplaint:
    source: Source
    case: Case  # locked
    order_id: uuid.UUID | None = None
    store_id: uuid.UUID | None = None
    agent_id: uuid.UUID | None = None
    rating: int | None = None
    words: str = ""
    dedupe_key: str = ""  # empty: always a new one
    own_case: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody told an agent. About a case, an order of hers, or nothing that is known yet."""

    source: Source
    words: str
    case_id: uuid.UUID | None = None
    elder_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    store_id: uuid.UUID | None = None
    agent_id: uuid.UUID | None = None


# --- opening -------------------------------------------------------------------------------------------------------------------------


async def open_complaint(session: AsyncSession, actor: Actor, new: NewComplaint) -> uuid.UUID:
    """Its id; of the one that stands there already, when the same rating comes again."""
    complaint_id, now = new_id(), clock.now()
    serial = await session.scalar(select(complaint_number_seq.next_value()))
    number = f"T{clock.today(get_settings().timezone):%y%m%d}-{serial:04}"
    hours, elder_id = await get_hours(session), new.case.elder_id
    community = await session.scalar(select(Elder.community_id).where(Elder.id == elder_id)) if elder_id else None
    key = new.dedupe_key or str(complaint_id)
    stored = await session.scalar(
        pg_insert(Complaint)
        .values(
            id=complaint_id, version=1, number=number, state=ComplaintState.OPENED,
            source=new.source, dedupe_key=key, case_id=new.case.id, own_case=new.own_case, order_id=new.order_id, elder_id=elder_id,
            community_id=community, store_id=new.store_id, agent_id=new.agent_id, rating=new.rating, words=new.words, opened_at=now,
            opened_by_id=actor.id, acknowledge_by=now + ACKNOWLEDGE_WITHIN, solve_by=working_days_after(now, SOLVE_WITHIN_DAYS, hours),
            solution="", rounds=0, overdue_told="", level=0,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(Complaint.id)
    )  # fmt: skip
    if stored is None:
        return (await session.scalars(select(Complaint.id).where(Complaint.dedupe_key == key))).one()
    data = {"complaint_id": str(complaint_id), "number": number, "source": new.source, "rating": new.rating}
    await add_entry(session, new.case.id, "complaint_opened", actor=actor if actor.id else None, text=new.words, data=data)
    await audit(session, actor, "complaint:opened", complaint_id, details={"source": new.source})
    await publish(session, "complaint", complaint_id, {}, version=1)
    return complaint_id


async def write_down(session: AsyncSession, actor: Actor, told: Written) -> uuid.UUID:
    """An agent writes down what she is told. On the case that it is about; on one of its own, linked to it, when there is none or it is closed.

    Who is concerned: whoever is named, else who placed the order, else who has the case. Invalid `wrong_order` for an order of another elder or case;
    NotFound `no_such_store`, `no_such_user`.
    """
    if told.source is Source.RATING:
        raise Invalid("a rating opens its complaint by itself", code="bad_source")
    order = await session.get(Order, told.order_id) if told.order_id else None
    if told.order_id and order is None:
        raise Invalid("there is no such order", code="wrong_order")
    case_id = told.case_id or (order.case_id if order else None)
    about = await lock_case(session, case_id) if case_id else None
    elder_id = await current_id(session, told.elder_id) if told.elder_id else (about.elder_id if about else None)
    if order is not None and (order.case_id != case_id or (elder_id and order.elder_id != elder_id)):
        raise Invalid("this order is not hers, or of another case", code="wrong_order")
    if about is not None and told.elder_id and about.elder_id != elder_id:
        raise Invalid("this case is another's", code="wrong_case")
    if told.store_id and await session.get(Store, told.store_id) is None:
        raise NotFound("there is no such store", code="no_such_store")
    if told.agent_id and await session.get(User, told.agent_id) is None:
        raise NotFound("there is no such user", code="no_such_user")
    concerned = told.agent_id or (order.requested_by if order else about.owner_id if about else None)
    case, its_own = about, False
    if case is None or case.state is CaseState.CLOSED:
        opened = await open_case(
            session, elder_id=elder_id, caller_key=None, is_sos=False, severity=Severity.N1, linked=LinkedTo(case.id if case else None),
            at=clock.now(), data={"source": told.source}, kind="complaint_case",
        )  # fmt: skip
        case, its_own = await own_case(session, actor, opened.id), True
    return await open_complaint(
        session,
        actor,
        NewComplaint(
            told.source, case, told.order_id, told.store_id or (order.store_id if order else None), concerned, words=told.words, own_case=its_own
        ),
    )  # fmt: skip


# --- its way -------------------------------------------------------------------------------------------------------------------------


async def lock_complaint(session: AsyncSession, complaint_id: uuid.UUID) -> tuple[Case, Complaint]:
    case_id = await session.scalar(select(Complaint.case_id).where(Complaint.id == complaint_id))
    if case_id is None:
        raise NotFound("there is no such complaint", code="no_such_complaint")
    case = await lock_case(session, case_id)
    found = select(Complaint).where(Complaint.id == complaint_id).with_for_update().execution_options(populate_existing=True)
    return case, (await session.scalars(found)).one()


async def touch_complaint(session: AsyncSession, complaint: Complaint, **news: object) -> None:
    complaint.version += 1
    await session.flush()
    await publish(session, "complaint", complaint.id, dict(news), version=complaint.version)


async def check_concerned(session: AsyncSession, user_id: uuid.UUID | None, complaint: Complaint) -> None:
    """Conflict `concerned`: it is about her own work."""
    if is_concerned(user_id, await queries.list_concerned(session, complaint)):
        raise Conflict("this complaint is about her own work; somebody else sees to it", code="concerned")


async def acknowledge_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID) -> Complaint:
    """She takes it, and has told whoever complained. From now on she sees the elder whole. Conflict `concerned`, `taken`; harmless twice."""
    case, complaint = await lock_complaint(session, complaint_id)
    if complaint.state is ComplaintState.ACKNOWLEDGED and complaint.handler_id == actor.id:
        return complaint
    await check_concerned(session, actor.id, complaint)
    if complaint.handler_id not in (None, actor.id):
        raise Conflict("a colleague sees to it", code="taken", details={"owner_id": str(complaint.handler_id)})
    COMPLAINT.check(complaint.state, ComplaintState.ACKNOWLEDGED)
    complaint.state, complaint.handler_id, complaint.acknowledged_at = ComplaintState.ACKNOWLEDGED, actor.id, clock.now()
    await _let_handler_see(session, case, complaint)
    await add_entry(session, case.id, "complaint_acknowledged", actor=actor, data=_told(complaint))
    await audit(session, actor, "complaint:acknowledged", complaint.id)
    await touch_complaint(session, complaint)
    return complaint


async def assign_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, to: uuid.UUID) -> Complaint:
    """A supervisor says who sees to it. One that nobody has acknowledged is acknowledged by her whom it was given to."""
    case, complaint = await lock_complaint(session, complaint_id)
    user = await session.get(User, to)
    if user is None or not user.active or not may(user.role, Permission.OUTREACH_WORK):
        raise NotFound("there is nobody by this name who sees to complaints", code="no_such_user")
    if complaint.state not in (ComplaintState.OPENED, ComplaintState.ACKNOWLEDGED):
        raise Conflict("nobody works on it any more", code="complaint_over")
    await check_concerned(session, to, complaint)
    await check_concerned(session, actor.id, complaint)
    if complaint.handler_id == to:
        return complaint
    await _end_handlers_look(session, complaint)
    complaint.handler_id = to
    await _let_handler_see(session, case, complaint)
    await add_entry(session, case.id, "complaint_assigned", actor=actor, data=_told(complaint) | {"to": str(to), "name": user.name})
    await audit(session, actor, "complaint:assigned", complaint.id, details={"to": str(to)})
    await touch_complaint(session, complaint)
    return complaint


async def change_concerned(
    session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, store_id: uuid.UUID | None, agent_id: uuid.UUID | None
) -> Complaint:
    """A supervisor says whose work it is about. Who is concerned herself, before or after it, does not say so (`concerned`); it is not about its
    handler (`handler_concerned`: give it to somebody else first). Who placed the order stays concerned. Conflict `complaint_over`.
    """
    case, complaint = await lock_complaint(session, complaint_id)
    if complaint.state not in OPEN_COMPLAINTS:
        raise Conflict("nobody works on it any more", code="complaint_over")
    await check_concerned(session, actor.id, complaint)
    if (complaint.store_id, complaint.agent_id) == (store_id, agent_id):
        return complaint
    store = await session.get(Store, store_id) if store_id else None
    agent = await session.get(User, agent_id) if agent_id else None
    if store_id and store is None:
        raise NotFound("there is no such store", code="no_such_store")
    if agent_id and agent is None:
        raise NotFound("there is no such user", code="no_such_user")
    if is_concerned(actor.id, {agent_id}):
        raise Conflict("you would see to a complaint about yourself; a colleague says so", code="concerned")
    if is_concerned(complaint.handler_id, {agent_id}):
        raise Conflict("it would be about its handler's own work; give it to somebody else first", code="handler_concerned")
    before = {"store_id": str(complaint.store_id or ""), "agent_id": str(complaint.agent_id or "")}
    complaint.store_id, complaint.agent_id = store_id, agent_id
    told = _told(complaint) | {"store": store.name if store else "", "name": agent.name if agent else ""}
    await add_entry(session, case.id, "complaint_concerned", actor=actor, data=told)
    details = {"before": before, "store_id": str(store_id or ""), "agent_id": str(agent_id or "")}
    await audit(session, actor, "complaint:concerned", complaint.id, details=details)
    await touch_complaint(session, complaint)
    return complaint


async def solve_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, solution: str) -> Complaint:
    """So says its handler (Conflict `not_the_handler` for anybody else); whether it is so, the elder is asked by a person."""
    case, complaint = await lock_complaint(session, complaint_id)
    if complaint.handler_id != actor.id:
        raise Conflict("somebody else sees to it", code="not_the_handler")
    COMPLAINT.check(complaint.state, ComplaintState.SOLVED)
    now = clock.now()
    complaint.state, complaint.solved_at, complaint.solution = ComplaintState.SOLVED, now, solution
    if complaint.elder_id is not None:
        hours = await get_hours(session)
        await plan_call(
            session,
            NewPlan(
                f"complaint:{complaint.id}:{complaint.rounds}", Purpose.COMPLAINT, Way.PERSON, Why.COMPLAINT, complaint.elder_id, hours.next(now),
                working_days_after(now, CONFIRMED_WITHIN_DAYS, hours), case_id=case.id, order_id=complaint.order_id, subject_id=complaint.id,
                store_id=complaint.store_id, agent_id=complaint.agent_id,
            ),
        )  # fmt: skip
    await add_entry(session, case.id, "complaint_solved", actor=actor, text=solution, data=_told(complaint))
    await audit(session, actor, "complaint:solved", complaint.id)
    await touch_complaint(session, complaint)
    return complaint


async def answer_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, mended: bool, note: str) -> Complaint:
    """Her word, told to whoever called her about it. The planned call is done with it. Conflict `concerned`, `taken`."""
    case, complaint = await lock_complaint(session, complaint_id)
    await check_concerned(session, actor.id, complaint)
    COMPLAINT.check(complaint.state, ComplaintState.CONFIRMED)
    plan = await _open_plan(session, complaint)
    if plan is not None:
        if plan.owner_id not in (None, actor.id):
            raise Conflict("a colleague has this call", code="taken", details={"owner_id": str(plan.owner_id)})
        await finish_plan(session, actor, plan, Result.SPOKEN, note=note)
    await settle_complaint(session, actor, case, complaint, mended=mended, note=note)
    return complaint


async def settle_complaint(session: AsyncSession, actor: Actor, case: Case, complaint: Complaint, *, mended: bool, note: str) -> None:
    """It is mended, or its handler goes on with new time. Precondition: locked, solved, its planned call is over."""
    now = clock.now()
    if mended:
        await _end(session, actor, case, complaint, ComplaintState.CONFIRMED, "complaint_confirmed", note)
        await audit(session, actor, "complaint:confirmed", complaint.id)
        return
    COMPLAINT.check(complaint.state, ComplaintState.ACKNOWLEDGED)
    complaint.state, complaint.rounds = ComplaintState.ACKNOWLEDGED, complaint.rounds + 1
    complaint.solve_by = working_days_after(now, SOLVE_WITHIN_DAYS, await get_hours(session))
    complaint.overdue_told, complaint.level = "", Level.NOBODY
    await add_entry(session, case.id, "complaint_not_mended", actor=actor if actor.id else None, text=note, data=_told(complaint))
    await audit(session, actor, "complaint:not_mended", complaint.id, details={"rounds": complaint.rounds})
    await touch_complaint(session, complaint)


async def settle_by_call(session: AsyncSession, actor: Actor, plan: CallPlan) -> None:
    """The planned call about it was finished from the list of calls: her rating is her word. Without one it waits for whoever asks her again, or for a
    supervisor. Precondition: `plan` is locked and done.
    """
    if plan.purpose is not Purpose.COMPLAINT or plan.subject_id is None or plan.rating is None:
        return
    case, complaint = await lock_complaint(session, plan.subject_id)
    if complaint.state is ComplaintState.SOLVED:
        await settle_complaint(session, actor, case, complaint, mended=plan.rating > BAD, note=plan.note)


async def close_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, note: str) -> Complaint:
    """A supervisor's word in place of hers, who could not be asked. Conflict `concerned`; also for whoever solved it (`own_solution`)."""
    case, complaint = await lock_complaint(session, complaint_id)
    await check_concerned(session, actor.id, complaint)
    if complaint.handler_id == actor.id:
        raise Conflict("you solved it; somebody else closes it", code="own_solution")
    COMPLAINT.check(complaint.state, ComplaintState.CONFIRMED)
    await _drop_call(session, actor, complaint)
    await _end(session, actor, case, complaint, ComplaintState.CONFIRMED, "complaint_closed", note)
    await audit(session, actor, "complaint:closed", complaint.id)
    return complaint


async def withdraw_complaint(session: AsyncSession, actor: Actor, complaint_id: uuid.UUID, *, note: str) -> Complaint:
    """By whoever complained, who told it to the actor; never to the one whom it is about."""
    case, complaint = await lock_complaint(session, complaint_id)
    await check_concerned(session, actor.id, complaint)
    COMPLAINT.check(complaint.state, ComplaintState.WITHDRAWN)
    await _drop_call(session, actor, complaint)
    await _end(session, actor, case, complaint, ComplaintState.WITHDRAWN, "complaint_withdrawn", note)
    await audit(session, actor, "complaint:withdrawn", complaint.id)
    return complaint


async def tell_overdue(session: AsyncSession, complaint_id: uuid.UUID) -> Level | None:
    """The next level of a missed deadline, each once. None: it was met meanwhile, or is not due."""
    case, complaint = await lock_complaint(session, complaint_id)
    found = next_level(queries.watched(complaint), clock.now())
    if found is None:
        return None
    deadline, level = found
    complaint.overdue_told, complaint.level = deadline, level
    data = _told(complaint) | {"deadline": deadline, "level": int(level)}
    await add_entry(session, case.id, "complaint_overdue", data=data)
    await audit(session, OUTREACH, "complaint:overdue", complaint.id, details={"deadline": deadline, "level": int(level)})
    await touch_complaint(session, complaint, deadline=deadline, level=int(level))
    if level is Level.SUPERVISORS:
        await text_supervisors(session, complaint)
    return level


# --- what belongs to it ----------------------------------------------------------------------------------------------------------------


async def _open_plan(session: AsyncSession, complaint: Complaint) -> CallPlan | None:
    plan_id = await queries.get_open_plan_id(session, complaint.id)
    return await lock_plan(session, plan_id) if plan_id else None


async def _drop_call(session: AsyncSession, actor: Actor, complaint: Complaint) -> None:
    if (plan := await _open_plan(session, complaint)) is not None:
        await drop_plan(session, actor, plan, Drop.OBSOLETE)


async def _let_handler_see(session: AsyncSession, case: Case, complaint: Complaint) -> None:
    """She sees the elder whole while it is hers; a case that was opened for it goes with it."""
    if complaint.handler_id is None:
        return
    if complaint.own_case and case.state in OPEN_CASES and case.owner_id != complaint.handler_id:
        user = await session.get_one(User, complaint.handler_id)
        await own_case(session, Actor("user", user.id, user.name, user.role), case.id)
    if complaint.elder_id is not None:
        await grant_access(
            session, user_id=complaint.handler_id, elder_id=complaint.elder_id, reason=GrantReason.COMPLAINT, case_id=complaint.case_id
        )


async def _end_handlers_look(session: AsyncSession, complaint: Complaint) -> None:
    """Unless another complaint on the same case is hers too."""
    if complaint.handler_id is not None and not await queries.handles_another(session, complaint):
        await end_access(session, case_id=complaint.case_id, user_id=complaint.handler_id, reason=GrantReason.COMPLAINT)


async def _end(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    complaint: Complaint,
    to: ComplaintState,
    kind: str,
    note: str,
    at: datetime | None = None,
) -> None:
    COMPLAINT.check(complaint.state, to)
    complaint.state, complaint.ended_at, complaint.ended_by_id = to, at or clock.now(), actor.id
    await add_entry(session, case.id, kind, actor=actor if actor.id else None, text=note, data=_told(complaint))
    await _end_handlers_look(session, complaint)
    await touch_complaint(session, complaint)
    if complaint.own_case and case.state in OPEN_CASES:
        await set_outcome(session, actor, case.id, outcome=MENDED, note="")
    if not await close_when_asked(session, case):
        await touch_case(session, case)


def _told(complaint: Complaint) -> dict[str, object]:
    return {"complaint_id": str(complaint.id), "number": complaint.number}
