"""All writes of runs. Locks the case, then its emergency, then the run's rows; so of two who answer at once the second is told what the first said.

A run walks the version that it began with, whatever becomes of the file. Each turn of a step has a deadline `step:CODE` from when somebody has the case.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.cases.actions import add_entry
from callcenter.cases.models import Case
from callcenter.emergency.actions import drop_deadline, lock_emergency, meet_deadline, set_deadline, set_kind, touch_emergency
from callcenter.emergency.models import Emergency
from callcenter.emergency.protocols.calling import as_called
from callcenter.emergency.protocols.models import EmergencyStep, ProtocolRun, ProtocolVersion
from callcenter.emergency.protocols.queries import Run, choose_protocol, get_act, get_run, library, list_steps
from callcenter.emergency.protocols.reading import Read
from callcenter.emergency.protocols.rules import (
    ARRIVED,
    CARRIED_FOR,
    DONE,
    Given,
    NoSuchAnswer,
    counted_as,
    known_before,
    next_step,
    why_not_outside,
)
from callcenter.emergency.protocols.schema import Act, ForElder, Step, Text
from callcenter.emergency.protocols.states import BEHIND, STEP, RunEnd, StepState
from callcenter.emergency.rules import ARRIVAL
from callcenter.emergency.states import EmergencyKind, EmergencyState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id

LONGEST_REASON = 500
PROGRAM = system("protocol")


def deadline_of(step: str) -> str:
    return f"step:{step}"


async def start_protocol(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> ProtocolRun:
    """The one that its kind and its elder call for. Harmless twice: one that goes on or has come to its end is returned as it is."""
    case, emergency = await _open(session, case_id)
    run = await get_run(session, emergency.id)
    if run is not None and run.row.ended in (RunEnd.NOT, RunEnd.FINISHED):
        return run.row
    return await _begin(session, actor, case, emergency, await choose_protocol(session, case.elder_id, emergency.kind))


async def choose_anew(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> None:
    """It has become clear who she is, or what it is, before anything was answered: the protocol that fits better takes over. Else nothing."""
    case, emergency = await _open(session, case_id)
    run = await get_run(session, emergency.id)
    if run is None or run.row.ended is not RunEnd.NOT or run.row.started_by_id is not None:
        return
    fits = await choose_protocol(session, case.elder_id, emergency.kind)
    pending = await _pending(session, run)
    begun = await session.scalar(
        select(func.count()).select_from(EmergencyStep).where(EmergencyStep.run_id == run.row.id, EmergencyStep.state != StepState.PENDING)
    )
    if fits.protocol.code == run.version.code or begun:
        return
    await _leave(session, actor, emergency, run, pending, RunEnd.CHANGED)
    await _begin(session, actor, case, emergency, fits)


async def change_protocol(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, seen_run: int, kind: EmergencyKind | None = None, code: str = ""
) -> ProtocolRun:
    """By what it turned out to be, or by the name of one protocol. What was done stays, and steps that are asked once are not asked again.

    `seen_run`: the run that she saw; Conflict `protocol_changed` when somebody else changed it meanwhile.
    """
    case, emergency = await _open(session, case_id)
    run = await get_run(session, emergency.id)
    _as_seen(run, seen_run)
    if run is not None and kind is not None:
        await _done_by(session, actor, emergency, run, Act.CHANGE_PROTOCOL, kind=kind)
    read = await choose_protocol(session, case.elder_id, kind) if kind is not None else await _named(session, case, code)
    return await _change(session, actor, case, emergency, run, read)


async def answer_step(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, step: str, *, seen_run: int, position: int, answer: str
) -> None:
    """`position`: the turn that she saw; Conflict `step_moved_on` when somebody was faster. Of a step that has nothing to choose from: done."""
    case, emergency = await _open(session, case_id)
    run, row, definition = await _turn(session, emergency, step, seen_run=seen_run, position=position)
    try:
        counted_as(definition, answer=answer, skipped=False)
    except NoSuchAnswer:
        raise Invalid(
            f"{step} has no answer {answer}",
            code="no_such_answer",
            details={"step": step, "answers": [one.code for one in definition.answers] or [DONE]},
        ) from None
    if definition.act is Act.CHANGE_PROTOCOL:
        assert definition.kind is not None
        read = await choose_protocol(session, case.elder_id, definition.kind)
        await _put(session, actor, emergency, run, row, definition, answer=answer)
        await _change(session, actor, case, emergency, run, read)
        return
    await _put(session, actor, emergency, run, row, definition, answer=answer)
    await _go_on(session, actor, case, emergency, run, next_step(run.protocol, definition, answer=answer))
    await touch_emergency(session, emergency)


async def note_act(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Something was done: the step whose turn it is and that asked for it is done by it, with who did it and when; the next one too, if it was done before
    and is asked once. Called by whoever acts, in the act's own transaction; harmless at any moment, and for a case that is no emergency.
    """
    if await session.scalar(select(Emergency.id).where(Emergency.case_id == case_id)) is None:
        return
    case, emergency = await lock_emergency(session, case_id)
    run = await get_run(session, emergency.id)
    if emergency.state is not EmergencyState.OPEN or run is None or run.row.ended is not RunEnd.NOT:
        return
    changed = False
    while (pending := await _pending(session, run)) is not None:
        step = _step(run, pending.step)
        acted = await get_act(session, emergency, run, pending)
        if acted is None:
            break
        actor = await _actor(session, acted.by_id)
        await _put(session, actor, emergency, run, pending, step, answer=DONE, at=acted.at)
        await _go_on(session, actor, case, emergency, run, next_step(run.protocol, step, answer=DONE))
        changed = True
    if changed:
        await touch_emergency(session, emergency)


async def skip_step(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, step: str, *, seen_run: int, position: int, reason: str
) -> None:
    """It counts as the file says; the reason stands on the timeline."""
    reason = reason.strip()
    if not reason:
        raise Invalid("say why this step is skipped", code="reason_needed")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"a reason has at most {LONGEST_REASON} characters", code="too_long")
    case, emergency = await _open(session, case_id)
    run, row, definition = await _turn(session, emergency, step, seen_run=seen_run, position=position)
    if definition.act is Act.CHANGE_PROTOCOL:
        raise Invalid("nothing comes after it; take the step before it back, or choose another protocol", code="cannot_skip")
    await _put(session, actor, emergency, run, row, definition, skipped=True, reason=reason)
    await _go_on(session, actor, case, emergency, run, next_step(run.protocol, definition, answer="", skipped=True))
    await touch_emergency(session, emergency)


async def take_back_step(session: AsyncSession, actor: Actor, case_id: uuid.UUID, step: str, *, seen_run: int, position: int) -> None:
    """A wrong click: the step is asked anew, and what came after it leaves the way. All of it stays in the history: 120 was called all the same."""
    case, emergency = await _open(session, case_id)
    run = await get_run(session, emergency.id)
    _as_seen(run, seen_run)
    assert run is not None
    if run.row.ended not in (RunEnd.NOT, RunEnd.FINISHED):
        raise Conflict("this protocol is over", code="protocol_changed", details={"run": run.row.number})
    rows = await _lock_rows(session, run)
    wrong = next((row for row in rows if row.position == position and row.step == step), None)
    if wrong is None:
        raise NotFound(f"{step} had no such turn", code="no_step")
    STEP.check(wrong.state, StepState.TAKEN_BACK)
    now = clock.now()
    after = [row for row in rows if row.position > position and row.state in (*BEHIND, StepState.PENDING)]
    for row in after:
        if row.state is StepState.PENDING:
            await drop_deadline(session, emergency, deadline_of(row.step))
        STEP.check(row.state, StepState.OFF_PATH)
        row.state, row.undone_at, row.undone_by_id = StepState.OFF_PATH, now, actor.id
    wrong.state, wrong.undone_at, wrong.undone_by_id = StepState.TAKEN_BACK, now, actor.id
    run.row.ended, run.row.ended_at = RunEnd.NOT, None
    await session.flush()
    definition = _step(run, step)
    left = [row.step for row in after if row.state is StepState.OFF_PATH and row.at is not None]
    await _tell(session, actor, emergency, run, "step_undone", definition, {"position": position, "answer": wrong.answer, "left": left})
    await audit(session, actor, "emergency:step-undone", case_id, details={"step": step, "run": run.row.number})
    await _turn_of(session, case, emergency, run, definition)
    await touch_emergency(session, emergency)


async def end_run(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> None:
    """Its emergency is closed. Harmless twice."""
    _, emergency = await lock_emergency(session, case_id)
    run = await get_run(session, emergency.id)
    if emergency.state is EmergencyState.OPEN or run is None or run.row.ended not in (RunEnd.NOT, RunEnd.FINISHED):
        return
    closer = await _actor(session, emergency.closed_by_id)
    await _done_by(session, closer, emergency, run, Act.CLOSE, outcome=emergency.outcome, at=emergency.closed_at)
    await _leave(session, actor, emergency, run, await _pending(session, run), RunEnd.CLOSED)


async def start_clock(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Somebody has the case: from now on its step is due."""
    case, emergency = await lock_emergency(session, case_id)
    run = await get_run(session, emergency.id)
    pending = await _pending(session, run) if run else None
    if run is None or pending is None or pending.due_at is not None or case.owner_id is None or emergency.state is not EmergencyState.OPEN:
        return
    pending.began_at = clock.now()
    pending.due_at = pending.began_at + timedelta(seconds=_step(run, pending.step).within)
    await set_deadline(session, emergency, deadline_of(pending.step), pending.due_at)
    await touch_emergency(session, emergency)


async def _done_by(
    session: AsyncSession, actor: Actor, emergency: Emergency, run: Run, act: Act, *, at: datetime | None = None, **as_asked: str
) -> None:
    """The step whose turn it is asked for just this: it is done, and nothing comes after it."""
    pending = await _pending(session, run)
    step = _step(run, pending.step) if pending else None
    if pending and step and step.act is act and all(getattr(step, name) == value for name, value in as_asked.items()):
        await _put(session, actor, emergency, run, pending, step, answer=DONE, at=at)


async def _actor(session: AsyncSession, user_id: uuid.UUID | None) -> Actor:
    user = await session.get(User, user_id) if user_id else None
    return Actor("user", user.id, user.name, user.role) if user else PROGRAM


# --- parts of it; everything is locked -------------------------------------------------------------------------------------------------


async def _open(session: AsyncSession, case_id: uuid.UUID) -> tuple[Case, Emergency]:
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    return case, emergency


def _as_seen(run: Run | None, seen_run: int) -> None:
    number = run.row.number if run else 0
    if number != seen_run:
        code = run.version.code if run else ""
        raise Conflict("the protocol has changed; look at it again", code="protocol_changed", details={"run": number, "protocol": code})


async def _named(session: AsyncSession, case: Case, code: str) -> Read:
    """An elder's own is nobody else's."""
    read = library().get(code)
    if read is None:
        raise NotFound(f"there is no protocol {code}", code="no_protocol", details={"code": code})
    if isinstance(read.protocol.whom, ForElder) and await choose_protocol(session, case.elder_id, read.protocol.kind) != read:
        raise Invalid("this protocol is another elder's", code="not_her_protocol")
    return read


async def _begin(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency, read: Read) -> ProtocolRun:
    version = await _pin(session, read)
    number = await session.scalar(select(func.coalesce(func.max(ProtocolRun.number), 0)).where(ProtocolRun.emergency_id == emergency.id))
    row = ProtocolRun(
        id=new_id(),
        emergency_id=emergency.id,
        number=(number or 0) + 1,
        version_id=version.id,
        started_at=clock.now(),
        started_by_id=actor.id,
        ended=RunEnd.NOT,
    )
    session.add(row)
    await session.flush()
    run = Run(row, version, read.protocol)
    emergency.rungs = [as_called(rung).model_dump(mode="json") for rung in read.protocol.ladder]
    title = read.protocol.title.model_dump()
    data = {"run": row.number, "protocol": version.code, "version": version.version, "kind": version.kind, "title": title}
    await add_entry(session, emergency.case_id, "protocol_started", actor=actor, data=data)
    await _go_on(session, actor, case, emergency, run, read.protocol.steps[0])
    await touch_emergency(session, emergency)
    return row


async def _pin(session: AsyncSession, read: Read) -> ProtocolVersion:
    """The content as it is at this moment, once for each content."""
    protocol, sha256 = read.protocol, read.sha256
    put = pg_insert(ProtocolVersion).values(
        id=new_id(),
        code=protocol.code,
        version=protocol.version,
        kind=protocol.kind,
        sha256=sha256,
        content=read.content,
        stored_at=clock.now(),
    )
    await session.execute(put.on_conflict_do_nothing(index_elements=["code", "version", "sha256"]))
    found = await session.scalar(
        select(ProtocolVersion).where(
            ProtocolVersion.code == protocol.code, ProtocolVersion.version == protocol.version, ProtocolVersion.sha256 == sha256
        )
    )
    assert found is not None
    return found


async def _change(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency, run: Run | None, read: Read) -> ProtocolRun:
    if run is not None and run.row.ended is RunEnd.NOT and (run.version.code, run.version.sha256) == (read.protocol.code, read.sha256):
        raise Conflict("this protocol goes on already", code="protocol_goes_on", details={"protocol": read.protocol.code})
    if run is not None:
        await _leave(session, actor, emergency, run, await _pending(session, run), RunEnd.CHANGED)
    before = run.version.code if run else ""
    data = {"from": before, "to": read.protocol.code, "kind": read.protocol.kind, "title": read.protocol.title.model_dump()}
    await add_entry(session, emergency.case_id, "protocol_changed", actor=actor, data=data)
    await audit(session, actor, "emergency:protocol-changed", emergency.case_id, details={"to": read.protocol.code})
    await set_kind(session, actor, emergency.case_id, kind=read.protocol.kind)
    return await _begin(session, actor, case, emergency, read)


async def _leave(session: AsyncSession, actor: Actor, emergency: Emergency, run: Run, pending: EmergencyStep | None, ended: RunEnd) -> None:
    now = clock.now()
    if pending is not None:
        await drop_deadline(session, emergency, deadline_of(pending.step))
        STEP.check(pending.state, StepState.OFF_PATH)
        pending.state, pending.undone_at, pending.undone_by_id = StepState.OFF_PATH, now, actor.id
    run.row.ended, run.row.ended_at = ended, run.row.ended_at or now
    await session.flush()


async def _lock_rows(session: AsyncSession, run: Run) -> list[EmergencyStep]:
    statement = select(EmergencyStep).where(EmergencyStep.run_id == run.row.id).order_by(EmergencyStep.position)
    return list((await session.scalars(statement.with_for_update().execution_options(populate_existing=True))).all())


async def _pending(session: AsyncSession, run: Run) -> EmergencyStep | None:
    return next((row for row in await _lock_rows(session, run) if row.state is StepState.PENDING), None)


async def _turn(session: AsyncSession, emergency: Emergency, step: str, *, seen_run: int, position: int) -> tuple[Run, EmergencyStep, Step]:
    """The pending row, if it is the turn that was seen."""
    run = await get_run(session, emergency.id)
    _as_seen(run, seen_run)
    assert run is not None
    if run.protocol.step(step) is None:
        raise NotFound(f"{run.version.code} has no step {step}", code="no_step")
    rows = await _lock_rows(session, run)
    pending = next((row for row in rows if row.state is StepState.PENDING), None)
    if pending is None or (pending.step, pending.position) != (step, position):
        faster = next((row for row in rows if row.position == position and row.step == step), None)
        name = await session.scalar(select(User.name).where(User.id == faster.by_id)) if faster and faster.by_id else ""
        details: dict[str, Any] = {"current": pending.step if pending else None, "position": pending.position if pending else None}
        if faster is not None:
            details |= {"state": faster.state, "answer": faster.answer, "by_name": name or ""}
        raise Conflict("somebody was faster; it is another step's turn", code="step_moved_on", details=details)
    return run, pending, _step(run, step)


def _step(run: Run, code: str) -> Step:
    found = run.protocol.step(code)
    assert found is not None, "a run holds only steps of its own version"
    return found


async def _put(
    session: AsyncSession,
    actor: Actor,
    emergency: Emergency,
    run: Run,
    row: EmergencyStep,
    step: Step,
    *,
    answer: str = "",
    skipped: bool = False,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """It is behind us: row, deadline, timeline, audit."""
    to = StepState.SKIPPED if skipped else StepState.DONE
    STEP.check(row.state, to)
    row.state, row.answer, row.reason, row.at, row.by_id = to, answer, reason, at or clock.now(), actor.id
    await meet_deadline(session, emergency, deadline_of(step.code), actor=actor)
    if answer == ARRIVED:
        await meet_deadline(session, emergency, ARRIVAL, actor=actor)
    await _tell_done(session, actor, emergency, run, row, step, answer=answer, skipped=skipped, reason=reason)
    verb = "emergency:step-skipped" if skipped else "emergency:step-done"
    await audit(session, actor, verb, emergency.case_id, details={"step": step.code, "run": run.row.number})
    await session.flush()


async def _tell_done(
    session: AsyncSession,
    actor: Actor,
    emergency: Emergency,
    run: Run,
    row: EmergencyStep,
    step: Step,
    *,
    answer: str,
    skipped: bool = False,
    reason: str = "",
) -> None:
    chosen = step.answer(answer)
    data: dict[str, Any] = {"position": row.position, "answer": answer}
    if chosen is not None:
        data["answer_words"] = chosen.text.model_dump()
    if why := why_not_outside(step, answer=answer, skipped=skipped):
        data["no_outside"] = why
    if row.carried:
        data["carried"] = True
    await _tell(session, actor, emergency, run, "step_skipped" if skipped else "step_done", step, data, text=reason)


async def _tell(
    session: AsyncSession, actor: Actor, emergency: Emergency, run: Run, kind: str, step: Step, data: dict[str, Any], *, text: str = ""
) -> None:
    words: Text | None = step.ask or step.info or step.say
    told: dict[str, Any] = {"run": run.row.number, "protocol": run.version.code, "step": step.code, "sort": step.sort}
    if step.act is not None:
        told |= {name: str(value) for name in ("act", "agency", "item", "kind", "outcome") if (value := getattr(step, name)) is not None}
    if words is not None:
        told["words"] = words.model_dump()
    await add_entry(session, emergency.case_id, kind, actor=actor, text=text, data=told | data)


async def _go_on(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency, run: Run, step: Step | None) -> None:
    """The next step's turn; steps that are asked once and are known pass at once, with who said it first."""
    before = await _before(session, emergency.id)
    while step is not None and (known := known_before(step, {code: given for code, (given, _) in before.items()})) is not None:
        first = before[step.code][1]
        row = EmergencyStep(
            id=new_id(),
            run_id=run.row.id,
            emergency_id=emergency.id,
            position=await _next_position(session, run),
            step=step.code,
            state=StepState.DONE,
            answer=known.answer,
            reason="",
            carried=True,
            began_at=clock.now(),
            at=first.at,
            by_id=first.by_id,
        )
        session.add(row)
        await session.flush()
        await _tell_done(session, actor, emergency, run, row, step, answer=known.answer)
        step = next_step(run.protocol, step, answer=known.answer)
    if step is not None:
        await _turn_of(session, case, emergency, run, step)
        return
    run.row.ended, run.row.ended_at = RunEnd.FINISHED, clock.now()
    await session.flush()


async def _before(session: AsyncSession, emergency_id: uuid.UUID) -> dict[str, tuple[Given, EmergencyStep]]:
    """The last word on each step, of any run of this emergency, that was not taken back. What left the way was done all the same."""
    since = clock.now() - CARRIED_FOR
    return {
        row.step: (Given(row.step, row.answer), row)
        for row in await list_steps(session, emergency_id)
        if row.at is not None and row.at > since and row.state in (StepState.DONE, StepState.OFF_PATH) and row.answer
    }


async def _next_position(session: AsyncSession, run: Run) -> int:
    highest = await session.scalar(select(func.max(EmergencyStep.position)).where(EmergencyStep.run_id == run.row.id))
    return (highest or 0) + 1


async def _turn_of(session: AsyncSession, case: Case, emergency: Emergency, run: Run, step: Step) -> None:
    """Nobody has the case yet: no clock runs for its steps, the owner's does (`start_clock`)."""
    now = clock.now()
    due_at = now + timedelta(seconds=step.within) if case.owner_id is not None else None
    session.add(
        EmergencyStep(
            id=new_id(),
            run_id=run.row.id,
            emergency_id=emergency.id,
            position=await _next_position(session, run),
            step=step.code,
            state=StepState.PENDING,
            answer="",
            reason="",
            carried=False,
            began_at=now,
            due_at=due_at,
        )
    )
    await session.flush()
    if due_at is not None:
        await set_deadline(session, emergency, deadline_of(step.code), due_at)
