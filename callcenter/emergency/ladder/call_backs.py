"""She pressed and was gone, or said nothing: the system calls her back, and when she does not answer her contacts are called.

An agent's click goes first: until `system_call_back` after the press the task is hers, and one that she has taken is left to her.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.calls.models import Call, CallLeg
from callcenter.cases.actions import add_entry, give_task_back, lock_task, open_call_back, take_task
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import TaskState
from callcenter.centre.queries import get_values
from callcenter.emergency.actions import lock_emergency, meet_deadline, raise_alarm, set_deadline, touch_emergency
from callcenter.emergency.ladder import queries
from callcenter.emergency.ladder.actions import somebody_goes, start_ladder
from callcenter.emergency.ladder.calling import ask, end_attempt, put_attempts, take_back
from callcenter.emergency.ladder.models import ContactAttempt
from callcenter.emergency.ladder.rules import CALL_BACK, CALLED_BACK, MOST_CALL_BACKS, OUTSIDE_FAILED, Person
from callcenter.emergency.ladder.states import OPEN, AttemptState, Who
from callcenter.emergency.models import Emergency
from callcenter.emergency.rules import ARRIVAL
from callcenter.emergency.states import EmergencyState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.settings import Timings, get_settings

SYSTEM = system("call_backs")


async def timings_now(session: AsyncSession) -> Timings:
    return (await get_values(session, get_settings())).timings


async def ask_call_back(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> None:
    """An agent's word that she said nothing: the system calls her back at once. Conflicts: `emergency_over`; `on_the_line`, somebody talks on this case."""
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    if await queries.is_on_the_line(session, case_id):
        raise Conflict("she is on the line", code="on_the_line")
    await _call_back_silent(session, actor, case, emergency)


async def call_back_press(session: AsyncSession, call_id: uuid.UUID) -> None:
    """A press on which nobody said anything (`queries.list_silent`). Harmless when somebody has called her meanwhile."""
    call = await session.get_one(Call, call_id)
    assert call.case_id is not None and call.ended_at is not None
    case, emergency = await lock_emergency(session, call.case_id)
    over = emergency.state is not EmergencyState.OPEN or case.outcome or await queries.is_on_the_line(session, case.id)
    if over or await queries.call_backs_since(session, emergency.id, call.ended_at):
        return
    await _call_back_silent(session, SYSTEM, case, emergency)


async def _call_back_silent(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency) -> None:
    numbers = await queries.own_numbers(session, case)
    task_id = await open_call_back(
        session, case, number=numbers[0] if numbers else "", reason="silent", at=clock.now(), timings=await timings_now(session)
    )
    if task_id is None:
        await _not_reached(session, emergency)
        return
    task = await lock_task(session, task_id)
    if task.state is TaskState.OPEN:
        await _ring(session, case, emergency, task, actor=actor)


async def look_at_call_back(session: AsyncSession, task_id: uuid.UUID) -> None:
    """An open call-back that nobody has taken, or that the system has taken and whose calls are over. Harmless at any moment."""
    found = await session.get_one(CaseTask, task_id)
    case, emergency = await lock_emergency(session, found.case_id)
    task = await lock_task(session, task_id)
    now, wait = clock.now(), timedelta(seconds=(await timings_now(session)).system_call_back)
    if emergency.state is not EmergencyState.OPEN or await queries.is_on_the_line(session, case.id):
        return
    attempts = await queries.call_backs_since(session, emergency.id, case.last_press_at)
    if any(a.state in OPEN for a in attempts):
        return
    if (
        task.state is TaskState.DOING and task.owner_id is None
    ):  # she picked up, and was gone before an agent came; or she has pressed again
        await give_task_back(session, task.id, why="gone", next_due=now)
    if task.state is not TaskState.OPEN or max(task.created_at, case.last_press_at) > now - wait:
        return
    made = {a.round for a in attempts}
    was_reached = any(a.state is AttemptState.TALKS and a.round == max(made) for a in attempts)
    if not made or (was_reached and len(made) < MOST_CALL_BACKS):
        await _ring(session, case, emergency, task, actor=SYSTEM)
    else:
        await _not_reached(session, emergency)


async def _ring(session: AsyncSession, case: Case, emergency: Emergency, task: CaseTask, *, actor: Actor) -> None:
    """All her numbers at once: whichever telephone is nearer to her."""
    await take_task(session, SYSTEM, task.id)
    numbers = dict.fromkeys(queries.one_form(n) for n in [task.number, *await queries.own_numbers(session, case)])
    round_ = await queries.last_round(session, emergency.id, CALLED_BACK) + 1
    ring_s = int((await timings_now(session)).call_back_ring)
    people = [Person(Who.ELDER, "", "", number) for number in numbers]
    attempts = await put_attempts(
        session, emergency, people, round_=round_, rung=CALLED_BACK, ring_s=ring_s, task_id=task.id, asked_by_id=actor.id
    )
    await ask(session, emergency, attempts, actor=actor)
    await touch_emergency(session, emergency)
    if not any(a.state in OPEN for a in attempts):
        await give_task_back(session, task.id, why="failed", next_due=clock.now())
        await _not_reached(session, emergency)


async def elder_answered(session: AsyncSession, case: Case, emergency: Emergency, attempt: ContactAttempt) -> bool:
    """She has picked up: her other telephones stop. False: nobody waits for her any more. Precondition: all are locked."""
    if emergency.state is not EmergencyState.OPEN:
        return False
    attempt.answered_at = clock.now()
    await end_attempt(session, emergency, attempt, AttemptState.TALKS, answer="picked_up")
    await take_back(session, emergency, await _others(session, emergency, attempt))
    await touch_emergency(session, emergency)
    return True


async def elder_not_answered(session: AsyncSession, case: Case, emergency: Emergency, attempt: ContactAttempt, to: AttemptState) -> None:
    """The last of her numbers: the task is everybody's again, and her contacts are called, unless she has pressed once more meanwhile."""
    await end_attempt(session, emergency, attempt, to)
    if to is not AttemptState.CANCELLED and not await _others(session, emergency, attempt) and attempt.task_id is not None:
        pressed_again = attempt.asked_at is not None and case.last_press_at > attempt.asked_at
        reached = any(
            a.state is AttemptState.TALKS and a.round == attempt.round
            for a in await queries.call_backs_since(session, emergency.id, attempt.asked_at or case.last_press_at)
        )
        if not reached:
            await give_task_back(session, attempt.task_id, why="no_answer", next_due=clock.now())
            if not pressed_again and emergency.state is EmergencyState.OPEN:
                await _not_reached(session, emergency)
    await touch_emergency(session, emergency)


async def _others(session: AsyncSession, emergency: Emergency, attempt: ContactAttempt) -> Sequence[ContactAttempt]:
    return [a for a in await queries.open_attempts(session, emergency.id) if a.who is Who.ELDER and a.id != attempt.id]


async def _not_reached(session: AsyncSession, emergency: Emergency) -> None:
    """The ladder begins by itself, once for each press; not when somebody is on her way already."""
    case = await session.get_one(Case, emergency.case_id)
    last = await queries.last_ladder(session, emergency.id)
    if (last is not None and last.started_at >= case.last_press_at) or await somebody_goes(session, emergency):
        return
    await start_ladder(session, SYSTEM, emergency.case_id)


# --- sweeps ----------------------------------------------------------------------------------------------------------------------------


async def end_needless(session: AsyncSession, attempt_id: uuid.UUID) -> None:
    """A call that nobody needs any more (`queries.list_needless`)."""
    case_id = await session.scalar(
        select(Emergency.case_id).join(ContactAttempt, ContactAttempt.emergency_id == Emergency.id).where(ContactAttempt.id == attempt_id)
    )
    assert case_id is not None
    _, emergency = await lock_emergency(session, case_id)
    attempt = await session.get_one(ContactAttempt, attempt_id, populate_existing=True)
    await take_back(session, emergency, [attempt])
    await touch_emergency(session, emergency)


async def settle_deadline(session: AsyncSession, case_id: uuid.UUID) -> None:
    """An open call-back has a deadline that counts down on the screen; it is met when somebody has spoken with her."""
    _, emergency = await lock_emergency(session, case_id)
    wanted = select(CaseTask).where(CaseTask.case_id == case_id, CaseTask.kind == "call_back", CaseTask.state != TaskState.DONE)
    task = await session.scalar(wanted.limit(1))
    if task is None:
        await meet_deadline(session, emergency, CALL_BACK)
    elif emergency.state is EmergencyState.OPEN:
        await set_deadline(session, emergency, CALL_BACK, task.due_at)
    await touch_emergency(session, emergency)


async def tell_outside_failed(session: AsyncSession, leg_id: uuid.UUID) -> None:
    """Busy, not answered, refused: told once for each call. The next try is a person's click, never the program's."""
    leg = await session.get_one(CallLeg, leg_id)
    case_id = (await session.get_one(Call, leg.call_id)).case_id
    assert case_id is not None
    _, emergency = await lock_emergency(session, case_id)
    if leg_id in await queries.list_outside_failed(session, clock.now()):  # nobody was faster
        await raise_alarm(session, emergency, OUTSIDE_FAILED, data={"agency": leg.code, "leg_id": str(leg_id), "why": leg.cause})
        await touch_emergency(session, emergency)


async def note_at_the_door(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Whoever was sent to her door has checked in there (its own line on the timeline)."""
    _, emergency = await lock_emergency(session, case_id)
    if await meet_deadline(session, emergency, ARRIVAL):
        await touch_emergency(session, emergency)


async def note_outside(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Outside help is on the line: the countdown is over."""
    _, emergency = await lock_emergency(session, case_id)
    if await meet_deadline(session, emergency, "outside"):
        await add_entry(session, case_id, "outside_reached")
        await touch_emergency(session, emergency)
