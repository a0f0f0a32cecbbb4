"""Profiles over the wire: whose business she is, two at one form, merging with cases, pressing once, files in and out."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import text

from callcenter.console.profiles import settle_checks
from callcenter.kit import clock
from callcenter.worker import look_at_checks
from tests.house import AgentAtWork, House

ALONE, WANDERING = "+867103456789", "+867103451357"
RAW = {"Content-Type": "application/octet-stream"}


async def elder_of(house: House, number: str = ALONE) -> str:
    (row,) = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :number", number=number)
    return str(row.elder_id)


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def agent(house: House) -> AgentAtWork:
    return await signed_in(house, "agent1")


@pytest_asyncio.fixture
async def boss(house: House) -> AgentAtWork:
    """Of the whole district."""
    return await signed_in(house, "supervisor1")


async def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def a_new_elder(who: AgentAtWork, **more: Any) -> dict[str, Any]:
    (community,) = await who.house.rows("SELECT id FROM regions WHERE code = '420606-01-01'")
    made = await who.post("/api/elders", {"name": f"测{uuid.uuid4().hex[:6]}", "community_id": str(community.id), **more})
    return dict(made)


# --- whose business --------------------------------------------------------------------------------------------------------------


async def test_a_profile_is_shut_to_whoever_has_no_business_with_her(house: House, agent: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    before = await house.rows("SELECT version FROM elders WHERE id = :id", id=uuid.UUID(elder_id))
    for method, path, body in (
        ("GET", "profile", None), ("POST", "profile", {"version": 1, "dialect": "x"}), ("POST", "presence", {"presence": "away"}),
        ("GET", "consents", None), ("POST", "consents", {"item": "location", "act": "given", "by": "form", "proof": "1"}),
        ("GET", "photo", None), ("DELETE", "photo", None), ("GET", "checks", None),
    ):  # fmt: skip
        answer = await agent.http.request(method, f"/api/elders/{elder_id}/{path}", json=body)
        assert await refused(answer) == (403, "no_access"), path
    assert await house.rows("SELECT version FROM elders WHERE id = :id", id=uuid.UUID(elder_id)) == before
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'elder:refused'")) == 8
    changes = await agent.get(f"/api/elders/{elder_id}/changes")
    assert changes and all(change["values"] is None for change in changes)
    await agent.post(f"/api/elders/{elder_id}/break-glass", {"reason": "女儿来电询问"})
    assert (await agent.get(f"/api/elders/{elder_id}/profile"))["name"] == "王桂兰"
    assert any(change["values"] for change in await agent.get(f"/api/elders/{elder_id}/changes"))


async def test_a_supervisor_edits_in_her_regions_and_nowhere_else(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    profile = await boss.get(f"/api/elders/{elder_id}/profile")
    assert profile["id_number"] == "" or "*" in profile["id_number"]
    saved = await boss.post(f"/api/elders/{elder_id}/profile", {"version": profile["version"], "entrance_hint": "从南门进"})
    assert (saved["entrance_hint"], saved["version"], saved["updated_by"]) == ("从南门进", profile["version"] + 1, "黄志强")
    elsewhere = await signed_in(house, "supervisor2")
    await elsewhere.get(f"/api/elders/{elder_id}/profile", status=403)
    await boss.post(f"/api/elders/{elder_id}/profile", {"version": saved["version"], "entrance_hint": profile["entrance_hint"]})


async def test_two_at_one_form_and_one_of_them_is_told(house: House, boss: AgentAtWork) -> None:
    elder = await a_new_elder(boss)
    path = f"/api/elders/{elder['id']}/profile"
    answers = await asyncio.gather(
        *(boss.http.post(path, json={"version": 1, "dialect": word}) for word in ("襄阳话", "河南话", "普通话", "武汉话"))
    )
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    (winner,) = [a.json() for a in answers if a.status_code == 200]
    for answer in answers:
        if answer.status_code == 409:
            error = answer.json()["error"]
            assert (error["code"], error["details"]["by"], error["details"]["fields"]) == ("elder_changed", "黄志强", ["dialect"])
    assert (await boss.get(path))["dialect"] == winner["dialect"]


async def test_the_same_save_sent_twice_is_one(house: House, boss: AgentAtWork) -> None:
    elder = await a_new_elder(boss)
    path, body = f"/api/elders/{elder['id']}/profile", {"version": 1, "dialect": "襄阳话"}
    for _ in range(2):
        answer = await boss.http.post(path, json=body, headers={"Idempotency-Key": "one-save"})
        assert answer.json()["version"] == 2
    kept = await house.rows("SELECT answer::text AS answer FROM idempotency_keys WHERE key = 'one-save'")
    assert "done" in kept[0].answer and elder["name"] not in kept[0].answer


async def test_any_agent_takes_somebody_down_and_sees_her(house: House, agent: AgentAtWork) -> None:
    elder = await a_new_elder(agent, numbers=["0710 399 4321"], contacts=[{"name": "李", "relation": "女儿", "number": "13899994321"}])
    assert (await agent.get(f"/api/elders/{elder['id']}/profile"))["numbers"][0]["text"] == "0710-399 4321"
    (grant,) = await house.rows("SELECT reason, until - granted_at AS span FROM access_grants")
    assert (grant.reason, round(grant.span.total_seconds() / 60)) == ("created", 60)
    other = await signed_in(house, "agent2")
    assert await refused(await other.http.get(f"/api/elders/{elder['id']}/profile")) == (403, "no_access")


async def test_the_list_masks_by_reader(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    names = {}
    for who in (agent, boss):
        found = await who.get("/api/elders/directory?q=王桂兰")
        names[who.username] = {hit["name"] for hit in found["items"]}
    assert names["agent1"] == {"王**"} and "王桂兰" in names["supervisor1"]
    page = await boss.get("/api/elders/directory?presence=away")
    assert page["total"] == len(page["items"]) > 0 and {hit["presence"] for hit in page["items"]} == {"away"}


# --- photograph ------------------------------------------------------------------------------------------------------------------


async def test_a_photograph_comes_goes_and_is_readable_in_no_row(house: House, boss: AgentAtWork) -> None:
    elder = await a_new_elder(boss)
    path = f"/api/elders/{elder['id']}/photo"
    picture = BytesIO()
    Image.new("RGB", (900, 600), "teal").save(picture, "PNG")
    answer = await boss.http.post(path, content=picture.getvalue(), headers=RAW)
    assert answer.status_code == 200 and answer.json()["has_photo"]
    shown = await boss.http.get(path)
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    with Image.open(BytesIO(shown.content)) as seen:
        assert seen.size == (640, 427)
    (row,) = await house.rows("SELECT image FROM elder_photos")
    assert shown.content[:32] not in bytes(row.image)
    assert await refused(await boss.http.post(path, content=b"\x00" * 2000, headers=RAW)) == (422, "picture_invalid")
    assert await refused(await boss.http.post(path, content=b"\x00" * (5 * 1024 * 1024 + 1), headers=RAW)) == (413, "too_large")
    assert (await boss.http.get(path)).content == shown.content
    assert (await boss.http.delete(path)).json()["has_photo"] is False
    assert await refused(await boss.http.get(path)) == (404, "no_photo")
    verbs = [r.verb for r in await house.rows("SELECT verb FROM audit WHERE verb LIKE 'elder:photo%' ORDER BY id")]
    assert verbs == ["elder:photo_put", "elder:photo_seen", "elder:photo_seen", "elder:photo_removed"]


async def test_a_signed_form_is_kept_with_its_line(house: House, boss: AgentAtWork) -> None:
    elder = await a_new_elder(boss)
    path = f"/api/elders/{elder['id']}/consents"
    picture = BytesIO()
    Image.new("RGB", (300, 400), "white").save(picture, "JPEG")
    answer = await boss.http.post(
        f"{path}/form", params={"item": "photo", "act": "given", "proof": "TY-7"}, content=picture.getvalue(), headers=RAW
    )
    (line,) = answer.json()["ledger"]
    assert (line["item"], line["by"], line["proof"], line["has_form"]) == ("photo", "form", "TY-7", True)
    assert (await boss.http.get(f"{path}/{line['id']}/form")).headers["content-type"] == "image/jpeg"
    other = await a_new_elder(boss)
    assert await refused(await boss.http.get(f"/api/elders/{other['id']}/consents/{line['id']}/form")) == (404, "no_form")


# --- a death ---------------------------------------------------------------------------------------------------------------------


async def test_a_death_is_reported_by_an_agent_and_decided_by_a_supervisor(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    elder = await a_new_elder(agent, numbers=["0710 399 5678"])
    path = f"/api/elders/{elder['id']}"
    dead = await agent.post(f"{path}/presence", {"presence": "deceased", "note": "女儿来电"})
    assert (dead["presence"], dead["death"]["reported_by"], dead["death"]["confirmed_at"]) == ("deceased", "陈静", None)
    for verb in ("confirm", "undo"):
        assert await refused(await agent.http.post(f"{path}/death/{verb}")) == (403, "forbidden")
    assert (await boss.post(f"{path}/death/confirm"))["death"]["confirmed_by"] == "黄志强"
    # her telephone still rings: somebody of her family may need help
    house.elder("07103995678").press_sos()
    (call,) = await house.until_rows("SELECT elder_id FROM calls WHERE state = 'queued'")
    assert str(call.elder_id) == elder["id"]
    assert (await boss.post(f"{path}/death/undo"))["presence"] == "home"


# --- merging ---------------------------------------------------------------------------------------------------------------------


async def two_of_one(boss: AgentAtWork) -> tuple[dict[str, Any], dict[str, Any]]:
    name = f"重{uuid.uuid4().hex[:6]}"
    tail = int(uuid.uuid4().int % 9000 + 1000)
    one = await a_new_elder(boss, name=name, birth_date="1950-02-28", numbers=[f"0710 398 {tail}"])
    two = await a_new_elder(boss, name=name, birth_date="1950-02-28", numbers=[f"1389998{tail}"], card_number=f"K{uuid.uuid4().hex[:8]}")
    return one, two


def merging(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    return {
        "kept_id": one["id"], "merged_id": two["id"], "kept_version": one["version"], "merged_version": two["version"], "reason": "同一位老人",
    }  # fmt: skip


async def moving_rows(house: House, *ids: str) -> list[str]:
    """Everything that a merge may move, but for versions and times."""
    statement = (
        "SELECT (to_jsonb(c) - 'version')::text FROM cases c WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT (to_jsonb(t) - 'version')::text FROM case_tasks t WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT to_jsonb(c)::text FROM calls c WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT to_jsonb(g)::text FROM access_grants g WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT to_jsonb(n)::text FROM elder_numbers n WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT (to_jsonb(e) - 'version' - 'updated_at' - 'id_number' - 'health' - 'presence_place')::text FROM elders e WHERE id = ANY (:ids) ORDER BY 1"
    )
    return [str(row[0]) for row in await house.rows(statement, ids=[uuid.UUID(i) for i in ids])]


async def missed_press(house: House, number: str, tasks: int = 1) -> None:
    press = house.elder(number).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    press.hangs_up()
    await house.until_rows("SELECT 1 FROM case_tasks WHERE state = 'open'", count=tasks)
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'", count=0)


async def test_cases_calls_and_tasks_follow_and_come_back(house: House, boss: AgentAtWork) -> None:
    one, two = await two_of_one(boss)
    await missed_press(house, two["numbers"][0]["number"])
    before = await moving_rows(house, one["id"], two["id"])
    kept = await boss.post("/api/elder-merges", merging(one, two))
    assert kept["id"] == one["id"] and len(kept["numbers"]) == 2 and kept["card_number"] == two["card_number"]
    for table in ("cases", "case_tasks", "calls"):
        assert [str(r.elder_id) for r in await house.rows(f"SELECT elder_id FROM {table}")] == [one["id"]], table
    assert (await boss.get(f"/api/elders/{two['id']}/profile"))["id"] == one["id"]
    (task,) = await house.rows("SELECT id, version FROM case_tasks")
    assert (
        len(
            await house.rows(
                "SELECT 1 FROM outbox WHERE topic = 'task' AND object_id = :id AND version = :v", id=str(task.id), v=task.version
            )
        )
        == 1
    )

    (merge,) = [m for m in await boss.get("/api/elder-merges") if m["kept"]["id"] == one["id"]]
    assert (merge["cases"], merge["by"], merge["reason"]) == (1, "黄志强", "同一位老人")
    undone = await boss.post(f"/api/elder-merges/{merge['id']}/undo")
    assert [m["undone_by"] for m in undone if m["id"] == merge["id"]] == ["黄志强"]
    assert await moving_rows(house, one["id"], two["id"]) == before


async def test_a_press_since_stays_with_the_kept_one(house: House, boss: AgentAtWork) -> None:
    one, two = await two_of_one(boss)
    await boss.post("/api/elder-merges", merging(one, two))
    await missed_press(house, two["numbers"][0]["number"])
    (case,) = await house.rows("SELECT elder_id FROM cases")
    assert str(case.elder_id) == one["id"]
    (merge,) = [m for m in await boss.get("/api/elder-merges") if m["kept"]["id"] == one["id"]]
    await boss.post(f"/api/elder-merges/{merge['id']}/undo")
    (case,) = await house.rows("SELECT elder_id FROM cases")
    assert str(case.elder_id) == one["id"]


async def test_two_call_backs_or_a_live_call_hold_a_merge_up(house: House, boss: AgentAtWork) -> None:
    one, two = await two_of_one(boss)
    await missed_press(house, one["numbers"][0]["number"])
    await missed_press(house, two["numbers"][0]["number"], tasks=2)
    before = await moving_rows(house, one["id"], two["id"])
    assert await refused(await boss.http.post("/api/elder-merges", json=merging(one, two))) == (409, "two_call_backs")
    assert await moving_rows(house, one["id"], two["id"]) == before
    house.elder(one["numbers"][0]["number"]).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    assert await refused(await boss.http.post("/api/elder-merges", json=merging(one, two))) == (409, "elder_on_line")


async def test_of_many_merges_at_once_one_is_done(house: House, boss: AgentAtWork) -> None:
    one, two = await two_of_one(boss)
    before = await moving_rows(house, one["id"], two["id"])
    both = [merging(one, two), merging(two, one)] * 3
    edits = [{"version": i["version"], "dialect": "河南话"} for i in (one, two)]
    answers = await asyncio.gather(
        *(boss.http.post("/api/elder-merges", json=body) for body in both),
        *(boss.http.post(f"/api/elders/{i['id']}/profile", json=body) for i, body in zip((one, two), edits, strict=True)),
    )
    merged = [a for a in answers[:6] if a.status_code == 200]
    assert len(merged) <= 1 and all(a.status_code in (200, 409) for a in answers), [a.text for a in answers]
    rows = await house.rows(
        "SELECT id FROM elders WHERE merged_into IS NOT NULL AND id = ANY (:ids)", ids=[uuid.UUID(i["id"]) for i in (one, two)]
    )
    assert len(rows) == len(merged)
    if merged:
        (merge,) = [m for m in await boss.get("/api/elder-merges") if {m["kept"]["id"], m["merged"]["id"]} == {one["id"], two["id"]}]
        await boss.post(f"/api/elder-merges/{merge['id']}/undo")
        assert await moving_rows(house, one["id"], two["id"]) == before


async def test_a_merge_stays_within_a_supervisors_regions(house: House, boss: AgentAtWork) -> None:
    one, two = await two_of_one(boss)
    stranger = await signed_in(house, "supervisor2")
    assert await refused(await stranger.http.post("/api/elder-merges", json=merging(one, two))) == (403, "no_access")
    pair = {"first_id": one["id"], "second_id": two["id"]}
    assert await refused(await stranger.http.post("/api/elder-duplicates/not-the-same", json=pair)) == (403, "no_access")
    ids = {frozenset((c["first"]["id"], c["second"]["id"])) for c in await boss.get("/api/elder-duplicates")}
    assert frozenset((one["id"], two["id"])) in ids
    assert frozenset((one["id"], two["id"])) not in {
        frozenset((c["first"]["id"], c["second"]["id"])) for c in await stranger.get("/api/elder-duplicates")
    }


# --- press once ------------------------------------------------------------------------------------------------------------------


async def start(who: AgentAtWork, elder_id: str, line: str = "12349") -> dict[str, Any]:
    profile = await who.get(f"/api/elders/{elder_id}/profile")
    checks = await who.post(f"/api/elders/{elder_id}/checks", {"line": line, "number_id": profile["numbers"][0]["id"]})
    return dict(checks["checks"][0])


async def state(who: AgentAtWork, elder_id: str) -> str:
    return str((await who.get(f"/api/elders/{elder_id}/checks"))["checks"][0]["state"])


async def test_a_press_proves_number_line_and_profile_and_rings_as_ever(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    assert (await start(boss, elder_id))["state"] == "waiting"
    assert await refused(await boss.http.post(f"/api/elders/{elder_id}/checks", json={"line": "12349", "number_id": str(uuid.uuid4())})) == (
        404, "number_not_found",
    )  # fmt: skip
    on_duty = await house.agent("agent1")
    house.elder("07103456789").press_service()
    await on_duty.rings()
    assert len(await house.rows("SELECT 1 FROM cases")) == 1
    assert await state(boss, elder_id) == "proved"
    profile = await boss.get(f"/api/elders/{elder_id}/profile")
    assert profile["verified_on"] == clock.today("Asia/Shanghai").isoformat()
    assert await state(boss, elder_id) == "proved"  # looked at again, nothing new


@pytest.mark.parametrize(
    ("line", "pressed", "verdict"), [("1234900", "07103456789", "wrong_line"), ("12349", "13800006789", "wrong_number")]
)
async def test_a_wrong_press_says_what_is_wrong(house: House, boss: AgentAtWork, line: str, pressed: str, verdict: str) -> None:
    elder_id = await elder_of(house)
    await start(boss, elder_id, line)
    house.elder(pressed).press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    await look_at_checks(house.database)  # the worker's look, nobody watches
    assert await state(boss, elder_id) == verdict
    assert (await boss.get(f"/api/elders/{elder_id}/profile"))["verified_on"] is None


async def test_nobody_presses_and_a_strangers_number_is_a_masked_hint(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    await start(boss, elder_id)
    house.elder("07103459876").press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    assert await state(boss, elder_id) == "waiting"
    clock.shift(timedelta(minutes=11))
    try:
        async with house.database.transaction() as one, house.database.transaction() as two:
            assert sorted([await settle_checks(one), await settle_checks(two)]) == [0, 1]
    finally:
        clock.reset()
    check = (await boss.get(f"/api/elders/{elder_id}/checks"))["checks"][0]
    assert (check["state"], check["heard_number"]) == ("nobody", "0710-345****")


async def test_one_check_at_a_time_and_it_can_be_stopped(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    check = await start(boss, elder_id)
    profile = await boss.get(f"/api/elders/{elder_id}/profile")
    body = {"line": "12349", "number_id": profile["numbers"][0]["id"]}
    assert await refused(await boss.http.post(f"/api/elders/{elder_id}/checks", json=body)) == (409, "check_running")
    assert await refused(await boss.http.post(f"/api/elders/{elder_id}/checks", json=body | {"line": "99999"})) == (422, "line_unknown")
    stopped = await boss.post(f"/api/elders/{elder_id}/checks/{check['id']}/cancel")
    assert stopped["checks"][0]["state"] == "cancelled"
    assert (await start(boss, elder_id))["state"] == "waiting"


# --- files -----------------------------------------------------------------------------------------------------------------------


async def test_a_file_is_checked_imported_once_and_never_half(house: House, boss: AgentAtWork) -> None:
    mark = uuid.uuid4().hex[:6]
    rows = "\n".join(f"甲{mark}{i},施营社区,1389997{i:04}" for i in range(40))
    data = f"姓名,社区,电话1\n{rows}\n乙{mark},月球社区,\n".encode("gb18030")
    answer = await boss.http.post("/api/elder-imports", params={"name": "老人.csv"}, content=data, headers=RAW)
    report = answer.json()
    assert (report["rows_total"], report["rows_good"], report["rows_bad"]) == (41, 40, 1)
    assert [(p["row"], p["column"], p["code"]) for p in report["problems"]] == [(42, "社区", "place_unknown")]
    path = f"/api/elder-imports/{report['id']}"
    assert await refused(await boss.http.post(f"{path}/commit", json={"rows": "all"})) == (409, "import_has_bad_rows")
    assert await house.rows("SELECT 1 FROM elders WHERE name LIKE :mark", mark=f"%{mark}%") == []
    answers = await asyncio.gather(*(boss.http.post(f"{path}/commit", json={"rows": "good"}) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409]
    assert len(await house.rows("SELECT 1 FROM elders WHERE name LIKE :mark", mark=f"%{mark}%")) == 40
    again = await boss.http.post("/api/elder-imports", content=data, headers=RAW)
    assert await refused(again) == (409, "file_imported")
    assert again.json()["error"]["details"]["by"] == "黄志强"
    (kept,) = await house.rows("SELECT rows IS NULL AS forgotten FROM import_batches")
    assert kept.forgotten
    other = await signed_in(house, "supervisor2")
    assert await refused(await other.http.get(path)) == (403, "not_your_import")


async def test_the_template_is_a_workbook(house: House, boss: AgentAtWork) -> None:
    answer = await boss.http.get("/api/elder-imports/template", params={"format": "xlsx"})
    assert "%E6%A8%A1%E6%9D%BF.xlsx" in answer.headers["content-disposition"]
    assert load_workbook(BytesIO(answer.content)).sheetnames == ["老人档案", "填写说明"]


async def test_an_export_takes_two_people(house: House, boss: AgentAtWork) -> None:
    other = await signed_in(house, "supervisor2")
    mine = await other.post("/api/elder-exports", {"reason": "街道核对名单", "format": "xlsx"})
    export = mine[0]
    path = f"/api/elder-exports/{export['id']}"
    assert await refused(await other.http.post(f"{path}/decide", json={"approve": True})) == (403, "own_export")
    assert await refused(await other.http.get(f"{path}/file")) == (409, "export_not_approved")
    await boss.post(f"{path}/decide", {"approve": True})
    assert await refused(await boss.http.get(f"{path}/file")) == (403, "not_your_export")
    answer = await other.http.get(f"{path}/file")
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    streets = {str(row[0].value) for row in sheet.iter_rows(min_row=3, min_col=5, max_col=5)}
    names = {r.name for r in await house.rows("SELECT name FROM regions WHERE level = 'community' AND code LIKE '420606-02%'")}
    assert sheet.max_row - 2 == export["rows"] > 0 and streets <= names, "of her regions alone"
    verbs = [(r.verb, r.actor_name) for r in await house.rows("SELECT verb, actor_name FROM audit WHERE verb LIKE 'export:%' ORDER BY id")]
    assert verbs == [("export:asked", "郑丽华"), ("export:approved", "黄志强"), ("export:fetched", "郑丽华")]


async def test_what_is_written_in_a_ledger_stays(house: House) -> None:
    async with house.database.transaction() as session:
        for table in ("elder_changes", "consent_entries", "consent_wordings"):
            allowed = await session.scalar(
                text(f"SELECT has_table_privilege('{table}', 'UPDATE') OR has_table_privilege('{table}', 'DELETE')")
            )
            assert allowed is False, table
