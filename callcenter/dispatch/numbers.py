"""The centre's own numbers, as people of stores are told them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.centre.queries import get_values
from callcenter.settings import get_settings


async def get_hotline(session: AsyncSession) -> str:
    return (await get_values(session, get_settings())).text("hotline")


async def get_job_line(session: AsyncSession) -> str:
    """Where a worker checks in from the elder's telephone; without such a line people are there to help."""
    number = await session.scalar(select(Line.number).where(Line.kind == CallKind.JOB, Line.active).order_by(Line.number).limit(1))
    return number or await get_hotline(session)
