"""The worker's part of hand-overs, each second: what came in from outside, packets that say something else by now, links that are over, hand-overs
of emergencies that have ended. Each row is a transaction of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.emergency.models import Emergency
from callcenter.emergency.outside.actions import apply_report, close_over, end_expired_links, refresh_packet
from callcenter.emergency.outside.loading import Answers, no_answers
from callcenter.emergency.outside.models import OutsideHandover, OutsideReport
from callcenter.emergency.outside.states import OPEN_OUT
from callcenter.emergency.states import EmergencyState
from callcenter.kit import clock
from callcenter.kit.db import Database

log = structlog.get_logger()
MOST = 200


async def sweep_outside(database: Database, *, answers: Answers = no_answers) -> None:
    async with database.transaction() as session:
        new = (
            select(OutsideReport.id)
            .where(OutsideReport.applied_at.is_(None))
            .order_by(OutsideReport.received_at, OutsideReport.id)
            .limit(MOST)
        )
        reports = (await session.scalars(new)).all()
        ended = (
            select(OutsideHandover.id)
            .join(Emergency, Emergency.id == OutsideHandover.emergency_id)
            .where(OutsideHandover.state.in_(OPEN_OUT), Emergency.state == EmergencyState.CLOSED)
            .limit(MOST)
        )
        over = (await session.scalars(ended)).all()
        old = select(OutsideHandover.id).where(OutsideHandover.look_at <= clock.now()).order_by(OutsideHandover.look_at).limit(MOST)
        to_compare = (await session.scalars(old)).all()
        await end_expired_links(session)

    async def compare(session: AsyncSession, handover_id: uuid.UUID) -> None:
        await refresh_packet(session, handover_id, answers=answers)

    await _each(database, reports, apply_report)
    await _each(database, over, close_over)
    await _each(database, to_compare, compare)


async def _each(database: Database, ids: Sequence[uuid.UUID], do: Callable[[AsyncSession, uuid.UUID], Awaitable[object]]) -> None:
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, one)
        except Exception as error:  # the next sweep comes to it again
            log.warning("outside_step_failed", step=do.__name__, error=type(error).__name__, object_id=str(one))
