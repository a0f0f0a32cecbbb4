"""All reads of cases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.models import Case, CaseEntry, CaseTask
from callcenter.cases.states import OPEN, Severity, TaskState
from callcenter.kit.errors import NotFound


async def get_case(session: AsyncSession, case_id: uuid.UUID) -> Case:
    case = await session.get(Case, case_id)
    if case is None:
        raise NotFound("no such case")
    return case


async def find_case(session: AsyncSession, named: str) -> Case | None:
    """By its number as people say it, or its id."""
    try:
        return await session.get(Case, uuid.UUID(named))
    except ValueError:
        return (await session.execute(select(Case).where(Case.number == named))).scalar_one_or_none()


async def list_entries(session: AsyncSession, case_id: uuid.UUID, limit: int = 500) -> Sequence[CaseEntry]:
    """Newest first."""
    return (
        (
            await session.execute(
                select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at.desc(), CaseEntry.id.desc()).limit(limit)
            )
        )
        .scalars()
        .all()
    )


async def list_cases_of_owner(session: AsyncSession, owner_id: uuid.UUID) -> Sequence[Case]:
    return (
        (
            await session.execute(
                select(Case).where(Case.owner_id == owner_id, Case.state.in_(OPEN)).order_by(Case.opened_at.desc()).limit(200)
            )
        )
        .scalars()
        .all()
    )


async def list_open_cases(session: AsyncSession, limit: int = 200) -> Sequence[Case]:
    return (await session.execute(select(Case).where(Case.state.in_(OPEN)).order_by(Case.opened_at.desc()).limit(limit))).scalars().all()


async def list_last_cases(
    session: AsyncSession, *, elder_id: uuid.UUID | None, caller_key: str | None, but: uuid.UUID | None, limit: int = 5
) -> Sequence[Case]:
    """The last cases of this elder, or of this unknown number."""
    if elder_id is None and caller_key is None:
        return []
    whose = Case.elder_id == elder_id if elder_id else Case.elder_id.is_(None) & (Case.caller_key == caller_key)
    return (await session.execute(select(Case).where(whose, Case.id != but).order_by(Case.opened_at.desc()).limit(limit))).scalars().all()


async def list_cases_of_elder(session: AsyncSession, elder_id: uuid.UUID, *, before: uuid.UUID | None, limit: int) -> Sequence[Case]:
    """All her cases, newest first; `before`: older than that one. Ids grow with time, so that a page is one look into an index."""
    wanted = select(Case).where(Case.elder_id == elder_id).order_by(Case.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Case.id < before)
    return (await session.execute(wanted)).scalars().all()


async def find_open_emergency(session: AsyncSession, elder_id: uuid.UUID) -> Case | None:
    """Her open E0 case; of several the newest."""
    wanted = select(Case).where(Case.elder_id == elder_id, Case.severity == Severity.E0, Case.state.in_(OPEN))
    return await session.scalar(wanted.order_by(Case.opened_at.desc()).limit(1))


async def list_open_tasks(session: AsyncSession) -> Sequence[CaseTask]:
    return (
        (await session.execute(select(CaseTask).where(CaseTask.state != TaskState.DONE).order_by(CaseTask.due_at).limit(500)))
        .scalars()
        .all()
    )


async def list_tasks_of_case(session: AsyncSession, case_id: uuid.UUID) -> Sequence[CaseTask]:
    return (await session.execute(select(CaseTask).where(CaseTask.case_id == case_id).order_by(CaseTask.created_at.desc()))).scalars().all()


async def get_case_id_of_task(session: AsyncSession, task_id: uuid.UUID) -> uuid.UUID:
    found = await session.scalar(select(CaseTask.case_id).where(CaseTask.id == task_id))
    if found is None:
        raise NotFound("no such task")
    return found
