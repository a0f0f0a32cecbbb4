"""Recordings whose time is over: the file first, then the row says so. Between the two a crash costs nothing: it is done again."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import structlog
from sqlalchemy import Integer, Select, case, func, select

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.calls.recordings.actions import AT_ONCE, lock_due, mark_deleted, renew_ends
from callcenter.calls.recordings.files import sealed_path
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import Severity, TaskState
from callcenter.centre.rules import CentreValues
from callcenter.kit import clock
from callcenter.kit.db import Database

log = structlog.get_logger()
WORKER = system("worker")


async def delete_old_messages(database: Database, folder: Path, centre: CentreValues, with_orders: Select[tuple[uuid.UUID]]) -> int:
    """Messages that callers left when nobody answered: as long as a recording of the same case. The call-back's row stays."""
    days = func.greatest(
        centre.number("recordings_kept"),
        case((Case.severity == Severity.E0, centre.number("recordings_kept_sos")), else_=0),
        case((Case.id.in_(with_orders), centre.number("recordings_kept_orders")), else_=0),
    )
    over = CaseTask.created_at + func.make_interval(0, 0, 0, days.cast(Integer)) <= clock.now()
    due = select(CaseTask).join(Case, Case.id == CaseTask.case_id).where(CaseTask.recording != "", CaseTask.state == TaskState.DONE, over)
    deleted = 0
    while True:
        async with database.transaction() as session:
            tasks = (await session.scalars(due.limit(AT_ONCE).with_for_update(of=CaseTask, skip_locked=True))).all()
            gone = 0
            for task in tasks:
                try:
                    await asyncio.to_thread((folder / Path(task.recording).name).unlink, missing_ok=True)
                except OSError as error:
                    log.error("message_not_deleted", error=type(error).__name__)
                    continue
                task.recording, gone = "", gone + 1
                await audit(session, WORKER, "recording:deleted", task.id, purpose="retention")
        deleted += gone
        if len(tasks) < AT_ONCE or not gone:
            return deleted


async def delete_old_recordings(database: Database, folder: Path, centre: CentreValues, with_orders: Select[tuple[uuid.UUID]]) -> int:
    async with database.transaction() as session:
        await renew_ends(session, centre, with_orders=with_orders)
    deleted = 0
    while True:
        now = clock.now()
        async with database.transaction() as session:
            due = await lock_due(session, now)
            gone = []
            for row in due:
                try:
                    await asyncio.to_thread(sealed_path(folder, row.name).unlink, missing_ok=True)
                except OSError as error:
                    log.error("recording_not_deleted", error=type(error).__name__)
                    continue
                gone.append(row)
                await mark_deleted(session, WORKER, row, now)
        deleted += len(gone)
        if len(due) < AT_ONCE or not gone:
            return deleted
