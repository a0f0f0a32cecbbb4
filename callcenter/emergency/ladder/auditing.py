"""The auditor: an alarm when nobody sweeps. It lives in the relay, which does not share the worker's fate.

A worker that is dead, stuck or without its queue opens no emergency and tells no level of an overdue deadline. Then the duty telephones are rung from here.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.emergency.actions import lock_emergency, open_emergency, raise_alarm, touch_emergency
from callcenter.emergency.ladder.duty import ring_duty
from callcenter.emergency.models import Emergency, EmergencyAlarm
from callcenter.emergency.queries import list_new, list_unswept
from callcenter.emergency.states import EmergencyState, Level
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict

log = structlog.get_logger()
AUDITOR = system("auditor")
NOT_SWEPT = "not_swept"
LATE = timedelta(seconds=15)  # the worker looks each second
EVERY = 5.0
AGAIN = timedelta(minutes=10)  # for one emergency


async def audit_for_ever(database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await audit_sweeps(database)
        except Exception as error:
            log.warning("audit_failed", error=type(error).__name__)


async def audit_sweeps(database: Database) -> int:
    """How many emergencies nobody has looked at in time; each has an alarm now, and the duty telephone rings."""
    now = clock.now()
    async with database.transaction() as session:
        late = await list_unswept(session, now, longer_than=LATE)
        cases = set(await session.scalars(select(Emergency.case_id).where(Emergency.id.in_(late))))
        cases |= set(await list_new(session, before=now - LATE))
    for case_id in sorted(cases):
        async with database.transaction() as session:
            await _tell(session, case_id)
    return len(cases)


async def _tell(session: AsyncSession, case_id: uuid.UUID) -> None:
    try:
        await open_emergency(session, AUDITOR, case_id)  # a press of which the worker knows nothing
    except Conflict:
        return  # its case was ended meanwhile
    _, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN or await _told(session, emergency):
        return
    log.error("deadlines_not_swept", case_id=str(case_id))
    await raise_alarm(session, emergency, NOT_SWEPT, Level.DUTY)
    await touch_emergency(session, emergency)
    await ring_duty(session, case_id)


async def _told(session: AsyncSession, emergency: Emergency) -> bool:
    recent = select(EmergencyAlarm.id).where(
        EmergencyAlarm.emergency_id == emergency.id, EmergencyAlarm.code == NOT_SWEPT, EmergencyAlarm.at > clock.now() - AGAIN
    )
    return (await session.scalar(recent.limit(1))) is not None
