"""The ladder: begun, carried on rung by rung, stopped. Case, emergency, ladder, calls, dialogs: everybody locks in this order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.cases.actions import add_entry
from callcenter.cases.models import Case
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.actions.offering import place_and_offer
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.emergency.actions import drop_deadline, lock_emergency, meet_deadline, raise_alarm, set_deadline, touch_emergency
from callcenter.emergency.ladder import queries
from callcenter.emergency.ladder.calling import ask, end_attempt, number_key, put_attempts, take_back, told_of
from callcenter.emergency.ladder.models import ContactAttempt, Ladder
from callcenter.emergency.ladder.rules import CLICKED, DEFAULT, OUTSIDE, deadline_code, of_next_round, rung_lasts, whom_to_call
from callcenter.emergency.ladder.schemas import Rung
from callcenter.emergency.ladder.states import LADDER, AttemptState, LadderState, Order, Rungs, Who
from callcenter.emergency.ladder.states import OPEN as OPEN_ATTEMPTS
from callcenter.emergency.models import Emergency, EmergencyDeadline
from callcenter.emergency.rules import ARRIVAL
from callcenter.emergency.states import DeadlineState, EmergencyState
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, NotFound
from callcenter.settings import get_settings

log = structlog.get_logger()
SYSTEM = system("ladder")
CLICK_RING_S = 40


async def start_ladder(
    session: AsyncSession,
    actor: Actor,
    case_id: uuid.UUID,
    rungs: Sequence[Rung] | None = None,
    *,
    rounds: int = 1,
    again_s: int = 120,
) -> Ladder:
    """A new round, whose first rung is called in this transaction; None: as its protocol says, else the usual rungs. One that runs is returned as it is,
    so it is harmless twice.

    `rounds`: contacts are called so often in all, `again_s` after the end of the round before, until one of them is going. Conflict `emergency_over`.
    """
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    if (running := await queries.running_ladder(session, emergency.id)) is not None:
        return running
    chosen = [rung.model_dump(mode="json") for rung in rungs or [Rung.model_validate(rung) for rung in emergency.rungs] or DEFAULT]
    ladder = await _put_ladder(session, emergency, chosen, rounds_left=rounds - 1, again_s=again_s, by=actor.id)
    await add_entry(
        session, case_id, "ladder_started", actor=actor, data={"round": ladder.round, "rungs": [rung["who"] for rung in chosen]}
    )
    await audit(session, actor, "emergency:ladder-started", case_id, details={"round": ladder.round})
    await _next_rung(session, case, emergency, ladder)
    await touch_emergency(session, emergency)
    return ladder


async def stop_ladder(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, reason: str) -> Ladder:
    """Nobody further is called, and nobody need bring in outside help because of it. Whoever talks with the program already may answer. Conflict `no_ladder`:
    nothing runs, and nothing counts down.
    """
    _, emergency = await lock_emergency(session, case_id)
    ladder = await queries.running_ladder(session, emergency.id)
    counted_down = await meet_deadline(session, emergency, OUTSIDE, actor=actor)
    if ladder is None:
        ladder = await queries.last_ladder(session, emergency.id)
        if ladder is None or not counted_down:
            raise Conflict("no ladder runs", code="no_ladder")
    else:
        await _end_ladder(session, emergency, ladder, LadderState.STOPPED, actor=actor)
    await take_back(session, emergency, await queries.open_attempts(session, emergency.id))
    await add_entry(session, case_id, "ladder_stopped", actor=actor, text=reason, data={"round": ladder.round, "outside": counted_down})
    await audit(session, actor, "emergency:ladder-stopped", case_id, details={"round": ladder.round})
    await touch_emergency(session, emergency)
    return ladder


async def call_contact(session: AsyncSession, actor: Actor, case_id: uuid.UUID, contact_id: uuid.UUID) -> ContactAttempt:
    """One contact by an agent's click: the program rings her and asks, as on a ladder. Conflict `contact_is_called`: her telephone rings for it already."""
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    person = queries.contact_person(await queries.get_contact(session, case.elder_id, contact_id))
    key = number_key(person.number)
    if any(attempt.number_key == key for attempt in await queries.open_attempts(session, emergency.id)):
        raise Conflict("she is being called", code="contact_is_called")
    round_ = await queries.last_round(session, emergency.id, CLICKED) + 1
    (attempt,) = await put_attempts(session, emergency, [person], round_=round_, rung=CLICKED, ring_s=CLICK_RING_S, asked_by_id=actor.id)
    await ask(session, emergency, [attempt], actor=actor)
    await audit(session, actor, "emergency:contact-called", case_id, details={"contact_id": str(contact_id)})
    await touch_emergency(session, emergency)
    return attempt


async def carry_on(session: AsyncSession, case_id: uuid.UUID) -> None:
    """What is due now: the next in turn, the next rung, the next round; or its end, when the emergency is over. Harmless at any moment."""
    case, emergency = await lock_emergency(session, case_id)
    ladder = await queries.running_ladder(session, emergency.id)
    if ladder is None:
        return
    if emergency.state is not EmergencyState.OPEN:
        await _end_ladder(session, emergency, ladder, LadderState.STOPPED)
    elif ladder.due_at is not None and ladder.due_at <= clock.now():
        waiting = [a for a in await _of_rung(session, ladder) if a.state is AttemptState.WAITING]
        if waiting:
            await _ask_next(session, emergency, ladder, waiting)
        else:
            await _next_rung(session, case, emergency, ladder)
    else:
        return
    await touch_emergency(session, emergency)


# --- what a call brings -------------------------------------------------------------------------------------------------------------


async def lock_attempt(session: AsyncSession, attempt_id: uuid.UUID) -> tuple[Case, Emergency, ContactAttempt]:
    case_id = await session.scalar(
        select(Emergency.case_id).join(ContactAttempt, ContactAttempt.emergency_id == Emergency.id).where(ContactAttempt.id == attempt_id)
    )
    if case_id is None:
        raise NotFound("no such call", code="no_attempt")
    case, emergency = await lock_emergency(session, case_id)
    attempt = await session.get_one(ContactAttempt, attempt_id, with_for_update=True, populate_existing=True)
    return case, emergency, attempt


async def answer_attempt(
    session: AsyncSession, case: Case, emergency: Emergency, attempt: ContactAttempt, to: AttemptState, *, answer: str
) -> None:
    """She has said what she can do; or nothing could be heard. The first who is going ends the ladder: nobody else is rung.

    Precondition: all are locked, and the call is open.
    """
    await end_attempt(session, emergency, attempt, to, answer=answer)
    ladder = await queries.running_ladder(session, emergency.id)
    if to is AttemptState.GOING:
        if ladder is not None:
            await _end_ladder(session, emergency, ladder, LadderState.TAKEN)
            data = {"round": ladder.round, "why": "taken", "attempt_id": str(attempt.id)}
            await add_entry(session, emergency.case_id, "ladder_stopped", data=data)
        await meet_deadline(session, emergency, OUTSIDE)
        within = (await get_values(session, get_settings())).timings.arrival_within
        await set_deadline(session, emergency, ARRIVAL, clock.now() + timedelta(seconds=within))
        others = [a for a in await queries.open_attempts(session, emergency.id) if a.who is not Who.ELDER]
        await take_back(session, emergency, others)
    elif ladder is not None and attempt.ladder_id == ladder.id and attempt.rung == ladder.rung:
        await _look_at_rung(session, case, emergency, ladder)
    await touch_emergency(session, emergency)


async def note_arrival(session: AsyncSession, actor: Actor, case_id: uuid.UUID, attempt_id: uuid.UUID) -> None:
    """Who said that she goes is there. Harmless twice. Conflict `not_going`; late counts as late, and is met all the same."""
    attempt_of = await session.scalar(
        select(Emergency.case_id).join(ContactAttempt, ContactAttempt.emergency_id == Emergency.id).where(ContactAttempt.id == attempt_id)
    )
    if attempt_of != case_id:
        raise NotFound("no such call of this emergency", code="no_attempt")
    _, emergency, attempt = await lock_attempt(session, attempt_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    if attempt.state is not AttemptState.GOING:
        raise Conflict("she has not said that she goes", code="not_going", details={"state": attempt.state})
    if attempt.arrived_at is not None:
        return
    attempt.arrived_at, attempt.arrived_by_id = clock.now(), actor.id
    await meet_deadline(session, emergency, ARRIVAL, actor=actor)
    await add_entry(session, case_id, "contact_arrived", actor=actor, data=told_of(attempt))
    await audit(session, actor, "emergency:contact-arrived", case_id, details={"attempt_id": str(attempt_id)})
    await touch_emergency(session, emergency)


async def somebody_goes(session: AsyncSession, emergency: Emergency) -> bool:
    """Or is there. Who has not arrived in her time no longer counts: another one who can go is welcome."""
    late = exists().where(
        EmergencyDeadline.emergency_id == emergency.id,
        EmergencyDeadline.code == ARRIVAL,
        EmergencyDeadline.state == DeadlineState.OPEN,
        EmergencyDeadline.due_at < clock.now(),
    )
    wanted = select(ContactAttempt.id).where(
        ContactAttempt.emergency_id == emergency.id,
        ContactAttempt.state == AttemptState.GOING,
        or_(ContactAttempt.arrived_at.is_not(None), ~late),
    )
    return (await session.scalar(wanted.limit(1))) is not None


# --- rungs ------------------------------------------------------------------------------------------------------------------------------


async def _put_ladder(
    session: AsyncSession, emergency: Emergency, rungs: list[dict[str, object]], *, rounds_left: int, again_s: int, by: uuid.UUID | None
) -> Ladder:
    last = await queries.last_ladder(session, emergency.id)
    ladder = Ladder(
        emergency_id=emergency.id, round=(last.round if last else 0) + 1, rungs=rungs, rung=0, rounds_left=rounds_left, again_s=again_s,
        state=LadderState.RUNNING, due_at=None, started_at=clock.now(), started_by_id=by,
    )  # fmt: skip
    session.add(ladder)
    await session.flush()
    return ladder


async def _next_rung(session: AsyncSession, case: Case, emergency: Emergency, ladder: Ladder) -> None:
    """The next that has somebody to call; after the last one the round is over."""
    if ladder.rung:
        await meet_deadline(session, emergency, deadline_code(ladder.round, ladder.rung))
    while ladder.rung < len(ladder.rungs):
        ladder.rung += 1
        if await _begin_rung(session, case, emergency, ladder, Rung.model_validate(ladder.rungs[ladder.rung - 1])):
            return
    await _run_out(session, emergency, ladder)


async def _begin_rung(session: AsyncSession, case: Case, emergency: Emergency, ladder: Ladder, rung: Rung) -> bool:
    """False: there is nobody to wait for on it."""
    now = clock.now()
    if rung.who is Rungs.OUTSIDE:
        await set_deadline(session, emergency, OUTSIDE, now + timedelta(seconds=rung.wait_s))
        await add_entry(session, case.id, "outside_wanted", data={"round": ladder.round, "seconds": rung.wait_s, "code": rung.agency})
        return False
    if rung.who is Rungs.GRID_WORKER:
        await _send_door_check(session, case)
    on = now.astimezone(ZoneInfo(get_settings().timezone)).date()
    called = await queries.called_numbers(session, emergency.id, ladder.round)
    known = await queries.list_people(session, case.elder_id, on=now)
    own = [queries.one_form(number) for number in await queries.own_numbers(session, case)]
    people = whom_to_call(rung.who, known, own=own, called=[p.number for p in known if number_key(p.number) in called], on=on)
    attempts = await put_attempts(
        session, emergency, people, round_=ladder.round, rung=ladder.rung, ring_s=rung.ring_s, ladder_id=ladder.id
    )
    data = {"round": ladder.round, "rung": ladder.rung, "who": rung.who, "people": len(attempts)}
    await add_entry(session, case.id, "ladder_rung", data=data)
    if not attempts:
        return False
    await set_deadline(session, emergency, deadline_code(ladder.round, ladder.rung), now + rung_lasts(rung, len(attempts)))
    if rung.how is Order.IN_ORDER:
        await _ask_next(session, emergency, ladder, attempts)
    else:
        ladder.due_at = now + rung_lasts(rung, len(attempts))
        await ask(session, emergency, attempts)
    # numbers that nobody can dial have failed already
    if not any(a.state in OPEN_ATTEMPTS for a in attempts):
        await meet_deadline(session, emergency, deadline_code(ladder.round, ladder.rung))
        return False
    return True


async def _ask_next(session: AsyncSession, emergency: Emergency, ladder: Ladder, waiting: Sequence[ContactAttempt]) -> None:
    """The first whose number can be dialled."""
    rung = Rung.model_validate(ladder.rungs[ladder.rung - 1])
    ladder.due_at = clock.now() + timedelta(seconds=rung.wait_s)
    for attempt in waiting:
        await ask(session, emergency, [attempt])
        if attempt.state is AttemptState.CALLING:
            return


async def _look_at_rung(session: AsyncSession, case: Case, emergency: Emergency, ladder: Ladder) -> None:
    """A call of the rung that is on has ended: the next in turn, or the next rung when nobody is left to wait for."""
    attempts = await _of_rung(session, ladder)
    if any(a.state is AttemptState.CALLING for a in attempts):
        return
    if waiting := [a for a in attempts if a.state is AttemptState.WAITING]:
        await _ask_next(session, emergency, ladder, waiting)
        if any(a.state is AttemptState.CALLING for a in waiting):
            return
    await _next_rung(session, case, emergency, ladder)


async def _run_out(session: AsyncSession, emergency: Emergency, ladder: Ladder) -> None:
    """Everybody was called, and nobody is going. A further round waits its time; else it is in front of the agents."""
    await _end_ladder(session, emergency, ladder, LadderState.ENDED)
    rungs = of_next_round([Rung.model_validate(rung) for rung in ladder.rungs])
    again = ladder.rounds_left > 0 and bool(rungs)
    await add_entry(session, emergency.case_id, "ladder_ended", data={"round": ladder.round, "further": again})
    await raise_alarm(session, emergency, "ladder_ended", data={"round": ladder.round})
    if again:
        following = await _put_ladder(
            session,
            emergency,
            [rung.model_dump(mode="json") for rung in rungs],
            rounds_left=ladder.rounds_left - 1,
            again_s=ladder.again_s,
            by=ladder.started_by_id,
        )
        following.due_at = clock.now() + timedelta(seconds=ladder.again_s)
        await session.flush()


async def _end_ladder(session: AsyncSession, emergency: Emergency, ladder: Ladder, to: LadderState, *, actor: Actor | None = None) -> None:
    LADDER.check(ladder.state, to)
    ladder.state, ladder.due_at, ladder.ended_at, ladder.ended_by_id = to, None, clock.now(), actor.id if actor else None
    await drop_deadline(session, emergency, deadline_code(ladder.round, ladder.rung))
    await session.flush()


async def _of_rung(session: AsyncSession, ladder: Ladder) -> Sequence[ContactAttempt]:
    wanted = select(ContactAttempt).where(ContactAttempt.ladder_id == ladder.id, ContactAttempt.rung == ladder.rung)
    return (await session.scalars(wanted.order_by(ContactAttempt.position).execution_options(populate_existing=True))).all()


async def _send_door_check(session: AsyncSession, case: Case) -> None:
    """The nearest who may go to her door are asked, with the deadlines of E0. Once; what dispatch refuses is told, and the ladder goes on."""
    if case.elder_id is None or await queries.has_door_check(session, case.id):
        return
    try:
        async with session.begin_nested():
            await place_and_offer(session, SYSTEM, case.id, AskedOrder(lines=[AskedLine(item=queries.DOOR_CHECK)]))
    except AppError as error:
        log.warning("door_check_not_placed", case_id=str(case.id), code=error.code)
        await add_entry(session, case.id, "door_check_refused", data={"code": error.code})
