"""A case changes hands; who works on it now."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.models import Call
from callcenter.calls.states import WAITING
from callcenter.cases import locks, ownership
from callcenter.cases.queries import get_case, get_case_id_of_task
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import case_detail, who_talks, writable
from callcenter.console.schemas import CaseDetail, CaseHolder, CommandOutcome
from callcenter.console.schemas_floor import AssignTask, CaseLock, FreeCase, GiveCase, TakeOver

router = APIRouter()
Writer = Annotated[SignedIn, Depends(needs(Permission.CASES_WRITE))]
Assigner = Annotated[SignedIn, Depends(needs(Permission.CASES_ASSIGN))]


async def _move(
    session: AsyncSession,
    who: SignedIn,
    case_id: uuid.UUID,
    key: str | None,
    name: str,
    body: TakeOver,
    do: Callable[[], Awaitable[object]],
) -> CaseDetail:
    async def once_only() -> CommandOutcome:
        if not who.actor.may(Permission.CASES_ASSIGN):
            await locks.must_not_be_held_by_other(session, who.actor, case_id, talking=await who_talks(session, case_id))
        await do()
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, key, f"{name}:{case_id}", body, CommandOutcome, once_only)
    return await case_detail(session, who, await get_case(session, case_id))


@router.post("/api/cases/{case_id}/take-over")
async def take_over(
    case_id: uuid.UUID, body: TakeOver, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> CaseDetail:
    """Supervisors take any case, everybody one that nobody has or that waits."""
    return await _move(
        session,
        who,
        case_id,
        idempotency_key,
        "take-over",
        body,
        lambda: ownership.take_over(session, who.actor, case_id, seen_owner_id=body.seen_owner_id),
    )


@router.post("/api/cases/{case_id}/give")
async def give_case(
    case_id: uuid.UUID, body: GiveCase, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> CaseDetail:
    """To a chosen person: supervisors any case, everybody her own."""
    return await _move(
        session,
        who,
        case_id,
        idempotency_key,
        "give",
        body,
        lambda: ownership.give_case(session, who.actor, case_id, to=body.to, seen_owner_id=body.seen_owner_id, word=body.word),
    )


@router.post("/api/cases/{case_id}/free")
async def free_case(
    case_id: uuid.UUID, body: FreeCase, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> CaseDetail:
    """Back to the queue, with a deadline."""
    within = timedelta(minutes=body.minutes) if body.minutes else None
    return await _move(
        session,
        who,
        case_id,
        idempotency_key,
        "free",
        body,
        lambda: ownership.free_case(session, who.actor, case_id, seen_owner_id=body.seen_owner_id, within=within, word=body.word),
    )


@router.post("/api/cases/{case_id}/hold")
async def hold_case(case_id: uuid.UUID, who: Writer, session: Session) -> CaseLock:
    """Said again and again while somebody works on an open case; answers who holds it, which may be somebody else."""
    await writable(session, who, case_id)
    rings = (await session.execute(select(Call.id).where(Call.case_id == case_id, Call.state.in_(WAITING)))).first() is not None
    held = await locks.hold_case(session, who.actor, case_id, talking=await who_talks(session, case_id), ringing=rings)
    return CaseLock(holder=CaseHolder(user_id=held.user_id, name=held.name, until=held.until) if held else None)


@router.delete("/api/cases/{case_id}/hold")
async def let_go(case_id: uuid.UUID, who: Writer, session: Session) -> CommandOutcome:
    await locks.let_go(session, who.actor, case_id)
    return CommandOutcome(outcome="done")


@router.post("/api/tasks/{task_id}/assign")
async def assign_task(
    task_id: uuid.UUID, body: AssignTask, who: Assigner, session: Session, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    """Puts a call-back to somebody; whoever is free may still do it."""
    await get_case_id_of_task(session, task_id)

    async def do() -> CommandOutcome:
        await ownership.assign_task(session, who.actor, task_id, to=body.to, seen_owner_id=body.seen_owner_id)
        return CommandOutcome(outcome="done")

    return await once(session, who.user_id, idempotency_key, f"assign:{task_id}", body, CommandOutcome, do)
