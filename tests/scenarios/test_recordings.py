"""Every conversation is recorded: how it is kept, who may hear it, and what happens when something dies meanwhile."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.calls.recordings import room
from callcenter.calls.recordings.files import sealed_path
from callcenter.calls.recordings.room import watch_room
from callcenter.kit import clock
from callcenter.kit.room import Room
from callcenter.telephony.port import CommandRejected
from callcenter.worker import sweep_old_rows
from tests.house import AgentAtWork, House, until
from tests.scenarios.test_the_key_tries_itself import on_duty_all_day

ALONE = "07103456789"


async def talk(house: House, agent: AgentAtWork, *, line: str = "service") -> tuple[Any, dict[str, Any]]:
    """An elder and this agent talk, and it is recorded."""
    elder = house.elder(ALONE)
    (elder.press_sos if line == "sos" else elder.press_service)()
    await agent.picks_up()
    call = await agent.sees_call(state="talking", recording=True)
    return elder, call


async def the_recording(house: House, state: str = "saved") -> Any:
    (row,) = await house.until_rows(f"SELECT * FROM call_recordings WHERE state = '{state}'")
    return row


async def told(house: House, case_id: object) -> list[str]:
    rows = await house.rows(f"SELECT kind FROM case_entries WHERE case_id = '{case_id}' AND kind LIKE 'recording%' ORDER BY at")
    return [row.kind for row in rows]


def left_in_the_spool(house: House) -> list[Path]:
    return list(house.sim.spool.iterdir())


async def test_a_conversation_is_sealed_and_stands_in_its_case(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await asyncio.sleep(0.3)
    elder.hangs_up()
    row = await the_recording(house)
    await until(lambda: not left_in_the_spool(house), why="the plain file is deleted")
    assert await told(house, call["case_id"]) == ["recording_saved"]
    sealed = sealed_path(house.settings.recordings, row.name).read_bytes()
    assert b"RIFF" not in sealed and len(sealed) > row.size

    (shown,) = (await agent.get(f"/api/cases/{call['case_id']}/recordings"))["recordings"]
    assert (shown["state"], shown["part"], shown["kind"], shown["people"]) == ("saved", 1, "service", ["陈静"])
    sound = await agent.http.get(f"/api/recordings/{row.id}/audio")
    assert (sound.status_code, sound.headers["content-type"], sound.headers["cache-control"]) == (200, "audio/wav", "no-store")
    with wave.open(io.BytesIO(sound.content)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (8000, 1, 2)
        assert wav.getnframes() / 8000 == pytest.approx(shown["seconds"], abs=0.01)
    waveform = await agent.get(f"/api/recordings/{row.id}/waveform")
    assert 0 < len(waveform["peaks"]) <= 600 and 0.25 < max(waveform["peaks"]) < 0.35
    heard = await house.rows("SELECT verb, object_id, purpose FROM audit WHERE verb LIKE 'recording:%'")
    assert [tuple(r) for r in heard] == [("recording:heard", str(row.id), f"case:{call['case_id']}")]


async def test_a_player_may_begin_anywhere(house: House) -> None:
    agent = await house.agent("agent1")
    elder, _ = await talk(house, agent)
    elder.hangs_up()
    row = await the_recording(house)
    url = f"/api/recordings/{row.id}/audio"
    whole = (await agent.http.get(url)).content
    size = len(whole)
    parts = {"0-": (0, size), "100-199": (100, 200), "200-": (200, size), "-50": (size - 50, size), f"10-{size * 2}": (10, size)}
    for wanted, (start, end) in parts.items():
        answer = await agent.http.get(url, headers={"Range": f"bytes={wanted}"})
        assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {start}-{end - 1}/{size}"), wanted
        assert answer.content == whole[start:end]
    for wanted in (f"bytes={size}-", "bytes=-0"):
        answer = await agent.http.get(url, headers={"Range": wanted})
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    for wanted in ("bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=-"):
        assert (await agent.http.get(url, headers={"Range": wanted})).content == whole, wanted


async def test_the_notice_is_said_once_on_the_service_line_and_never_on_an_sos(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await until(lambda: "play_to_bridge" in [name for name, _ in house.sim.commands], why="the notice")
    await elder.talks()
    await agent.post(f"/api/calls/{call['id']}/hold")
    await agent.sees_call(state="held", recording=False)
    await agent.post(f"/api/calls/{call['id']}/resume")
    await agent.sees_call(state="talking", recording=True)
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await agent.is_("idle")
    await talk(house, agent, line="sos")
    played = [arguments[1:] for name, arguments in house.sim.commands if name == "play_to_bridge"]
    assert played == [(f"notice-{call['id']}", "recording_notice")]


async def test_what_is_said_while_she_is_held_is_on_no_tape(house: House) -> None:
    agent = await house.agent("agent1")
    _, call = await talk(house, agent)
    bridge = house.sim.bridges[f"call-{call['id']}"]
    await agent.post(f"/api/calls/{call['id']}/hold")
    await until(lambda: bridge.recording_paused)
    await agent.post(f"/api/calls/{call['id']}/resume")
    await until(lambda: bridge.recording and not bridge.recording_paused)


async def test_a_recorder_that_fails_disturbs_nobody_and_is_told_once(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.fail_next("record", CommandRejected("no room"))
    elder = house.elder(ALONE).press_service()
    call = await agent.picks_up()
    row = await the_recording(house, "failed")
    assert row.why == "not_begun"
    await elder.talks()
    await agent.post(f"/api/calls/{call['id']}/hold")
    await agent.post(f"/api/calls/{call['id']}/resume")
    await elder.talks()
    assert (await agent.sees_call(state="talking"))["recording"] is False
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended'")
    assert await told(house, call["case_id"]) == ["recording_failed"]
    assert "recording_notice" not in str(list(house.sim.commands))  # nothing is recorded, so nothing is said
    answer = await agent.http.get(f"/api/recordings/{row.id}/audio")
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["details"]) == (
        404, "no_recording", {"state": "failed", "why": "not_begun"},
    )  # fmt: skip


async def test_a_full_disk_is_told_once_and_mended_when_there_is_room(house: House) -> None:
    agent = await house.agent("agent1")
    house.settings.recordings.write_text("not a folder")
    elder, call = await talk(house, agent)
    elder.hangs_up()
    row = await the_recording(house, "failed")
    assert row.why == "not_kept" and left_in_the_spool(house)
    assert house.engine
    await house.engine.recorder.sweep()
    await asyncio.sleep(0.1)
    house.settings.recordings.unlink()
    await house.engine.recorder.sweep()
    await the_recording(house)
    assert await told(house, call["case_id"]) == ["recording_failed", "recording_saved"]


async def test_who_keeps_the_house_hears_that_there_is_no_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = [Room(house.settings.recordings, total=int(100e9), free=int(50e9))]
    monkeypatch.setattr(room, "rooms_of", lambda *_: disk)
    clock.shift(timedelta(minutes=(30 - clock.now().minute) % 60))  # far from the full hour
    await on_duty_all_day(house)
    assert await watch_room(house.database, house.settings) == ""

    disk[0] = replace(disk[0], free=int(1.2e9))
    assert await watch_room(house.database, house.settings) == "磁盘快满了，只剩1.2GB"
    clock.shift(timedelta(hours=1))
    agent = await house.agent("agent1")
    house.settings.recordings.write_text("not a folder")
    elder, _ = await talk(house, agent)
    elder.hangs_up()
    await the_recording(house, "failed")
    assert await watch_room(house.database, house.settings) == "磁盘满了或写不进去，1段录音还没存下"
    await watch_room(house.database, house.settings)  # each is told once
    rows = await house.rows("SELECT template, about_kind FROM messages")
    assert [tuple(row) for row in rows] == [("room_short", "room")] * 2

    house.settings.recordings.unlink()
    assert house.engine
    await house.engine.recorder.sweep()
    await the_recording(house)
    disk[0] = replace(disk[0], free=int(50e9))
    assert await watch_room(house.database, house.settings) == "", "what was kept after all is not lost"


async def test_switched_off_nothing_is_recorded_and_nothing_is_said(house: House) -> None:
    admin, agent = house.visitor("admin1"), await house.agent("agent1")
    await admin.sign_in()
    await admin.post("/api/settings/recording", {"value": False, "reason": "设备检修"})
    assert house.engine
    engine = house.engine
    await until(lambda: not engine.core.centre.switch("recording"), why="voice has read it")
    elder = house.elder(ALONE).press_service()
    await agent.picks_up()
    await elder.talks()
    await asyncio.sleep(0.3)
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended'")
    assert not [name for name, _ in house.sim.commands if name in ("record", "play_to_bridge")]
    assert not await house.rows("SELECT 1 FROM call_recordings")
    answer = await admin.http.post("/api/settings/recording", json={"value": 1, "reason": "数字不是开关"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "setting_out_of_bounds")


# --- when something dies -----------------------------------------------------------------------------------------------------------


async def test_voice_killed_in_mid_recording_the_next_one_keeps_it(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await house.kill_voice()
    await asyncio.sleep(0.2)
    await house.start_voice()
    await elder.talks()
    assert (await agent.sees_call(state="talking"))["recording"] is True
    elder.hangs_up()
    row = await the_recording(house)
    assert row.part == 1 and row.seconds >= 0.2
    assert await told(house, call["case_id"]) == ["recording_saved"]


async def test_the_end_that_nobody_heard(house: House) -> None:
    """Voice is killed, the elder hangs up, the PBX ends the bridge: the file is found."""
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await house.kill_voice()
    elder.hangs_up()
    house.sim._recorded(house.sim.bridges[f"call-{call['id']}"])
    await house.start_voice()
    await the_recording(house)
    await until(lambda: not left_in_the_spool(house), why="the plain file is deleted")
    assert await told(house, call["case_id"]) == ["recording_saved"]


async def test_a_file_that_has_no_row_finds_its_call(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await house.kill_voice()
    async with house.owner.transaction() as session:
        await session.execute(text("DELETE FROM call_recordings"))
    house.sim._recorded(house.sim.bridges[f"call-{call['id']}"])
    elder.hangs_up()
    await house.start_voice()
    row = await the_recording(house)
    assert str(row.call_id) == call["id"] and str(row.case_id) == call["case_id"]


async def test_a_row_that_has_no_file_is_told_as_lost(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await house.kill_voice()
    house.sim.bridges[f"call-{call['id']}"].recording = ""
    elder.hangs_up()
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE call_recordings SET started_at = started_at - interval '1 minute'"))
    await house.start_voice()
    assert (await the_recording(house, "failed")).why == "lost"
    assert await told(house, call["case_id"]) == ["recording_failed"]


async def test_an_agent_who_vanishes_and_comes_back_begins_another_part(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    house.sim.unregister(agent.account)
    await agent.sees_call(state="queued")
    await the_recording(house)
    house.sim.register(agent.account)
    await agent.say({"type": "phone", "state": "registered"})
    await agent.picks_up()
    await agent.sees_call(state="talking", recording=True)
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM call_recordings WHERE state = 'saved' AND part = 2")
    assert await told(house, call["case_id"]) == ["recording_saved", "recording_saved"]
    assert sum(name == "play_to_bridge" for name, _ in house.sim.commands) == 1


async def test_a_recording_that_breaks_off_is_begun_again_once(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    bridge = house.sim.bridges[f"call-{call['id']}"]
    house.sim._recorded(bridge)
    await until(lambda: bridge.recording.endswith("-2"), why="another part")
    house.sim._recorded(bridge)
    await house.until_rows("SELECT 1 FROM call_recordings WHERE part = 2 AND state = 'saved'")
    await elder.talks()
    assert not bridge.recording


# --- who hears -----------------------------------------------------------------------------------------------------------------------


async def somebody(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


async def test_who_may_hear(house: House) -> None:
    spoke = await house.agent("agent1")
    elder, call = await talk(house, spoke)
    elder.hangs_up()
    row = await the_recording(house)
    await spoke.is_("wrap_up")
    await spoke.wraps_up(call["id"])
    owner, other, of_region, elsewhere, admin = [
        await somebody(house, name) for name in ("agent2", "agent3", "supervisor1", "supervisor2", "admin1")
    ]
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE cases SET owner_id = :id, state = 'owned'"), {"id": owner.id})
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE access_grants SET until = now() WHERE user_id = :id"), {"id": spoke.id})
    paths = (f"/api/recordings/{row.id}/audio", f"/api/recordings/{row.id}/waveform", f"/api/cases/{call['case_id']}/recordings")
    for path in paths:
        found = [(await person.http.get(path)).status_code for person in (spoke, owner, other, of_region, elsewhere, admin)]
        assert found == [200, 200, 403, 200, 403, 403], path
    await other.post(f"/api/elders/{row_elder(await house.rows('SELECT elder_id FROM cases'))}/break-glass", {"reason": "家属投诉核实"})
    assert (await other.http.get(paths[0])).status_code == 200
    verbs = await house.rows(
        "SELECT verb, actor_name FROM audit WHERE verb LIKE 'recording:%' AND object_id = :id ORDER BY id", id=str(row.id)
    )
    assert [v.verb for v in verbs].count("recording:heard") == 4
    assert [v.verb for v in verbs].count("recording:refused") == 4  # sound and waveform, of two


def row_elder(rows: list[Any]) -> str:
    return str(rows[0].elder_id)


async def test_a_changed_file_is_not_played(house: House) -> None:
    agent = await house.agent("agent1")
    elder, _ = await talk(house, agent)
    elder.hangs_up()
    row = await the_recording(house)
    sealed_path(house.settings.recordings, row.name).unlink()
    answer = await agent.http.get(f"/api/recordings/{row.id}/audio")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_recording")


# --- how long ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def later() -> Iterator[Callable[[int], None]]:
    yield lambda days: clock.shift(timedelta(days=days))
    clock.reset()


async def test_a_recording_is_deleted_when_its_time_is_over(house: House, later: Callable[[int], None]) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    elder.hangs_up()
    service = await the_recording(house)
    assert service.keep_until - service.started_at == timedelta(days=731)
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await agent.is_("idle")
    elder, _ = await talk(house, agent, line="sos")
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM call_recordings r JOIN calls c ON c.id = r.call_id WHERE c.kind = 'sos' AND r.state = 'saved'")
    await house.kill_voice()

    later(732)
    await sweep_old_rows(house.database, house.settings)
    rows = {r.kind: r for r in await house.rows("SELECT r.*, c.kind FROM call_recordings r JOIN calls c ON c.id = r.call_id")}
    assert (rows["service"].state, rows["service"].waveform) == ("deleted", None)
    assert (rows["sos"].state, rows["sos"].keep_until - rows["sos"].started_at) == ("saved", timedelta(days=1827))
    assert not sealed_path(house.settings.recordings, rows["service"].name).exists()
    assert sealed_path(house.settings.recordings, rows["sos"].name).exists()
    (audited,) = await house.rows("SELECT object_id, purpose FROM audit WHERE verb = 'recording:deleted'")
    assert tuple(audited) == (str(service.id), "retention")
    later(1100)
    await sweep_old_rows(house.database, house.settings)
    assert not await house.rows("SELECT 1 FROM call_recordings WHERE state <> 'deleted'")


# --- consent that is taken back --------------------------------------------------------------------------------------------------------------


async def consents(agent: AgentAtWork, call: dict[str, Any], act: str) -> None:
    elder_id = (await agent.get(f"/api/cases/{call['case_id']}"))["elder"]["id"]
    await agent.post(f"/api/elders/{elder_id}/consents", {"item": "recording", "act": act, "by": "telephone", "proof": "电话"})


async def test_consent_that_is_taken_back_stops_what_runs_and_what_would_follow(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent)
    await asyncio.sleep(0.3)
    await consents(agent, call, "withdrawn")
    try:
        await the_recording(house)
        assert (await agent.sees_call(state="talking"))["id"] == call["id"], "and nobody notices"
        elder.hangs_up()
        await agent.is_("wrap_up")
        await agent.wraps_up(call["id"])
        elder = house.elder(ALONE).press_service()
        again = await agent.picks_up()
        await house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'recording_refused' AND case_id = :id", id=again["case_id"])
        assert len(await house.rows("SELECT 1 FROM call_recordings")) == 1
        # it turns out to be an emergency
        await agent.post(f"/api/cases/{again['case_id']}/emergency", {"kind": "fall"})
        await house.until_rows("SELECT 1 FROM call_recordings WHERE state = 'recording' AND call_id = :id", id=again["id"])
        elder.hangs_up()
    finally:
        await consents(agent, call, "given")


async def test_an_sos_is_recorded_all_the_same(house: House) -> None:
    agent = await house.agent("agent1")
    elder, call = await talk(house, agent, line="sos")
    await consents(agent, call, "withdrawn")
    try:
        await asyncio.sleep(2.5)
        assert [r.state for r in await house.rows("SELECT state FROM call_recordings")] == ["recording"]
        elder.hangs_up()
        await the_recording(house)
    finally:
        await consents(agent, call, "given")
