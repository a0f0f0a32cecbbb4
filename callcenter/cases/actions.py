"""All writes on cases, timelines and tasks. Every function works in the caller's transaction and publishes what changed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.models import Case, CaseEntry, CaseTask
from callcenter.cases.states import CASE, OPEN, TASK, CaseState, Severity, TaskState
from callcenter.elders.access import end_access, grant_access
from callcenter.elders.models import GrantReason
from callcenter.kit import clock, trace
from callcenter.kit.db import Asked, as_json, run
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.settings import Timings, get_settings

SOS_DEADLINE = timedelta(seconds=60)  # no press without an owner (docs/decisions.md "Answering")
SERVICE_DEADLINE = timedelta(minutes=10)


async def add_entry(
    session: AsyncSession,
    case_id: uuid.UUID,
    kind: str,
    *,
    actor: Actor | None = None,
    text: str = "",
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> uuid.UUID:
    entry_id = new_id()
    await session.execute(
        insert(CaseEntry).values(
            id=entry_id,
            case_id=case_id,
            at=at or clock.now(),
            kind=kind,
            actor_id=actor.id if actor else None,
            actor_name=actor.name if actor and actor.kind == "user" else "",
            text=text,
            data=data or {},
        )
    )
    trace.noted(session, "case", trace=case_id, what=kind)
    return entry_id


async def lock_case(session: AsyncSession, case_id: uuid.UUID) -> Case:
    """The case first, its tasks after it: everybody locks in this order. Rows that only refer to the case (a timeline entry) need not wait."""
    found = (
        await session.execute(
            select(Case).where(Case.id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("no such case")
    trace.bind(case_id)
    return found


async def touch_case(session: AsyncSession, case: Case) -> None:
    """The case changed: new version, consoles hear of it."""
    case.version += 1
    trace.bind(case.id)
    await session.flush()
    await publish(session, "case", case.id, {"owner": str(case.owner_id) if case.owner_id else None}, version=case.version)


async def move_case(session: AsyncSession, case: Case, to: CaseState) -> None:
    """Precondition: `case` is locked."""
    if case.state == to:
        return
    CASE.check(case.state, to)
    case.state = to
    case.resolved_at = clock.now() if to in (CaseState.RESOLVED, CaseState.CLOSED) else None


@dataclass(frozen=True, slots=True)
class PressedCase:
    id: uuid.UUID
    elder_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class LinkedTo:
    """No case to join: a new one will be linked to this one."""

    case_id: uuid.UUID | None


_OPEN = text(
    """
    WITH serial AS (SELECT CAST(nextval('case_number_seq') AS text) AS word), opened AS (
        INSERT INTO cases (id, version, number, state, severity, is_sos, elder_id, caller_key, linked_case_id, presses, opened_at, last_press_at,
                           outcome, deadline_at)
        SELECT :id, 1, CAST(:day AS text) || '-' || lpad(word, greatest(4, length(word)), '0'), 'new', :severity, :is_sos, :elder_id, :caller_key,
               :linked_case_id, :presses, :at, :at, '', :deadline_at
        FROM serial
        RETURNING id
    )
    INSERT INTO case_entries (id, case_id, at, kind, actor_name, text, data)
    SELECT :entry_id, id, :at, :entry_kind, '', '', CAST(:data AS jsonb) FROM opened
    """
)


def asked_recent(numbers: Sequence[str], caller_key: str | None, at: datetime) -> Asked:
    """Cases that a press of these numbers may join or be linked to, newest first, for `read_together`; its rows go to `join_case_of_press`."""
    return Asked(
        "SELECT id, elder_id, is_sos, last_press_at, "
        "EXISTS (SELECT 1 FROM case_tasks WHERE case_tasks.case_id = found.id AND case_tasks.state <> 'done') AS call_back FROM ("
        # by an index each: with OR between them every case that was ever opened would be read
        "SELECT id, elder_id, is_sos, last_press_at, state, opened_at FROM cases WHERE elder_id IN "
        "(SELECT coalesce(e.merged_into, e.id) FROM elder_numbers n JOIN elders e ON e.id = n.elder_id WHERE n.e164 = ANY (%(numbers)s)) "
        "UNION ALL SELECT id, elder_id, is_sos, last_press_at, state, opened_at FROM cases WHERE elder_id IS NULL AND caller_key = %(key)s) AS found "
        "WHERE state IN ('new', 'owned', 'waiting') OR opened_at > %(since)s ORDER BY opened_at DESC LIMIT 20",
        {"numbers": list(numbers), "key": caller_key, "since": at - timedelta(days=30)},
    )


async def join_case_of_press(
    session: AsyncSession,
    recent: Sequence[Any],
    *,
    elder_ids: list[uuid.UUID],
    is_sos: bool,
    at: datetime,
    repeat_seconds: float,
    data: dict[str, Any],
) -> PressedCase | LinkedTo:
    """The case that a press joins, with the press on its timeline: an SOS case of the last `repeat_seconds`, or one with an open call-back. Else what
    a new case is linked to. Until an elder is attached the key is the normalised number; a withheld number always opens a new case.
    """
    recent = [row for row in recent if row.elder_id is None or row.elder_id in elder_ids]
    for row in recent:
        if row.call_back or (row.is_sos and is_sos and row.last_press_at > at - timedelta(seconds=repeat_seconds)):
            case = await lock_case(session, row.id)
            await join_case(session, case, is_sos=is_sos, at=at)
            await add_entry(session, case.id, "press", data={**data, "presses": case.presses}, at=at)
            return PressedCase(case.id, case.elder_id)
    return LinkedTo(recent[0].id if recent else None)


async def open_case(
    session: AsyncSession,
    *,
    elder_id: uuid.UUID | None,
    caller_key: str | None,
    is_sos: bool,
    severity: Severity,
    linked: LinkedTo,
    at: datetime,
    data: dict[str, Any],
    kind: str = "press",
) -> PressedCase:
    """A new case with the press on its timeline, in one statement. `kind`: what opened it, when nobody pressed (a planned visit)."""
    presses = 1 if kind == "press" else 0
    opened = PressedCase(new_id(), elder_id)
    values = {
        "id": opened.id,
        "day": f"{at.astimezone(ZoneInfo(get_settings().timezone)):%y%m%d}",
        "severity": severity,
        "is_sos": is_sos,
        "elder_id": elder_id,
        "caller_key": caller_key,
        "linked_case_id": linked.case_id,
        "at": at,
        "deadline_at": at + (SOS_DEADLINE if is_sos else SERVICE_DEADLINE),
        "entry_id": new_id(),
        "entry_kind": kind,
        "presses": presses,
        "data": as_json({**data, "presses": presses}),
    }
    await run(session, _OPEN, values)
    trace.bind(opened.id)
    trace.noted(session, "case", trace=opened.id, what=kind, severity=severity)
    return opened


async def join_case(session: AsyncSession, case: Case, *, is_sos: bool, at: datetime) -> None:
    """A further press of the same person. Precondition: `case` is locked."""
    case.presses += 1
    case.last_press_at = at
    if is_sos and not case.is_sos:
        case.is_sos, case.severity = True, Severity.E0
    if case.state in (CaseState.RESOLVED, CaseState.CLOSED):
        await move_case(session, case, CaseState.WAITING)
        await let_owner_see(session, case)
    await touch_case(session, case)


async def let_owner_see(session: AsyncSession, case: Case) -> None:
    """Whoever owns an open case sees the whole of its elder, and nobody else does by this case."""
    await end_access(session, case_id=case.id, reason=GrantReason.OWNED_CASE)
    if case.owner_id and case.elder_id and case.state in OPEN:
        await grant_access(session, user_id=case.owner_id, elder_id=case.elder_id, reason=GrantReason.OWNED_CASE, case_id=case.id)


async def own_case(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> Case:
    """The agent who answered owns the case."""
    case = await lock_case(session, case_id)
    await move_case(session, case, CaseState.OWNED)
    if case.owner_id != actor.id:
        case.handed_at, case.handed_by_id, case.handed_word = None, None, ""
    case.owner_id = actor.id
    await let_owner_see(session, case)
    await touch_case(session, case)
    return case


async def add_note(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, text: str) -> uuid.UUID:
    case = await lock_case(session, case_id)
    entry_id = await add_entry(session, case_id, "note", actor=actor, text=text)
    await audit(session, actor, "case:note", case_id)
    await touch_case(session, case)
    return entry_id


async def attach_elder(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, elder_id: uuid.UUID) -> Case:
    """The agent says who it is. Attaching somebody else later is allowed (the first was a mistake) and stays on the timeline."""
    case = await lock_case(session, case_id)
    if case.elder_id == elder_id:
        return case
    case.elder_id = elder_id
    await let_owner_see(session, case)
    await add_entry(session, case_id, "elder_attached", actor=actor, data={"elder_id": str(elder_id)})
    await audit(session, actor, "case:elder-attached", case_id, details={"elder_id": str(elder_id)})
    # an open call-back of the number becomes the elder's, unless she has one already: then one is enough
    other = select(CaseTask.id).where(CaseTask.elder_id == elder_id, CaseTask.state != TaskState.DONE)
    has_other = (await session.execute(other)).first() is not None
    for task in (
        await session.execute(select(CaseTask).where(CaseTask.case_id == case_id, CaseTask.state != TaskState.DONE).with_for_update())
    ).scalars():
        if has_other:
            await finish_task(session, actor, task, why="joined")
        else:
            task.elder_id = elder_id
            await touch_task(session, task)
    await touch_case(session, case)
    return case


async def set_outcome(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, outcome: str, note: str, closes: bool = False) -> Case:
    """The agent's word on how it ended. Open call-backs and orders keep it waiting; else it is resolved, or closed by an outcome that needs nothing more."""
    case = await lock_case(session, case_id)
    waits = case.open_orders > 0 or await _has_task(session, case_id)
    if case.state in (CaseState.NEW, CaseState.OWNED, CaseState.WAITING):
        await move_case(session, case, CaseState.WAITING if waits else CaseState.CLOSED if closes else CaseState.RESOLVED)
    elif not outcome:
        raise Invalid("say how it ended: an outcome is needed")
    case.outcome = outcome
    case.owner_id = case.owner_id or actor.id
    await let_owner_see(session, case)
    await add_entry(session, case_id, "outcome", actor=actor, text=note, data={"outcome": outcome})
    await audit(session, actor, "case:outcome", case_id, details={"outcome": outcome})
    await touch_case(session, case)
    return case


async def _has_task(session: AsyncSession, case_id: uuid.UUID) -> bool:
    return (
        await session.execute(select(CaseTask.id).where(CaseTask.case_id == case_id, CaseTask.state != TaskState.DONE))
    ).first() is not None


async def count_order(session: AsyncSession, case: Case, by: int) -> None:
    """Dispatch tells of an order that is placed (+1) or over (-1). The last one resolves a case that only waited for it; one that is opened
    again lets a resolved case wait. Precondition: `case` is locked."""
    case.open_orders = max(0, case.open_orders + by)
    if by < 0 and case.open_orders == 0 and case.state == CaseState.WAITING and case.outcome and not await _has_task(session, case.id):
        await move_case(session, case, CaseState.RESOLVED)
        await let_owner_see(session, case)
    elif by > 0 and case.state in (CaseState.RESOLVED, CaseState.CLOSED):
        await move_case(session, case, CaseState.WAITING)
        await let_owner_see(session, case)
    await touch_case(session, case)


async def move_cases(
    session: AsyncSession,
    *,
    from_id: uuid.UUID,
    to_id: uuid.UUID,
    only_cases: Collection[uuid.UUID] | None = None,
    only_tasks: Collection[uuid.UUID] = (),
) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """All cases of one profile, with their tasks, become another's (of those named, if any are). Returns the ids of cases and tasks.

    Conflict `two_call_backs` when both have an open one: one must be settled first, or a promise to call back would be lost.
    """
    cases = select(Case).where(Case.elder_id == from_id).order_by(Case.id).with_for_update(key_share=True)
    if only_cases is not None:
        cases = cases.where(Case.id.in_(only_cases))
    moved = (await session.scalars(cases.execution_options(populate_existing=True))).all()
    tasks = select(CaseTask).where(CaseTask.elder_id == from_id).order_by(CaseTask.id).with_for_update(key_share=True)
    if only_cases is not None:  # tasks that were opened since on a case that goes, go with it
        tasks = tasks.where(CaseTask.id.in_(only_tasks) | CaseTask.case_id.in_([case.id for case in moved]))
    waiting = (await session.scalars(tasks.execution_options(populate_existing=True))).all()
    has_other = select(CaseTask.id).where(CaseTask.elder_id == to_id, CaseTask.state != TaskState.DONE)
    if any(task.state != TaskState.DONE for task in waiting) and (await session.execute(has_other)).first() is not None:
        raise Conflict("both wait for a call-back; settle one of them first", code="two_call_backs")
    for task in waiting:
        task.elder_id = to_id
        if task.state != TaskState.DONE:
            await touch_task(session, task)
    for case in moved:
        case.elder_id = to_id
        if case.state in OPEN:
            await touch_case(session, case)
    await session.flush()
    return [case.id for case in moved], [task.id for task in waiting]


# --- tasks -----------------------------------------------------------------------------------------------------------------------


async def touch_task(session: AsyncSession, task: CaseTask) -> None:
    task.version += 1
    trace.bind(task.case_id)
    await session.flush()
    await publish(session, "task", task.id, {}, version=task.version)


async def open_call_back(
    session: AsyncSession, case: Case, *, number: str, reason: str, at: datetime, timings: Timings, recording: str = ""
) -> uuid.UUID | None:
    """One open call-back for each elder (or unknown number): a second one only brings the first forward. None: there is no number to call.

    Precondition: `case` is locked.
    """
    if case.state in (CaseState.NEW, CaseState.OWNED):
        await move_case(session, case, CaseState.WAITING)
    if not number:
        await add_entry(session, case.id, "call_back_impossible", data={"reason": reason})
        await touch_case(session, case)
        return None
    due = at + timedelta(seconds=timings.call_back_sos if case.is_sos else timings.call_back_service)
    index = ["elder_id"] if case.elder_id else ["number"]
    row = pg_insert(CaseTask).values(
        id=new_id(),
        version=1,
        kind="call_back",
        case_id=case.id,
        elder_id=case.elder_id,
        number=number,
        reason=reason,
        state=TaskState.OPEN,
        created_at=at,
        due_at=due,
        attempts=0,
        recording=recording,
    )
    # in words, not as an expression: planned without its parameters the statement would no longer match the partial index
    where = "kind = 'call_back' AND state <> 'done' AND elder_id IS " + ("NOT NULL" if case.elder_id else "NULL")
    earliest = func.least(CaseTask.due_at, row.excluded.due_at)
    kept_recording = func.coalesce(func.nullif(row.excluded.recording, ""), CaseTask.recording)
    task_id, version, created = (
        await session.execute(
            row.on_conflict_do_update(
                index_elements=index,
                index_where=text(where),
                set_={"due_at": earliest, "number": row.excluded.number, "version": CaseTask.version + 1, "recording": kept_recording},
            ).returning(CaseTask.id, CaseTask.version, CaseTask.created_at)
        )
    ).one()
    await publish(session, "task", task_id, {}, version=version)
    await add_entry(session, case.id, "call_back_opened", data={"task_id": str(task_id), "reason": reason, "again": created != at}, at=at)
    await touch_case(session, case)
    return uuid.UUID(str(task_id))


async def lock_task(session: AsyncSession, task_id: uuid.UUID) -> CaseTask:
    """Whoever needs the case as well locks that one before."""
    task = (
        await session.execute(
            select(CaseTask).where(CaseTask.id == task_id).with_for_update(key_share=True).execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if task is None:
        raise NotFound("no such task")
    return task


async def take_task(session: AsyncSession, actor: Actor, task_id: uuid.UUID) -> CaseTask:
    """An agent starts on it; a second one is told who has it."""
    task = await lock_task(session, task_id)
    TASK.check(task.state, TaskState.DOING)
    task.state, task.owner_id = TaskState.DOING, actor.id
    task.attempts += 1
    await add_entry(session, task.case_id, "call_back_started", actor=actor, data={"attempt": task.attempts})
    await touch_task(session, task)
    return task


async def give_task_back(session: AsyncSession, task_id: uuid.UUID, *, why: str, next_due: datetime) -> None:
    """Nobody was reached: it is on top again at `next_due`. Harmless when it is done already."""
    task = await lock_task(session, task_id)
    if task.state != TaskState.DOING:
        return
    task.state, task.owner_id, task.due_at = TaskState.OPEN, None, next_due
    await add_entry(session, task.case_id, "call_back_failed", data={"why": why, "attempt": task.attempts})
    await touch_task(session, task)


async def finish_task(session: AsyncSession, actor: Actor, task: CaseTask, *, why: str, note: str = "") -> None:
    """Precondition: `task` is locked."""
    TASK.check(task.state, TaskState.DONE)
    task.state, task.done_at, task.owner_id = TaskState.DONE, clock.now(), task.owner_id or actor.id
    await add_entry(session, task.case_id, "call_back_done", actor=actor, text=note, data={"why": why})
    await audit(session, actor, "task:done", task.id, details={"why": why})
    await touch_task(session, task)


async def finish_tasks_of(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, why: str) -> None:
    """Somebody spoke with her: what was to be called back is done."""
    tasks = (
        (await session.execute(select(CaseTask).where(CaseTask.case_id == case_id, CaseTask.state != TaskState.DONE).with_for_update()))
        .scalars()
        .all()
    )
    for task in tasks:
        await finish_task(session, actor, task, why=why)


async def free_idle_cases(session: AsyncSession, busy: set[uuid.UUID], older_than: datetime) -> int:
    """Cases that are new and past their deadline without a call: an auditor's sweep; they get the word `overdue` on their timeline once."""
    rows = (
        await session.execute(
            select(Case)
            .where(Case.state == CaseState.NEW, Case.deadline_at < older_than, Case.id.not_in(busy or {uuid.UUID(int=0)}))
            .limit(100)
            .with_for_update(skip_locked=True)
        )
    ).scalars()
    count = 0
    for case in rows:
        await move_case(session, case, CaseState.WAITING)
        await add_entry(session, case.id, "overdue")
        await touch_case(session, case)
        count += 1
    return count
