"""Who has a case, and how it changes hands: taken over, given away, freed; call-backs put to somebody.

Whoever asks says whom she saw as the owner. If that is not so any more, somebody else was faster: Conflict with who has it now, and nothing changes.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.roles import Permission, may
from callcenter.cases.actions import add_entry, let_owner_see, lock_case, lock_task, move_case, touch_case, touch_task
from callcenter.cases.models import Case, CaseLock, CaseTask
from callcenter.cases.states import CaseState, OwnerChange, Severity, TaskState, state_after
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid

# How long a freed case may lie in the queue, by what it is (docs/decisions.md "Service levels", first reply).
FREE_FOR = {
    Severity.E0: timedelta(minutes=1),
    Severity.U1: timedelta(minutes=5),
    Severity.U2: timedelta(minutes=10),
    Severity.N1: timedelta(minutes=10),
    Severity.N2: timedelta(days=1),
}
LONGEST = timedelta(days=7)


def may_take(actor: Actor, case: Case) -> bool:
    """Supervisors any; everybody what nobody has, and what waits."""
    return actor.may(Permission.CASES_ASSIGN) or case.owner_id in (None, actor.id) or case.state == CaseState.WAITING


def may_give(actor: Actor, case: Case) -> bool:
    """Supervisors any; everybody her own, and what nobody has."""
    return actor.may(Permission.CASES_ASSIGN) or case.owner_id in (None, actor.id)


async def take_over(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, seen_owner_id: uuid.UUID | None) -> Case:
    case = await _locked_as_seen(session, case_id, seen_owner_id)
    if not may_take(actor, case):
        raise Forbidden("this case is somebody else's; ask her, or a supervisor", code="not_your_case")
    if case.owner_id == actor.id:
        return case
    before = case.owner_id
    await _own(session, case, OwnerChange.TAKEN, actor.id)
    await _told(session, actor, case, "taken_over", before=before)
    return case


async def give_case(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, to: uuid.UUID, seen_owner_id: uuid.UUID | None, word: str
) -> Case:
    """`word`: what the new owner should know, shown to her as it arrives."""
    case = await _locked_as_seen(session, case_id, seen_owner_id)
    if not may_give(actor, case):
        raise Forbidden("this case is somebody else's; only a supervisor gives it away", code="not_your_case")
    if case.owner_id == to:
        raise Invalid("it is hers already", code="already_hers")
    receiver = await get_receiver(session, to)
    before = case.owner_id
    await _own(session, case, OwnerChange.GIVEN, receiver.id)
    if to != actor.id:
        case.handed_at, case.handed_by_id, case.handed_word = clock.now(), actor.id, word
    await _told(session, actor, case, "given", before=before, to=receiver, text=word)
    return case


async def free_case(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, seen_owner_id: uuid.UUID | None, within: timedelta | None = None, word: str
) -> Case:
    """Back to the queue; somebody takes it `within` that time, or it is overdue."""
    case = await _locked_as_seen(session, case_id, seen_owner_id)
    if not may_give(actor, case):
        raise Forbidden("this case is somebody else's; only a supervisor frees it", code="not_your_case")
    if case.owner_id is None:
        raise Invalid("nobody has it", code="nobodys_case")
    if within is not None and not timedelta(minutes=1) <= within <= LONGEST:
        raise Invalid("a deadline lies between a minute and seven days ahead", code="bad_deadline")
    before = case.owner_id
    await _own(session, case, OwnerChange.FREED, None)
    case.deadline_at = clock.now() + (within or FREE_FOR[case.severity])
    await _told(session, actor, case, "freed", before=before, text=word, deadline=case.deadline_at)
    return case


async def assign_task(
    session: AsyncSession, actor: Actor, task_id: uuid.UUID, *, to: uuid.UUID, seen_owner_id: uuid.UUID | None
) -> CaseTask:
    """Put to somebody, not locked to her: whoever is free may still call, for an elder waits at the other end."""
    case_id = await session.scalar(select(CaseTask.case_id).where(CaseTask.id == task_id))
    if case_id is not None:
        await lock_case(session, case_id)  # the case first, its tasks after it
    task = await lock_task(session, task_id)
    if task.owner_id != seen_owner_id or task.state != TaskState.OPEN:
        raise await _owner_changed(session, task.owner_id, state=task.state)
    receiver = await get_receiver(session, to)
    task.owner_id = receiver.id
    await add_entry(session, task.case_id, "call_back_assigned", actor=actor, data={"to_id": str(to), "to_name": receiver.name})
    await audit(session, actor, "task:assigned", task.id, details={"to": str(to)})
    await touch_task(session, task)
    return task


async def get_receiver(session: AsyncSession, user_id: uuid.UUID) -> User:
    """Somebody who works with cases."""
    user = await session.get(User, user_id)
    if user is None or not user.active or not may(user.role, Permission.CASES_WRITE):
        raise Invalid("choose somebody who works at the desk", code="no_such_agent")
    return user


async def _locked_as_seen(session: AsyncSession, case_id: uuid.UUID, seen_owner_id: uuid.UUID | None) -> Case:
    case = await lock_case(session, case_id)
    if case.owner_id != seen_owner_id:
        raise await _owner_changed(session, case.owner_id, state=case.state)
    return case


async def _owner_changed(session: AsyncSession, owner_id: uuid.UUID | None, *, state: str) -> Conflict:
    name = await session.scalar(select(User.name).where(User.id == owner_id)) if owner_id else None
    details = {"owner_id": str(owner_id) if owner_id else None, "owner_name": name or "", "state": state}
    return Conflict(
        f"{name or 'nobody'} has it now, state {state}; look at it again and decide anew",
        code="owner_changed" if name else "owner_gone",
        details=details,
    )


async def _own(session: AsyncSession, case: Case, change: OwnerChange, owner_id: uuid.UUID | None) -> None:
    """Precondition: `case` is locked. The old owner's view of the elder ends, the new one's begins; whoever held it lets go."""
    call_back = select(CaseTask.id).where(CaseTask.case_id == case.id, CaseTask.state != TaskState.DONE)
    after = state_after(change, case.state, has_call_back=(await session.execute(call_back)).first() is not None)
    await move_case(session, case, after)
    case.owner_id = owner_id
    case.handed_at, case.handed_by_id, case.handed_word = None, None, ""
    await session.execute(delete(CaseLock).where(CaseLock.case_id == case.id))
    await let_owner_see(session, case)


async def _told(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    kind: str,
    *,
    before: uuid.UUID | None,
    to: User | None = None,
    text: str = "",
    deadline: datetime | None = None,
) -> None:
    """Timeline, audit, consoles."""
    name = await session.scalar(select(User.name).where(User.id == before)) if before else None
    data = {"from_name": name or "", **({"to_name": to.name} if to else {}), **({"deadline_at": deadline.isoformat()} if deadline else {})}
    await add_entry(session, case.id, kind, actor=actor, text=text, data=data)
    who = {"from": str(before) if before else None, "to": str(case.owner_id) if case.owner_id else None}
    await audit(session, actor, f"case:{kind.replace('_', '-')}", case.id, details=who)
    await touch_case(session, case)
