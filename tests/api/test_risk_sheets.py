"""The sheet of today's risks: with a reason, of her regions, told to everybody who stands on it; kept encrypted for the day when all is down."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from callcenter.commands import sheet as sheet_command
from callcenter.kit import clock
from callcenter.reports.risk_sheet import kept
from callcenter.settings import Settings
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

REASON = "停电演练,纸面备用"


async def person(house: House, username: str) -> AgentAtWork:
    made = house.visitor(username)
    await made.sign_in()
    return made


async def region_of(house: House, code: str) -> str:
    (row,) = await house.rows("SELECT id FROM regions WHERE code = :code", code=code)
    return str(row.id)


async def test_asked_for_with_a_reason_it_is_whole_and_everybody_on_it_is_told(house: House) -> None:
    boss = await person(house, "supervisor1")
    street = await region_of(house, "420606-01")
    asked = await boss.post("/api/risk-sheets", {"region_id": street, "reason": REASON})
    page = await boss.get(f"/api/risk-sheets/{asked['id']}")
    elders = [elder for community in page["data"]["communities"] for elder in community["elders"]]
    hers = next(elder for elder in elders if elder["name"] == "王桂兰")
    assert hers["keys"] == [{"name": "邻居 陈秀珍", "number": "137 0000 6782", "note": "501对门"}]
    assert "3-2-501" in hers["address"] and "0710-345 6789" in hers["numbers"] and any("冠心病" in one for one in hers["danger"])
    assert page["data"]["elders"] == len(elders) > 5 and all(elder["why"] for elder in elders)
    assert page["data"]["duty"] or page["data"]["agencies"]
    assert (page["made"]["by"], page["made"]["reason"], page["made"]["serial"]) == ("黄志强", REASON, 1)

    printed = await house.rows("SELECT object_id, purpose FROM audit WHERE verb = 'elder:printed'")
    assert {r.object_id for r in printed} == {elder["id"] for elder in elders} and {r.purpose for r in printed} == {f"sheet:{asked['id']}"}
    log = await boss.get(f"/api/elders/{hers['id']}/access-log")
    assert ("黄志强", "elder:printed") in {(trace["who"], trace["verb"]) for trace in log["traces"]}
    (row,) = await house.rows("SELECT elders, made_name, reason FROM risk_sheets")
    assert (row.elders, row.made_name) == (len(elders), "黄志强") and REASON.encode() not in bytes(row.reason)

    answer = await boss.http.get(f"/api/risk-sheets/{asked['id']}/pdf")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    assert answer.headers["content-disposition"].startswith('attachment; filename="risks-420606-01-')
    (made,) = (await boss.get("/api/risk-sheets"))["made"]
    assert (made["region"], made["own"]) == ("中原街道", True)


async def test_it_is_a_supervisors_of_the_region_and_her_own_for_an_hour(house: House) -> None:
    boss, elsewhere, agent = [await person(house, name) for name in ("supervisor1", "supervisor2", "agent1")]
    first, district = await region_of(house, "420606-01"), await region_of(house, "420606")
    before = await fingerprint(house.owner)
    await agent.post("/api/risk-sheets", {"region_id": first, "reason": REASON}, status=403)
    for region in (first, district):
        answer = await elsewhere.http.post("/api/risk-sheets", json={"region_id": region, "reason": REASON})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_your_region")
    await boss.post("/api/risk-sheets", {"region_id": first, "reason": "无"}, status=422)
    assert await fingerprint(house.owner) == before
    asked = await boss.post("/api/risk-sheets", {"region_id": first, "reason": REASON})
    for path in ("", "/pdf"):
        await elsewhere.get(f"/api/risk-sheets/{asked['id']}{path}", status=404)
    assert {one["code"] for one in (await elsewhere.get("/api/risk-sheets"))["regions"]} >= {"420606-02"}
    assert (await elsewhere.get("/api/risk-sheets"))["made"] == []
    clock.shift(timedelta(hours=1, minutes=1))
    try:
        await boss.get(f"/api/risk-sheets/{asked['id']}", status=404)
        assert [one["own"] for one in (await boss.get("/api/risk-sheets"))["made"]] == [False]
    finally:
        clock.reset()


async def test_it_is_kept_each_morning_encrypted_and_printed_without_a_database(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = house.settings
    shift = timedelta(hours=(9 - clock.now().hour - 8) % 24)  # nine in the morning, there
    clock.shift(shift)
    try:
        assert await kept.keep_sheets(house.database, settings) == 2  # a district's and a street's supervisor
        assert await kept.keep_sheets(house.database, settings) == 0
        files = {path.name: path for path in kept.folder_of(settings).glob("*.sheet")}
        assert set(files) == {"420606.sheet", "420606-02.sheet"}
        assert files["420606.sheet"].stat().st_mode & 0o777 == 0o600
        assert "王桂兰".encode() not in files["420606.sheet"].read_bytes()
        data = kept.read_kept(settings, "420606")
        assert any(elder.name == "王桂兰" for community in data.communities for elder in community.elders)

        gone = Settings(mode="test", home=settings.home, database_url="", app_database_url="", field_key=settings.field_key)
        monkeypatch.setattr(sheet_command, "settings_or_exit", lambda: gone)
        out = tmp_path / "risks.pdf"
        result = CliRunner().invoke(sheet_command.command, ["--region", "420606", "--out", str(out), "--kept", "--by", "黄志强"])
        assert result.exit_code == 0, result.output
        assert out.read_bytes().startswith(b"%PDF") and out.stat().st_mode & 0o777 == 0o600
        missing = CliRunner().invoke(sheet_command.command, ["--region", "420606-09", "--out", str(out), "--kept"])
        assert missing.exit_code == 1 and "no sheet of this region is kept" in missing.output

        assert [json.loads(line)["elders"] for line in (kept.folder_of(settings) / kept.PRINTED).read_text().splitlines()] == [data.elders]
        for _ in range(2):
            await kept.keep_sheets(house.database, settings)
        (told,) = await house.rows("SELECT details FROM audit WHERE verb = 'sheet:printed_kept'")
        assert told.details["elders"] == data.elders
    finally:
        clock.reset()
