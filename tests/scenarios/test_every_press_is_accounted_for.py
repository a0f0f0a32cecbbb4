"""The three-way match on a day that voice, agents and callers have really made; then each of the three accounts is tampered with, and it is found."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.duty.models import DutyPerson, DutyShift
from callcenter.calls.duty.rules import Level
from callcenter.calls.models import Call, CallEvent
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.states import Severity
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.reports.matching.models import PressMatch
from callcenter.reports.matching.nights import match_nights
from callcenter.reports.matching.queries import match_day
from callcenter.reports.matching.rules import Cause, Matched
from callcenter.settings import Settings
from callcenter.telephony.asterisk.config import cel_of
from tests.house import House, house_settings, start_afresh

ALONE, UNKNOWN, COUPLE = "07103456789", "07103459876", "07103452468"
TZ = ZoneInfo("Asia/Shanghai")
YESTERDAY = clock.today("Asia/Shanghai") - timedelta(days=1)


class Record:
    """What Asterisk would have written: lines of the file, as conf/cel_custom.conf says."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.file = settings, cel_of(settings.pbx_home)
        self.file.parent.mkdir(parents=True)
        self.file.touch()

    def line(self, kind: str, channel: str, at: datetime, *, extra: str = "", context: str = "press", caller: str = "0710") -> None:
        said = '"{""extra"":""' + extra + '""}"' if extra else '""'
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f'"{kind}",{said},"{caller}","12349","{context}","PJSIP/trunk-1","{channel}","{channel}",{at.timestamp():.6f}\n')

    def press(
        self, channel: str, at: datetime, *, seconds: float = 60, joined: float | None = None, answered_by: str = "", caller: str = ALONE
    ) -> None:
        self.line("CHAN_START", channel, at, context="from-trunk", caller=caller)
        self.line("PRESS", channel, at, extra=f"{caller}:12349")
        if answered_by:
            self.line("FALLBACK_ANSWERED", channel, at, extra=answered_by)
        if joined is not None:
            self.line("BRIDGE_ENTER", channel, at + timedelta(seconds=joined))
        self.line("CHAN_END", channel, at + timedelta(seconds=seconds))


async def change(house: House, statement: str, **values: object) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement), values)


async def matched(house: House) -> Matched:
    async with house.database.transaction() as session:
        return await match_day(session, house.settings, YESTERDAY)


def command(house: House) -> subprocess.CompletedProcess[str]:
    env = {
        "ONEKEY_APP_DATABASE_URL": house.settings.app_database_url, "ONEKEY_HOME": str(house.settings.home), "ONEKEY_MODE": "test",
        "PATH": os.environ["PATH"],
    }  # fmt: skip
    argv = [sys.executable, "-c", "from callcenter.cli import main; main()", "audit", "presses", "--day", str(YESTERDAY)]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


async def three_presses(house: House) -> list[str]:
    """Answered and wrapped up; gone before anybody came; carried by the dialplan while voice was dead. Returns their channels in the record."""
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await elder.talks()
    elder.hangs_up()
    await agent.is_("wrap_up", call_id=call["id"])
    await agent.post("/api/presence", {"state": "paused", "reason": "meal"})
    await agent.wraps_up(call["id"], "helped", "没事")
    gone = house.elder(UNKNOWN).press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state IN ('queued', 'offered')")
    gone.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'")
    await house.kill_voice()
    alone = house.elder(COUPLE).press_sos()
    await asyncio.sleep(0)
    alone.hangs_up()
    await house.start_voice()
    await house.until_rows("SELECT 1 FROM calls WHERE state IN ('ended', 'abandoned')", 3)
    record, noon, channels = Record(house.settings), datetime.combine(YESTERDAY, time(12), TZ), []
    for n, row in enumerate(
        await house.rows("SELECT id FROM calls ORDER BY received_at")
    ):  # as if it had been yesterday, and as Asterisk names channels
        channels.append(f"1800000000.{n}")
        at = noon + timedelta(minutes=n)
        await change(
            house,
            "UPDATE calls SET channel_id = :channel, received_at = :at, ended_at = :ended, answered_at = CASE WHEN answered_at IS NULL THEN NULL "
            "ELSE CAST(:joined AS timestamptz) END WHERE id = :id",
            channel=channels[-1], at=at, ended=at + timedelta(seconds=60), joined=at + timedelta(seconds=8), id=row.id,
        )  # fmt: skip
        record.press(channels[-1], at, joined=8 if n == 0 else None)
    return channels


async def test_a_clean_day_and_each_fault(house: House) -> None:
    first, second, third = await three_presses(house)
    clean = await matched(house)
    assert clean.all_accounted, clean.differences
    assert (clean.presses, clean.calls, clean.cases) == (3, 3, 3)
    done = await asyncio.to_thread(command, house)
    assert (done.returncode, done.stderr) == (0, "") and "3 presses, all accounted for" in done.stdout

    async def found() -> list[tuple[Cause, str]]:
        return [(one.cause, one.channel_id) for one in (await matched(house)).differences]

    # a case that nobody has, past its deadline and its call-back's
    await change(
        house,
        f"UPDATE cases SET deadline_at = now() - interval '1 hour' WHERE id = (SELECT case_id FROM calls WHERE channel_id = '{second}')",
    )
    assert await found() == []  # the call-back has time yet
    await change(house, "UPDATE case_tasks SET due_at = now() - interval '1 minute'")
    assert await found() == [(Cause.CASE_LEFT_ALONE, second)]
    (owner,) = await house.rows("SELECT id FROM users WHERE username = 'agent2'")
    await change(house, f"UPDATE case_tasks SET owner_id = '{owner.id}'")
    assert await found() == []

    # by the PBX somebody spoke with her, with us she was abandoned
    await change(house, f"UPDATE calls SET state = 'abandoned', answered_at = NULL WHERE channel_id = '{first}'")
    assert await found() == [(Cause.ANSWERED_AND_ABANDONED, first)]
    await change(house, f"UPDATE calls SET state = 'talking' WHERE channel_id = '{first}'")
    assert await found() == [(Cause.NOT_ENDED, first)]
    await change(house, f"UPDATE calls SET state = 'ended', answered_at = received_at WHERE channel_id = '{first}'")

    # a call without its case, without its events
    (kept,) = await house.rows(f"SELECT case_id FROM calls WHERE channel_id = '{third}'")
    await change(house, f"UPDATE calls SET case_id = NULL WHERE channel_id = '{third}'")
    assert await found() == [(Cause.CALL_WITHOUT_CASE, third)]
    await change(house, f"UPDATE calls SET case_id = '{kept.case_id}' WHERE channel_id = '{third}'")
    await change(house, f"UPDATE calls SET channel_id = '1800000000.9' WHERE channel_id = '{third}'")
    assert sorted(await found()) == [(Cause.CALL_WITHOUT_PRESS, "1800000000.9"), (Cause.PRESS_WITHOUT_CALL, third)]
    await change(house, f"UPDATE calls SET channel_id = '{third}', pbx = 'pbx2' WHERE channel_id = '1800000000.9'")
    assert await found() == []  # the same press, by a voice under another name
    await change(
        house,
        "INSERT INTO calls SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'pbx', 'pbx1'))).* "
        f"FROM calls c WHERE channel_id = '{third}'",
    )
    assert await found() == [(Cause.CALL_WITHOUT_EVENTS, third), (Cause.TWO_CALLS, third)]
    done = await asyncio.to_thread(command, house)
    assert done.returncode == 1 and "2 differences" in done.stdout
    assert "one press was written down as 2 calls" in done.stderr and f"channel {third}" in done.stderr

    cel_of(house.settings.pbx_home).unlink()
    assert {cause for cause, _ in await found()} == {Cause.RECORD_NOT_READ, Cause.CALL_WITHOUT_EVENTS}


# --- nights ----------------------------------------------------------------------------------------------------------------------

NIGHT = datetime(2026, 3, 3, 1, 30, tzinfo=TZ)
DAY = NIGHT.date() - timedelta(days=1)


async def put_call(owner: Database, channel: str, at: datetime) -> None:
    """A worker's, who wanted no person: it needs no case."""
    async with owner.transaction() as session:
        call = Call(
            id=new_id(), kind=CallKind.JOB, state=CallState.ENDED, pbx="pbx1", channel_id=channel, caller_raw="", caller_key=None, called="",
            received_at=at, severity=Severity.N1, ended_at=at + timedelta(seconds=30), end_reason="hung_up",
        )  # fmt: skip
        session.add_all([call, CallEvent(call_id=call.id, at=at, kind="received", data={})])


@pytest_asyncio.fixture
async def owner(house_owner_url: str) -> AsyncIterator[Database]:
    """An empty centre at half past one at night, with somebody on duty who supervises."""
    database = Database(house_owner_url, pool_size=2)
    clock.shift(NIGHT - clock.now())
    async with database.transaction() as session:
        await start_afresh(session)
        person = DutyPerson(id=new_id(), name="马文斌", number="+8613700017903")
        session.add(person)
        await session.flush()
        shift = DutyShift(
            id=new_id(), person_id=person.id, level=Level.SUPERVISOR, region_id=None, weekdays=list(range(7)), starts=0, ends=0
        )
        session.add(shift)
    yield database
    clock.reset()
    async with database.transaction() as session:
        await start_afresh(session)
    await database.close()


async def rows(owner: Database, statement: str) -> list[Any]:
    async with owner.transaction() as session:
        return list((await session.execute(text(statement))).all())


async def test_once_a_night_whichever_worker_comes_first(owner: Database, house_app_url: str, tmp_path: Path) -> None:
    settings = house_settings(house_app_url, tmp_path)
    record = Record(settings)
    record.press("1770000000.1", NIGHT - timedelta(hours=10))
    record.press("1770000000.2", NIGHT - timedelta(hours=9), caller=UNKNOWN)
    await put_call(owner, "1770000000.1", NIGHT - timedelta(hours=10))
    first, second = Database.of(settings, pool_size=2), Database.of(settings, pool_size=2)
    try:
        done = await asyncio.gather(match_nights(first, settings), match_nights(second, settings))
        assert sorted(done) == [[], [DAY]]
        assert await match_nights(first, settings) == []
        (row,) = await rows(owner, "SELECT * FROM press_matches")
        assert (row.day, row.presses, row.calls, row.cases, row.found) == (DAY, 2, 1, 0, 1)
        assert [(one["cause"], one["caller"]) for one in row.differences] == [("press_without_call", UNKNOWN)]
        (message,) = await rows(owner, "SELECT template, about_kind, about_id FROM messages")
        assert tuple(message) == ("presses_differ", "press_match", str(DAY))
        (told,) = await rows(owner, "SELECT details FROM audit WHERE verb = 'presses:matched'")
        assert told.details == {"presses": 2, "found": 1}
    finally:
        await first.close()
        await second.close()


async def test_nights_without_a_worker_are_caught_up_and_a_clean_one_alarms_nobody(
    owner: Database, house_app_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = house_settings(house_app_url, tmp_path)
    database = Database.of(settings, pool_size=2)
    try:
        clock.shift(timedelta(hours=-1))  # half past twelve: last night's calls may still go on
        assert await match_nights(database, settings) == [DAY - timedelta(days=1)]
        clock.shift(timedelta(hours=1, days=2))

        async def dies(*_: object, **__: object) -> None:
            raise ConnectionError("killed")

        with monkeypatch.context() as killed:  # on the second of three days, after all was read and before it was committed
            killed.setattr("callcenter.reports.matching.nights.audit", dies)
            with pytest.raises(ConnectionError):
                await match_nights(database, settings)
        assert len(await rows(owner, "SELECT 1 FROM press_matches")) == 1
        assert await match_nights(database, settings) == [DAY + timedelta(days=n) for n in range(3)]
        assert [tuple(row) for row in await rows(owner, "SELECT DISTINCT presses, found FROM press_matches")] == [(0, 0)]
        assert await rows(owner, "SELECT 1 FROM messages") == []
        clock.shift(timedelta(days=30))
        assert len(await match_nights(database, settings)) == 7
    finally:
        await database.close()


async def test_a_supervisor_reads_them_and_an_agent_does_not(house: House) -> None:
    differences: list[dict[str, Any]] = [
        {
            "cause": "press_without_call", "at": "2026-03-02T10:00:00+08:00", "pbx": "pbx1", "channel_id": "1770000000.2", "call_ids": [], "case_id": None,
            "case_number": "", "caller": UNKNOWN, "count": 1,
        }
    ]  # fmt: skip
    async with house.owner.transaction() as session:
        for day, found in ((DAY, differences), (DAY - timedelta(days=1), [])):
            session.add(PressMatch(day=day, made_at=clock.now(), presses=2, calls=1, cases=1, found=len(found), differences=found))
    boss, agent = house.visitor("supervisor1"), house.visitor("agent1")
    await boss.sign_in()
    await agent.sign_in()
    newest, before = await boss.get("/api/reports/presses")
    assert (newest["day"], newest["presses"], newest["found"], before["differences"]) == (str(DAY), 2, 1, [])
    (one,) = newest["differences"]
    assert (one["cause"], one["caller_number"], one["case_id"]) == ("press_without_call", UNKNOWN, None)
    assert (await agent.http.get("/api/reports/presses")).status_code == 403
