"""What has had its time is deleted, and nothing beside it; the day's backup is made once."""

from __future__ import annotations

import stat
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.cases.actions import LinkedTo, add_entry, open_case
from callcenter.cases.models import CaseTask
from callcenter.cases.states import Severity, TaskState
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.migrations.roles import as_role
from callcenter.worker import back_up_when_due, forget_what_is_due, sweep_old_rows
from tests.conftest import APP_PASSWORD
from tests.house import House

TEST = system("test")


@pytest_asyncio.fixture
async def retention(house: House) -> AsyncIterator[Database]:
    settings = house.settings.model_copy(update={"app_db_password": type(house.settings.app_db_password)(APP_PASSWORD)})
    opened = Database.of(as_role(settings, "retention"), pool_size=1)
    yield opened
    clock.reset()
    await opened.close()


async def a_case(house: House, *, ended: timedelta | None, severity: Severity = Severity.N1) -> object:
    at = clock.now() - (ended or timedelta())
    async with house.owner.transaction() as session:
        opened = await open_case(
            session, elder_id=None, caller_key=None, is_sos=False, severity=severity, linked=LinkedTo(None), at=at, data={}
        )
        await add_entry(session, opened.id, "note", text="她说钥匙在邻居那里", at=at)
        if ended is not None:
            await session.execute(text("UPDATE cases SET state = 'closed', resolved_at = :at WHERE id = :id"), {"at": at, "id": opened.id})
    return opened.id


async def a_message(house: House, case_id: object, name: str, *, state: TaskState) -> Path:
    file = house.settings.recordings / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"sealed")
    async with house.owner.transaction() as session:
        session.add(
            CaseTask(
                id=new_id(), version=1, case_id=case_id, number="+867103456789", reason="fallback_message", state=state, created_at=clock.now(),
                due_at=clock.now(), attempts=1, recording=name,
            )
        )  # fmt: skip
    return file


async def test_timelines_and_the_audit_go_when_their_time_is_over(house: House, retention: Database) -> None:
    old, young, live = [await a_case(house, ended=ended) for ended in (timedelta(days=1828), timedelta(days=1820), None)]
    async with house.database.transaction() as session:
        await audit(session, TEST, "elder:read", "kept")
    async with house.owner.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO audit (at, actor_kind, actor_name, verb, object_id, purpose, details) "
                "VALUES (now() - interval '1828 days', 'user', '', 'elder:read', 'gone', '', '{}')"
            )
        )
    for _ in range(2):  # harmless twice
        await forget_what_is_due(house.database, retention)
    assert {row.case_id for row in await house.rows("SELECT case_id FROM case_entries")} == {young, live}
    assert {row.id for row in await house.rows("SELECT id FROM cases")} == {old, young, live}
    assert [row.object_id for row in await house.rows("SELECT object_id FROM audit WHERE verb = 'elder:read'")] == ["kept"]


async def test_messages_that_callers_left_go_with_recordings_of_the_same_case(house: House, retention: Database) -> None:
    usual, urgent = await a_case(house, ended=timedelta()), await a_case(house, ended=timedelta(), severity=Severity.E0)
    heard = await a_message(house, usual, "heard.wav.enc", state=TaskState.DONE)
    of_sos = await a_message(house, urgent, "sos.wav.enc", state=TaskState.DONE)
    waits = await a_message(house, usual, "waits.wav.enc", state=TaskState.OPEN)
    clock.shift(timedelta(days=732))
    await sweep_old_rows(house.database, house.settings)
    assert [file.exists() for file in (heard, of_sos, waits)] == [False, True, True]
    assert sorted(row.recording for row in await house.rows("SELECT recording FROM case_tasks")) == ["", "sos.wav.enc", "waits.wav.enc"]
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'recording:deleted' AND purpose = 'retention'")) == 1
    clock.shift(timedelta(days=1100))
    await sweep_old_rows(house.database, house.settings)
    assert [file.exists() for file in (of_sos, waits)] == [False, True]


async def test_one_backup_a_day_and_again_while_it_fails(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, program = tmp_path / "asked", tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\ntest -e {tmp_path}/fine\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))
    zone = ZoneInfo(house.settings.timezone)
    settings = house.settings.model_copy(update={"backup_dir": str(tmp_path / "backups"), "backup_hour": 3, "backup_keep": 5})
    tomorrow = datetime.combine(clock.today(str(zone)) + timedelta(days=1), datetime.min.time(), zone)
    try:
        clock.shift(tomorrow.replace(hour=2, minute=50) - clock.now())
        assert not await back_up_when_due(house.database, settings)
        clock.shift(timedelta(minutes=15))
        assert not await back_up_when_due(house.database, settings.model_copy(update={"backup_dir": ""})) and not asked.exists()
        assert not await back_up_when_due(house.database, settings)  # it fails
        (tmp_path / "fine").touch()
        assert await back_up_when_due(house.database, settings)
        async with house.database.transaction() as session:
            await audit(session, TEST, "backup:made", "key")  # the command's own word
        assert not await back_up_when_due(house.database, settings)
        clock.shift(timedelta(days=1))
        assert await back_up_when_due(house.database, settings)
    finally:
        clock.reset()
    lines = asked.read_text().splitlines()
    assert len(lines) == 3 and all(line.endswith(f"backup {tmp_path}/backups --keep 5") for line in lines)
