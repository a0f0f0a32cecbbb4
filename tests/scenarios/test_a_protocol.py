"""A protocol in an emergency: chosen, walked step by step with its deadlines, taken back, changed; two agents at once; files that change meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner
from sqlalchemy import text

from callcenter.commands.protocols import command
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.protocols import library, queries
from callcenter.emergency.protocols.jobs import sweep_protocols
from callcenter.kit import clock
from callcenter.settings import get_settings
from callcenter.telephony.port import HangupCause
from tests.house import AgentAtWork, House

ALONE = "07103456789"


@pytest_asyncio.fixture(autouse=True)
async def time_of_day() -> AsyncIterator[None]:
    yield
    clock.reset()


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The centre's own protocols."""
    folder = tmp_path / "protocols"
    folder.mkdir()
    monkeypatch.setattr(queries, "get_settings", lambda: get_settings().model_copy(update={"protocols": str(folder)}))
    return folder


async def sweep(house: House) -> None:
    """Twice at once, as two workers do."""
    for _ in range(2):
        await asyncio.gather(*(sweep_emergencies(house.database) for _ in range(2)))
        await asyncio.gather(*(sweep_protocols(house.database) for _ in range(2)))


async def owned(house: House, agent: AgentAtWork) -> str:
    """王桂兰 has pressed, `agent` talks with her; the case's id."""
    house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await house.until_rows("SELECT 1 FROM cases WHERE owner_id IS NOT NULL")
    await sweep(house)
    return str(call["case_id"])


async def say(agent: AgentAtWork, seen: dict[str, Any], answer: str, *, status: int = 200, key: str = "") -> dict[str, Any]:
    body = {"run": seen["run"], "position": turn(seen)["position"], "answer": answer}
    return dict(
        await agent.post(
            f"/api/emergencies/{seen['case_id']}/steps/{seen['current']}", body, status=status, **({"Idempotency-Key": key} if key else {})
        )
    )


async def skip(agent: AgentAtWork, seen: dict[str, Any], reason: str, *, status: int = 200) -> dict[str, Any]:
    body = {"run": seen["run"], "position": turn(seen)["position"], "skip": True, "reason": reason}
    return dict(await agent.post(f"/api/emergencies/{seen['case_id']}/steps/{seen['current']}", body, status=status))


async def take_back(agent: AgentAtWork, seen: dict[str, Any], code: str, *, status: int = 200) -> dict[str, Any]:
    body = {"run": seen["run"], "position": step(seen, code)["position"], "take_back": True}
    return dict(await agent.post(f"/api/emergencies/{seen['case_id']}/steps/{code}", body, status=status))


async def change(agent: AgentAtWork, seen: dict[str, Any], *, status: int = 200, **to: str) -> dict[str, Any]:
    return dict(await agent.post(f"/api/emergencies/{seen['case_id']}/protocol", {"run": seen["run"], **to}, status=status))


async def look(agent: AgentAtWork, case_id: str, *, status: int = 200) -> dict[str, Any]:
    return dict(await agent.get(f"/api/emergencies/{case_id}/protocol", status=status))


def step(seen: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in seen["steps"] if one["code"] == code)


def turn(seen: dict[str, Any]) -> dict[str, Any]:
    return step(seen, seen["current"])


def standings(seen: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["standing"] for one in seen["steps"]}


async def timeline(house: House, case_id: str) -> list[tuple[str, dict[str, Any], str]]:
    rows = await house.rows("SELECT kind, data, text FROM case_entries WHERE case_id = :id ORDER BY at, id", id=case_id)
    return [(r.kind, r.data, r.text) for r in rows if r.kind.startswith(("protocol", "step", "emergency_kind"))]


async def deadlines(house: House) -> list[tuple[str, str]]:
    rows = await house.rows("SELECT code, state FROM emergency_deadlines WHERE code LIKE 'step:%' ORDER BY started_at, id")
    return [(r.code, r.state) for r in rows]


async def test_the_first_questions_begin_by_themselves_and_their_clock_with_the_owner(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(ALONE).press_sos()
    await agent.rings()
    (case,) = await house.until_rows("SELECT id FROM cases")
    await sweep(house)
    assert await deadlines(house) == [], "nobody has the case: the owner's deadline runs, no step's"
    await agent.picks_up()
    await house.until_rows("SELECT 1 FROM cases WHERE owner_id IS NOT NULL")
    await sweep(house)
    assert await deadlines(house) == [("step:what_happened", "open")]
    seen = await look(agent, str(case.id))
    assert (seen["code"], seen["version"], seen["run"], seen["current"]) == ("unknown", 1, 1, "what_happened")
    assert turn(seen)["words"]["zh"] == "我在听，您慢慢说。出了什么事？"
    assert turn(seen)["due_at"] is not None
    view = await agent.get(f"/api/emergencies/{case.id}")
    assert "step:what_happened" in [d["code"] for d in view["deadlines"]]
    clock.shift(timedelta(seconds=21))
    await sweep(house)
    alarms = await house.rows("SELECT code, level FROM emergency_alarms WHERE code LIKE 'step:%'")
    assert [(a.code, a.level) for a in alarms] == [("step:what_happened", 1)]


async def test_from_the_first_question_to_120_by_answers(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await look(agent, case_id)
    for answer in ("speaks", "body", "fall"):
        seen = await say(agent, seen, answer)
    assert (seen["current"], turn(seen)["act"], turn(seen)["kind"]) == ("to_fall", "change_protocol", "fall")
    seen = await say(agent, seen, "done")
    assert (seen["code"], seen["run"], seen["current"]) == ("fall", 2, "conscious")
    assert (await agent.get(f"/api/emergencies/{case_id}"))["kind"] == "fall"
    seen = await say(agent, seen, "none")
    assert (turn(seen)["act"], turn(seen)["agency"]) == ("call_outside", "120")
    seen = await say(agent, seen, "done")
    found = standings(seen)
    assert (found["conscious"], found["call_120"], found["state"], found["hand_over_120"]) == ("done", "done", "current", "pending")
    assert (found["memory"], found["rise"]) == ("off_path", "off_path")
    kinds = [kind for kind, _, _ in await timeline(house, case_id)]
    assert kinds == [
        "protocol_started", *["step_done"] * 4, "protocol_changed", "emergency_kind", "protocol_started", "step_done", "step_done",
    ]  # fmt: skip
    assert await deadlines(house) == [
        (f"step:{code}", "met") for code in ("what_happened", "body_or_home", "fall_or_blood", "to_fall", "conscious", "call_120")
    ] + [("step:state", "open")]
    told = (await timeline(house, case_id))[-2][1]
    assert (told["step"], told["answer"], told["answer_words"]["zh"], told["protocol"]) == ("conscious", "none", "没反应", "fall")


async def test_what_was_done_once_is_not_asked_again_by_the_next_protocol(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="chest_pain")
    for answer in ("hurts", "done", "awake", "done", "none", "done", "key", "going"):
        seen = await say(agent, seen, answer)
    assert seen["current"] == "watch"
    seen = await say(agent, seen, "worse")
    seen = await say(agent, seen, "done")
    assert (seen["code"], seen["current"]) == ("breathing", "speak")
    seen = await say(agent, seen, "none")
    call = step(seen, "call_120")
    assert (seen["current"], call["standing"], call["carried"]) == ("state", "done", True)
    assert call["by_name"] and call["at"] is not None
    seen = await say(agent, seen, "alone")
    carried = [one["code"] for one in seen["steps"] if one["carried"]]
    assert (carried, seen["current"]) == (["call_120", "hand_over_120", "door", "contacts"], "watch")
    rows = await house.rows("SELECT count(*) AS n FROM emergency_deadlines WHERE code = 'step:call_120'")
    assert rows[0].n == 1, "120 is waited for once"


async def test_a_skip_wants_a_reason_and_counts_as_the_careful_answer(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    refused = await skip(agent, seen, "  ", status=422)
    assert refused["error"]["code"] == "reason_needed"
    seen = await skip(agent, seen, "女儿在旁边说的")
    assert seen["current"] == "call_120"
    assert (step(seen, "conscious")["standing"], step(seen, "conscious")["reason"]) == ("skipped", "女儿在旁边说的")
    kind, data, words = (await timeline(house, case_id))[-1]
    assert (kind, data["step"], words) == ("step_skipped", "conscious", "女儿在旁边说的")


async def test_a_wrong_click_is_taken_back_and_stays_in_the_history(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    for answer in ("confused", "done", "awake"):
        seen = await say(agent, seen, answer)
    assert seen["current"] == "still"
    seen = await take_back(agent, seen, "conscious")
    assert (seen["current"], seen["ended"]) == ("conscious", "")
    assert standings(seen)["call_120"] == "pending" and step(seen, "call_120")["done_before"] is not None
    assert [(t["step"], t["state"]) for t in seen["history"] if t["run"] == seen["run"]] == [
        ("conscious", "taken_back"), ("call_120", "off_path"), ("state", "off_path"), ("still", "off_path"), ("conscious", "pending"),
    ]  # fmt: skip
    kind, data, _ = (await timeline(house, case_id))[-1]
    assert (kind, data["step"], data["answer"], data["left"]) == ("step_undone", "conscious", "confused", ["call_120", "state"])
    assert [state for code, state in await deadlines(house) if code == "step:still"] == ["dropped"]
    for answer in ("clear", "head"):
        seen = await say(agent, seen, answer)
    assert (seen["current"], step(seen, "call_120")["carried"]) == ("state", True), "120 was called all the same"
    refused = await take_back(agent, seen, "state", status=409)
    assert refused["error"]["code"] == "illegal_move", "it is this step's turn; nothing was clicked"


async def test_of_two_who_answer_at_once_the_second_is_told_what_the_first_said(house: House) -> None:
    first, second = await house.agent("agent1"), await house.agent("agent2")
    case_id = await owned(house, first)
    await second.post(f"/api/emergencies/{case_id}/watch")
    seen = await look(first, case_id)
    assert (await look(second, case_id))["current"] == seen["current"]
    body = {"run": seen["run"], "position": turn(seen)["position"]}
    path = f"/api/emergencies/{case_id}/steps/{seen['current']}"
    answers = await asyncio.gather(
        first.http.post(path, json={**body, "answer": "speaks"}), second.http.post(path, json={**body, "answer": "moans"})
    )
    assert sorted(a.status_code for a in answers) == [200, 409]
    (lost,) = [a.json()["error"] for a in answers if a.status_code == 409]
    (won,) = [a.json() for a in answers if a.status_code == 200]
    assert lost["code"] == "step_moved_on"
    assert lost["details"]["answer"] == step(won, "what_happened")["answer"]
    assert lost["details"]["by_name"] == step(won, "what_happened")["by_name"]
    rows = await house.rows("SELECT state, count(*) AS n FROM emergency_steps GROUP BY state ORDER BY state")
    assert [(r.state, r.n) for r in rows] == [("done", 1), ("pending", 1)]
    changes = await asyncio.gather(
        *(a.http.post(f"/api/emergencies/{case_id}/protocol", json={"run": 1, "kind": k}) for a, k in ((first, "fall"), (second, "fire")))
    )
    assert sorted(a.status_code for a in changes) == [200, 409]
    assert [a.json()["error"]["code"] for a in changes if a.status_code == 409] == ["protocol_changed"]


async def test_a_repeat_under_the_same_key_is_the_same_answer(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await look(agent, case_id)
    once = await say(agent, seen, "speaks", key="click-1")
    again = await say(agent, seen, "speaks", key="click-1")
    assert (once["current"], again["current"], len(again["history"])) == ("body_or_home", "body_or_home", 2)
    wrong = await say(agent, again, "perhaps", status=422)
    assert (wrong["error"]["code"], wrong["error"]["details"]["answers"]) == ("no_such_answer", ["body", "home", "mind", "mistake"])


async def test_who_has_no_business_with_her_sees_and_does_nothing(house: House) -> None:
    owner, other = await house.agent("agent1"), await house.agent("agent3")
    case_id = await owned(house, owner)
    await house.rows("SELECT 1")
    async with house.owner.transaction() as session:  # nobody else was asked to watch, and nobody was rung
        await session.execute(text("UPDATE access_grants SET until = now() WHERE user_id = :id"), {"id": other.id})
    seen = await look(owner, case_id)
    assert (await look(other, case_id, status=403))["error"]["code"] == "no_access"
    assert (await say(other, seen, "speaks", status=403))["error"]["code"] == "no_access"
    assert (await change(other, seen, kind="fall", status=403))["error"]["code"] == "no_access"
    assert [t["state"] for t in (await look(owner, case_id))["history"]] == ["pending"]


async def test_the_end_of_the_emergency_ends_the_protocol_and_a_new_press_begins_one(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await house.until_rows("SELECT 1 FROM cases WHERE owner_id IS NOT NULL")
    await sweep(house)
    seen = await look(agent, call["case_id"])
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await sweep(house)
    seen = await look(agent, call["case_id"])
    assert (seen["ended"], seen["current"], [t["state"] for t in seen["history"]]) == ("closed", None, ["off_path"])
    refused = await agent.post(
        f"/api/emergencies/{call['case_id']}/steps/what_happened", {"run": 1, "position": 1, "answer": "speaks"}, status=409
    )
    assert refused["error"]["code"] == "emergency_over"
    house.elder(ALONE).press_sos()
    again = await agent.picks_up()
    assert again["case_id"] == call["case_id"]
    await sweep(house)
    seen = await look(agent, call["case_id"])
    assert (seen["run"], seen["ended"], seen["current"]) == (2, "", "what_happened")


async def test_f9_has_its_steps_at_once(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(ALONE).press_service()
    call = await agent.picks_up()
    await look(agent, call["case_id"], status=404)
    await agent.post(f"/api/cases/{call['case_id']}/emergency", {"kind": "fire"})
    seen = await look(agent, call["case_id"])
    assert (seen["code"], seen["current"], turn(seen)["due_at"] is not None) == ("fire", "what", True)


# --- own over group over default; files that change -----------------------------------------------------------------------------------


def variant(folder: Path, name: str, **replace: str) -> None:
    words = (library.PACKAGED / "fall.yaml").read_text(encoding="utf-8")
    for was, becomes in replace.items():
        assert f"\n{was}: " in words or words.startswith(f"{was}: ")
        words = "\n".join(f"{was}: {becomes}" if line.startswith(f"{was}: ") else line for line in words.split("\n"))
    (folder / name).write_text(words, encoding="utf-8")


async def test_her_own_protocol_over_her_group_s_over_the_default(house: House, own_folder: Path) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    assert seen["code"] == "fall"
    variant(own_folder, "group.yaml", code="fall_alone", **{"for": "{group: {living: [alone]}}"})
    seen = await change(agent, seen, kind="fall")
    assert seen["code"] == "fall_alone"
    variant(
        own_folder,
        "nearer.yaml",
        code="fall_alone_and_so_on",
        **{"for": "{group: {living: [alone], category: [高龄, 低保, 特困, 优抚, 计生特扶]}}"},
    )
    (elder,) = await house.rows("SELECT id, card_number, categories FROM elders WHERE name = '王桂兰'")
    if elder.categories:
        seen = await change(agent, seen, kind="fall")
        assert seen["code"] == "fall_alone_and_so_on"
    variant(own_folder, "hers.yaml", code="fall_hers", **{"for": f"{{elder: {elder.id}}}"})
    seen = await change(agent, seen, kind="fall")
    assert seen["code"] == "fall_hers"
    variant(own_folder, "other.yaml", code="fall_somebody", **{"for": "{elder: '999999'}"})
    refused = await change(agent, seen, code="fall_somebody", status=422)
    assert refused["error"]["code"] == "not_her_protocol"
    shelf = await agent.get("/api/protocols")
    assert {p["code"]: (p["whom"], p["own"]) for p in shelf["protocols"] if p["own"]} == {
        "fall_alone": ("group", True), "fall_alone_and_so_on": ("group", True), "fall_hers": ("elder", True), "fall_somebody": ("elder", True),
    }  # fmt: skip
    assert (await agent.get("/api/protocols/fall_hers"))["whom"] == "elder"
    await agent.get("/api/protocols/fall_somebody", status=404)


async def test_who_she_is_becomes_clear_before_anything_was_answered(house: House, own_folder: Path) -> None:
    agent = await house.agent("agent1")
    (elder,) = await house.rows("SELECT id FROM elders WHERE name = '王桂兰'")
    words = (library.PACKAGED / "unknown.yaml").read_text(encoding="utf-8")
    words = words.replace("code: unknown\n", "code: hers\n", 1).replace("for: default", f"for: {{elder: {elder.id}}}", 1)
    (own_folder / "hers.yaml").write_text(words, encoding="utf-8")
    house.elder("07103459999").press_sos()
    call = await agent.picks_up()
    await house.until_rows("SELECT 1 FROM cases WHERE owner_id IS NOT NULL")
    await sweep(house)
    assert (await look(agent, call["case_id"]))["code"] == "unknown"
    await agent.post(f"/api/cases/{call['case_id']}/elder", {"elder_id": str(elder.id), "learn_number": False})
    await sweep(house)
    seen = await look(agent, call["case_id"])
    assert (seen["code"], seen["run"], seen["current"]) == ("hers", 2, "what_happened")


async def test_a_file_that_changes_changes_no_run_that_goes_on(house: House, own_folder: Path) -> None:
    agent = await house.agent("agent1")
    variant(own_folder, "fall.yaml", code="our_fall")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    assert (seen["code"], turn(seen)["words"]["zh"]) == ("our_fall", "您听得见我吗？您叫什么名字？先别急着起来。")
    file = own_folder / "fall.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("您听得见我吗？您叫什么名字？先别急着起来。", "听得见吗？"), encoding="utf-8")
    assert turn(await look(agent, case_id))["words"]["zh"] == "您听得见我吗？您叫什么名字？先别急着起来。"
    shelf = await agent.get("/api/protocols")
    assert [(p["code"], p["silently_changed"]) for p in shelf["protocols"] if p["own"]] == [("our_fall", True)]
    file.unlink()
    seen = await say(agent, seen, "clear")
    assert seen["current"] == "memory", "even without its file"
    rows = await house.rows("SELECT code, content ->> 'code' AS inside FROM protocol_versions WHERE code = 'our_fall'")
    assert [(r.code, r.inside) for r in rows] == [("our_fall", "our_fall")]
    async with house.database.transaction() as session:
        with pytest.raises(Exception, match="InsufficientPrivilege"):
            await session.execute(text("UPDATE protocol_versions SET version = 2"))


# --- what is done ticks its step ---------------------------------------------------------------------------------------------------------


async def falls(house: House, agent: AgentAtWork, *answers: str) -> tuple[str, dict[str, Any]]:
    """She has fallen; what was answered to the questions of `fall`."""
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    for answer in answers:
        seen = await say(agent, seen, answer)
    return case_id, seen


async def calls_in(agent: AgentAtWork, agency: str) -> None:
    (call,) = agent.console.calls.values()
    assert (await agent.post(f"/api/calls/{call['id']}/parties", {"agency": agency}))["outcome"] == "done"


async def test_120_that_answers_ticks_its_step_and_one_that_is_busy_says_so(house: House) -> None:
    agent = await house.agent("agent1")
    case_id, seen = await falls(house, agent, "none")
    assert seen["current"] == "call_120"
    await calls_in(agent, "120")
    await house.telephone("120").rings()
    await sweep(house)
    assert (await look(agent, case_id))["current"] == "call_120", "it rings, and nobody has been told anything"
    house.sim.decline("120", HangupCause.BUSY)
    await house.until_rows("SELECT 1 FROM call_legs WHERE code = '120' AND state = 'ended'")
    await sweep(house)
    assert (await look(agent, case_id))["current"] == "call_120"
    (alarm,) = (await agent.get(f"/api/emergencies/{case_id}"))["alarms"]
    assert (alarm["code"], alarm["data"]["agency"], alarm["data"]["why"]) == ("outside_failed", "120", "busy")
    await sweep(house)
    assert len((await agent.get(f"/api/emergencies/{case_id}"))["alarms"]) == 1, "once for each call"
    await calls_in(agent, "120")
    await house.telephone("120").picks_up()
    await house.until_rows("SELECT 1 FROM call_legs WHERE code = '120' AND answered_at IS NOT NULL")
    await sweep(house)
    seen = await look(agent, case_id)
    done = step(seen, "call_120")
    (leg,) = await house.rows("SELECT answered_at FROM call_legs WHERE code = '120' AND answered_at IS NOT NULL")
    assert (seen["current"], done["standing"], done["by_name"]) == ("state", "done", agent.me["name"])
    assert done["at"][:19] == leg.answered_at.isoformat()[:19], "when it was done, not when the program saw it"
    entries = [data["step"] for kind, data, _ in await timeline(house, case_id) if kind == "step_done"]
    assert entries == ["conscious", "call_120"]


async def test_what_was_taken_back_is_not_ticked_again_by_the_same_call(house: House) -> None:
    agent = await house.agent("agent1")
    case_id, _ = await falls(house, agent, "none")
    await calls_in(agent, "120")
    await house.telephone("120").picks_up()
    await house.until_rows("SELECT 1 FROM call_legs WHERE code = '120' AND answered_at IS NOT NULL")
    await sweep(house)
    seen = await look(agent, case_id)
    seen = await take_back(agent, seen, "call_120")
    await sweep(house)
    assert (await look(agent, case_id))["current"] == "call_120"
    seen = await say(agent, seen, "done")
    assert seen["current"] == "state"


async def test_a_hand_over_ticks_its_step_in_its_own_transaction_also_before_its_turn(house: House) -> None:
    agent = await house.agent("agent1")
    case_id, seen = await falls(house, agent, "none", "done", "awake", "done")
    assert seen["current"] == "hand_over_120"
    await agent.post(f"/api/emergencies/{case_id}/handovers", {"agency": "110"})
    assert (await look(agent, case_id))["current"] == "hand_over_120", "another agency's"
    await agent.post(f"/api/emergencies/{case_id}/handovers", {"agency": "12345"}, status=422)
    await agent.post(f"/api/emergencies/{case_id}/handovers", {"agency": "120"})
    seen = await look(agent, case_id)
    assert (seen["current"], step(seen, "hand_over_120")["standing"], step(seen, "hand_over_120")["by_name"]) == (
        "door",
        "done",
        agent.me["name"],
    )
    # the intruder was in the house too: what was done for one is asked once, and its turn passes by itself
    seen = await change(agent, seen, kind="intruder")
    for answer in ("gone", "done"):
        seen = await say(agent, seen, answer)
    assert seen["current"] == "hurt"
    seen = await say(agent, seen, "no")
    await sweep(house)
    assert (await look(agent, case_id))["current"] == "looks", "110 has had its packet since before"


async def test_contacts_tick_a_step_that_asks_nothing_more_and_leave_how_it_went_to_a_person(house: House) -> None:
    agent = await house.agent("agent1")
    case_id, seen = await falls(house, agent, "none", "done", "awake", "done", "done", "open")
    assert (turn(seen)["act"], [a["code"] for a in turn(seen)["answers"]]) == ("call_contacts", ["going", "nobody"])
    await agent.post(f"/api/emergencies/{case_id}/ladder", {})
    assert (await look(agent, case_id))["current"] == "contacts"
    await agent.post(f"/api/emergencies/{case_id}/ladder/stop", {"reason": "有人在"})
    seen = await say(agent, await look(agent, case_id), "nobody")
    assert turn(seen)["act"] == "door_check"
    await agent.post(f"/api/emergencies/{case_id}/ladder", {"rungs": [{"who": "grid_worker"}]})
    seen = await look(agent, case_id)
    assert (seen["current"], step(seen, "door_check")["standing"]) == ("watch", "done")
    seen = await change(agent, seen, kind="fault")
    for answer in ("well", "keys", "no", "done"):
        seen = await say(agent, seen, answer)
    await agent.post(f"/api/emergencies/{case_id}/ladder/stop", {"reason": "有人在"})
    await sweep(house)
    assert (await look(agent, case_id))["current"] == "contacts", "they were called before, and this step wants them told something else"
    await agent.post(f"/api/emergencies/{case_id}/ladder", {})
    assert (await look(agent, case_id))["current"] == "order"


async def test_nobody_to_call_ticks_nothing(house: House) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fault")
    for answer in ("well", "keys", "no", "done"):
        seen = await say(agent, seen, answer)
    async with house.database.transaction() as session:
        await session.execute(text("UPDATE elder_contacts SET valid_to = '2001-01-01' WHERE valid_to IS NULL"))
    try:
        await agent.post(f"/api/emergencies/{case_id}/ladder", {"rungs": [{"who": "contacts"}]})
    finally:
        async with house.database.transaction() as session:
            await session.execute(text("UPDATE elder_contacts SET valid_to = NULL WHERE valid_to = '2001-01-01'"))
    await sweep(house)
    assert turn(await look(agent, case_id))["act"] == "call_contacts"
    assert "ladder_ended" in [a["code"] for a in (await agent.get(f"/api/emergencies/{case_id}"))["alarms"]]


async def test_the_outcome_of_the_case_is_the_last_step(house: House) -> None:
    agent = await house.agent("agent1")
    _, seen = await falls(house, agent, "clear")
    while turn(seen)["act"] != "close":
        seen = await say(agent, seen, turn(seen)["answers"][0]["code"] if turn(seen)["answers"] else "done")
    assert turn(seen)["outcome"] == "helped"
    (call,) = agent.console.calls.values()
    await agent.post(f"/api/calls/{call['id']}/hang-up", {"all": True})
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"], "helped")
    await house.until_rows("SELECT 1 FROM cases WHERE state IN ('resolved', 'closed')")
    await sweep(house)
    (last,) = await house.rows("SELECT state, by_id FROM emergency_steps WHERE step = :step", step=seen["current"])
    assert (last.state, str(last.by_id)) == ("done", agent.id)


# --- replay ----------------------------------------------------------------------------------------------------------------------------


async def test_another_version_is_replayed_beside_what_was_done(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = await house.agent("agent1")
    case_id = await owned(house, agent)
    seen = await change(agent, await look(agent, case_id), kind="fall")
    for answer in ("clear", "head", "done", "awake"):
        seen = await say(agent, seen, answer)
    words = (library.PACKAGED / "fall.yaml").read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n", 1)
    # version 2 asks something more before it calls 120
    words = words.replace("to: call_120}\n      - {code: blank", "to: vomits}\n      - {code: blank", 1)
    words = words.replace(
        "  - code: stroke\n",
        "  - code: vomits\n"
        '    ask: {zh: "吐了没有？", en: "Have you been sick?"}\n'
        "    within: 25\n"
        "    answers:\n"
        '      - {code: yes, text: {zh: "吐了", en: "Yes"}, to: call_120}\n'
        '      - {code: no, text: {zh: "没吐", en: "No"}, to: call_120}\n'
        "    if_skipped: yes\n\n"
        "  - code: stroke\n",
        1,
    )
    (tmp_path / "fall2.yaml").write_text(words, encoding="utf-8")
    (number,) = await house.rows("SELECT number FROM cases WHERE id = :id", id=case_id)
    monkeypatch.setenv("ONEKEY_APP_DATABASE_URL", house.database.url)
    monkeypatch.setenv("ONEKEY_MODE", "test")
    get_settings.cache_clear()
    try:
        run = await asyncio.to_thread(
            CliRunner().invoke, command, ["replay", number.number, "--with", str(tmp_path / "fall2.yaml"), "--json"], catch_exceptions=False
        )
        plain = await asyncio.to_thread(
            CliRunner().invoke, command, ["replay", case_id, "--with", str(tmp_path / "fall2.yaml")], catch_exceptions=False
        )
        nothing = await asyncio.to_thread(CliRunner().invoke, command, ["replay", "0", "--with", str(tmp_path / "fall2.yaml")])
    finally:
        get_settings.cache_clear()
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert (found["was"], found["with"]) == ({"code": "fall", "version": 1}, {"code": "fall", "version": 2})
    assert [(row["step"], row["verdicts"]) for row in found["steps"]] == [
        ("conscious", ["same"]), ("memory", ["goes_elsewhere"]), ("vomits", ["new"]), ("call_120", ["open"]), ("state", ["open"]),
    ]  # fmt: skip
    assert found["stopped_at"] == "vomits"
    assert plain.exit_code == 0 and "vomits" in plain.output
    assert nothing.exit_code == 1 and "no such case" in nothing.output
