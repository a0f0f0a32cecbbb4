"""The worker's part, each second: ladders go on, lost presses are called back, duty telephones ring, and what nobody needs stops ringing."""

from __future__ import annotations

from datetime import timedelta

from callcenter.emergency.ladder import queries
from callcenter.emergency.ladder.actions import carry_on
from callcenter.emergency.ladder.call_backs import (
    call_back_press,
    end_needless,
    look_at_call_back,
    note_at_the_door,
    note_outside,
    settle_deadline,
    tell_outside_failed,
    timings_now,
)
from callcenter.emergency.ladder.duty import end_needless_duty, ring_duty
from callcenter.emergency.sweeping import each
from callcenter.kit import clock
from callcenter.kit.db import Database


async def sweep_ladders(database: Database) -> None:
    """What is due now."""
    now = clock.now()
    async with database.transaction() as session:
        wait = timedelta(seconds=(await timings_now(session)).system_call_back)
        needless, needless_duty = await queries.list_needless(session), await queries.list_needless_duty(session)
        reached, unsettled = await queries.list_outside_reached(session), await queries.list_without_deadline(session)
        failed, at_the_door = await queries.list_outside_failed(session, now), await queries.list_at_the_door(session)
        due = await queries.list_due_ladders(session, now)
        silent, waiting = await queries.list_silent(session, now, wait=wait), await queries.list_waiting_call_backs(session)
    await each(database, needless, end_needless)
    await each(database, needless_duty, end_needless_duty)
    await each(database, reached, note_outside)
    await each(database, at_the_door, note_at_the_door)
    await each(database, failed, tell_outside_failed)
    await each(database, unsettled, settle_deadline)
    await each(database, due, carry_on)
    await each(database, silent, call_back_press)
    await each(database, waiting, look_at_call_back)


async def sweep_duty(database: Database) -> None:
    """After the levels of this second were told."""
    async with database.transaction() as session:
        wanted = await queries.list_for_duty(session)
    await each(database, wanted, ring_duty)
