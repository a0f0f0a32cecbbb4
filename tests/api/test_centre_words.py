"""Lines, opening texts, words to choose from: what is changed, what is refused, and what old cases keep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, until


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def admin(house: House) -> AsyncIterator[AgentAtWork]:
    """Lines and options as they were, afterwards: they outlive a house."""
    kept = {table: await house.rows(f"SELECT * FROM {table}") for table in ("lines", "options")}
    yield await signed_in(house, "admin1")
    async with house.owner.transaction() as session:
        for table, rows in kept.items():
            await session.execute(text(f"DELETE FROM {table}"))
            for row in rows:
                names = row._mapping.keys()
                await session.execute(
                    text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})"), dict(row._mapping)
                )


async def refused(person: AgentAtWork, path: str, body: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    """With nothing changed."""
    restless = ("console_sockets", "agent_presence", "outbox")  # marks of life, and what voice does meanwhile by itself
    before = await fingerprint(person.house.owner, but=restless)
    answer = await person.post(path, body, status=status)
    assert answer["error"]["code"] == code
    assert await fingerprint(person.house.owner, but=restless) == before
    return dict(answer["error"]["details"])


def codes(answer: dict[str, Any], *, retired: bool = False) -> list[str]:
    return [option["code"] for option in answer["options"] if (option["retired_at"] is not None) == retired]


# --- lines -----------------------------------------------------------------------------------------------------------------------


async def test_a_line_is_added_changed_and_switched_off_while_the_house_runs(house: House, admin: AgentAtWork) -> None:
    added = await admin.post("/api/lines", {"number": "96519", "kind": "sos", "label": "红键"})
    assert added == {"number": "96519", "kind": "sos", "label": "红键", "active": True, "carrier": "pbx"}
    assert house.engine

    async def voice_knows(kind: str | None) -> None:
        await until(lambda: house.engine and house.engine.core.lines.get("96519") == kind, why=f"voice knows {kind}")

    await voice_knows("sos")
    house.sim.press("07103456789", "96519")
    await house.until_rows("SELECT 1 FROM calls WHERE kind = 'sos' AND called = '96519'")
    await admin.post("/api/lines/96519", {"kind": "service", "label": "备用热线"})
    await voice_knows("service")
    await admin.post("/api/lines/96519/switch", {"active": False})
    await voice_knows(None)
    assert [(line["number"], line["active"]) for line in (await admin.get("/api/lines"))["lines"]] == [
        ("1234900", True),
        ("12349", True),
        ("1234901", True),
        ("96519", False),
    ]
    await admin.post("/api/lines/96519/switch", {"active": False})  # harmless twice
    verbs = [row.verb for row in await house.rows("SELECT verb FROM audit WHERE object_id = '96519' ORDER BY id")]
    assert verbs == ["line:added", "line:changed", "line:switched_off"]


async def test_a_line_has_a_carrier(house: House, admin: AgentAtWork) -> None:
    """Twilio only where it is set up, and never for a press for help."""
    assert {line["carrier"] for line in (await admin.get("/api/lines"))["lines"]} == {"pbx"}
    body = {"kind": "service", "label": "服务热线", "carrier": "twilio"}
    await refused(admin, "/api/lines/12349", body, 409, "carrier_not_set_up")
    assert house.engine
    core = house.engine.core
    house.settings.twilio_voice = True
    try:
        await refused(admin, "/api/lines/1234900", {"kind": "sos", "label": "紧急呼叫", "carrier": "twilio"}, 409, "sos_needs_pbx")
        assert (await admin.post("/api/lines/12349", body))["carrier"] == "twilio"
        await refused(admin, "/api/lines/12349", {"kind": "sos", "label": "服务热线"}, 409, "sos_needs_pbx")
        kept = await admin.post("/api/lines/12349", {"kind": "service", "label": "热线"})
        assert (kept["carrier"], kept["label"]) == ("twilio", "热线"), "what is not said stays"
        await until(lambda: core.line_carriers["12349"] == "twilio", why="voice reads it")
        assert (await admin.post("/api/lines/12349", body | {"carrier": "pbx"}))["carrier"] == "pbx"
    finally:
        house.settings.twilio_voice = False


async def test_the_last_sos_line_stays(house: House, admin: AgentAtWork) -> None:
    await refused(admin, "/api/lines/1234900/switch", {"active": False}, 409, "last_sos_line")
    await refused(admin, "/api/lines/1234900", {"kind": "service", "label": "紧急呼叫"}, 409, "last_sos_line")
    await admin.post("/api/lines", {"number": "96519", "kind": "sos", "label": ""})
    await admin.post("/api/lines/96519/switch", {"active": False})
    await refused(admin, "/api/lines/1234900/switch", {"active": False}, 409, "last_sos_line")  # one that is off does not count


async def test_of_two_sos_lines_switched_off_at_once_one_stays(house: House, admin: AgentAtWork) -> None:
    await admin.post("/api/lines", {"number": "96519", "kind": "sos", "label": ""})
    answers = await asyncio.gather(*(admin.http.post(f"/api/lines/{n}/switch", json={"active": False}) for n in ("96519", "1234900")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await house.rows("SELECT 1 FROM lines WHERE kind = 'sos' AND active")) == 1


@pytest.mark.parametrize(
    "body,status,code",
    [
        ({"number": "96 519", "kind": "sos"}, 422, "no_number"),
        ({"number": "９６５１９", "kind": "sos"}, 422, "no_number"),
        ({"number": "12", "kind": "sos"}, 422, "no_number"),
        ({"number": "96519", "kind": "outbound"}, 422, "invalid"),
        ({"number": "12349", "kind": "sos"}, 409, "line_taken"),
        ({"number": "96519", "kind": "sos", "label": "热\n线"}, 422, "bad_label"),
    ],
)
async def test_what_is_no_line_is_refused(admin: AgentAtWork, body: dict[str, Any], status: int, code: str) -> None:
    await refused(admin, "/api/lines", body, status, code)


async def test_a_line_that_is_not_there(admin: AgentAtWork) -> None:
    await refused(admin, "/api/lines/96519", {"kind": "sos", "label": ""}, 404, "no_such_number")
    await refused(admin, "/api/lines/96519/switch", {"active": True}, 404, "no_such_number")


# --- what is said first ----------------------------------------------------------------------------------------------------------

WORDS = {"text": "您好，{centre}。{name}，您慢慢说，我在听。", "text_unknown": "您好，{centre}。您慢慢说，我在听。"}


async def test_an_opening_reaches_the_agents_and_can_be_withdrawn(house: House, admin: AgentAtWork) -> None:
    agent = await signed_in(house, "agent1")
    assert (await agent.get("/api/options"))["openings"] == []
    await admin.post("/api/openings", {**WORDS, "line": "1234900", "dialect": "襄阳话", "reason": "方言话术"})
    await admin.post("/api/openings", {**WORDS, "text": "第二版，{name}。", "line": "1234900", "dialect": "襄阳话", "reason": "改短"})
    options = await agent.get("/api/options")
    assert options["openings"] == [
        {"line": "1234900", "dialect": "襄阳话", "text": "第二版，{name}。", "text_unknown": WORDS["text_unknown"]}
    ]
    assert (options["centre_name"], [line["number"] for line in options["lines"]]) == (
        "樊城区居家养老服务中心",
        ["1234900", "12349", "1234901"],
    )
    await admin.post("/api/openings", {"line": "1234900", "dialect": "襄阳话", "reason": "不用了"})
    assert (await agent.get("/api/options"))["openings"] == []
    history = (await admin.get("/api/openings/history?line=1234900&dialect=襄阳话"))["openings"]
    assert [(c["text"], c["reason"], c["by_name"]) for c in history] == [
        ("", "不用了", "赵雯"),
        ("第二版，{name}。", "改短", "赵雯"),
        (WORDS["text"], "方言话术", "赵雯"),
    ]


@pytest.mark.parametrize(
    "body,code",
    [
        ({"text": "您好，{nmae}。", "text_unknown": "您好。"}, "unknown_placeholder"),
        ({"text": "您好，{name。", "text_unknown": "您好。"}, "unknown_placeholder"),
        ({"text": "您好。", "text_unknown": "您好，{name}。"}, "unknown_placeholder"),
        ({"text": "您好，{name}。", "text_unknown": ""}, "opening_half"),
        ({"text": "好" * 121, "text_unknown": "您好。"}, "opening_too_long"),
        ({"text": "您\n好", "text_unknown": "您好。"}, "opening_too_long"),
        ({**WORDS, "dialect": "火星话"}, "unknown_dialect"),
    ],
)
async def test_an_opening_that_could_not_be_read_out_is_refused(admin: AgentAtWork, body: dict[str, Any], code: str) -> None:
    await refused(admin, "/api/openings", {**body, "reason": "试试"}, 422, code)


async def test_an_opening_is_for_a_line_of_ours(admin: AgentAtWork) -> None:
    await refused(admin, "/api/openings", {**WORDS, "line": "96519", "reason": "试试"}, 404, "no_such_number")


# --- words to choose from --------------------------------------------------------------------------------------------------------


async def test_outcomes_are_added_renamed_put_in_order_and_retired(house: House, admin: AgentAtWork) -> None:
    lists = {one["kind"]: one for one in (await admin.get("/api/option-lists"))["lists"]}
    assert set(lists) == {"outcome", "pause_reason", "skill", "dialect"}
    before = codes(lists["outcome"])
    added = await admin.post(
        "/api/option-lists/outcome", {"label_zh": "转社区", "label_en": "Passed on", "closes_case": False, "for_sos": True}
    )
    assert codes(added) == [*before, "passed_on"]
    turned = await admin.post("/api/option-lists/outcome/order", {"codes": ["passed_on", *before]})
    assert codes(turned) == ["passed_on", *before]
    renamed = await admin.post("/api/option-lists/outcome/passed_on", {"label_zh": "转社区办理", "label_en": "Passed on", "for_sos": True})
    assert renamed["options"][0]["label_zh"] == "转社区办理"
    gone = await admin.post("/api/option-lists/outcome/passed_on/retire", {"retired": True})
    assert (codes(gone), codes(gone, retired=True)) == (before, ["passed_on"])
    back = await admin.post("/api/option-lists/outcome/passed_on/retire", {"retired": False})
    assert "passed_on" in codes(back)
    verbs = [row.verb for row in await house.rows("SELECT verb FROM audit WHERE verb LIKE 'option:%' ORDER BY id")]
    assert verbs == ["option:added", "option:ordered", "option:changed", "option:retired", "option:restored"]


async def test_what_a_list_refuses(house: House, admin: AgentAtWork) -> None:
    await refused(admin, "/api/option-lists/outcome", {"label_zh": "误按", "label_en": "Again"}, 409, "label_taken")
    await refused(admin, "/api/option-lists/outcome", {"label_zh": "长" * 21, "label_en": "Long"}, 422, "invalid")
    await refused(admin, "/api/option-lists/outcome/nothing", {"label_zh": "新", "label_en": "New"}, 404, "no_such_option")
    await refused(admin, "/api/option-lists/outcome/order", {"codes": ["helped"]}, 409, "options_changed")
    reasons = codes(next(one for one in (await admin.get("/api/option-lists"))["lists"] if one["kind"] == "pause_reason"))
    for code in reasons[:-1]:
        await admin.post(f"/api/option-lists/pause_reason/{code}/retire", {"retired": True})
    await refused(admin, f"/api/option-lists/pause_reason/{reasons[-1]}/retire", {"retired": True}, 409, "last_option")


async def test_a_retired_outcome_is_chosen_no_more_and_stands_on_old_cases(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent1")
    elder = house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    await admin.post("/api/option-lists/outcome/false_alarm/retire", {"retired": True})
    details = await refused(agent, f"/api/calls/{call['id']}/wrap-up", {"outcome": "false_alarm", "note": ""}, 422, "unknown_outcome")
    assert "false_alarm" not in details["possible"] and "helped" in details["possible"]
    await admin.post("/api/option-lists/outcome/false_alarm/retire", {"retired": False})
    await agent.wraps_up(call["id"], "false_alarm")
    await admin.post("/api/option-lists/outcome/false_alarm/retire", {"retired": True})
    assert (await agent.get(f"/api/cases/{call['case_id']}"))["outcome"] == "false_alarm"
    outcomes = {option["code"]: option for option in (await agent.get("/api/options"))["outcomes"]}
    assert outcomes["false_alarm"]["label_zh"] == "误按" and outcomes["false_alarm"]["retired_at"] is not None


async def test_an_outcome_may_be_kept_from_an_sos(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent1")
    elder = house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    await admin.post(
        "/api/option-lists/outcome/information",
        {"label_zh": "咨询已答复", "label_en": "Information given", "closes_case": True, "for_sos": False},
    )
    await refused(agent, f"/api/calls/{call['id']}/wrap-up", {"outcome": "information", "note": ""}, 422, "outcome_not_for_sos")
    await agent.wraps_up(call["id"], "helped")


@pytest.mark.parametrize("outcome,state", [("helped", "resolved"), ("wrong_number", "closed")])
async def test_an_outcome_that_needs_nothing_more_closes_the_case(house: House, admin: AgentAtWork, outcome: str, state: str) -> None:
    agent = await house.agent("agent1")
    elder = house.elder("07103459876").press_service()
    call = await agent.picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"], outcome)
    assert [tuple(row) for row in await house.rows("SELECT state, outcome FROM cases")] == [(state, outcome)]


async def test_a_pause_reason_that_is_retired_is_no_reason(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent1")
    await admin.post("/api/option-lists/pause_reason/meal/retire", {"retired": True})
    await refused_but_voice(agent, "/api/presence", {"state": "paused", "reason": "meal"}, "unknown_reason")


async def refused_but_voice(person: AgentAtWork, path: str, body: dict[str, Any], code: str) -> None:
    answer = await person.post(path, body, status=422)
    assert answer["error"]["code"] == code
    await person.is_("idle")
