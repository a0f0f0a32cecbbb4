"""The centre's own values over the API: who may, what is refused, what counted on a day."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import SHORT, AgentAtWork, House


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


async def setting(person: AgentAtWork, key: str, query: str = "") -> dict[str, Any]:
    answer = await person.get(f"/api/settings{query}")
    return dict(next(s for s in answer["settings"] if s["key"] == key))


async def test_a_value_is_set_and_reset_and_all_of_it_stands_in_the_history(house: House) -> None:
    admin, supervisor = await signed_in(house, "admin1"), await signed_in(house, "supervisor1")
    before = await setting(supervisor, "wrap_up")
    assert (before["value"], before["default"], before["counting"], before["seen"]) == (SHORT.wrap_up, SHORT.wrap_up, None, 0)

    changed = await admin.post("/api/settings/wrap_up", {"value": 45, "reason": "晚班人手少", "seen": 0})
    assert (changed["value"], changed["counting"]["by_name"], changed["counting"]["reason"]) == (45, "赵雯", "晚班人手少")
    assert await setting(supervisor, "wrap_up") == changed
    again = await admin.post("/api/settings/wrap_up", {"value": None, "reason": "恢复", "seen": changed["seen"]})
    assert (again["value"], again["default"]) == (SHORT.wrap_up, SHORT.wrap_up)

    history = (await supervisor.get("/api/settings/wrap_up/history"))["changes"]
    assert [(c["value"], c["reason"]) for c in history] == [(None, "恢复"), (45, "晚班人手少")]
    rows = await house.rows(
        "SELECT verb, object_id, actor_name, details->>'value' AS value FROM audit WHERE verb LIKE 'setting:%' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("setting:changed", "wrap_up", "赵雯", "45"), ("setting:reset", "wrap_up", "赵雯", None)]


@pytest.mark.parametrize(
    "key,body,code",
    [
        ("wrap_up", {"value": 4, "reason": "太短"}, "setting_out_of_bounds"),
        ("wrap_up", {"value": "soon", "reason": "不是数字"}, "setting_out_of_bounds"),
        ("hotline", {"value": "12-349", "reason": "不是号码"}, "setting_out_of_bounds"),
        ("sos_duty", {"value": 5, "reason": "早于主管"}, None),
        ("wrap_up", {"value": 30, "reason": " "}, "invalid"),
        ("wrap_up", {"value": 30, "reason": "太远", "valid_from": "2200-01-01T00:00:00Z"}, "too_far_ahead"),
        ("claim", {"value": 1, "reason": "不开放"}, "no_such_setting"),
    ],
)
async def test_a_bad_value_changes_nothing(house: House, key: str, body: dict[str, Any], code: str | None) -> None:
    admin = await signed_in(house, "admin1")
    if code is None:  # steps of the escalation keep their order
        code = "setting_order"
        await admin.post("/api/settings/sos_supervisors", {"value": 30, "reason": "先放宽主管", "seen": 0}, status=422)
        await admin.post("/api/settings/sos_duty", {"value": 60, "reason": "先放宽值班"})
        await admin.post("/api/settings/sos_supervisors", {"value": 30, "reason": "再放宽主管"})
    before = await fingerprint(house.owner)
    answer = await admin.http.post(f"/api/settings/{key}", json=body)
    assert answer.status_code in (404, 422) and answer.json()["error"]["code"] == code, answer.text
    assert await fingerprint(house.owner) == before


async def test_a_supervisor_reads_and_changes_nothing(house: House) -> None:
    supervisor = await signed_in(house, "supervisor1")
    before = await fingerprint(house.owner)
    await supervisor.post("/api/settings/wrap_up", {"value": 30, "reason": "想改"}, status=403)
    assert await fingerprint(house.owner) == before


async def test_who_looked_before_a_colleague_changed_it_has_to_look_again(house: House) -> None:
    admin = await signed_in(house, "admin1")
    first = await admin.post("/api/settings/wrap_up", {"value": 45, "reason": "第一次", "seen": 0})
    answer = await admin.post("/api/settings/wrap_up", {"value": 50, "reason": "没看到第一次", "seen": 0}, status=409)
    assert answer["error"]["code"] == "setting_changed"
    assert (await setting(admin, "wrap_up"))["seen"] == first["seen"]


async def test_of_two_at_once_who_saw_the_same_one_wins(house: House) -> None:
    admin = await signed_in(house, "admin1")

    async def change(value: int) -> httpx.Response:
        return await admin.http.post("/api/settings/wrap_up", json={"value": value, "reason": "同时修改", "seen": 0})

    answers = await asyncio.gather(*(change(value) for value in (30, 40, 50)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await house.rows("SELECT 1 FROM centre_settings")) == 1


async def test_a_planned_change_counts_from_its_moment_on(house: House) -> None:
    admin = await signed_in(house, "admin1")
    later = clock.now() + timedelta(hours=3)
    await admin.post("/api/settings/wrap_up", {"value": 90, "reason": "从晚班起", "valid_from": later.isoformat()})
    now = await setting(admin, "wrap_up")
    assert (now["value"], now["counting"], [p["value"] for p in now["planned"]]) == (SHORT.wrap_up, None, [90])
    try:
        clock.shift(timedelta(hours=3, seconds=1))
        await admin.sign_in()  # three hours idle ended the session
        then = await setting(admin, "wrap_up")
        assert (then["value"], then["counting"]["reason"], then["planned"]) == (90, "从晚班起", [])
    finally:
        clock.reset()


async def test_what_counted_on_a_day(house: House) -> None:
    admin = await signed_in(house, "admin1")
    day = clock.today("Asia/Shanghai")
    try:
        for days, value in ((-4, 30), (-2, 40)):
            clock.shift(timedelta(days=days))
            await admin.sign_in()
            await admin.post("/api/settings/wrap_up", {"value": value, "reason": f"{value} 秒"})
            clock.reset()
        await admin.sign_in()
        counted = [(await setting(admin, "wrap_up", f"?on={day - timedelta(days=ago)}"))["value"] for ago in (5, 4, 3, 2, 0)]
        assert counted == [SHORT.wrap_up, 30, 30, 40, 40]
    finally:
        clock.reset()
    assert (await admin.get("/api/settings?on=9999-12-31", status=422))["error"]["code"] == "no_such_day"
    assert (await admin.get("/api/settings?on=yesterday", status=422))["error"]["code"] == "invalid"


async def test_the_sign_in_page_bears_the_name_that_was_set(house: House) -> None:
    admin = await signed_in(house, "admin1")
    await admin.post("/api/settings/centre_name", {"value": "施营居家养老中心", "reason": "更名"})
    async with asyncio.timeout(5):
        while (await admin.get("/api/server"))["centre_name"] != "施营居家养老中心":
            await asyncio.sleep(0.05)


async def test_the_history_cannot_be_rewritten_by_the_processes(house: House) -> None:
    admin = await signed_in(house, "admin1")
    await admin.post("/api/settings/wrap_up", {"value": 45, "reason": "留痕"})
    for statement in ("UPDATE centre_settings SET value = '1'", "DELETE FROM centre_settings"):
        with pytest.raises(Exception, match="permission denied"):
            async with house.database.transaction() as session:
                await session.execute(text(statement))
