"""Reports as they are asked for: real calls and rows of a known day, the calls behind each figure, files, and agreement with the console."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import re
import zlib
from base64 import a85decode
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from callcenter.calls.models import Call, CallEvent
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.states import Severity
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.reports.rules import bounds_of
from tests.house import AgentAtWork, House, until

DAY = date(2026, 3, 2)
TZ = "Asia/Shanghai"


async def supervisor_of(house: House) -> AgentAtWork:
    person = house.visitor("supervisor1")
    await person.sign_in()
    return person


async def put_call(
    house: House,
    after: float,
    *,
    kind: CallKind = CallKind.SOS,
    answered: float | None = None,
    gone: float | None = None,
    day: date = DAY,
    **more: Any,
) -> str:
    """A row of the known day, so many seconds after its midnight, with the event that goes with it."""
    start, _ = bounds_of(day, day, TZ)
    at, call_id = start + timedelta(seconds=after), new_id()
    joined = at + timedelta(seconds=answered) if answered is not None else None
    values: dict[str, Any] = {
        "id": call_id, "kind": kind, "state": CallState.ENDED if joined else CallState.ABANDONED, "pbx": "p", "channel_id": str(call_id), "caller_raw": "",
        "caller_key": "+867103459876", "called": "", "severity": Severity.E0, "received_at": at, "answered_at": joined, "end_reason": "hung_up",
        "ended_at": at + timedelta(seconds=gone) if gone is not None else (joined or at) + timedelta(seconds=60),
    }  # fmt: skip
    async with house.owner.transaction() as session:
        session.add(Call(**values | more))
        if joined:
            session.add(CallEvent(call_id=call_id, at=joined, kind="answered", data={}))
    return str(call_id)


async def report_of(person: AgentAtWork, first: date = DAY, last: date | None = None) -> dict[str, Any]:
    return dict(await person.get(f"/api/reports?first={first}&last={last or first}"))


def figure(report: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [f for f in report["figures"] if f["key"] == key]
    return dict(found)


async def test_a_known_day(house: House) -> None:
    boss = await supervisor_of(house)
    (ann,) = await house.rows("SELECT id FROM users WHERE username = 'agent1'")
    (elder,) = await house.rows("SELECT id, name, community_id FROM elders ORDER BY id LIMIT 1")
    last_second = 24 * 3600 - 1
    await put_call(house, 0, answered=10, agent_id=ann.id)  # at the first stroke
    await put_call(house, 3600, answered=10.001, elder_id=elder.id)  # a duty telephone
    await put_call(house, last_second, answered=9, agent_id=ann.id)  # answered after midnight: of this day all the same
    short = await put_call(house, 7200, gone=4.9)
    missed = await put_call(house, 7300, gone=5, caller_key=None)
    await put_call(house, 8000, kind=CallKind.SERVICE, answered=15, end_reason="fallback_answered", agent_id=ann.id)
    await put_call(house, 9000, kind=CallKind.OUTBOUND, answered=3, agent_id=ann.id)  # not one of the presses
    await put_call(house, -1, answered=1)  # the day before
    await put_call(house, last_second + 1, answered=1)  # the day after
    report = await report_of(boss)
    assert report["total"] == {"received": 6, "sos": 5, "answered": 4, "within_10": 2, "within_15": 4, "missed": 2, "short": 1}
    assert (figure(report, "sos_10")["n"], figure(report, "sos_10")["of"], figure(report, "sos_10")["met"]) == (2, 4, False)
    assert [(e["why"], e["n"]) for e in figure(report, "sos_10")["excluded"]] == [("short_hang_up", 1)]
    assert (figure(report, "service_15")["value"], figure(report, "service_15")["target"], figure(report, "service_15")["met"]) == (
        1.0,
        0.95,
        True,
    )
    assert (report["answered_by_duty"], report["in_fallback"], report["disagreeing"], report["complete"]) == (1, 1, 0, True)
    assert {h["hour"]: h["received"] for h in report["hours"] if h["received"]} == {0: 1, 1: 1, 2: 3, 23: 1}
    assert [(a["name"], a["answered"], a["within_10"], a["talk_n"], a["called_back"]) for a in report["agents"]] == [("陈静", 3, 2, 3, 1)]
    assert [(p["community_id"], p["received"]) for p in report["places"]] == [(str(elder.community_id), 1), (None, 5)]
    assert {m["call_id"]: (m["became"], m["short"]) for m in report["missed"]} == {short: ("nothing", True), missed: ("no_number", False)}
    assert (await report_of(boss, DAY, DAY + timedelta(days=1)))["total"]["received"] == 7

    behind = await boss.get(f"/api/reports/behind/sos_10?first={DAY}&last={DAY}")
    assert [(b["fate"], b["waited"]) for b in behind] == [
        ("not_met", 10.001), ("not_met", 5.0), ("short_hang_up", 4.9), ("met", 10.0), ("met", 9.0),
    ]  # fmt: skip
    assert behind[0]["elder_name"] == elder.name[0] + "**"
    assert [b["call_id"] for b in await boss.get(f"/api/reports/behind/sos_10?first={DAY}&last={DAY}&hour=23")] == [behind[-1]["call_id"]]
    assert {b["call_id"] for b in await boss.get(f"/api/reports/behind/missed?first={DAY}&last={DAY}")} == {short, missed}

    # a row that was changed behind the events' back is seen
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE calls SET answered_at = ended_at WHERE id = :id"), {"id": missed})
    assert (await report_of(boss))["disagreeing"] == 1


async def test_what_cannot_be_asked(house: House) -> None:
    boss = await supervisor_of(house)
    for query, code in (
        (f"first={DAY}&last={DAY - timedelta(days=1)}", "bad_period"),
        (f"first={DAY}&last={DAY + timedelta(days=92)}", "period_too_long"),
        ("first=2099-01-01&last=2099-01-01", "day_to_come"),
        ("first=x&last=2026-03-02", "invalid"),
    ):
        assert (await boss.get(f"/api/reports?{query}", status=422))["error"]["code"] == code
    assert (await boss.get(f"/api/reports/behind/none?first={DAY}&last={DAY}", status=404))["error"]["code"] == "no_such_figure"


async def test_the_console_and_the_report_count_an_agents_day_alike(house: House) -> None:
    """A real press, one of yesterday answered after midnight, and one that the PBX brought to her by itself."""
    boss, agent = await supervisor_of(house), await house.agent("agent1")
    today = clock.today(TZ)
    await put_call(house, -1, answered=5, agent_id=agent.id, day=today)
    elder = house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await agent.is_("idle")
    await until(lambda: house.sim.fallback[0] == [agent.account], why="the PBX knows her telephone")
    await house.kill_voice()
    lone = house.elder("07103459876").press_service()
    await until(agent.is_rung, why="the dialplan rings her telephone")
    await asyncio.sleep(0.3)
    house.sim.pick_up(agent.account)
    await lone.talks()
    lone.hangs_up()
    await house.start_voice()
    (row,) = await house.until_rows("SELECT answered_at - received_at AS waited FROM calls WHERE end_reason = 'fallback_answered'")
    assert timedelta(seconds=0.3) <= row.waited < timedelta(seconds=10)  # when she joined, by the PBX's own record
    seen = await until(lambda: agent.view() if agent.view().get("answered_today") == 2 else None, why="both")
    mine = (await agent.get("/api/my/figures"))["mine"]
    (line,) = [a for a in (await report_of(boss, today))["agents"] if a["agent_id"] == agent.id]
    assert (
        (seen["answered_today"], seen["answered_within_10s"])
        == (mine["answered"], mine["within_10"])
        == (line["answered"], line["within_10"])
    )
    assert line["answered"] == 2 and line["wrap_up_n"] == 1 and line == mine


async def test_files(house: House) -> None:
    boss = await supervisor_of(house)
    (elder,) = await house.rows("SELECT id FROM elders ORDER BY id LIMIT 1")
    await put_call(house, 3600, answered=8, elder_id=elder.id)
    await put_call(house, 7200, gone=20, elder_id=elder.id)
    for table, rows in (("figures", 11), ("hours", 24), ("days", 1), ("agents", 0), ("places", 1), ("missed", 1)):
        answer = await boss.http.get(f"/api/reports/csv?first={DAY}&last={DAY}&table={table}")
        assert answer.status_code == 200 and answer.headers["content-disposition"] == f'attachment; filename="onekey-{table}-{DAY}.csv"'
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == rows + 1
    for language, word in (("zh", "接听日报"), ("en", "Day report")):
        answer = await boss.http.get(f"/api/reports/pdf?first={DAY}&last={DAY}&language={language}")
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-") and answer.headers["content-type"] == "application/pdf"
        assert b"STSong-Light" in answer.content and b"FontFile" not in answer.content  # nothing embedded, nothing fetched
        assert len(answer.content) < 200_000 and word in text_of(answer.content)
    taken = await house.rows("SELECT details FROM audit WHERE verb = 'report:taken' ORDER BY id")
    assert len(taken) == 8 and taken[-1].details == {"as": "pdf"}


def text_of(pdf: bytes) -> str:
    """What its text operators show: UCS-2 in the CID font."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        with contextlib.suppress(ValueError, zlib.error):
            content = zlib.decompress(a85decode(b"<~" + stream.strip(), adobe=True))
            for shown in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", content, re.S):
                raw = re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1], shown, flags=re.S)
                found.append(raw.decode("utf-16-be", "replace"))
    return "".join(found)


async def test_the_wallboard(house: House) -> None:
    boss = await supervisor_of(house)
    elder = house.elder("07103456789").press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    board = await boss.get("/api/wallboard")
    assert (board["total"]["received"], board["total"]["answered"], board["total"]["missed"]) == (1, 0, 0)
    assert board["open_cases"] == {"E0": 1, "U1": 0, "U2": 0, "N1": 0, "N2": 0} and board["nobodys_cases"] == 1
    assert figure(board, "sos_60")["of"] == 0 and figure(board, "sos_60")["value"] is None and figure(board, "sos_60")["met"] is None
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'")
    board = await boss.get("/api/wallboard")
    assert board["total"]["missed"] == 1 == sum(board["missed_hours"])
