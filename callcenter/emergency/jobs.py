"""The worker's part of emergencies, each second: opened by the press, closed with their case, watched by two, and what is overdue goes up.

Each row is a transaction of its own, so that one that fails holds nothing up. Two workers at once do each thing once: the case's lock decides.
"""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.cases.states import OPEN as OPEN_CASES
from callcenter.emergency import queries
from callcenter.emergency.actions import (
    ask_watcher,
    escalate_deadline,
    lock_emergency,
    meet_deadline,
    open_emergency,
    settle_emergency,
    touch_emergency,
)
from callcenter.emergency.ladder.jobs import sweep_duty, sweep_ladders
from callcenter.emergency.rules import OWNER
from callcenter.emergency.states import EmergencyState
from callcenter.emergency.sweeping import each
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict

EMERGENCY = system("emergency")


async def sweep_emergencies(database: Database) -> None:
    """What is due now."""
    async with database.transaction() as session:
        new, over, unwatched = await queries.list_new(session), await queries.list_over(session), await queries.list_unwatched(session)
    await each(database, new, open_of_press)
    await each(database, over, settle)
    await each(database, unwatched, find_watcher)
    await sweep_ladders(database)
    async with database.transaction() as session:
        overdue = await queries.list_overdue(session, clock.now())
    await each(database, overdue, escalate)
    await sweep_duty(database)


async def open_of_press(session: AsyncSession, case_id: uuid.UUID) -> None:
    try:
        await open_emergency(session, EMERGENCY, case_id)
    except Conflict:  # it was ended meanwhile
        await settle_emergency(session, EMERGENCY, case_id)


async def settle(session: AsyncSession, case_id: uuid.UUID) -> None:
    await settle_emergency(session, EMERGENCY, case_id)


async def find_watcher(session: AsyncSession, case_id: uuid.UUID) -> None:
    """It has come to an owner, who is not to be alone with it."""
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN or case.state not in OPEN_CASES or case.owner_id is None:
        return
    await meet_deadline(session, emergency, OWNER)
    await ask_watcher(session, case, emergency)
    await touch_emergency(session, emergency)


async def escalate(session: AsyncSession, deadline_id: uuid.UUID) -> None:
    await escalate_deadline(session, deadline_id)
